"""Attachments (IAttach), and the messages embedded in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.reference.numbers import (
    ATTACH_EMBEDDED_MSG,
    MAPI_E_INVALID_OBJECT,
    PR_ATTACH_METHOD,
    PR_ATTACH_NUM,
    PROPATTR_READABLE,
)
from adapters.reference.objects import OBJECT_SIZE, PropertyObject, Services
from adapters.reference.properties import (
    AttachmentContent,
    MessageContent,
    Property,
    identifier,
)
from adapters.reference.wire import Out
from conformance.codes import (
    MAPI_E_INVALID_PARAMETER,
    MAPI_E_NO_ACCESS,
    MAPI_E_NOT_ENOUGH_MEMORY,
    MAPI_E_NOT_FOUND,
    S_OK,
)

if TYPE_CHECKING:
    from adapters.reference.message import Message

EMBEDDED: Final = 0  # an attachment has one part at most: the message embedded in it


class Attachment(PropertyObject):
    """An open attachment: a working copy, which saving hands to the message (IMSG-SAVE-05)."""

    computed = frozenset({identifier(PR_ATTACH_NUM)})
    content: AttachmentContent

    def __init__(
        self,
        address: int,
        services: Services,
        content: AttachmentContent,
        writable: bool,
        message: Message,
        number: int,
    ) -> None:
        super().__init__(address, services, content, writable)
        self.message = message
        self.number = number
        content.properties[PR_ATTACH_NUM] = Property(number, PROPATTR_READABLE)

    def leave(self) -> None:
        self.message.part_closed(self.number)

    def store(self) -> int:
        """Hand the content to the message, which is saved later. Source: D18, CreateAttach."""
        self.message.content.attachments[self.number] = self.content.copy()
        return S_OK

    def open_message(self, create: bool, out: Out | None) -> int:
        """The message embedded here; an open one gets one more reference (IMSG-MSG-16)."""
        if not self.usable:
            return MAPI_E_INVALID_OBJECT
        if out is None:
            return MAPI_E_INVALID_PARAMETER
        part = self.parts.get(EMBEDDED)
        if part is None:
            return self.create_message(out) if create else self.reopen_message(out)
        part.references += 1
        out.value = part
        return S_OK

    def create_message(self, out: Out) -> int:
        """A new, empty message in place of what the attachment holds."""
        if not self.writable:
            return MAPI_E_NO_ACCESS
        code = self.build_message(MessageContent(), out)
        if code == S_OK:
            self.content.embedded, self.content.custom = MessageContent(), None
            self.accept({PR_ATTACH_METHOD: ATTACH_EMBEDDED_MSG})
        return code

    def reopen_message(self, out: Out) -> int:
        """The message that the attachment holds already."""
        if self.content.embedded is None:
            return MAPI_E_NOT_FOUND
        return self.build_message(self.content.embedded.copy(), out)

    def build_message(self, content: MessageContent, out: Out) -> int:
        """An object for an embedded message."""
        address = self.services.malloc.alloc(OBJECT_SIZE)
        if not address:
            return MAPI_E_NOT_ENOUGH_MEMORY
        made = self.services.embedded_class(address, self.services, content, self.writable, self)
        self.parts[EMBEDDED] = out.value = made
        return S_OK
