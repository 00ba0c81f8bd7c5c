"""Faults of reading .msg files that others wrote: what has to be ignored, or left alone, is not."""

from __future__ import annotations

import struct
from typing import Any, Final

from adapters.mutants.registry import fault
from adapters.reference import layout
from adapters.reference.compound import CLSID_MAIL_MESSAGE, Tree
from adapters.reference.imsg import Imsg, MessageRequest
from adapters.reference.properties import MessageContent, Property
from adapters.reference.storage import Storage
from adapters.reference.topmessage import TopMessage
from conformance.codes import MAPI_E_CALL_FAILED, PR_STORE_SUPPORT_MASK, S_OK, STORE_UNICODE_OK

_ENTRY: Final = struct.Struct("<IIII")
_LONG: Final = 0x0003


def _stream(storage: Storage) -> bytes:
    """The property stream of the message in a storage, if there is one."""
    found = storage.read().get(layout.PROPERTIES, b"")
    return found if isinstance(found, bytes) else b""


def _entries(storage: Storage) -> dict[int, tuple[int, int]]:
    """The two halves of each value in the property stream, by tag."""
    body = _stream(storage)[layout.TOP_HEADER :]
    whole = body[: len(body) - len(body) % _ENTRY.size]
    return {tag: (low, high) for tag, _, low, high in _ENTRY.iter_unpack(whole)}


@fault("reader-rejects-reserved-bytes", "MSGF-TOP-03")
class RejectsReservedBytes(Imsg):
    """A file whose header does not end in zeros cannot be opened."""

    def check_storage(self, storage: Storage) -> int:
        code = super().check_storage(storage)
        return MAPI_E_CALL_FAILED if code == S_OK and any(_stream(storage)[24:32]) else code


@fault("reader-takes-the-whole-value", "MSGF-PROP-03")
class TakesTheWholeValue(TopMessage):
    """The unused half of a number's entry is added to the number."""

    def __init__(self, address: int, services: Any, content: Any, *more: Any) -> None:
        super().__init__(address, services, content, *more)
        for tag, (low, high) in _entries(self.storage).items():
            if tag & 0xFFFF == _LONG and high and tag in content.properties:
                content.properties[tag] = Property((low + high) & 0xFFFFFFFF)


@fault("reader-compares-the-mask", "MSGF-UNI-02")
class ComparesTheMask(Imsg):
    """A file is a Unicode one only if the mask has no other bit."""

    def is_unicode(self, request: MessageRequest, content: MessageContent) -> bool:
        assert request.storage is not None
        mask = _entries(request.storage).get(int(PR_STORE_SUPPORT_MASK, 16))
        odd = mask is not None and mask[0] != STORE_UNICODE_OK
        return super().is_unicode(request, content) and not odd


@fault("save-writes-the-class", "MSGF-CLS-01")
class WritesTheClass(TopMessage):
    """A save writes the class of a mail message over that of the caller."""

    def write(self, tree: Tree) -> None:
        super().write(tree)
        self.storage.set_class(CLSID_MAIL_MESSAGE)
