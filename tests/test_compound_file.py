import io
import random
import struct

import olefile
import pytest

from adapters.reference import compound
from adapters.reference.compound import CLSID_MAIL_MESSAGE, CompoundError, Tree

SIZES = (0, 1, 63, 64, 65, 511, 512, 513, 4095, 4096, 4097, 20_000)


def opened(content: bytes) -> olefile.OleFileIO:
    return olefile.OleFileIO(io.BytesIO(content), raise_defects=olefile.DEFECT_UNSURE)


def siblings(count: int) -> Tree:
    choose = random.Random(count)
    return {f"{'s' * (number % 5)}{number}": choose.randbytes(number) for number in range(count)}


def test_header_is_that_of_a_version_3_compound_file() -> None:
    header = compound.write({})[:512]
    assert header[:8] == bytes.fromhex("D0CF11E0A1B11AE1")
    # minor version, major version, byte order, sector shift, mini sector shift: [MS-CFB] 2.2
    assert struct.unpack_from("<HHHHH", header, 24) == (0x3E, 3, 0xFFFE, 9, 6)
    assert struct.unpack_from("<I", header, 56) == (4096,)


@pytest.mark.parametrize("size", SIZES)
def test_streams_around_sector_and_mini_sector_boundaries_survive(size: int) -> None:
    content = random.Random(size).randbytes(size)
    with opened(compound.write({"a": content, "b": b"beside"})) as file:
        assert file.openstream("a").read() == content
        assert file.get_size("a") == size
        assert file.openstream("b").read() == b"beside"


@pytest.mark.parametrize("count", [*range(20), 31, 32, 33, 63, 64, 65, 200])
def test_every_sibling_is_found_by_strict_readers(count: int) -> None:
    tree = siblings(count)
    with opened(compound.write(tree)) as file:
        found = {path[0]: file.openstream(path).read() for path in file.listdir()}
    assert found == tree


def red_black_faults(content: bytes) -> list[str]:
    """What breaks the rules of [MS-CFB] 2.6.4 in the tree below the root entry."""
    with opened(content) as file:
        directory = file.directory_fp.getvalue()
    entries = [directory[at : at + 128] for at in range(0, len(directory), 128)]
    faults = []
    names = []

    def walk(number: int, parent_red: bool) -> int:
        if number == 0xFFFFFFFF:
            return 0
        color: int
        length, _, color, left, right = struct.unpack_from("<HBBII", entries[number], 64)
        if parent_red and color == 0:
            faults.append("two reds in a row")
        below = walk(left, color == 0)
        name = entries[number][: length - 2].decode("utf-16-le")
        names.append((length, name.upper()))
        if below != walk(right, color == 0):
            faults.append("uneven black height")
        return below + color

    (top,) = struct.unpack_from("<I", entries[0], 76)
    walk(top, parent_red=True)
    if names != sorted(names):
        faults.append("not in order")
    return faults


@pytest.mark.parametrize("count", range(1, 70))
def test_directory_is_an_ordered_red_black_tree(count: int) -> None:
    assert red_black_faults(compound.write(siblings(count))) == []


def test_storages_nest_and_may_be_empty() -> None:
    tree: Tree = {"one": {"two": {"three": b"deep"}, "none": {}}, "flat": b"x"}
    assert compound.read(compound.write(tree)) == (tree, bytes(16))


def test_class_of_the_root_is_kept() -> None:
    content = compound.write({}, CLSID_MAIL_MESSAGE)
    with opened(content) as file:
        assert file.root.clsid == "00020D0B-0000-0000-C000-000000000046"
    assert compound.read(content) == ({}, CLSID_MAIL_MESSAGE)


def test_more_fat_sectors_than_the_header_lists_are_chained() -> None:
    content = random.Random(1).randbytes(8_000_000)  # 109 FAT sectors describe 7.1 million bytes
    written = compound.write({"large": content, "small": b"x"})
    assert struct.unpack_from("<I", written, 72)[0] > 0
    with opened(written) as file:
        assert file.openstream("large").read() == content


@pytest.mark.parametrize("name", ["", "a" * 32, "a/b", "a:b"])
def test_names_that_no_directory_entry_holds_are_refused(name: str) -> None:
    with pytest.raises(CompoundError):
        compound.write({name: b""})


@pytest.mark.parametrize("content", [b"", b"no compound file", bytes.fromhex("D0CF11E0A1B11AE1")])
def test_what_is_no_compound_file_is_refused(content: bytes) -> None:
    with pytest.raises(CompoundError):
        compound.read(content)


def test_truncated_files_are_refused_or_read_but_never_fail_otherwise() -> None:
    whole = compound.write({"a": bytes(5000), "b": {"c": b"1"}})
    refused = 0
    for end in range(0, len(whole), 97):
        try:
            compound.read(whole[:end])
        except CompoundError:
            refused += 1
    assert refused > 50


def test_streams_that_share_a_chain_are_refused_before_they_are_read() -> None:
    content = bytearray(compound.write({"a": bytes(30_000), "b": bytes(30_000)}))
    (first,) = struct.unpack_from("<I", content, 48)
    entries = 512 * (first + 1)
    starts = [entries + 128 * number + 116 for number in (1, 2)]
    content[starts[1] : starts[1] + 4] = content[starts[0] : starts[0] + 4]
    for start in starts:
        content[start + 4 : start + 8] = struct.pack("<I", 40_000)
    with pytest.raises(CompoundError):
        compound.read(bytes(content))
