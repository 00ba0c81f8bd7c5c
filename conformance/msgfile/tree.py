"""Storages and streams of a compound file, read from its directory.

Source: [MS-CFB] 2.6 (directory entries).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from conformance.msgfile.tables import Chain, MiniSectors, Sectors, UnsoundError

ENTRIES: Final = 131_072
"""Directory entries that are read: 2048 recipients and 2048 attachments of 32 elements each."""
DEPTH: Final = 64
"""Storages within storages that are read; an embedded message takes two."""

_ENTRY: Final = 128
_NONE: Final = 0xFFFFFFFF
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_MINI_CUTOFF: Final = 4096
_FORBIDDEN: Final = frozenset("/\\:!")


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream; its bytes are read when they are asked for."""

    name: str
    size: int
    parent: Storage = field(repr=False, compare=False)
    _chain: Chain | None = field(default=None, repr=False, compare=False)

    @property
    def path(self) -> str:
        return self.parent.inside(self.name)

    @property
    def data(self) -> bytes:
        return self._chain.read(self.size) if self._chain else b""


@dataclass(frozen=True, slots=True)
class Storage:
    """A storage; `children` are found by their upper-case names, as readers find them."""

    name: str
    clsid: bytes
    parent: Storage | None = field(default=None, repr=False, compare=False)
    children: dict[str, Node] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return self.parent.inside(self.name) if self.parent else ""

    def stream(self, name: str) -> Stream | None:
        found = self.children.get(name.upper())
        return found if isinstance(found, Stream) else None

    def storage(self, name: str) -> Storage | None:
        found = self.children.get(name.upper())
        return found if isinstance(found, Storage) else None

    def starting(self, prefix: str) -> Iterator[tuple[str, Node]]:
        """What follows the prefix in the names of the children that have it, in order."""
        for name in sorted(self.children):
            if name.startswith(prefix.upper()):
                yield name[len(prefix) :], self.children[name]

    def inside(self, name: str) -> str:
        """The path of a child, whether there is one or not."""
        return f"{self.path}/{name}" if self.parent else name


Node = Stream | Storage


@dataclass(frozen=True, slots=True)
class _Entry:
    """One directory entry."""

    name: str
    kind: int
    left: int
    right: int
    child: int
    clsid: bytes
    start: int
    size: int
    at: int


class _Directory:
    """The entries of the directory, each of which can be visited once."""

    def __init__(self, sectors: Sectors) -> None:
        self.header = sectors.header
        chain = sectors.chain(self.header.directory, "the directory")
        chain.check(chain.capacity, "the directory")
        self._chain = chain
        self._seen: set[int] = set()

    def visit(self, number: int) -> _Entry:
        if number in self._seen:
            text = f"the directory entry {number} stands in the tree twice"
            raise UnsoundError(text, self._place(number))
        if len(self._seen) == ENTRIES:
            raise UnsoundError(f"there are more than {ENTRIES} directory entries")
        self._seen.add(number)
        if number >= self._chain.capacity // _ENTRY:
            raise UnsoundError(f"the directory entry {number} is not there")
        return self._decoded(self._place(number))

    def _place(self, number: int) -> int:
        """Where in the file an entry stands."""
        block, rest = divmod(number * _ENTRY, self._chain.block)
        return self._chain.places[block] + rest

    def _decoded(self, at: int) -> _Entry:
        raw, length, kind, left, right, child, clsid, start, size = struct.unpack_from(
            "<64sHBxIII16s20xIQ", self._chain.data, at
        )
        if self.header.version == 3:
            size &= 0xFFFFFFFF  # the upper half is not used in this version: [MS-CFB] 2.6.1
        return _Entry(_name(raw, length, at), kind, left, right, child, clsid, start, size, at)


def _name(raw: bytes, length: int, at: int) -> str:
    """A name as its entry has it; control characters are allowed in first place only."""
    if not 4 <= length <= 64 or length % 2:
        raise UnsoundError(f"a directory entry has a name of {length} bytes", at)
    name = raw[: length - 2].decode("utf-16-le", "surrogatepass")
    if _FORBIDDEN & set(name) or "\0" in name or any(char < " " for char in name[1:]):
        raise UnsoundError(f"a directory entry has the impossible name {name!a}", at)
    return name


def open_tree(data: bytes) -> Storage:
    """The root storage of a compound file; raises :class:`UnsoundError`."""
    sectors = Sectors(data)
    directory = _Directory(sectors)
    entry = directory.visit(0)
    if entry.kind != _ROOT:
        raise UnsoundError("the first directory entry is no root", entry.at)
    small = MiniSectors(sectors, entry.start, entry.size)
    root = Storage("", entry.clsid)
    todo = [(entry.child, 0, root)]
    while todo:
        number, depth, parent = todo.pop()
        if number == _NONE:
            continue
        entry = directory.visit(number)
        todo += [(entry.left, depth, parent), (entry.right, depth, parent)]
        key, name = entry.name.upper(), _shown(entry.name)
        if key in parent.children:
            raise UnsoundError(f"there are two elements {parent.inside(name)}", entry.at)
        if entry.kind == _STREAM:
            chain = _chain(parent.inside(name), entry, sectors, small)
            parent.children[key] = Stream(name, entry.size, parent, chain)
        elif entry.kind == _STORAGE and depth < DEPTH:
            parent.children[key] = storage = Storage(name, entry.clsid, parent)
            todo.append((entry.child, depth + 1, storage))
        elif entry.kind == _STORAGE:
            raise UnsoundError(f"there are more than {DEPTH} storages within each other", entry.at)
        else:
            text = f"{parent.inside(name)} is of the unknown kind {entry.kind}"
            raise UnsoundError(text, entry.at)
    return root


def _chain(path: str, entry: _Entry, sectors: Sectors, small: MiniSectors) -> Chain | None:
    if not entry.size:
        return None
    chain = (small if entry.size < _MINI_CUTOFF else sectors).chain(entry.start, path)
    chain.check(entry.size, path)
    return chain


def _shown(name: str) -> str:
    """A name without characters that would disturb a terminal."""
    return name if name.isprintable() else ascii(name)[1:-1]
