"""Each rule on files of the reference, and on such files with one planted defect."""

import base64
import io
import struct
import uuid
import zlib
from collections.abc import Callable

import olefile
import pytest

from adapters.reference import compound
from conformance.checks.msgfile import CHECKS, RULES, look
from conformance.checks.msgfile.names import bucket, checksum
from conformance.findings import HELD, Broken
from conformance.msgfile import MsgFile, read
from conformance.msgfile.model import State
from conformance.msgfile.tree import Stream
from conformance.requirements.load import catalogue
from conformance.trace import Call, Outcome

from .sample import (
    ATTACHMENT,
    MAPPING,
    PROPERTIES,
    RECIPIENT,
    Tree,
    drop,
    file_of,
    full,
    patch,
    place,
    tree_of,
)

WIDE, NARROW = full(), full(0)
NUMBER = "00000000"
DATA = "__substg1.0_3701000D"
INNER = f"{ATTACHMENT}00000002"

Change = Callable[[Tree], tuple[str, int]]
"""Breaks something, and says in which stream and at which offset it shows."""
PLANTED: list[tuple[str, Change]] = []


def breaks(requirement: str) -> Callable[[Change], Change]:
    def register(function: Change) -> Change:
        PLANTED.append((requirement, function))
        return function

    return register


@breaks("MSGF-TOP-01")
def no_property_stream(tree: Tree) -> tuple[str, int]:
    tree.clear()
    tree[MAPPING] = {f"__substg1.0_000{n}0102": b"" for n in (2, 3, 4)}
    return PROPERTIES, 0


@breaks("MSGF-TOP-01")
def no_name_storage(tree: Tree) -> tuple[str, int]:
    del tree[MAPPING]
    return MAPPING, 0


@breaks("MSGF-TOP-01")
def recipient_as_a_stream(tree: Tree) -> tuple[str, int]:
    tree[f"{RECIPIENT}00000010"] = b""
    patch(tree, 16, struct.pack("<I", 16))
    return f"{RECIPIENT}00000010", 0


@breaks("MSGF-TOP-02")
def second_mapping(tree: Tree) -> tuple[str, int]:
    tree[INNER][DATA][MAPPING] = tree[MAPPING]
    return f"{INNER}/{DATA}/{MAPPING}", 0


@breaks("MSGF-TOP-02")
def mapping_without_strings(tree: Tree) -> tuple[str, int]:
    tree[MAPPING] = {"__substg1.0_00020102": b"", "__substg1.0_00030102": b""}
    drop(tree, 0x80000003)
    drop(tree, 0x80010003)
    return f"{MAPPING}/__substg1.0_00040102", 0


@breaks("MSGF-TOP-02")
def named_property_without_a_name(tree: Tree) -> tuple[str, int]:
    at = place(tree, 0x80010003)
    patch(tree, at, struct.pack("<I", 0x80020003))
    return PROPERTIES, at


@breaks("MSGF-TOP-02")
def guid_that_is_not_listed(tree: Tree) -> tuple[str, int]:
    tree[MAPPING]["__substg1.0_00020102"] = b""
    return f"{MAPPING}/__substg1.0_00030102", 0


@breaks("MSGF-TOP-03")
def junk_in_the_first_reserved_bytes(tree: Tree) -> tuple[str, int]:
    patch(tree, 3, b"\1")
    return PROPERTIES, 0


@breaks("MSGF-TOP-03")
def junk_in_the_last_reserved_bytes(tree: Tree) -> tuple[str, int]:
    patch(tree, 31, b"\1")
    return PROPERTIES, 24


@breaks("MSGF-TOP-03")
def a_half_entry_at_the_end(tree: Tree) -> tuple[str, int]:
    tree[PROPERTIES] += bytes(8)
    return PROPERTIES, 0


@breaks("MSGF-TOP-04")
def recipient_count(tree: Tree) -> tuple[str, int]:
    patch(tree, 16, struct.pack("<I", 16))
    return PROPERTIES, 16


@breaks("MSGF-TOP-04")
def attachment_count(tree: Tree) -> tuple[str, int]:
    patch(tree, 20, struct.pack("<I", 18))
    return PROPERTIES, 20


@breaks("MSGF-TOP-04")
def next_identifier_without_parts(tree: Tree) -> tuple[str, int]:
    patch(tree[INNER][DATA], 8, struct.pack("<I", 1))
    return f"{INNER}/{DATA}/{PROPERTIES}", 8


@breaks("MSGF-RCP-01")
def gap_between_recipients(tree: Tree) -> tuple[str, int]:
    tree[f"{RECIPIENT}00000011"] = tree.pop(f"{RECIPIENT}00000010")
    return f"{RECIPIENT}00000011", 0


@breaks("MSGF-RCP-01")
def recipients_numbered_in_decimal(tree: Tree) -> tuple[str, int]:
    for number in range(16, 9, -1):
        tree[f"{RECIPIENT}{number:08}"] = tree.pop(f"{RECIPIENT}{number:08X}")
    return f"{RECIPIENT}00000010", 0


@breaks("MSGF-RCP-01")
def recipient_without_property_stream(tree: Tree) -> tuple[str, int]:
    tree[f"{RECIPIENT}00000003"].clear()
    return f"{RECIPIENT}00000003/{PROPERTIES}", 0


@breaks("MSGF-RCP-01")
def recipient_with_a_short_number(tree: Tree) -> tuple[str, int]:
    tree[f"{RECIPIENT}10"] = tree.pop(f"{RECIPIENT}00000010")
    return f"{RECIPIENT}10", 0


@breaks("MSGF-ATT-01")
def attachments_numbered_in_decimal(tree: Tree) -> tuple[str, int]:
    for number in range(16, 9, -1):
        tree[f"{ATTACHMENT}{number:08}"] = tree.pop(f"{ATTACHMENT}{number:08X}")
    return f"{ATTACHMENT}00000010", 0


@breaks("MSGF-ATT-01")
def attachment_without_property_stream(tree: Tree) -> tuple[str, int]:
    tree[f"{ATTACHMENT}{NUMBER}"].clear()
    return f"{ATTACHMENT}{NUMBER}/{PROPERTIES}", 0


@breaks("MSGF-ATT-01")
def attachment_with_a_header_of_the_wrong_size(tree: Tree) -> tuple[str, int]:
    tree[f"{ATTACHMENT}{NUMBER}"] = {PROPERTIES: bytes(12)}
    return f"{ATTACHMENT}{NUMBER}/{PROPERTIES}", 0


@breaks("MSGF-ATT-02")
def embedded_message_as_a_stream(tree: Tree) -> tuple[str, int]:
    tree[INNER][DATA] = b"flat"
    return f"{INNER}/{DATA}", 0


@breaks("MSGF-ATT-02")
def custom_storage_that_is_not_there(tree: Tree) -> tuple[str, int]:
    del tree[f"{ATTACHMENT}00000001"][DATA]
    return f"{ATTACHMENT}00000001/{DATA}", 0


@breaks("MSGF-PROP-01")
def stream_without_entry(tree: Tree) -> tuple[str, int]:
    drop(tree, 0x10090102)
    return "__substg1.0_10090102", 0


@breaks("MSGF-PROP-01")
def entry_without_stream(tree: Tree) -> tuple[str, int]:
    del tree["__substg1.0_66700048"]
    return PROPERTIES, place(tree, 0x66700048)


@breaks("MSGF-PROP-01")
def entry_without_stream_in_a_recipient(tree: Tree) -> tuple[str, int]:
    storage = f"{RECIPIENT}{NUMBER}"
    del tree[storage]["__substg1.0_3001001F"]
    return f"{storage}/{PROPERTIES}", place(tree[storage], 0x3001001F, 8)


@breaks("MSGF-PROP-01")
def array_with_a_value_less(tree: Tree) -> tuple[str, int]:
    del tree["__substg1.0_6671101F-00000001"]
    return "__substg1.0_6671101F", 4


@breaks("MSGF-PROP-01")
def array_with_a_value_more(tree: Tree) -> tuple[str, int]:
    tree["__substg1.0_66731102-00000003"] = b""
    patch(tree, place(tree, 0x66731102) + 8, struct.pack("<I", 24))
    return "__substg1.0_66731102-00000003", 0


@breaks("MSGF-PROP-01")
def stream_with_a_name_that_is_no_tag(tree: Tree) -> tuple[str, int]:
    tree["__substg1.0_subject"] = b""
    return "__substg1.0_subject", 0


@breaks("MSGF-PROP-02")
def text_without_room_for_its_nul(tree: Tree) -> tuple[str, int]:
    at = place(tree, 0x0037001F) + 8
    patch(tree, at, struct.pack("<I", 14))
    return PROPERTIES, at


@breaks("MSGF-PROP-02")
def size_of_binary(tree: Tree) -> tuple[str, int]:
    at = place(tree, 0x10090102) + 8
    patch(tree, at, struct.pack("<I", 256 * 20 + 2))
    return PROPERTIES, at


@breaks("MSGF-PROP-02")
def size_of_an_embedded_message(tree: Tree) -> tuple[str, int]:
    at = place(tree[INNER], 0x3701000D, 8) + 8
    patch(tree[INNER], at, bytes(4))
    return f"{INNER}/{PROPERTIES}", at


@breaks("MSGF-PROP-03")
def junk_behind_a_boolean(tree: Tree) -> tuple[str, int]:
    at = place(tree, 0x0E1F000B) + 8 + 2
    patch(tree, at + 3, b"\7")
    return PROPERTIES, at


@breaks("MSGF-PROP-03")
def junk_behind_a_number(tree: Tree) -> tuple[str, int]:
    at = place(tree, 0x00170003) + 8 + 4
    patch(tree, at, b"\xff" * 4)
    return PROPERTIES, at


@breaks("MSGF-UNI-01")
def mask_of_a_narrow_file(tree: Tree) -> tuple[str, int]:
    patch(tree, place(tree, 0x340D0003) + 8, bytes(4))
    return PROPERTIES, place(tree, 0x0037001F)


@breaks("MSGF-NAME-01")
def names_in_one_bucket_after_the_other(tree: Tree) -> tuple[str, int]:
    mapping = tree[MAPPING]
    name = next(name for name in sorted(mapping) if name.startswith("__substg1.0_10"))
    following = int(name[12:16], 16) % 0x1F + 0x1000
    mapping[f"__substg1.0_{following:04X}0102"] = mapping.pop(name)
    return f"{MAPPING}/__substg1.0_00030102", -1


@breaks("MSGF-NAME-01")
def name_with_an_inverted_checksum(tree: Tree) -> tuple[str, int]:
    mapping = tree[MAPPING]
    crc = checksum("suite".encode("utf-16-le"))
    name = bucket(crc, 3 << 1 | 1)
    mapping[name] = mapping[name].replace(
        struct.pack("<I", crc), struct.pack("<I", ~crc & 0xFFFFFFFF)
    )
    return f"{MAPPING}/__substg1.0_00030102", 8


@pytest.mark.parametrize(
    ("requirement", "change"), PLANTED, ids=lambda item: getattr(item, "__name__", item)
)
def test_one_defect_breaks_one_requirement(requirement: str, change: Change) -> None:
    tree = tree_of(WIDE)
    path, offset = change(tree)
    file = read(file_of(tree))
    flaws = {name: look(name, file).flaws for name in RULES}
    assert [name for name, found in flaws.items() if found] == [requirement]
    first = flaws[requirement][0]
    assert first.path == path
    assert offset in (first.offset, -1)


def test_every_rule_has_a_planted_defect() -> None:
    assert {name for name, _ in PLANTED} | {"MSGF-CLS-01"} == set(RULES)


def test_every_row_but_those_that_take_a_reader_has_a_check() -> None:
    rows = [row for row in catalogue().requirements.values() if row.family == "msgfile"]
    assert {row.id for row in rows if not row.undecidable} == set(CHECKS.by_id)


@pytest.mark.parametrize("data", [WIDE, NARROW], ids=["wide", "narrow"])
def test_files_of_the_reference_keep_every_rule(data: bytes) -> None:
    file = read(data)
    for name in RULES:
        assert look(name, file).finding == HELD, name


def test_attachments_keep_their_numbers_when_another_is_deleted() -> None:
    tree = tree_of(WIDE)
    tree[f"{ATTACHMENT}00000020"] = tree.pop(f"{ATTACHMENT}00000010")
    assert look("MSGF-ATT-01", read(file_of(tree))).finding == HELD


def test_names_may_be_found_by_the_standard_checksum() -> None:
    tree = tree_of(WIDE)
    mapping = tree[MAPPING]
    name = "suite".encode("utf-16-le")
    crc, packed = checksum(name), 3 << 1 | 1
    entry = struct.pack("<IH", crc, packed)
    stream = bucket(crc, packed)
    at = mapping[stream].index(entry)
    moved = struct.pack("<IH", zlib.crc32(name), packed) + mapping[stream][at + 6 : at + 8]
    rest = mapping[stream][:at] + mapping[stream][at + 8 :]
    mapping[stream] = rest
    other = bucket(zlib.crc32(name), packed)
    mapping[other] = mapping.get(other, b"") + moved
    assert look("MSGF-NAME-01", read(file_of(tree))).finding == HELD


def test_the_mask_must_not_be_set_over_narrow_strings() -> None:
    tree = tree_of(NARROW)
    patch(tree, place(tree, 0x340D0003) + 8, struct.pack("<I", 0x00040000))
    file = read(file_of(tree))
    assert [name for name in RULES if look(name, file).flaws] == ["MSGF-UNI-01"]


@pytest.mark.parametrize("mask", [0x00040E79, 0xFFFFFFFF, 0x00040000])
def test_other_bits_of_the_mask_do_no_harm(mask: int) -> None:
    tree = tree_of(WIDE)
    patch(tree, place(tree, 0x340D0003) + 8, struct.pack("<I", mask))
    assert look("MSGF-UNI-01", read(file_of(tree))).finding == HELD


@pytest.mark.parametrize(("size", "kept"), [(7, True), (8, True), (9, False), (6, False)])
def test_narrow_text_counts_its_nul_or_does_not(size: int, kept: bool) -> None:
    tree = tree_of(NARROW)
    assert tree["__substg1.0_0037001E"] == b"subject"
    patch(tree, place(tree, 0x0037001E) + 8, struct.pack("<I", size))
    assert (look("MSGF-PROP-02", read(file_of(tree))).finding == HELD) == kept


def test_another_class_breaks_what_should_be() -> None:
    for clsid in (bytes(16), uuid.uuid4().bytes_le):
        file = read(file_of(tree_of(WIDE), clsid))
        assert [name for name in RULES if look(name, file).flaws] == ["MSGF-CLS-01"]


def test_lower_case_digits_are_hexadecimal_too() -> None:
    tree = tree_of(WIDE)
    tree[f"{RECIPIENT}0000000a"] = tree.pop(f"{RECIPIENT}0000000A")
    tree["__substg1.0_0037001f"] = tree.pop("__substg1.0_0037001F")
    file = read(file_of(tree))
    assert [name for name in RULES if look(name, file).flaws] == []


def test_rules_without_anything_to_look_at_do_not_apply() -> None:
    mapping = {f"__substg1.0_000{n}0102": b"" for n in (2, 3, 4)}
    file = read(file_of({PROPERTIES: bytes(32), MAPPING: mapping}))
    applied = {name for name in RULES if look(name, file).finding is not None}
    assert applied == {"MSGF-TOP-01", "MSGF-TOP-02", "MSGF-TOP-03", "MSGF-TOP-04", "MSGF-CLS-01"}


def test_a_finding_names_stream_and_offset() -> None:
    tree = tree_of(WIDE)
    at = place(tree, 0x00170003) + 12
    patch(tree, at, b"\1")
    encoded = base64.b64encode(file_of(tree)).decode()
    call, outcome = Call("file.read", {"name": "x.msg"}), Outcome("result", {"base64": encoded})
    found = CHECKS.by_id["MSGF-PROP-03"](State(), call, outcome)
    assert isinstance(found, Broken)
    assert found.observed == (
        f"{PROPERTIES} at offset {at}: the unused bytes of 0x00170003 are 01000000"
    )


@pytest.mark.parametrize("data", [WIDE, NARROW], ids=["wide", "narrow"])
def test_olefile_sees_the_same_streams(data: bytes) -> None:
    file = read(data)
    assert isinstance(file, MsgFile)
    found = {}
    todo = [file.root]
    while todo:
        for node in todo.pop().children.values():
            if isinstance(node, Stream):
                found[node.path] = node.data
            else:
                todo.append(node)
    with olefile.OleFileIO(io.BytesIO(data), raise_defects=olefile.DEFECT_INCORRECT) as other:
        assert found == {"/".join(path): other.openstream(path).read() for path in other.listdir()}


def test_streams_beyond_the_first_sectors_of_the_fat_are_read() -> None:
    content = bytes(range(256)) * 40_000  # more FAT sectors than the header lists
    file = read(compound.write({"large": content, "small": b"x"}))
    assert isinstance(file, MsgFile)
    large = file.root.stream("large")
    assert large is not None
    assert large.data == content


def test_checksum_is_the_one_of_compressed_text() -> None:
    # CRC-32 of "123456789" from zero and without a final inversion, by its definition
    assert checksum(b"\x80") == 0xEDB88320
    assert checksum(b"") == 0
    assert bucket(0x8501, 3 << 1) == f"__substg1.0_{0x1000 + (0x8501 ^ 6) % 31:04X}0102"


def test_python_oxmsg_reads_what_the_reference_writes() -> None:
    oxmsg = pytest.importorskip("oxmsg")
    message = oxmsg.Message.load(io.BytesIO(WIDE))
    assert message.subject == "subject"
    assert [one.name for one in message.recipients] == [f"recipient {n}" for n in range(17)]
    assert [one.file_name for one in message.attachments] == [f"file{n}" for n in range(17)]
