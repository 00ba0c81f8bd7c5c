"""Named properties: the one mapping of a .msg file, and the streams that hold it.

Source: XM 2.2.3; the stream-id equation is read as in X-20, giving 0x1000 to 0x101E.
"""

from __future__ import annotations

import struct
import uuid
import zlib
from dataclasses import dataclass
from typing import Final

from adapters.reference.compound import Tree
from adapters.reference.numbers import FIRST_NAMED_ID, LAST_NAMED_ID, PT_BINARY

STORAGE: Final = "__nameid_version1.0"
_GUIDS: Final = "__substg1.0_00020102"
_ENTRIES: Final = "__substg1.0_00030102"
_STRINGS: Final = "__substg1.0_00040102"
_PS_MAPI: Final = uuid.UUID("00020328-0000-0000-C000-000000000046")
_PS_PUBLIC_STRINGS: Final = uuid.UUID("00020329-0000-0000-C000-000000000046")
_WELL_KNOWN: Final = (_PS_MAPI, _PS_PUBLIC_STRINGS)  # indices 1 and 2, never in the GUID stream
_FIRST_LISTED: Final = 3
_BUCKETS: Final = 0x1F


@dataclass(frozen=True, slots=True)
class PropertyName:
    """A property set and a number or a string within it."""

    guid: uuid.UUID
    name: int | str


class NameMap:
    """Names and the property identifiers from 0x8000 on that stand for them, in order."""

    def __init__(self, names: list[PropertyName] | None = None) -> None:
        self._ids: dict[PropertyName, int] = {}
        for name in names or ():
            self.create(name)

    def __contains__(self, identifier: int) -> bool:
        return FIRST_NAMED_ID <= identifier < FIRST_NAMED_ID + len(self._ids)

    def find(self, name: PropertyName) -> int | None:
        """The identifier of a name, or None."""
        return self._ids.get(name)

    def create(self, name: PropertyName) -> int | None:
        """The identifier of a name, new if need be; None where all are taken."""
        following = FIRST_NAMED_ID + len(self._ids)
        if name not in self._ids and following > LAST_NAMED_ID:
            return None
        return self._ids.setdefault(name, following)

    def render(self) -> Tree:
        """The streams of the mapping storage."""
        guids: list[uuid.UUID] = []
        entries, strings = bytearray(), bytearray()
        buckets: dict[str, bytes] = {}
        for index, name in enumerate(self._ids):
            guid = _guid_index(name.guid, guids)
            if isinstance(name.name, str):
                key, hashed, text = len(strings), checksum(name.name), 1
                strings += _string(name.name)
            else:
                key = hashed = name.name
                text = 0
            tail = struct.pack("<HH", guid << 1 | text, index)
            entries += struct.pack("<I", key) + tail
            bucket = self.stream_name(hashed, guid, text)
            buckets[bucket] = buckets.get(bucket, b"") + struct.pack("<I", hashed) + tail
        listed = b"".join(guid.bytes_le for guid in guids)
        return {_GUIDS: listed, _ENTRIES: bytes(entries), _STRINGS: bytes(strings), **buckets}

    def stream_name(self, hashed: int, guid_index: int, text: int) -> str:
        """The stream in which a reader looks a name up. Source: XM, stream id equation; X-20."""
        number = 0x1000 + (hashed ^ (guid_index << 1 | text)) % _BUCKETS
        return f"__substg1.0_{number << 16 | PT_BINARY:08X}"


def load(tree: Tree) -> NameMap:
    """The mapping in the streams; LookupError, ValueError or struct.error where it is unsound."""
    guids, entries, strings = (_stream(tree, name) for name in (_GUIDS, _ENTRIES, _STRINGS))
    names: dict[int, PropertyName] = {}
    for key, packed, index in struct.iter_unpack("<IHH", entries):
        guid = _guid(packed >> 1, guids)
        names[index] = PropertyName(guid, _text(strings, key) if packed & 1 else key)
    if sorted(names) != list(range(len(names))):
        raise ValueError("the property indices of the name mapping have gaps")
    return NameMap([names[index] for index in range(len(names))])


def checksum(name: str) -> int:
    """The CRC-32 of a name in UTF-16, without the inversions that zlib makes before and after."""
    inverted = zlib.crc32(name.encode("utf-16-le", "surrogatepass"), 0xFFFFFFFF)
    return inverted ^ 0xFFFFFFFF


def _guid_index(guid: uuid.UUID, listed: list[uuid.UUID]) -> int:
    if guid in _WELL_KNOWN:
        return 1 + _WELL_KNOWN.index(guid)
    if guid not in listed:
        listed.append(guid)
    return _FIRST_LISTED + listed.index(guid)


def _guid(index: int, listed: bytes) -> uuid.UUID:
    if 1 <= index < _FIRST_LISTED:
        return _WELL_KNOWN[index - 1]
    at = 16 * (index - _FIRST_LISTED)
    return uuid.UUID(bytes_le=listed[at : at + 16])


def _string(name: str) -> bytes:
    """An item of the string stream: length, text, and zeros up to a multiple of four bytes."""
    text = name.encode("utf-16-le", "surrogatepass")
    return struct.pack("<I", len(text)) + text + bytes(-len(text) % 4)


def _text(strings: bytes, at: int) -> str:
    (length,) = struct.unpack_from("<I", strings, at)
    return strings[at + 4 : at + 4 + length].decode("utf-16-le", "surrogatepass")


def _stream(tree: Tree, name: str) -> bytes:
    stream = tree[name]
    if not isinstance(stream, bytes):
        raise ValueError(f"{name} is no stream")
    return stream
