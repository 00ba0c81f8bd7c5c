"""Values of properties as plain Python values, from a file and from the encoding of calls."""

from __future__ import annotations

import base64
import binascii
import struct
from typing import Any, Final

from conformance.msgfile.structure import BINARY, GUID, MULTIPLE, STRING, STRING8, Entry, Part

LONG, BOOLEAN = 0x0003, 0x000B

_BYTES: Final = frozenset({BINARY, GUID})
_TEXT: Final = frozenset({STRING, STRING8})


def known(tag: int) -> bool:
    """Whether values of the type can be compared."""
    return tag & 0xFFFF & ~MULTIPLE in (LONG, BOOLEAN, *_BYTES, *_TEXT)


def same_width(tag: int) -> int:
    """The tag with the Unicode type in place of the 8-bit one: a file has one width for all."""
    return tag | 1 if tag & 0xFFFF & ~MULTIPLE in _TEXT else tag


def plain(tag: int, wire: Any) -> Any:
    """A value of the harness protocol; None where it is none of its type."""
    if tag & MULTIPLE:
        items = (
            [plain(tag & ~MULTIPLE, item) for item in wire] if isinstance(wire, list) else [None]
        )
        return None if None in items else tuple(items)
    if tag & 0xFFFF not in _BYTES:
        return wire
    try:
        return base64.b64decode(wire, validate=True)
    except (binascii.Error, TypeError, ValueError):
        return None


def is_ascii(value: Any) -> bool:
    """Whether a value is the same in every width of strings."""
    if isinstance(value, tuple):
        return all(is_ascii(item) for item in value)
    return not isinstance(value, str) or value.isascii()


def stored(part: Part, entry: Entry) -> Any:
    """The value of an entry; None where its streams are not all there."""
    if entry.kind == LONG:
        return entry.size
    if entry.kind == BOOLEAN:
        return entry.value[:2] != b"\0\0"
    stream = part.storage.stream(entry.stream_name)
    if stream is None:
        return None
    return _array(part, entry, stream.data) if entry.kind & MULTIPLE else _one(entry, stream.data)


def _one(entry: Entry, data: bytes) -> Any:
    kind = entry.kind & ~MULTIPLE
    if kind == STRING:
        return data.decode("utf-16-le", "replace")
    return data.decode("latin-1") if kind == STRING8 else data


def _array(part: Part, entry: Entry, data: bytes) -> Any:
    kind = entry.kind & ~MULTIPLE
    if kind == LONG:
        return struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])
    if kind == GUID:
        return tuple(data[at : at + 16] for at in range(0, len(data), 16))
    items = []
    for number in range(len(data) // (8 if kind == BINARY else 4)):
        stream = part.storage.stream(f"{entry.stream_name}-{number:08X}")
        if stream is None:
            return None
        item = _one(entry, stream.data)
        items.append(item.removesuffix("\0") if isinstance(item, str) else item)
    return tuple(items)
