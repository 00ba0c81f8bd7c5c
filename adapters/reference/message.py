"""Messages (IMessage): what top-level and embedded ones have in common, and the embedded one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from adapters.reference.names import PropertyName
from adapters.reference.numbers import (
    MAPI_BEST_ACCESS,
    MAPI_DEFERRED_ERRORS,
    MAPI_E_INVALID_OBJECT,
    MAPI_E_TOO_COMPLEX,
    MAPI_MODIFY,
    MODRECIP_ADD,
    MODRECIP_MODIFY,
    MODRECIP_REMOVE,
    MOST_PARTS,
    PR_ROWID,
    PR_STORE_SUPPORT_MASK,
    PROPATTR_MANDATORY,
    PROPATTR_NOT_PRESENT,
    PROPATTR_READABLE,
    PROPATTR_WRITEABLE,
    PT_ERROR,
)
from adapters.reference.objects import OBJECT_SIZE, PropertyObject, Result, Services
from adapters.reference.properties import (
    AttachmentContent,
    MessageContent,
    Properties,
    Property,
    canonical,
    find,
    identifier,
)
from adapters.reference.wire import Out
from conformance.codes import (
    ATTACH_DIALOG,
    MAPI_E_INVALID_PARAMETER,
    MAPI_E_NO_ACCESS,
    MAPI_E_NO_SUPPORT,
    MAPI_E_NOT_ENOUGH_MEMORY,
    MAPI_E_NOT_FOUND,
    MAPI_E_UNKNOWN_FLAGS,
    MAPI_W_ERRORS_RETURNED,
    S_OK,
    STORE_UNICODE_OK,
)

if TYPE_CHECKING:
    from adapters.reference.attachment import Attachment

_OPEN_FLAGS: Final = MAPI_MODIFY | MAPI_BEST_ACCESS | MAPI_DEFERRED_ERRORS
_ATTRIBUTES: Final = PROPATTR_MANDATORY | PROPATTR_READABLE | PROPATTR_WRITEABLE

Row = Mapping[int, Any]


class Message(PropertyObject):
    """An open message: a working copy of properties, recipients and attachments."""

    computed = frozenset({identifier(PR_STORE_SUPPORT_MASK)})
    content: MessageContent

    def __init__(
        self, address: int, services: Services, content: MessageContent, writable: bool
    ) -> None:
        super().__init__(address, services, content, writable)
        self.saved_attachments = frozenset(content.attachments)
        self.next_number = max(content.attachments, default=-1) + 1
        mask = content.properties.get(PR_STORE_SUPPORT_MASK)
        attributes = mask.attributes if mask else PROPATTR_MANDATORY | PROPATTR_READABLE
        content.properties[PR_STORE_SUPPORT_MASK] = Property(self.support_mask(), attributes)

    def support_mask(self) -> int:
        """PR_STORE_SUPPORT_MASK, which is computed. Source: D7; XM 2.1.1.1."""
        return STORE_UNICODE_OK if self.services.unicode else 0

    def save_changes(self, flags: int) -> int:
        """Save; from then on the saved attachments can be opened. Source: D18, CreateAttach."""
        code = super().save_changes(flags)
        if code == S_OK:
            self.saved_attachments = frozenset(self.content.attachments)
        return code

    def create_attachment(self, out: Out | None) -> tuple[int, int | None]:
        """A new attachment and its number. Source: D18, CreateAttach."""
        if not self.usable:
            return MAPI_E_INVALID_OBJECT, None
        if out is None:
            return MAPI_E_INVALID_PARAMETER, None
        if not self.writable:
            return MAPI_E_NO_ACCESS, None
        if len(self.content.attachments) >= MOST_PARTS:
            return MAPI_E_TOO_COMPLEX, None
        number = self.next_number
        code = self.build_attachment(number, AttachmentContent(), self.writable, out)
        if code != S_OK:
            return code, None
        self.next_number += 1
        return S_OK, number

    def open_attachment(self, number: int, flags: int, out: Out | None) -> int:
        """A saved attachment; an open one gets one more reference. Source: D18; IMSG-MSG-16."""
        if not self.usable:
            return MAPI_E_INVALID_OBJECT
        if out is None:
            return MAPI_E_INVALID_PARAMETER
        if flags & ~_OPEN_FLAGS:
            return MAPI_E_UNKNOWN_FLAGS
        if number not in self.saved_attachments or number not in self.content.attachments:
            return MAPI_E_NOT_FOUND
        part = self.parts.get(number)
        if part is not None:
            part.references += 1
            out.value = part
            return S_OK
        writable = self.writable and bool(flags & (MAPI_MODIFY | MAPI_BEST_ACCESS))
        return self.build_attachment(number, self.content.attachments[number].copy(), writable, out)

    def build_attachment(
        self, number: int, content: AttachmentContent, writable: bool, out: Out
    ) -> int:
        """An object for an attachment."""
        address = self.services.malloc.alloc(OBJECT_SIZE)
        if not address:
            return MAPI_E_NOT_ENOUGH_MEMORY
        made = self.services.attachment_class(
            address, self.services, content, writable, self, number
        )
        self.parts[number] = out.value = made
        return S_OK

    def delete_attachment(self, number: int, flags: int) -> int:
        """Delete an attachment, dialog flags ignored (IMSG-MSG-14). Source: D18, DeleteAttach."""
        if not self.usable:
            return MAPI_E_INVALID_OBJECT
        if flags & ~ATTACH_DIALOG:
            return MAPI_E_UNKNOWN_FLAGS
        if not self.writable:
            return MAPI_E_NO_ACCESS
        if self.content.attachments.pop(number, None) is None:
            return MAPI_E_NOT_FOUND
        if number in self.parts:
            self.parts[number].deleted = True
        return S_OK

    def modify_recipients(self, flags: int, rows: Sequence[Row]) -> int:
        """Replace all recipients, or add, change or remove rows. Source: D5 (IMessage).

        Rows to change or remove are found by their PR_ROWID.
        """
        if not self.usable:
            return MAPI_E_INVALID_OBJECT
        if flags not in (0, MODRECIP_ADD, MODRECIP_MODIFY, MODRECIP_REMOVE):
            return MAPI_E_UNKNOWN_FLAGS
        if not self.writable:
            return MAPI_E_NO_ACCESS
        if code := next((code for row in rows if (code := self.row_refusal(row))), S_OK):
            return code
        recipients = {} if flags == 0 else dict(self.content.recipients)
        for row in rows:
            if flags in (0, MODRECIP_ADD):
                row_id = row.get(PR_ROWID)
                if row_id is None or row_id in recipients:
                    row_id = max(recipients, default=-1) + 1
                recipients[row_id] = _kept(row)
            elif row.get(PR_ROWID) not in recipients:
                return MAPI_E_INVALID_PARAMETER
            elif flags == MODRECIP_MODIFY:
                recipients[row[PR_ROWID]] = _kept(row)
            else:
                del recipients[row[PR_ROWID]]
        if len(recipients) > MOST_PARTS:
            return MAPI_E_TOO_COMPLEX
        self.content.recipients = recipients
        return S_OK

    def row_refusal(self, row: Row) -> int:
        """Why a recipient cannot be kept, S_OK if it can."""
        refusals = (self.unstorable(tag, value) for tag, value in row.items())
        return next((code for code in refusals if code), S_OK)

    def submit(self, flags: int) -> int:
        """Not supported by messages on storages. Source: D10 (IMSG-MSG-15)."""
        del flags
        return MAPI_E_NO_SUPPORT if self.usable else MAPI_E_INVALID_OBJECT

    def ids_from_names(self, names: Sequence[PropertyName], create: bool) -> Result:
        """Tags of unspecified type for names, in order; PT_ERROR where there is none."""
        if not self.usable:
            return MAPI_E_INVALID_OBJECT, None
        known = self.services.names
        if create and not self.writable and any(known.find(name) is None for name in names):
            return MAPI_E_NO_ACCESS, None
        ids = [known.create(name) if create else known.find(name) for name in names]
        tags = {at: PT_ERROR if found is None else found << 16 for at, found in enumerate(ids)}
        return self.hand_out(MAPI_W_ERRORS_RETURNED if None in ids else S_OK, tags)

    def get_attributes(self, tags: Sequence[int]) -> Result:
        """The attributes of properties, in order. Source: D9, Return value (IMSG-ATTR-01)."""
        if not self.usable:
            return MAPI_E_INVALID_OBJECT, None
        kept = [(tag, find(self.content.properties, tag)) for tag in tags]
        attributes = {
            tag: PROPATTR_NOT_PRESENT if at is None else self.content.properties[at].attributes
            for tag, at in kept
        }
        missing = any(at is None for _, at in kept)
        return self.hand_out(MAPI_W_ERRORS_RETURNED if missing else S_OK, attributes)

    def set_attributes(self, attributes: Mapping[int, int]) -> Result:
        """Set attributes; the result holds the problems. Source: D8, Return value."""
        if not self.usable:
            return MAPI_E_INVALID_OBJECT, None
        if not self.writable:
            return MAPI_E_NO_ACCESS, None
        properties = self.content.properties
        problems = {}
        for tag, new in attributes.items():
            kept = find(properties, tag)
            if kept is None:
                problems[tag] = MAPI_E_NOT_FOUND
            elif new & ~_ATTRIBUTES:
                problems[tag] = MAPI_E_INVALID_PARAMETER
            else:
                properties[kept] = replace(properties[kept], attributes=new)
        return self.hand_out(MAPI_W_ERRORS_RETURNED, problems) if problems else (S_OK, None)


class EmbeddedMessage(Message):
    """A message within an attachment: no storage, session or callback of its own (IMSG-REL-04)."""

    def __init__(
        self,
        address: int,
        services: Services,
        content: MessageContent,
        writable: bool,
        attachment: Attachment,
    ) -> None:
        super().__init__(address, services, content, writable)
        self.attachment = attachment

    def leave(self) -> None:
        self.attachment.part_closed(0)

    def store(self) -> int:
        """Hand the content to the attachment, which still has to be saved."""
        self.attachment.content.embedded = self.content.copy()
        return S_OK


def _kept(row: Row) -> Properties:
    return {canonical(tag): Property(value) for tag, value in row.items()}
