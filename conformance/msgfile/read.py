"""Reading the bytes of a .msg file: they are untrusted, and no byte of them ends in an exception.

What keeps a file from being read at all is a :class:`Defect`; the rest is left to the checks.
"""

from __future__ import annotations

import re
import struct
from typing import Final

from conformance.msgfile.structure import (
    ATTACHMENT,
    DATA_OBJECT,
    ENTRY_SIZE,
    HEADERS,
    NAMEID,
    PROPERTIES,
    RECIPIENT,
    VALUE,
    Defect,
    Entry,
    Kind,
    MsgFile,
    Name,
    Names,
    Part,
    Properties,
)
from conformance.msgfile.tables import UnsoundError
from conformance.msgfile.tree import Storage, Stream, open_tree

MOST_ENTRIES: Final = 262_144
"""Entries of all property streams together that are read."""
MOST_NAMES: Final = 0x7FFF
"""Named properties have identifiers from 0x8000 to 0xFFFE."""
LONGEST_STRINGS: Final = 4 * 1024 * 1024

_DIGITS: Final = re.compile(r"[0-9A-F]{8}")
_GUID: Final = 16
_NAME: Final = struct.Struct("<IHH")


def read(data: bytes) -> MsgFile | Defect:
    """The file that the bytes are, or why they are none."""
    try:
        root = open_tree(data)
        return MsgFile(root, _Reader().part(root, "message"), _names(root))
    except UnsoundError as error:
        return Defect(error.message, error.offset)


class _Reader:
    """Reads parts, counting the entries of all of them."""

    def __init__(self) -> None:
        self.entries = 0

    def part(self, storage: Storage, kind: Kind, number: int | None = None) -> Part:
        stream = storage.stream(PROPERTIES)
        properties = self._properties(stream, HEADERS[kind]) if stream else None
        if kind == "recipient":
            return Part(kind, storage, number, properties)
        if kind == "attachment":
            inner = storage.storage(f"{VALUE}{DATA_OBJECT:08X}")
            is_message = inner is not None and inner.stream(PROPERTIES) is not None
            embedded = self.part(inner, "embedded") if inner and is_message else None
            return Part(kind, storage, number, properties, embedded=embedded)
        recipients = self._parts(storage, RECIPIENT, "recipient")
        attachments = self._parts(storage, ATTACHMENT, "attachment")
        return Part(kind, storage, number, properties, recipients, attachments)

    def _parts(self, storage: Storage, prefix: str, kind: Kind) -> tuple[Part, ...]:
        return tuple(
            self.part(node, kind, int(rest, 16) if _DIGITS.fullmatch(rest) else None)
            for rest, node in storage.starting(prefix)
            if isinstance(node, Storage)
        )

    def _properties(self, stream: Stream, size: int) -> Properties:
        self.entries += stream.size // ENTRY_SIZE
        if self.entries > MOST_ENTRIES:
            raise UnsoundError(f"the property streams have more than {MOST_ENTRIES} entries")
        data = stream.data
        rest = max(0, len(data) - size) % ENTRY_SIZE
        found = struct.iter_unpack("<II8s", data[size : len(data) - rest])
        entries = (
            Entry(tag, flags, value, size + number * ENTRY_SIZE)
            for number, (tag, flags, value) in enumerate(found)
        )
        return Properties(stream.path, data[:size], tuple(entries), rest)


def _names(root: Storage) -> Names | None:
    """The mapping of named properties; a stream of it that is missing counts as empty."""
    storage = root.storage(NAMEID)
    if storage is None:
        return None
    guids, entries, strings = (
        _bounded(storage, number, limit)
        for number, limit in (
            ("00020102", MOST_NAMES * _GUID),
            ("00030102", MOST_NAMES * _NAME.size),
            ("00040102", LONGEST_STRINGS),
        )
    )
    whole = len(entries) - len(entries) % _NAME.size
    found = tuple(
        Name(key, packed >> 1, bool(packed & 1), index, number * _NAME.size)
        for number, (key, packed, index) in enumerate(_NAME.iter_unpack(entries[:whole]))
    )
    listed = tuple(guids[at : at + _GUID] for at in range(0, len(guids) - _GUID + 1, _GUID))
    return Names(storage, found, listed, strings)


def _bounded(storage: Storage, number: str, limit: int) -> bytes:
    stream = storage.stream(VALUE + number)
    if stream is None:
        return b""
    if stream.size > limit:
        raise UnsoundError(f"{stream.path} has {stream.size} bytes, more than names can take")
    return stream.data
