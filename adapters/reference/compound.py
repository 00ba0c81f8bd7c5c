"""Compound files, version 3 (512-byte sectors): a tree of storages and streams to bytes, and back.

Source: the [MS-CFB] layout; reading is olefile's, at its strictest.
"""

from __future__ import annotations

import io
import struct
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import olefile

from conformance.errors import ConformanceError

Element: TypeAlias = "bytes | Tree"  # a stream or a storage
Tree: TypeAlias = "Mapping[str, Element]"  # never changed in place, so that versions share parts

CLSID_NULL: Final = bytes(16)
CLSID_MAIL_MESSAGE: Final = uuid.UUID("00020D0B-0000-0000-C000-000000000046").bytes_le

_SECTOR: Final = 512
_MINI_SECTOR: Final = 64
_MINI_LIMIT: Final = 4096  # shorter streams live in the mini stream
_IDS_PER_SECTOR: Final = _SECTOR // 4
_HEADER_FATS: Final = 109  # FAT sectors that the header lists; the DIFAT chain lists the others
_DIFAT, _FAT, _END, _FREE = 0xFFFFFFFC, 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_LONGEST_NAME: Final = 62  # bytes, without the NUL
_RED, _BLACK = 0, 1


class CompoundError(ConformanceError):
    """The bytes are no sound compound file, or a tree cannot be written as one."""


@dataclass(slots=True)
class _Entry:
    """One directory entry."""

    name: str
    kind: int
    clsid: bytes = CLSID_NULL
    color: int = _BLACK
    left: int = _FREE
    right: int = _FREE
    child: int = _FREE
    start: int = 0
    size: int = 0

    def encode(self) -> bytes:
        if not is_name(self.name):
            raise CompoundError(f"{self.name!r} is no name for an element", "1 to 31 characters")
        name = self.name.encode("utf-16-le", "surrogatepass")
        return struct.pack(
            "<64sHBBIII16sIQQIQ",
            *(name, len(name) + 2, self.kind, self.color),
            *(self.left, self.right, self.child, self.clsid),
            *(0, 0, 0, self.start, self.size),
        )


class _Sectors:
    """Sectors of one size, and the chains through them."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.data = bytearray()
        self.next: list[int] = []

    def add(self, content: bytes) -> int:
        """Append a chain; gives its first sector."""
        if not content:
            return _END
        first = len(self.next)
        sectors = -(-len(content) // self.size)
        self.data += content.ljust(sectors * self.size, b"\0")
        self.next += [*range(first + 1, first + sectors), _END]
        return first


def is_name(name: str) -> bool:
    """Whether an element can have the name. Source: [MS-CFB] 2.6.1."""
    length = len(name.encode("utf-16-le", "surrogatepass"))
    return 0 < length <= _LONGEST_NAME and not set(name) & set("/\\:!")


def write(tree: Tree, clsid: bytes = CLSID_NULL) -> bytes:
    """The compound file that holds a tree; raises :class:`CompoundError` for impossible names."""
    sectors, mini = _Sectors(_SECTOR), _Sectors(_MINI_SECTOR)
    entries = [_Entry("Root Entry", _ROOT, clsid)]
    entries[0].child = _add_children(entries, tree, sectors, mini)
    entries[0].start, entries[0].size = sectors.add(bytes(mini.data)), len(mini.data)
    mini_fat = _ids(mini.next)
    mini_start = sectors.add(mini_fat)
    unused = struct.pack("<68xIII48x", _FREE, _FREE, _FREE)
    directory = b"".join(entry.encode() for entry in entries) + unused * (-len(entries) % 4)
    directory_start = sectors.add(directory)
    fats, difats = _table_sizes(len(sectors.next))
    first_fat = len(sectors.next)
    first_difat = first_fat + fats
    fat_ids = list(range(first_fat, first_difat))
    fat = _ids([*sectors.next, *[_FAT] * fats, *[_DIFAT] * difats])
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        *(0x3E, 3, 0xFFFE, 9, 6),
        *(0, fats, directory_start, 0, _MINI_LIMIT),
        *(mini_start, len(mini_fat) // _SECTOR),
        *(first_difat if difats else _END, difats),
        fat_ids[0],
    )
    header = header[:-4] + _ids(fat_ids[:_HEADER_FATS], _HEADER_FATS)
    return header + bytes(sectors.data) + fat + _difat(fat_ids[_HEADER_FATS:], first_difat)


def _ids(numbers: list[int], per_block: int = _IDS_PER_SECTOR) -> bytes:
    """Sector numbers, filled up to whole blocks."""
    padded = numbers + [_FREE] * (-len(numbers) % per_block)
    return struct.pack(f"<{len(padded)}I", *padded)


def _table_sizes(sectors: int) -> tuple[int, int]:
    """How many FAT and DIFAT sectors it takes to describe all sectors, these tables included."""
    fats = difats = 0
    while fats * _IDS_PER_SECTOR < sectors + fats + difats:
        fats += 1
        difats = -(-max(0, fats - _HEADER_FATS) // (_IDS_PER_SECTOR - 1))
    return max(fats, 1), difats


def _difat(fat_ids: list[int], first: int) -> bytes:
    """The DIFAT sectors: 127 FAT sector numbers each, then the number of the next one."""
    per_sector = _IDS_PER_SECTOR - 1
    blocks = [fat_ids[at : at + per_sector] for at in range(0, len(fat_ids), per_sector)]
    following = [*range(first + 1, first + len(blocks)), _END]
    return b"".join(
        _ids(block, per_sector) + struct.pack("<I", link)
        for block, link in zip(blocks, following, strict=False)
    )


def _add_children(entries: list[_Entry], tree: Tree, sectors: _Sectors, mini: _Sectors) -> int:
    """Append the entries of a storage's children; gives the root of their search tree."""
    numbers = []
    for name in sorted(tree, key=_order):
        element = tree[name]
        numbers.append(len(entries))
        if isinstance(element, bytes):
            where = mini if len(element) < _MINI_LIMIT else sectors
            entries.append(_Entry(name, _STREAM, start=where.add(element), size=len(element)))
        else:
            storage = _Entry(name, _STORAGE)
            entries.append(storage)
            storage.child = _add_children(entries, element, sectors, mini)
    return _balance(entries, numbers, len(numbers).bit_length() - 1)


def _order(name: str) -> tuple[int, bytes]:
    """Names are ordered by length, then by upper-case code units."""
    upper = "".join(c.upper() if len(c.upper()) == 1 else c for c in name)
    return len(upper.encode("utf-16-le", "surrogatepass")), upper.encode(
        "utf-16-be", "surrogatepass"
    )


def _balance(entries: list[_Entry], numbers: list[int], red_depth: int, depth: int = 0) -> int:
    """Link sorted siblings to a red-black tree: balanced, black, its last level red."""
    if not numbers:
        return _FREE
    middle = len(numbers) // 2
    entry = entries[numbers[middle]]
    entry.color = _RED if depth == red_depth > 0 else _BLACK
    entry.left = _balance(entries, numbers[:middle], red_depth, depth + 1)
    entry.right = _balance(entries, numbers[middle + 1 :], red_depth, depth + 1)
    return numbers[middle]


def read(content: bytes) -> tuple[Tree, bytes]:
    """The tree and the class of a compound file; raises :class:`CompoundError` where it is unsound.

    Streams that claim more bytes together than the file has are refused before they are read.
    """
    if not content.startswith(olefile.MAGIC):
        raise CompoundError("the bytes are no compound file")
    try:
        with olefile.OleFileIO(io.BytesIO(content), raise_defects=olefile.DEFECT_INCORRECT) as file:
            streams = file.listdir(streams=True, storages=False)
            if sum(file.get_size(path) for path in streams) > len(content):
                raise CompoundError("the streams of the compound file overlap")
            tree: dict[str, Any] = {}
            for path in file.listdir(streams=False, storages=True):
                _storage(tree, path)
            for path in streams:
                with file.openstream(path) as stream:
                    _storage(tree, path[:-1])[path[-1]] = stream.read()
            clsid = uuid.UUID(file.root.clsid).bytes_le if file.root.clsid else CLSID_NULL
    except CompoundError:
        raise
    except Exception as error:  # olefile raises what comes on broken bytes
        raise CompoundError(f"the compound file is damaged: {error}") from error
    return tree, clsid


def _storage(tree: dict[str, Any], path: list[str]) -> dict[str, Any]:
    for name in path:
        tree = tree.setdefault(name, {})
    return tree
