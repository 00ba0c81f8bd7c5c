"""What messages and attachments have in common: counted references, properties, saving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from adapters.reference.lent import Buffer, Malloc, Routines
from adapters.reference.names import NameMap
from adapters.reference.numbers import (
    FIRST_NAMED_ID,
    FORCE_SAVE,
    KEEP_OPEN_READONLY,
    KEEP_OPEN_READWRITE,
    MAPI_DEFERRED_ERRORS,
    MAPI_E_BAD_CHARWIDTH,
    MAPI_E_INVALID_OBJECT,
    MAPI_E_OBJECT_DELETED,
    PROPATTR_MANDATORY,
    PROPATTR_READABLE,
    PROPATTR_WRITEABLE,
    PT_STRING8,
    PT_UNSPECIFIED,
)
from adapters.reference.properties import (
    DEFAULT_ATTRIBUTES,
    AttachmentContent,
    MessageContent,
    Property,
    canonical,
    find,
    fits_ansi,
    identifier,
    is_expressible,
    is_narrow,
    is_text,
    kind,
    narrowed,
    size,
    with_kind,
)
from conformance.codes import (
    MAPI_E_COMPUTED,
    MAPI_E_NO_ACCESS,
    MAPI_E_NOT_ENOUGH_MEMORY,
    MAPI_E_NOT_FOUND,
    MAPI_E_UNKNOWN_FLAGS,
    MAPI_W_ERRORS_RETURNED,
    S_OK,
)

if TYPE_CHECKING:
    from adapters.reference.attachment import Attachment
    from adapters.reference.message import EmbeddedMessage

OBJECT_SIZE: Final = 64
_SAVE_FLAGS: Final = KEEP_OPEN_READONLY | KEEP_OPEN_READWRITE | FORCE_SAVE | MAPI_DEFERRED_ERRORS

Result = tuple[int, Buffer | None]


@dataclass(frozen=True, slots=True)
class Services:
    """What all objects of one top-level message share."""

    malloc: Malloc
    routines: Routines
    names: NameMap
    unicode: bool
    attachment_class: type[Attachment]
    embedded_class: type[EmbeddedMessage]


class PropertyObject:
    """An object with references and properties (IUnknown and IMAPIProp).

    It ends when its last reference and its last open part are gone, or when its owner ends it.
    What is left then is a shell: methods fail, releasing is safe (IMSG-CLOSE-07, reading A).
    """

    computed: frozenset[int] = frozenset()  # identifiers that no caller can set

    def __init__(
        self,
        address: int,
        services: Services,
        content: MessageContent | AttachmentContent,
        writable: bool,
    ) -> None:
        self.address = address
        self.services = services
        self.content = content
        self.writable = writable
        self.references = 1
        self.closed = False
        self.deleted = False  # by the message it is a part of
        self.parts: dict[int, PropertyObject] = {}  # open ones, by their number here

    @property
    def usable(self) -> bool:
        return self.references > 0 and not self.closed

    def add_ref(self) -> int:
        if self.references:
            self.references += 1
        return self.references

    def release(self) -> int:
        """Give up one reference; harmless on an object that has none left."""
        if self.references:
            self.references -= 1
            self.settle()
        return self.references

    def settle(self) -> None:
        """End where nothing holds the object any more. Source: D3, Notes to callers."""
        if not self.closed and not self.references and not self.parts:
            self.close()

    def close(self) -> None:
        """End the object, its open parts first."""
        self.closed = True
        for part in list(self.parts.values()):
            part.close()
        self.give_back()
        self.leave()

    def give_back(self) -> None:
        """Give up everything the object took."""
        self.services.malloc.free(self.address)

    def leave(self) -> None:
        """Tell the owner that the object is gone."""

    def part_closed(self, number: int) -> None:
        """An open part is gone."""
        self.parts.pop(number, None)
        self.settle()

    def get_props(self, tags: Sequence[int]) -> Result:
        """The properties found, keyed by the tag asked for with the type found.

        A warning says that some were not found. Source: D5 (IMAPIProp).
        """
        if not self.usable:
            return MAPI_E_INVALID_OBJECT, None
        found: dict[int, Any] = {}
        for tag in tags:
            kept = self.readable(tag)
            if kept is not None:
                answer = self.answer_tag(tag, kept)
                value = self.content.properties[kept].value
                found[answer] = narrowed(value) if is_narrow(answer) else value
        return self.hand_out(S_OK if len(found) == len(tags) else MAPI_W_ERRORS_RETURNED, found)

    def readable(self, tag: int) -> int | None:
        """The tag under which a property is kept that may be read. Source: XM 2.4.2.1, flags."""
        kept = find(self.content.properties, tag)
        if kept is None or not is_expressible(kept):
            return None
        return kept if self.content.properties[kept].attributes & PROPATTR_READABLE else None

    def answer_tag(self, tag: int, kept: int) -> int:
        """The tag of the answer: as asked for, an unspecified type filled in."""
        if kind(tag) != PT_UNSPECIFIED:
            return tag
        if is_text(kept) and not self.services.unicode:
            return with_kind(kept, kind(kept) & ~1 | PT_STRING8)
        return kept

    def set_props(self, values: Mapping[int, Any]) -> Result:
        """Set properties; the result holds the problems, where there are any."""
        if not self.usable:
            return MAPI_E_INVALID_OBJECT, None
        if not self.writable:
            return MAPI_E_NO_ACCESS, None
        problems = {
            tag: code for tag, value in values.items() if (code := self.refusal(tag, value))
        }
        self.accept({tag: value for tag, value in values.items() if tag not in problems})
        return self.hand_out(S_OK, problems) if problems else (S_OK, None)

    def refusal(self, tag: int, value: Any) -> int:
        """Why a property cannot be set, S_OK if it can. Source: D7 Remarks; XM 2.4.2.1, flags."""
        if identifier(tag) in self.computed:
            return MAPI_E_COMPUTED
        kept = find(self.content.properties, with_kind(tag, PT_UNSPECIFIED))
        if kept is not None and self.protects(
            self.content.properties[kept], kept != canonical(tag)
        ):
            return MAPI_E_NO_ACCESS
        return self.unstorable(tag, value)

    def protects(self, kept: Property, replaced: bool) -> bool:
        """Whether attributes forbid to change a property, or to give it another type."""
        mandatory = bool(kept.attributes & PROPATTR_MANDATORY)
        return not kept.attributes & PROPATTR_WRITEABLE or (mandatory and replaced)

    def unstorable(self, tag: int, value: Any) -> int:
        """Why a property cannot be kept in this message at all, S_OK if it can."""
        if identifier(tag) >= FIRST_NAMED_ID and identifier(tag) not in self.services.names:
            return MAPI_E_NOT_FOUND
        narrow = is_text(tag) and (is_narrow(tag) or not self.services.unicode)
        return MAPI_E_BAD_CHARWIDTH if narrow and not fits_ansi(value) else S_OK

    def accept(self, values: Mapping[int, Any]) -> None:
        """Keep values; each takes the place of a property with the same identifier."""
        properties = self.content.properties
        kept = {canonical(tag): value for tag, value in values.items()}
        identifiers = {identifier(tag) for tag in kept}
        for tag in [tag for tag in properties if identifier(tag) in identifiers]:
            if tag not in kept:
                del properties[tag]
        for tag, value in kept.items():
            old = properties.get(tag)
            properties[tag] = Property(value, old.attributes if old else DEFAULT_ATTRIBUTES)

    def save_changes(self, flags: int) -> int:
        """Make changes permanent as far as the owner of the object is concerned. Source: D6."""
        if not self.usable:
            return MAPI_E_INVALID_OBJECT
        if flags & ~_SAVE_FLAGS:
            return MAPI_E_UNKNOWN_FLAGS
        if self.deleted:
            return MAPI_E_OBJECT_DELETED
        if not self.writable:
            return MAPI_E_NO_ACCESS
        code = self.store()
        if code == S_OK and flags & KEEP_OPEN_READONLY:
            self.writable = False
        return code

    def store(self) -> int:
        """Hand the content to where it is kept."""
        raise NotImplementedError

    def hand_out(self, code: int, values: Mapping[int, Any]) -> Result:
        """Values in memory that the caller frees. Source: D3, Notes to callers (IMSG-MSG-13)."""
        parts = [bytes_needed for value in values.values() if (bytes_needed := size(value))]
        address = self.services.routines.chain(8 + 16 * len(values), parts)
        return (code, Buffer(address, values)) if address else (MAPI_E_NOT_ENOUGH_MEMORY, None)
