"""Message sessions: OpenIMsgSession, CloseIMsgSession, OpenIMsgOnIStg and their helpers.

Each rule is a small method or an attribute, so that one can be replaced at a time.
Readings taken: IMSG-OPEN-05 A, -06 A, -12 B, MSG-10 A, CLOSE-05 to -07 A, CLOSE-09 A, REL-05 A.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from adapters.reference import msgread
from adapters.reference.attachment import Attachment
from adapters.reference.guard import Guard
from adapters.reference.lent import Malloc, Routines
from adapters.reference.message import EmbeddedMessage, Message
from adapters.reference.msgwrite import MessageWriter
from adapters.reference.numbers import MAPI_E_INVALID_OBJECT, PR_STORE_SUPPORT_MASK
from adapters.reference.objects import OBJECT_SIZE, Result, Services
from adapters.reference.properties import MessageContent
from adapters.reference.storage import Storage
from adapters.reference.topmessage import Callback, TopMessage
from adapters.reference.wire import Out
from conformance.codes import (
    IMSG_NO_ISTG_COMMIT,
    MAPI_E_CALL_FAILED,
    MAPI_E_INVALID_PARAMETER,
    MAPI_E_NO_ACCESS,
    MAPI_E_NOT_ENOUGH_MEMORY,
    MAPI_E_UNKNOWN_FLAGS,
    MAPI_UNICODE,
    S_OK,
    STORE_UNICODE_OK,
)

_SESSION_SIZE: Final = 48
_NODE_SIZE: Final = 16


class MessageSession:
    """An open message session: it keeps track of its messages in memory of its allocator."""

    def __init__(self, address: int, malloc: Malloc, unicode: bool) -> None:
        self.address = address
        self.malloc = malloc
        self.unicode = unicode
        self.open = True
        self.messages: dict[int, TopMessage] = {}  # by the address of the node that tracks each
        malloc.add_ref()

    def adopt(self, message: TopMessage) -> bool:
        """Keep track of a message; False where there is no memory for it."""
        node = self.malloc.alloc(_NODE_SIZE)
        if not node:
            return False
        self.messages[node] = message
        return True

    def forget(self, message: TopMessage) -> None:
        """A message ended before the session."""
        for node in [node for node, tracked in self.messages.items() if tracked is message]:
            del self.messages[node]
            self.malloc.free(node)

    def close(self) -> None:
        """Close all messages with their parts, and give everything back. Source: D2, Remarks."""
        self.open = False
        for message in list(self.messages.values()):
            message.close()
        self.malloc.free(self.address)
        self.malloc.release()


@dataclass(frozen=True, slots=True)
class MessageRequest:
    """The arguments of OpenIMsgOnIStg but the out parameter; there is no support object."""

    session: Any
    routines: Routines
    malloc: Malloc | None
    storage: Storage | None
    callback: Callback | None
    caller_data: int
    flags: int


class Imsg:
    """The implementation: one instance for each sequence of calls."""

    session_class: type[MessageSession] = MessageSession
    message_class: type[TopMessage] = TopMessage
    embedded_class: type[EmbeddedMessage] = EmbeddedMessage
    attachment_class: type[Attachment] = Attachment
    writer_class: type[MessageWriter] = MessageWriter

    session_flags = MAPI_UNICODE
    message_flags = MAPI_UNICODE | IMSG_NO_ISTG_COMMIT
    invalid_session_flags = MAPI_E_UNKNOWN_FLAGS  # IMSG-OPEN-05

    def __init__(self) -> None:
        self.sessions: dict[int, MessageSession] = {}
        self.messages: dict[int, TopMessage] = {}
        self.initialised = 0
        self.guard = Guard()

    def initialize(self) -> int:
        """MAPIInitialize is counted. Source: D12."""
        self.initialised += 1
        return S_OK

    def uninitialize(self) -> None:
        """MAPIUninitialize. Source: D13."""
        self.initialised = max(0, self.initialised - 1)

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        """OpenIMsgSession. Source: D1."""
        code = self.check_session(malloc, flags, out)
        if code != S_OK:
            return code
        assert malloc is not None
        assert out is not None
        address = malloc.alloc(_SESSION_SIZE)
        if not address:
            return MAPI_E_NOT_ENOUGH_MEMORY
        session = self.session_class(address, malloc, bool(flags & MAPI_UNICODE))
        self.sessions[address] = out.value = session
        return S_OK

    def check_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        """Pointers come before flags (IMSG-OPEN-13, reading A). Source: D1, Return value."""
        if malloc is None or out is None or malloc.references <= 0:
            return MAPI_E_INVALID_PARAMETER
        if flags & ~self.session_flags:
            return self.invalid_session_flags
        return S_OK

    def close_session(self, session: Any) -> Any:
        """CloseIMsgSession, which is VOID; no effect on what is no open session. Source: D2."""
        if isinstance(session, MessageSession) and session.open:
            del self.sessions[session.address]
            session.close()

    def open_message(self, request: MessageRequest, out: Out | None) -> int:
        """OpenIMsgOnIStg. Source: D3."""
        code = self.check_message(request, out)
        if code != S_OK:
            return code
        assert request.malloc is not None
        assert request.storage is not None
        assert out is not None
        try:
            content, names = msgread.read(request.storage.read())
        except msgread.UnreadableMessageError:
            return MAPI_E_CALL_FAILED
        services = Services(
            request.malloc,
            request.routines,
            names,
            self.is_unicode(request, content),
            self.attachment_class,
            self.embedded_class,
        )
        address = request.malloc.alloc(OBJECT_SIZE)
        if not address:
            return MAPI_E_NOT_ENOUGH_MEMORY
        message = self.message_class(address, services, content, request, self)
        if request.session is not None and not request.session.adopt(message):
            request.malloc.free(address)
            return MAPI_E_NOT_ENOUGH_MEMORY
        message.take_hold()
        self.messages[address] = out.value = message
        return S_OK

    def check_message(self, request: MessageRequest, out: Out | None) -> int:
        """Source: D3, Parameters and Notes to callers; D11 for the codes."""
        if request.malloc is None or request.storage is None or out is None:
            return MAPI_E_INVALID_PARAMETER
        if request.malloc.references <= 0 or request.storage.references <= 0:
            return MAPI_E_INVALID_PARAMETER
        if not request.routines.complete:  # optional only with a support object (IMSG-MSG-12)
            return MAPI_E_INVALID_PARAMETER
        if not self.is_usable_session(request.session):
            return MAPI_E_INVALID_PARAMETER
        if request.flags & ~self.message_flags:
            return MAPI_E_UNKNOWN_FLAGS
        return self.check_storage(request.storage)

    def is_usable_session(self, session: Any) -> bool:
        """NULL is allowed (IMSG-MSG-03), a closed session is not (IMSG-MSG-11, reading A)."""
        return session is None or (isinstance(session, MessageSession) and session.open)

    def check_storage(self, storage: Storage) -> int:
        """Write-only is refused, read/write has to be transacted. Source: D3; H1 NOTE 1."""
        if storage.mode == "write":
            return MAPI_E_NO_ACCESS
        if storage.mode == "readwrite" and not storage.transacted:
            return MAPI_E_INVALID_PARAMETER
        return S_OK

    def is_unicode(self, request: MessageRequest, content: MessageContent) -> bool:
        """By the flag, the session's flag (IMSG-MSG-10, reading A), or what the file says."""
        if request.flags & MAPI_UNICODE or (request.session and request.session.unicode):
            return True
        mask = content.properties.get(PR_STORE_SUPPORT_MASK)
        return mask is not None and bool(mask.value & STORE_UNICODE_OK)

    def get_attributes(self, target: Any, tags: Sequence[int]) -> Result:
        """GetAttribIMsgOnIStg, which works on messages only. Source: D9 (IMSG-ATTR-01)."""
        if not isinstance(target, Message):
            return self.foreign_object(target), None
        return target.get_attributes(tags)

    def set_attributes(self, target: Any, attributes: Mapping[int, int]) -> Result:
        """SetAttribIMsgOnIStg, which works on messages only. Source: D8 (IMSG-ATTR-01)."""
        if not isinstance(target, Message):
            return self.foreign_object(target), None
        return target.set_attributes(attributes)

    def foreign_object(self, target: Any) -> int:
        """The failure where an object is no message."""
        return MAPI_E_INVALID_PARAMETER if target is None else MAPI_E_INVALID_OBJECT

    def message_closed(self, message: TopMessage) -> None:
        """A top-level message ended, and its session no longer has to track it."""
        del self.messages[message.address]
        if message.session is not None:
            message.session.forget(message)
