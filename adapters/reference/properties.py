"""Properties and the plain content of messages and attachments, apart from any object or file.

A property is known by its tag.
Strings are kept as text under the tag of the Unicode type, whatever the width of the message, so
that a property has one tag only; width matters where text enters, leaves or is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from adapters.reference.compound import Tree
from adapters.reference.numbers import (
    MV_FLAG,
    PROPATTR_READABLE,
    PROPATTR_WRITEABLE,
    PT_BINARY,
    PT_BOOLEAN,
    PT_CLSID,
    PT_LONG,
    PT_STRING8,
    PT_UNICODE,
    PT_UNSPECIFIED,
)

ANSI: Final = "cp1252"
DEFAULT_ATTRIBUTES: Final = PROPATTR_READABLE | PROPATTR_WRITEABLE
EXPRESSIBLE: Final = frozenset({PT_LONG, PT_BOOLEAN, PT_UNICODE, PT_CLSID, PT_BINARY})


@dataclass(frozen=True, slots=True)
class Property:
    """A value with its attributes; arrays are tuples.

    Types that are merely carried along hold the bytes they have in the file.
    """

    value: Any
    attributes: int = DEFAULT_ATTRIBUTES


Properties = dict[int, Property]


@dataclass(slots=True)
class AttachmentContent:
    """What an attachment holds: its properties, and at most one of a message and a storage."""

    properties: Properties = field(default_factory=dict)
    embedded: MessageContent | None = None
    custom: Tree | None = None

    def copy(self) -> AttachmentContent:
        """An independent copy; what is embedded is replaced as a whole and so can be shared."""
        return replace(self, properties=dict(self.properties))


@dataclass(slots=True)
class MessageContent:
    """What a message holds; recipients by row number, attachments by attachment number."""

    properties: Properties = field(default_factory=dict)
    recipients: dict[int, Properties] = field(default_factory=dict)
    attachments: dict[int, AttachmentContent] = field(default_factory=dict)

    def copy(self) -> MessageContent:
        """An independent copy; rows and attachments are replaced whole and so can be shared."""
        return MessageContent(dict(self.properties), dict(self.recipients), dict(self.attachments))


def kind(tag: int) -> int:
    """The property type, the low half of a tag."""
    return tag & 0xFFFF


def identifier(tag: int) -> int:
    """The property identifier, the high half of a tag."""
    return tag >> 16


def with_kind(tag: int, new: int) -> int:
    """The tag of the same property with another type."""
    return tag & 0xFFFF0000 | new


def canonical(tag: int) -> int:
    """The tag under which a property is kept: 8-bit string types count as the Unicode ones."""
    return tag | 1 if is_text(tag) else tag


def is_text(tag: int) -> bool:
    """Whether the type is a string type of either width, or an array of such."""
    return kind(tag) & ~MV_FLAG in (PT_STRING8, PT_UNICODE)


def is_narrow(tag: int) -> bool:
    """Whether the type is the 8-bit string type, or an array of it."""
    return kind(tag) & ~MV_FLAG == PT_STRING8


def is_expressible(tag: int) -> bool:
    """Whether values of the type can enter and leave through the calls."""
    return kind(canonical(tag)) & ~MV_FLAG in EXPRESSIBLE


def find(properties: Mapping[int, Property], tag: int) -> int | None:
    """The tag under which the property asked for is kept; the unspecified type takes any type."""
    if kind(tag) == PT_UNSPECIFIED:
        wanted = identifier(tag)
        return next((kept for kept in properties if identifier(kept) == wanted), None)
    kept = canonical(tag)
    return kept if kept in properties else None


def fits_ansi(value: Any) -> bool:
    """Whether text, or each text of an array, survives in the 8-bit character set."""
    if isinstance(value, tuple):
        return all(fits_ansi(item) for item in value)
    try:
        value.encode(ANSI)
    except UnicodeEncodeError:
        return False
    return True


def narrowed(value: Any) -> Any:
    """Text as a caller of the 8-bit type gets it: foreign characters become question marks."""
    if isinstance(value, tuple):
        return tuple(narrowed(item) for item in value)
    return value.encode(ANSI, "replace").decode(ANSI)


def size(value: Any) -> int:
    """How many bytes of memory a value takes beside its array slot; numbers take none."""
    if isinstance(value, tuple):
        return 4 * len(value) + sum(size(item) for item in value)
    if isinstance(value, str):
        return 2 * len(value) + 2
    return len(value) if isinstance(value, bytes) else 0
