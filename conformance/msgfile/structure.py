"""What a .msg file holds, as values: property streams, parts, and the named properties.

Sources: XM 2.1 to 2.4; the header sizes of embedded messages, recipients and attachments after C10.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from conformance.msgfile.tree import Storage, Stream

PROPERTIES: Final = "__properties_version1.0"
NAMEID: Final = "__nameid_version1.0"
VALUE: Final = "__substg1.0_"
RECIPIENT: Final = "__recip_version1.0_#"
ATTACHMENT: Final = "__attach_version1.0_#"
ENTRY_SIZE: Final = 16
NO_SIZE: Final = 0xFFFFFFFF
"""Stands in place of a size where the value is a storage."""

MULTIPLE: Final = 0x1000
OBJECT, STRING8, STRING, GUID, BINARY = 0x000D, 0x001E, 0x001F, 0x0048, 0x0102
IN_STREAM: Final = frozenset({STRING8, STRING, GUID, BINARY})
"""Types of one value that stand in a stream of their own; objects stand in a storage."""
FIXED: Final = {2: 2, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 0xA: 4, 0xB: 2, 0x14: 8, 0x40: 8}
"""Types that stand in the entry, with the bytes that they use there."""
VARIABLE: Final = frozenset({MULTIPLE | STRING8, MULTIPLE | STRING, MULTIPLE | BINARY})
"""Types of several values, each of which has a stream of its own."""
ARRAYS: Final = frozenset(MULTIPLE | kind for kind in (*FIXED, GUID)) - {0x100A, 0x100B}
"""Types of several values that lie end to end in one stream."""

DATA_OBJECT: Final = 0x3701000D
ATTACH_METHOD: Final = 0x37050003
SUPPORT_MASK: Final = 0x340D0003
EMBEDDED_MESSAGE, OLE = 5, 6

Kind = Literal["message", "embedded", "recipient", "attachment"]
HEADERS: Final[dict[Kind, int]] = {"message": 32, "embedded": 24, "recipient": 8, "attachment": 8}


@dataclass(frozen=True, slots=True)
class Defect:
    """Why the bytes are no compound file that can be read; `offset` is a place in the file."""

    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a property stream; `offset` is its place in it."""

    tag: int
    flags: int
    value: bytes
    offset: int

    @property
    def kind(self) -> int:
        """The property type."""
        return self.tag & 0xFFFF

    @property
    def size(self) -> int:
        """The size, where the value has a stream."""
        return int.from_bytes(self.value[:4], "little")

    @property
    def stream_name(self) -> str:
        return f"{VALUE}{self.tag:08X}"

    @property
    def in_stream(self) -> bool:
        """The value stands in a stream."""
        return self.kind in IN_STREAM or self.kind in VARIABLE or self.kind in ARRAYS


@dataclass(frozen=True, slots=True)
class Properties:
    """A property stream: header and entries; `rest` counts the bytes after the last entry."""

    path: str
    header: bytes
    entries: tuple[Entry, ...]
    rest: int = 0

    def find(self, tag: int) -> Entry | None:
        return next((entry for entry in self.entries if entry.tag == tag), None)


@dataclass(frozen=True, slots=True)
class Part:
    """A message, recipient or attachment; `number` is None where the name has no eight digits."""

    kind: Kind
    storage: Storage
    number: int | None = None
    properties: Properties | None = None
    recipients: tuple[Part, ...] = ()
    attachments: tuple[Part, ...] = ()
    embedded: Part | None = None

    @property
    def path(self) -> str:
        """The path of the property stream, whether there is one or not."""
        return self.storage.inside(PROPERTIES)

    def all(self) -> Iterator[Part]:
        """The part itself and those inside it."""
        yield self
        inner = (self.embedded,) if self.embedded else ()
        for part in (*self.recipients, *self.attachments, *inner):
            yield from part.all()


@dataclass(frozen=True, slots=True)
class Name:
    """An entry of the name mapping: `key` is a number, or the place of the name in the strings."""

    key: int
    guid: int
    textual: bool
    index: int
    offset: int

    @property
    def packed(self) -> int:
        """The index of the GUID and the kind, as they stand in the mapping."""
        return self.guid << 1 | self.textual


@dataclass(frozen=True, slots=True)
class Names:
    """The mapping of named properties: entries, listed GUIDs, and the stream of strings."""

    storage: Storage
    entries: tuple[Name, ...]
    guids: tuple[bytes, ...]
    strings: bytes

    def text(self, name: Name) -> bytes | None:
        """The name in UTF-16, or None where it is not there."""
        length = int.from_bytes(self.strings[name.key : name.key + 4], "little")
        found = self.strings[name.key + 4 : name.key + 4 + length]
        whole = len(self.strings) >= name.key + 4 and len(found) == length
        return found if whole and not length % 2 else None


@dataclass(frozen=True, slots=True)
class MsgFile:
    """A .msg file."""

    root: Storage
    message: Part
    names: Names | None

    def parts(self) -> tuple[Part, ...]:
        return tuple(self.message.all())


__all__ = ["Defect", "Entry", "MsgFile", "Name", "Names", "Part", "Properties", "Storage", "Stream"]
