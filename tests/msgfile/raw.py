"""A compound file laid out by hand, so that a test can break any number in it."""

import struct
from dataclasses import dataclass, field

FREE, END, FAT, DIFAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFC
STORAGE, STREAM, ROOT = 1, 2, 5


@dataclass
class Entry:
    name: str
    kind: int
    child: int = FREE
    left: int = FREE
    right: int = FREE
    start: int = 0
    size: int = 0
    length: int | None = None
    clsid: bytes = bytes(16)

    def pack(self) -> bytes:
        name = self.name.encode("utf-16-le")
        length = len(name) + 2 if self.length is None else self.length
        numbers = (length, self.kind, 1, self.left, self.right, self.child, self.clsid)
        return struct.pack("<64sHBBIII16s20xIQ", name, *numbers, self.start, self.size)


@dataclass
class Raw:
    """Sectors, tables and entries; `lay_out` places the tables, `pack` writes them as they are."""

    fat: list[int] = field(default_factory=list)
    sectors: list[bytes] = field(default_factory=list)
    mini_fat: list[int] = field(default_factory=list)
    mini: bytes = b""
    entries: list[Entry] = field(default_factory=lambda: [Entry("Root Entry", ROOT)])
    fats: list[int] = field(default_factory=list)
    difats: list[int] = field(default_factory=list)
    version: int = 3
    order: int = 0xFFFE
    shift: int = 9
    mini_shift: int = 6
    cutoff: int = 4096
    sector: int = 512
    num_fats: int | None = None
    directory: int = 0
    mini_fat_start: int = END
    num_mini_fats: int = 0
    difat_start: int = END
    num_difats: int = 0
    magic: bytes = bytes.fromhex("D0CF11E0A1B11AE1")

    def chain(self, data: bytes) -> int:
        """Append a chain of sectors; gives its first one."""
        first = len(self.sectors)
        count = -(-len(data) // self.sector)
        self.sectors += [
            data[at : at + self.sector].ljust(self.sector, b"\0")
            for at in range(0, len(data), self.sector)
        ]
        self.fat += [*range(first + 1, first + count), END]
        return first

    def stream(self, name: str, data: bytes, parent: int = 0) -> Entry:
        """Add a stream, in mini sectors where it is short."""
        if len(data) >= 4096:
            start = self.chain(data)
        else:
            start, count = len(self.mini_fat), -(-len(data) // 64)
            self.mini += data.ljust(count * 64, b"\0")
            self.mini_fat += [*range(start + 1, start + count), END] if count else []
        return self.add(Entry(name, STREAM, start=start, size=len(data)), parent)

    def storage(self, name: str, parent: int = 0) -> int:
        self.add(Entry(name, STORAGE), parent)
        return len(self.entries) - 1

    def add(self, entry: Entry, parent: int = 0) -> Entry:
        """Hang an entry in front of its siblings."""
        entry.right = self.entries[parent].child
        self.entries[parent].child = len(self.entries)
        self.entries.append(entry)
        return entry

    def lay_out(self) -> "Raw":
        self.entries[0].size = len(self.mini)
        self.entries[0].start = self.chain(self.mini) if self.mini else END
        if self.mini_fat:
            table = struct.pack(f"<{len(self.mini_fat)}I", *self.mini_fat)
            self.mini_fat_start = self.chain(table)
            self.num_mini_fats = -(-len(table) // self.sector)
        self.directory = self.chain(bytes(128 * len(self.entries)))
        count = 1
        while count * self.sector // 4 < len(self.sectors) + count:
            count += 1
        for _ in range(count):
            self.fats.append(len(self.sectors))
            self.sectors.append(b"")
            self.fat.append(FAT)
        return self

    def pack(self) -> bytes:
        sectors = list(self.sectors)
        entries = b"".join(entry.pack() for entry in self.entries)
        self._put(sectors, self._sectors_from(self.directory), entries)
        if self.mini_fat:
            table = struct.pack(f"<{len(self.mini_fat)}I", *self.mini_fat)
            self._put(sectors, self._sectors_from(self.mini_fat_start), table, b"\xff")
        fat = struct.pack(f"<{len(self.fat)}I", *self.fat)
        self._put(sectors, self.fats, fat, b"\xff")
        head = struct.pack(
            "<8s16xHHHHH6x9I",
            self.magic,
            *(0x3E, self.version, self.order, self.shift, self.mini_shift, 0),
            len(self.fats) if self.num_fats is None else self.num_fats,
            *(self.directory, 0, self.cutoff, self.mini_fat_start, self.num_mini_fats),
            *(self.difat_start, self.num_difats),
        )
        listed = (self.fats + [FREE] * 109)[:109]
        header = head + struct.pack("<109I", *listed)
        return header.ljust(self.sector, b"\0") + b"".join(sectors)

    def _sectors_from(self, start: int) -> list[int]:
        """The sectors where a table was placed, whatever its chain says by now."""
        return list(range(start, len(self.sectors))) if start < len(self.sectors) else []

    def _put(
        self, sectors: list[bytes], places: list[int], data: bytes, fill: bytes = b"\0"
    ) -> None:
        for at, place in enumerate(places):
            content = data[at * self.sector : (at + 1) * self.sector]
            if place < len(sectors) and (content or not sectors[place]):
                sectors[place] = content.ljust(self.sector, fill)
