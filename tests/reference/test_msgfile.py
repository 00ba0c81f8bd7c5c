"""The .msg file that a saved message leaves, read with strict olefile; numbers from [MS-OXMSG]."""

import base64
import struct
import uuid
import zlib
from typing import Any

import pytest

S_OK = 0
UNICODE = 0x80000000
MASK = "0x340D0003"
SUBJECT = "0x0037001F"
PROPERTIES = "__properties_version1.0"
NAMES = "__nameid_version1.0"
GUID = bytes(range(16))
COMMON = uuid.UUID("00062008-0000-0000-C000-000000000046")
PUBLIC = uuid.UUID("00020329-0000-0000-C000-000000000046")

VALUES: dict[str, Any] = {
    SUBJECT: "caf\u00e9 \u65e5\u672c \U0001f600",
    "0x1000001F": "",
    "0x00170003": 0xFFFFFFFF,
    "0x0E1F000B": True,
    "0x0E1B000B": False,
    "0x10090102": base64.b64encode(bytes(range(256)) * 20).decode(),
    "0x300B0102": "",
    "0x66700048": base64.b64encode(GUID).decode(),
    "0x6671101F": ["one", "", "three\u65e5"],
    "0x66721003": [1, 0, 0xFFFFFFFF],
    "0x66731102": ["AA==", "", "AQI="],
    "0x66741048": [base64.b64encode(GUID).decode()] * 2,
    "0x6675101F": [],
}


def entries(stream: bytes, header: int) -> dict[int, tuple[int, bytes]]:
    """Tag to flags and the eight bytes after them."""
    return {
        tag: (flags, value) for tag, flags, value in struct.iter_unpack("<II8s", stream[header:])
    }


def saved(on: Any, props: dict[str, Any], flags: int = UNICODE) -> Any:
    storage = on.storage()
    message = on.message(storage, ulFlags=flags)
    assert on.set(message, props) == {}
    assert on.save(message) == S_OK
    return storage


def patched(on: Any, storage: str, change: dict[int, bytes]) -> str:
    """A storage whose top property stream has other bytes at some places."""
    stream = bytearray(on.file(storage)[PROPERTIES])
    for at, content in change.items():
        stream[at : at + len(content)] = content
    copy = on.reopen(storage)
    encoded = base64.b64encode(bytes(stream)).decode()
    on.call("world.create", name=copy, element=PROPERTIES, base64=encoded)
    return str(copy)


def test_all_values_come_back(on: Any) -> None:
    storage = on.storage()
    message = on.message(storage, ulFlags=UNICODE)
    attachment, _ = on.attach(message)
    for this, kind in ((message, "IMessage"), (attachment, "IAttach")):
        assert on.set(this, VALUES, kind) == {}
    on.save(attachment, kind="IAttach")
    on.save(message)
    again = on.message(on.reopen(storage))
    assert on.get(again, *VALUES) == VALUES
    _, _, part = on.open_attach(again, 0)
    assert on.get(part, *VALUES, kind="IAttach") == VALUES


def test_file_has_property_stream_and_one_name_mapping(on: Any) -> None:
    storage = on.storage()
    message = on.message(storage)
    attachment, _ = on.attach(message)
    _, _, embedded = on.embed(attachment)
    for this, kind in ((embedded, "IMessage"), (attachment, "IAttach"), (message, "IMessage")):
        on.save(this, kind=kind)
    streams = on.file(storage)
    assert len(streams[PROPERTIES]) % 16 == 0
    assert {name for name in streams if NAMES in name} == {
        f"{NAMES}/__substg1.0_{number}" for number in ("00020102", "00030102", "00040102")
    }
    inner = "__attach_version1.0_#00000000/__substg1.0_3701000D/__properties_version1.0"
    assert (len(streams[inner]) - 24) % 16 == 0
    part = entries(streams["__attach_version1.0_#00000000/__properties_version1.0"], 8)
    assert part[0x3701000D][1][:4] == b"\xff\xff\xff\xff"
    assert part[0x37050003][1] == struct.pack("<Q", 5)


def test_custom_storage_of_attach_method_6(on: Any) -> None:
    storage = on.storage()
    message = on.message(storage)
    attachment, _ = on.attach(message)
    on.set(attachment, {"0x37050003": 6}, "IAttach")
    on.save(attachment, kind="IAttach")
    on.save(message)
    elements = on.call("world.elements", name=storage)["elements"]
    assert "__attach_version1.0_#00000000/__substg1.0_3701000D" in elements


def test_fixed_values_stand_in_the_entry_with_zero_padding(on: Any) -> None:
    streams = on.file(saved(on, VALUES))
    assert streams[PROPERTIES][:32] == bytes(32)
    found = entries(streams[PROPERTIES], 32)
    assert found[0x00170003][1] == b"\xff\xff\xff\xff\0\0\0\0"
    assert found[0x0E1F000B][1] == b"\x01" + bytes(7)
    assert found[0x0E1B000B][1] == bytes(8)


def test_variable_values_have_a_stream_and_its_size(on: Any) -> None:
    streams = on.file(saved(on, VALUES))
    sizes = {
        tag: struct.unpack("<II", value)
        for tag, (_, value) in entries(streams[PROPERTIES], 32).items()
    }
    text = VALUES[SUBJECT].encode("utf-16-le")
    assert streams["__substg1.0_0037001F"] == text
    assert sizes[0x0037001F] == (len(text) + 2, 0)
    assert sizes[0x1000001F] == (2, 0)
    assert sizes[0x10090102] == (256 * 20, 0)
    assert streams["__substg1.0_66700048"] == GUID
    assert sizes[0x66700048] == (16, 0)


def test_arrays_of_variable_values_have_one_stream_more_than_values(on: Any) -> None:
    streams = on.file(saved(on, VALUES))
    for tag, count in (("6671101F", 3), ("66731102", 3), ("6675101F", 0)):
        assert sum(name.startswith(f"__substg1.0_{tag}") for name in streams) == count + 1
    assert streams["__substg1.0_66721003"] == struct.pack("<3I", 1, 0, 0xFFFFFFFF)


@pytest.mark.parametrize(("flags", "kind", "mask"), [(0, 0x1E, 0), (UNICODE, 0x1F, 0x40000)])
def test_mask_tells_the_width_of_all_strings(on: Any, flags: int, kind: int, mask: int) -> None:
    streams = on.file(saved(on, {SUBJECT: "x", "0x6671101F": ["y"]}, flags))
    found = entries(streams[PROPERTIES], 32)
    assert {tag & 0xFFF for tag in found if tag & 0xFFE == 0x1E} == {kind}
    assert int.from_bytes(found[0x340D0003][1], "little") & 0x40000 == mask


def test_junk_in_reserved_and_unused_bytes_is_ignored(on: Any) -> None:
    storage = saved(on, {"0x0E1F000B": True, "0x00170003": 7})
    stream = on.file(storage)[PROPERTIES]
    change = {0: b"\xaa" * 8, 24: b"\xbb" * 8}
    for tag, used in ((0x0E1F000B, 2), (0x00170003, 4)):
        change[stream.index(struct.pack("<I", tag), 32) + 8 + used] = b"\xcc" * (8 - used)
    props = {"0x0E1F000B": True, "0x00170003": 7}
    assert on.get(on.message(patched(on, storage, change)), *props) == props


def test_other_bits_of_the_mask_are_ignored(on: Any) -> None:
    storage = saved(on, {SUBJECT: "\u65e5"})
    at = on.file(storage)[PROPERTIES].index(struct.pack("<I", 0x340D0003), 32) + 8
    message = on.message(patched(on, storage, {at: struct.pack("<I", 0x00040E79)}))
    assert on.get(message, SUBJECT) == {SUBJECT: "\u65e5"}
    assert on.get(message, MASK)[MASK] & 0x40000


def test_class_of_the_storage_is_the_callers(on: Any) -> None:
    storage = saved(on, {})
    content = base64.b64decode(on.call("world.bytes", name=storage)["base64"])
    assert content[:8] == bytes.fromhex("D0CF11E0A1B11AE1")
    assert uuid.UUID("00020D0B-0000-0000-C000-000000000046").bytes_le in content


def test_names_are_mapped_by_the_stream_id_equation(on: Any) -> None:
    storage = on.storage()
    message = on.message(storage)
    names = [
        {"guid": str(COMMON), "id": 0x8501},
        {"guid": str(COMMON), "name": "suite"},
        {"guid": str(PUBLIC), "name": "Keywords"},
    ]
    unknown = on.call("IMessage.GetIDsFromNames", this=message, names=names, create=False)
    assert unknown == {"return": 0x00040380, "tags": ["0x0000000A"] * 3}
    answer = on.call("IMessage.GetIDsFromNames", this=message, names=names, create=True)
    assert answer == {"return": S_OK, "tags": ["0x80000000", "0x80010000", "0x80020000"]}
    assert on.set(message, {"0x80010003": 5, "0x80030003": 5}) == {"0x80030003": 0x8004010F}
    on.save(message)

    streams = on.file(storage)
    assert streams[f"{NAMES}/__substg1.0_00020102"] == COMMON.bytes_le
    assert struct.unpack("<IHHIHHIHH", streams[f"{NAMES}/__substg1.0_00030102"]) == (
        *(0x8501, 3 << 1, 0),
        *(0, 3 << 1 | 1, 1),
        *(16, 2 << 1 | 1, 2),
    )
    # the CRC-32 polynomial without the inversions that zlib makes
    crc = zlib.crc32("suite".encode("utf-16-le"), 0xFFFFFFFF) ^ 0xFFFFFFFF
    for hashed, low, index in ((0x8501, 3 << 1, 0), (crc, 3 << 1 | 1, 1)):
        bucket = 0x1000 + (hashed ^ low) % 0x1F
        entry = struct.pack("<IHH", hashed, low, index)
        assert entry in streams[f"{NAMES}/__substg1.0_{bucket:04X}0102"]

    again = on.message(on.reopen(storage))
    known = on.call("IMessage.GetIDsFromNames", this=again, names=names, create=False)
    assert known == answer
    assert on.get(again, "0x80010003") == {"0x80010003": 5}


def test_loaded_files_are_messages(on: Any) -> None:
    storage = saved(on, {SUBJECT: "kept"})
    content = on.call("world.bytes", name=storage)["base64"]
    loaded = on.storage("read", transacted=False, base64=content)
    message = on.message(loaded)
    assert on.get(message, SUBJECT) == {SUBJECT: "kept"}
    assert on.get(message, MASK)[MASK] & 0x40000


def test_damaged_messages_are_refused(on: Any) -> None:
    storage = on.storage()
    on.call("world.create", name=storage, element=PROPERTIES, base64="AAAA")
    code, _, _ = on.build(storage)
    assert code & 0x80000000
    assert on.lent("m")["live"] == 0


def test_numbering_is_hexadecimal_without_gaps_and_counted(on: Any) -> None:
    storage = on.storage()
    message = on.message(storage)
    for _ in range(18):
        attachment, _ = on.attach(message)
        on.save(attachment, kind="IAttach")
    on.call("IMessage.DeleteAttach", this=message, number=0)
    on.call("IMessage.ModifyRecipients", this=message, ulFlags=0, rows=[{SUBJECT: "r"}] * 11)
    on.save(message)
    streams = on.file(storage)
    assert struct.unpack_from("<8x6I", streams[PROPERTIES]) == (11, 17, 11, 17, 0, 0)
    for prefix, count in (("__recip_version1.0_#", 11), ("__attach_version1.0_#", 17)):
        parts = {name.split("/")[0] for name in streams if name.startswith(prefix)}
        assert parts == {f"{prefix}{number:08X}" for number in range(count)}
        assert all(f"{part}/{PROPERTIES}" in streams for part in parts)


@pytest.mark.parametrize(
    ("flags", "left"),
    [(0, ["new"]), (2, ["a", "b", "new"]), (4, ["a", "new"]), (8, ["a"])],
)
def test_recipients_are_replaced_added_changed_and_removed(
    on: Any, flags: int, left: list[str]
) -> None:
    storage = on.storage()
    message = on.message(storage, ulFlags=UNICODE)
    rows = [{"0x3001001F": "a"}, {"0x3001001F": "b"}]
    on.call("IMessage.ModifyRecipients", this=message, ulFlags=0, rows=rows)
    row = {"0x3001001F": "new"} | ({"0x30000003": 1} if flags > 2 else {})
    code = on.call("IMessage.ModifyRecipients", this=message, ulFlags=flags, rows=[row])["return"]
    assert code == S_OK
    on.save(message)
    streams = on.file(storage)
    names = sorted(name for name in streams if name.endswith("/__substg1.0_3001001F"))
    assert [streams[name].decode("utf-16-le") for name in names] == left
