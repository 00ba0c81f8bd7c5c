"""Hostile compound files: each is refused in one line, with work and memory bounded by its size."""

import random
import struct
import tracemalloc
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.reference import compound
from conformance.checks.msgfile import RULES, look, properties
from conformance.msgfile import Defect, MsgFile, read
from conformance.msgfile.structure import Entry as MsgEntry
from conformance.msgfile.structure import Part
from conformance.msgfile.tables import Chains
from conformance.msgfile.tree import DEPTH, Stream

from .raw import END, FREE, STREAM, Entry, Raw

PROPERTIES = "__properties_version1.0"
BIG = bytes(range(256)) * 20  # ten sectors
SMALL = bytes(range(200))  # four mini sectors


def plain(version: int = 3) -> Raw:
    """A sound file: two large streams, two small ones, and a storage."""
    raw = Raw() if version == 3 else Raw(version=4, shift=12, sector=4096)
    raw.stream("large", BIG)
    raw.stream("other", BIG)
    raw.stream("small", SMALL)
    raw.stream("tiny", SMALL)
    raw.stream("inner", SMALL, raw.storage("folder"))
    return raw.lay_out()


def entry(raw: Raw, name: str) -> Entry:
    return next(found for found in raw.entries if found.name == name)


def number(raw: Raw, name: str) -> int:
    return raw.entries.index(entry(raw, name))


Change = Callable[[Raw], None]
SHAPES: dict[str, tuple[str, Change]] = {}


def shape(reason: str) -> Callable[[Change], Change]:
    def register(function: Change) -> Change:
        SHAPES[function.__name__] = (reason, function)
        return function

    return register


@shape("in a circle")
def fat_self_cycle(raw: Raw) -> None:
    raw.fat[entry(raw, "large").start + 2] = entry(raw, "large").start + 2


@shape("in a circle")
def fat_cycle(raw: Raw) -> None:
    start = entry(raw, "large").start
    raw.fat[start + 9] = start


@shape("not there")
def fat_leads_out_of_the_file(raw: Raw) -> None:
    raw.fat[entry(raw, "large").start] = 0x00FFFFFF


@shape("no end mark")
def fat_leads_into_a_free_sector(raw: Raw) -> None:
    raw.fat[entry(raw, "large").start] = FREE


@shape("in a circle")
def fat_leads_into_the_fat(raw: Raw) -> None:
    raw.fat[entry(raw, "large").start] = raw.fats[0]


@shape("sectors for")
def chain_ends_early(raw: Raw) -> None:
    raw.fat[entry(raw, "large").start + 4] = END


@shape("in a circle")
def chains_join(raw: Raw) -> None:
    raw.fat[entry(raw, "large").start] = entry(raw, "other").start + 1


@shape("in a circle")
def chain_is_shared(raw: Raw) -> None:
    entry(raw, "large").start = entry(raw, "other").start


@shape("in a circle")
def mini_fat_self_cycle(raw: Raw) -> None:
    raw.mini_fat[1] = 1


@shape("in a circle")
def mini_fat_cycle(raw: Raw) -> None:
    raw.mini_fat[3] = 0


@shape("not there")
def mini_fat_leads_out(raw: Raw) -> None:
    raw.mini_fat[0] = 5000


@shape("in a circle")
def mini_chain_is_shared(raw: Raw) -> None:
    entry(raw, "tiny").start = entry(raw, "small").start


@shape("sectors for")
def mini_chain_ends_early(raw: Raw) -> None:
    raw.mini_fat[0] = END


@shape("not there")
def mini_stream_is_not_there(raw: Raw) -> None:
    raw.entries[0].start, raw.entries[0].size = END, 0


@shape("sectors for")
def mini_stream_is_larger_than_its_chain(raw: Raw) -> None:
    raw.entries[0].size = 2**31


@shape("in a circle")
def mini_stream_is_a_circle(raw: Raw) -> None:
    raw.fat[raw.entries[0].start] = raw.entries[0].start


@shape("in a circle")
def mini_fat_chain_is_a_circle(raw: Raw) -> None:
    raw.fat[raw.mini_fat_start] = raw.mini_fat_start


@shape("the header counts")
def mini_fat_sectors_are_countless(raw: Raw) -> None:
    raw.num_mini_fats = 0xFFFFFFFF


@shape("in a circle")
def directory_chain_is_a_circle(raw: Raw) -> None:
    raw.fat[raw.directory] = raw.directory


@shape("not there")
def directory_starts_outside(raw: Raw) -> None:
    raw.directory = 0x7FFFFFFF


@shape("in the tree twice")
def directory_tree_is_a_circle(raw: Raw) -> None:
    entry(raw, "large").right = number(raw, "folder")


@shape("in the tree twice")
def directory_entry_is_its_own_sibling(raw: Raw) -> None:
    entry(raw, "large").left = number(raw, "large")


@shape("in the tree twice")
def directory_entry_is_its_own_child(raw: Raw) -> None:
    entry(raw, "folder").child = number(raw, "folder")


@shape("in the tree twice")
def directory_entry_is_the_root(raw: Raw) -> None:
    entry(raw, "folder").child = 0


@shape("in the tree twice")
def directory_entry_is_in_two_storages(raw: Raw) -> None:
    entry(raw, "folder").child = number(raw, "large")


@shape("not there")
def directory_entry_is_outside(raw: Raw) -> None:
    entry(raw, "large").left = 70_000


@shape("no root")
def directory_has_no_root(raw: Raw) -> None:
    raw.entries[0].kind = 1


@shape("unknown kind")
def entry_of_unknown_kind(raw: Raw) -> None:
    entry(raw, "large").kind = 9


@shape("sectors for")
def stream_is_larger_than_the_file(raw: Raw) -> None:
    entry(raw, "large").size = 0x7FFFFFFF


@shape("impossible name")
def name_with_slash(raw: Raw) -> None:
    entry(raw, "large").name = "la/ge"


@shape("impossible name")
def name_with_backslash(raw: Raw) -> None:
    entry(raw, "large").name = "la\\ge"


@shape("impossible name")
def name_with_nul(raw: Raw) -> None:
    entry(raw, "large").name = "la\0ge"


@shape("impossible name")
def name_with_escape(raw: Raw) -> None:
    entry(raw, "large").name = "la\x1bge"


@shape("a name of")
def name_of_no_length(raw: Raw) -> None:
    entry(raw, "large").length = 0


@shape("a name of")
def name_of_odd_length(raw: Raw) -> None:
    entry(raw, "large").length = 7


@shape("a name of")
def name_longer_than_its_field(raw: Raw) -> None:
    entry(raw, "large").length = 0xFFFE


@shape("two elements")
def name_twice(raw: Raw) -> None:
    entry(raw, "large").name = "OTHER"


@shape("signature")
def wrong_magic(raw: Raw) -> None:
    raw.magic = b"PK\3\4".ljust(8)


@shape("byte order")
def wrong_byte_order(raw: Raw) -> None:
    raw.order = 0xFEFF


@shape("sector shifts")
def sector_shift_of_zero(raw: Raw) -> None:
    raw.shift = 0


@shape("sector shifts")
def sector_shift_of_65535(raw: Raw) -> None:
    raw.shift = 0xFFFF


@shape("sector shifts")
def mini_sector_shift_of_31(raw: Raw) -> None:
    raw.mini_shift = 31


@shape("sector shifts")
def version_of_5(raw: Raw) -> None:
    raw.version = 5


@shape("small streams")
def cutoff_of_zero(raw: Raw) -> None:
    raw.cutoff = 0


@shape("there is no FAT")
def no_fat(raw: Raw) -> None:
    raw.num_fats = 0


@shape("the header counts")
def countless_fat_sectors(raw: Raw) -> None:
    raw.num_fats = 0xFFFFFFFF


@shape("sectors of the FAT")
def more_fat_sectors_than_are_listed(raw: Raw) -> None:
    raw.num_fats = 5


@shape("sectors of the FAT")
def fat_sector_outside(raw: Raw) -> None:
    raw.fats[0] = 0xFFFF


@shape("in a circle")
def fat_sector_twice(raw: Raw) -> None:
    raw.fats *= 2


@shape("the DIFAT goes on")
def difat_is_a_circle(raw: Raw) -> None:
    place = raw.chain(struct.pack("<128I", *[FREE] * 127, len(raw.sectors)))
    raw.chain(bytes(200 * 512))
    raw.difat_start, raw.num_difats, raw.num_fats = place, 2, 150


@shape("the header counts")
def difat_sectors_are_countless(raw: Raw) -> None:
    raw.difat_start, raw.num_difats = 0, 0xFFFFFFFF


@shape("the DIFAT goes on")
def difat_sector_outside(raw: Raw) -> None:
    raw.difat_start, raw.num_difats = 0x00FFFFFF, 1


@pytest.mark.parametrize("version", [3, 4])
def test_the_plain_file_is_read(version: int) -> None:
    file = read(plain(version).pack())
    assert isinstance(file, MsgFile)
    streams = {name: file.root.stream(name) for name in ("large", "other", "small", "tiny")}
    assert {name: found.data for name, found in streams.items() if found} == {
        "large": BIG,
        "other": BIG,
        "small": SMALL,
        "tiny": SMALL,
    }
    folder = file.root.storage("FOLDER")
    assert folder is not None
    inner = folder.stream("inner")
    assert inner is not None
    assert (inner.path, inner.data) == ("folder/inner", SMALL)


def refused(data: bytes) -> Defect:
    """The defect of a file, which every rule takes without an exception."""
    tracemalloc.start()
    try:
        file = read(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000 + 20 * len(data)
    assert isinstance(file, Defect)
    assert file.text
    assert file.text.isprintable()
    broken = [name for name in RULES if look(name, file).flaws]
    assert broken == ["MSGF-TOP-01"]
    return file


@pytest.mark.parametrize("name", SHAPES)
def test_shape_is_refused(name: str) -> None:
    raw = plain()
    reason, change = SHAPES[name]
    change(raw)
    assert reason in refused(raw.pack()).text


@pytest.mark.parametrize("size", [2**63, 2**64 - 1, 2**31])
def test_sizes_beyond_any_file_are_refused_in_version_4(size: int) -> None:
    raw = plain(4)
    entry(raw, "large").size = size
    assert f"{size} bytes" in refused(raw.pack()).text


def test_there_are_enough_shapes() -> None:
    assert len(SHAPES) >= 30


@pytest.mark.parametrize("data", [b"", b"\0", b"\xd0\xcf\x11\xe0", bytes(512), bytes(100_000)])
def test_what_is_no_compound_file_is_refused(data: bytes) -> None:
    refused(data)


def test_a_header_alone_is_refused() -> None:
    refused(plain().pack()[:512])


def test_a_file_cut_at_any_64_bytes_is_refused() -> None:
    whole = plain().pack()
    for end in range(0, len(whole), 64):
        refused(whole[:end])


def counted(monkeypatch: pytest.MonkeyPatch, data: bytes) -> int:
    """How many sectors were claimed while a file was read."""
    claims = [0]
    claim = Chains.claim

    def counting(self: Chains, sector: int, owner: str) -> None:
        claims[0] += 1
        claim(self, sector, owner)

    monkeypatch.setattr(Chains, "claim", counting)
    refused(data)
    return claims[0]


def test_two_thousand_entries_on_one_chain_are_refused_at_the_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw = Raw()
    first = raw.stream("s0", bytes(1_000_000))
    for count in range(1, 2000):
        raw.add(Entry(f"s{count}", STREAM, start=first.start, size=first.size))
    data = raw.lay_out().pack()
    assert counted(monkeypatch, data) <= 2 * len(data) // 512


def test_a_circle_ends_after_as_many_steps_as_there_are_sectors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw = Raw()
    stream = raw.stream("s", bytes(500_000))
    raw.lay_out()
    raw.fat[stream.start + 900] = stream.start
    data = raw.pack()
    assert counted(monkeypatch, data) <= len(data) // 512 + 1


def test_storages_nested_too_deep_are_refused() -> None:
    raw = Raw()
    parent = 0
    for _ in range(3000):
        parent = raw.storage("deeper", parent)
    assert "within each other" in refused(raw.lay_out().pack()).text


def test_storages_nested_to_the_limit_are_read() -> None:
    raw = Raw()
    parent = 0
    for _ in range(DEPTH):
        parent = raw.storage("deeper", parent)
    assert isinstance(read(raw.lay_out().pack()), MsgFile)


def test_messages_embedded_in_each_other_are_read_to_the_limit() -> None:
    raw = Raw()
    parent = 0
    for _ in range(DEPTH // 2):
        raw.stream(PROPERTIES, bytes(32 if parent == 0 else 24), parent)
        attachment = raw.storage("__attach_version1.0_#00000000", parent)
        raw.stream(PROPERTIES, bytes(8), attachment)
        parent = raw.storage("__substg1.0_3701000D", attachment)
    raw.stream(PROPERTIES, bytes(24), parent)
    file = read(raw.lay_out().pack())
    assert isinstance(file, MsgFile)
    assert sum(part.kind == "embedded" for part in file.parts()) == DEPTH // 2


def test_a_tree_that_is_a_list_of_ten_thousand_is_read() -> None:
    raw = Raw()
    for count in range(10_000):
        raw.add(Entry(f"s{count}", STREAM))
    file = read(raw.lay_out().pack())
    assert isinstance(file, MsgFile)
    assert len(file.root.children) == 10_000


def test_upper_half_of_a_size_means_nothing_in_version_3() -> None:
    raw = plain()
    entry(raw, "large").size |= 2**63
    file = read(raw.pack())
    assert isinstance(file, MsgFile)
    stream = file.root.stream("large")
    assert stream is not None
    assert stream.data == BIG


def test_more_entries_than_all_property_streams_can_have_are_refused() -> None:
    raw = Raw()
    raw.stream(PROPERTIES, bytes(16 * 300_000))
    assert "entries" in refused(raw.lay_out().pack()).text


def test_more_names_than_there_are_identifiers_are_refused() -> None:
    raw = Raw()
    raw.stream("__substg1.0_00030102", bytes(8 * 40_000), raw.storage("__nameid_version1.0"))
    assert "names" in refused(raw.lay_out().pack()).text


def test_names_that_overlap_cost_no_more_than_their_stream() -> None:
    raw = Raw()
    mapping = raw.storage("__nameid_version1.0")
    strings = struct.pack("<I", 60_000) + b"a\0" * 30_000
    entries = b"".join(struct.pack("<IHH", 0, 2 << 1 | 1, at) for at in range(30_000))
    raw.stream("__substg1.0_00020102", b"", mapping)
    raw.stream("__substg1.0_00030102", entries, mapping)
    raw.stream("__substg1.0_00040102", strings, mapping)
    raw.stream(PROPERTIES, bytes(32))
    file = read(raw.lay_out().pack())
    assert isinstance(file, MsgFile)
    assert look("MSGF-NAME-01", file).places == 1


def test_arrays_that_claim_countless_values_stop_at_the_first_missing_one() -> None:
    raw = Raw()
    repeated = struct.pack("<IIII", 0x6671101F, 6, 5_000_000, 0) * 1000
    raw.stream(PROPERTIES, bytes(32) + repeated)
    raw.stream("__substg1.0_6671101F", bytes(5_000_000))
    raw.storage("__nameid_version1.0")
    file = read(raw.lay_out().pack())
    assert isinstance(file, MsgFile)
    flaws = look("MSGF-PROP-01", file).flaws
    assert [flaw.path for flaw in flaws] == ["__substg1.0_6671101F"]


def test_an_array_that_is_listed_often_is_added_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = Raw()
    repeated = struct.pack("<IIII", 0x6671101F, 6, 0, 0) * 1000
    raw.stream(PROPERTIES, bytes(32) + repeated)
    raw.stream("__substg1.0_6671101F", b"")
    file = read(raw.lay_out().pack())
    assert isinstance(file, MsgFile)
    asked: list[int] = []
    right = properties._right_sizes

    def counting(part: Part, listed: MsgEntry, items: Mapping[int, Stream]) -> tuple[int, ...]:
        asked.append(listed.tag)
        return right(part, listed, items)

    monkeypatch.setattr(properties, "_right_sizes", counting)
    assert look("MSGF-PROP-02", file).places == 1000
    assert asked == [0x6671101F]


def judged(data: bytes) -> None:
    file = read(data)
    for name in RULES:
        for flaw in look(name, file).flaws:
            assert str(flaw).isprintable()


WHOLE = plain().pack()
VALID = compound.write(
    {
        PROPERTIES: bytes(8)
        + struct.pack("<4I8x", 1, 1, 1, 1)
        + struct.pack("<IIII", 0x0037001F, 6, 4, 0)
        + struct.pack("<IIII", 0x6671101F, 6, 4, 0)
        + struct.pack("<IIII", 0x80000003, 6, 4, 0),
        "__substg1.0_0037001F": b"x\0",
        "__substg1.0_6671101F": struct.pack("<I", 2),
        "__substg1.0_6671101F-00000000": b"\0\0",
        "__nameid_version1.0": {
            "__substg1.0_00020102": bytes(16),
            "__substg1.0_00030102": struct.pack("<IHH", 0, 3 << 1 | 1, 0),
            "__substg1.0_00040102": struct.pack("<I", 4) + b"a\0b\0",
            "__substg1.0_10010102": struct.pack("<IHH", 0, 3 << 1 | 1, 0),
        },
        "__recip_version1.0_#00000000": {PROPERTIES: bytes(8)},
        "__attach_version1.0_#00000000": {
            PROPERTIES: bytes(8) + struct.pack("<IIQ", 0x37050003, 6, 5),
            "__substg1.0_3701000D": {PROPERTIES: bytes(24)},
        },
    }
)
PLACES = st.integers(0, len(VALID) - 1)
NUMBERS = st.sampled_from([0, 1, 2, 64, 0x7FFFFFFF, 0xFFFFFFFA, END, FREE]) | st.integers(0, 40)
CHANGES = st.lists(st.tuples(PLACES.map(lambda at: at & ~3), NUMBERS), min_size=1, max_size=8)


@settings(max_examples=300, deadline=None, database=None)
@given(CHANGES, st.none() | PLACES)
def test_a_changed_file_is_read_or_refused(changes: list[tuple[int, int]], end: int | None) -> None:
    data = bytearray(VALID)
    for at, value in changes:
        struct.pack_into("<I", data, at, value)
    judged(bytes(data[:end]))


@settings(max_examples=200, deadline=None, database=None)
@given(st.integers(0, 2**32), st.integers(1, 60))
def test_a_file_with_random_bytes_in_it_is_read_or_refused(seed: int, count: int) -> None:
    choose = random.Random(seed)
    data = bytearray(VALID)
    for _ in range(count):
        data[choose.randrange(len(data))] = choose.randrange(256)
    judged(bytes(data))


@settings(max_examples=200, deadline=None, database=None)
@given(st.dictionaries(st.sampled_from(range(len(VALID) // 4)), NUMBERS, max_size=40))
def test_a_header_of_random_numbers_is_refused_or_read(numbers: dict[int, int]) -> None:
    data = bytearray(WHOLE)
    for at, value in numbers.items():
        struct.pack_into("<I", data, 28 + at * 4 % 484, value)
    judged(bytes(data))
