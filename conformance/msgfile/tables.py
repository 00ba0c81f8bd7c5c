"""The sector tables of a compound file, walked by ourselves before anything is believed.

Every sector can be claimed once: a chain that meets itself or another one ends the reading.
So all walks together take no more steps than the file has sectors, and all streams together never
hold more bytes than the file.
Source: [MS-CFB] 2.2 (header), 2.3 (FAT), 2.4 (mini FAT), 2.5 (DIFAT).
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from conformance.errors import ConformanceError

SIGNATURE: Final = bytes.fromhex("D0CF11E0A1B11AE1")
LARGEST: Final = 256 * 1024 * 1024
"""Bytes of the largest file that is read."""

_HEADER: Final = 512
_SHIFTS: Final = {3: 9, 4: 12}  # major version: sector shift
_MINI_SHIFT: Final = 6
_MINI_CUTOFF: Final = 4096
_HEADER_FATS: Final = 109
_LAST_SECTOR: Final = 0xFFFFFFFA
_END: Final = 0xFFFFFFFE
_FREE: Final = 0xFFFFFFFF


class UnsoundError(ConformanceError):
    """The bytes are no sound compound file; `offset` is where in the file that shows."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Header:
    """What the header of a compound file says, checked against the length of the file."""

    version: int
    sector_size: int
    sectors: int
    fats: int
    directory: int
    mini_fat: int
    mini_fats: int
    difat: int
    difats: int

    @classmethod
    def read(cls, data: bytes) -> Header:
        if not data.startswith(SIGNATURE):
            raise UnsoundError("the signature of a compound file is missing")
        if len(data) > LARGEST:
            raise UnsoundError(f"the file has more than {LARGEST} bytes")
        if len(data) < _HEADER:
            raise UnsoundError("the file ends within its header", len(data))
        version, order, shift, mini_shift = struct.unpack_from("<HHHH", data, 26)
        if order != 0xFFFE:
            raise UnsoundError(f"the byte order is 0x{order:04X} instead of 0xFFFE", 28)
        if _SHIFTS.get(version) != shift or mini_shift != _MINI_SHIFT:
            raise UnsoundError(f"version {version} with sector shifts {shift}, {mini_shift}", 30)
        fats, directory, _, cutoff = struct.unpack_from("<IIII", data, 44)
        if cutoff != _MINI_CUTOFF:
            raise UnsoundError(f"the size limit of small streams is {cutoff}, not 4096", 56)
        size = 1 << shift
        sectors = max(0, -(-len(data) // size) - 1)
        mini_fat, mini_fats, difat, difats = struct.unpack_from("<IIII", data, 60)
        for count, at in ((fats, 44), (mini_fats, 64), (difats, 72)):
            if count > sectors:
                raise UnsoundError(f"the header counts {count} sectors of {sectors} there are", at)
        return cls(version, size, sectors, fats, directory, mini_fat, mini_fats, difat, difats)


class Chains:
    """Chains through one table of sector numbers; `what` names the sectors in messages.

    `place` gives the offset of a sector in the file.
    """

    def __init__(self, table: array[int], what: str, place: Callable[[int], int]) -> None:
        self._table, self._what, self._place = table, what, place
        self._claimed = bytearray(len(table))

    def claim(self, sector: int, owner: str) -> None:
        """Take one sector for good."""
        if sector >= len(self._table):
            raise UnsoundError(f"{owner} lies in the {self._what} {sector}, which is not there")
        if self._claimed[sector]:
            text = f"{owner} shares the {self._what} {sector}, or runs in a circle"
            raise UnsoundError(text, self._place(sector))
        self._claimed[sector] = 1

    def follow(self, start: int, owner: str) -> array[int]:
        """Claim a chain to its end."""
        table, found, sector = self._table, array("I"), start
        while sector <= _LAST_SECTOR:
            self.claim(sector, owner)
            found.append(sector)
            sector = table[sector]
        if sector != _END:
            raise UnsoundError(f"the chain of {owner} ends in 0x{sector:08X}, no end mark")
        return found


class Sectors:
    """The sectors of a file and their FAT."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.header = header = Header.read(data)
        fats, difats = self._fat_sectors()
        needed = -(-header.sectors * 4 // header.sector_size)
        table = numbers(b"".join(self.sector(number) for number in fats[:needed]))
        del table[header.sectors :]
        table.extend([_FREE] * (header.sectors - len(table)))
        self.chains = Chains(table, "sector", lambda number: (number + 1) * header.sector_size)
        for number in (*fats, *difats):
            self.chains.claim(number, "the allocation table")

    def _fat_sectors(self) -> tuple[list[int], list[int]]:
        """The sectors of the FAT and of the DIFAT."""
        header = self.header
        if header.difats * (header.sector_size // 4 - 1) >= header.fats + header.sector_size // 4:
            raise UnsoundError(f"{header.difats} DIFAT sectors are too many", 72)
        listed = list(struct.unpack_from(f"<{_HEADER_FATS}I", self.data, 76))
        difats: dict[int, None] = {}
        following = header.difat
        for _ in range(header.difats):
            if following in difats or following >= header.sectors:
                raise UnsoundError(f"the DIFAT goes on in sector {following}, which cannot be", 68)
            difats[following] = None
            *more, following = numbers(self.sector(following))
            listed += more
        fats = listed[: header.fats]
        if len(fats) < header.fats or any(number >= header.sectors for number in fats):
            raise UnsoundError(f"of the {header.fats} sectors of the FAT some are not there", 44)
        if not fats:
            raise UnsoundError("there is no FAT", 44)
        return fats, list(difats)

    def sector(self, number: int) -> bytes:
        """One whole sector."""
        size = self.header.sector_size
        found = self.data[(number + 1) * size : (number + 2) * size]
        if len(found) < size:
            raise UnsoundError(f"the file ends within sector {number}", len(self.data))
        return found

    def chain(self, start: int, owner: str) -> Chain:
        """Claim a chain of sectors."""
        size = self.header.sector_size
        found = self.chains.follow(start, owner)
        return Chain(self.data, array("Q", [(number + 1) * size for number in found]), size)


@dataclass(frozen=True, slots=True)
class Chain:
    """The places in `data` where the blocks of one stream lie."""

    data: bytes
    places: array[int]
    block: int

    @property
    def capacity(self) -> int:
        return len(self.places) * self.block

    def read(self, size: int) -> bytes:
        """The first bytes of the chain."""
        blocks = -(-size // self.block)
        joined = b"".join(self.data[at : at + self.block] for at in self.places[:blocks])
        return joined[:size]

    def check(self, size: int, owner: str) -> None:
        """Refuse a stream that is longer than its chain or goes on after the end of the file."""
        if size > self.capacity:
            raise UnsoundError(f"{owner} has {size} bytes, but sectors for {self.capacity} only")
        blocks, rest = divmod(size, self.block)
        last = self.places[blocks] + rest if rest else 0
        if blocks:
            last = max(last, max(self.places[:blocks]) + self.block)
        if last > len(self.data):
            raise UnsoundError(f"the file ends within {owner}", len(self.data))


class MiniSectors:
    """The small blocks inside the stream of the root entry, and their FAT."""

    def __init__(self, sectors: Sectors, start: int, size: int) -> None:
        header = sectors.header
        self._data = sectors.data
        self._stream = sectors.chain(start, "the mini stream") if size else None
        if self._stream:
            self._stream.check(size, "the mini stream")
        table = array("I")
        if header.mini_fats:
            chain = sectors.chain(header.mini_fat, "the mini FAT")
            chain.check(chain.capacity, "the mini FAT")
            table = numbers(chain.read(chain.capacity))
        del table[(size + 63) >> _MINI_SHIFT :]
        self._chains = Chains(table, "mini sector", self._place)

    def chain(self, start: int, owner: str) -> Chain:
        """Claim a chain of mini sectors; its places are those in the file itself."""
        found = self._chains.follow(start, owner)
        places = array("Q", [self._place(number) for number in found])
        return Chain(self._data, places, 1 << _MINI_SHIFT)

    def _place(self, number: int) -> int:
        assert self._stream is not None  # without it the table is empty
        at = number << _MINI_SHIFT
        return self._stream.places[at // self._stream.block] + at % self._stream.block


def numbers(content: bytes) -> array[int]:
    """Little-endian numbers of 32 bits."""
    found = array("I")
    found.frombytes(content)
    if sys.byteorder == "big":
        found.byteswap()
    return found
