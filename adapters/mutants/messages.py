"""Faults of OpenIMsgOnIStg (IMSG-MSG): which calls make a message."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from adapters.mutants.registry import Alternating, Death, fault
from adapters.reference.imsg import Imsg, MessageRequest, MessageSession
from adapters.reference.properties import MessageContent
from adapters.reference.storage import Storage
from adapters.reference.topmessage import TopMessage
from adapters.reference.wire import Out
from conformance.codes import (
    IMSG_NO_ISTG_COMMIT,
    MAPI_E_CALL_FAILED,
    MAPI_E_INVALID_PARAMETER,
    MAPI_E_NO_ACCESS,
    MAPI_E_UNKNOWN_FLAGS,
    MAPI_UNICODE,
    S_OK,
)


def forget(_address: int) -> None:
    """A routine to free with that frees nothing."""


@fault("build-refused", "IMSG-MSG-01")
class Refused(Imsg):
    """No message can be built on a transacted read/write storage."""

    def check_storage(self, storage: Storage) -> int:
        return MAPI_E_CALL_FAILED if storage.mode == "readwrite" else super().check_storage(storage)


@fault("build-without-pointer", "IMSG-MSG-01")
class WithoutPointer(Imsg):
    """The call succeeds, but the out pointer stays NULL."""

    def open_message(self, request: MessageRequest, out: Out | None) -> int:
        code = self.check_message(request, out)
        if code == S_OK and out is not None:
            out.value = None
        return code


@fault("build-unreadable", "IMSG-MSG-01")
class Unreadable(TopMessage):
    """A message is handed out whose methods fail."""

    @property
    def usable(self) -> bool:
        return False


@fault("session-keeps-last-message", "IMSG-MSG-02", "IMSG-CLOSE-01")
class KeepsLast(MessageSession):
    """The session keeps track of its last message only."""

    def adopt(self, message: TopMessage) -> bool:
        for node in list(self.messages):
            del self.messages[node]
            self.malloc.free(node)
        return super().adopt(message)


@fault("session-keeps-first-message", "IMSG-MSG-02", "IMSG-CLOSE-01")
class KeepsFirst(MessageSession):
    """The session keeps track of its first message only."""

    def adopt(self, message: TopMessage) -> bool:
        return bool(self.messages) or super().adopt(message)


@fault("build-null-session-refused", "IMSG-MSG-03")
class NullSessionRefused(Imsg):
    """A message needs a session."""

    def is_usable_session(self, session: Any) -> bool:
        return session is not None and super().is_usable_session(session)


@fault("build-null-session-adopted", "IMSG-MSG-03", "IMSG-CLOSE-04")
class NullSessionAdopted(Imsg):
    """A message without a session joins the session opened last."""

    def open_message(self, request: MessageRequest, out: Out | None) -> int:
        if request.session is None and self.sessions:
            request = replace(request, session=list(self.sessions.values())[-1])
        return super().open_message(request, out)


@fault("message-survives-release", "IMSG-MSG-03")
class SurvivesRelease(TopMessage):
    """Without a session the last release frees nothing."""

    def settle(self) -> None:
        if self.session is not None:
            super().settle()


@fault("build-write-only-accepted", "IMSG-MSG-04")
class WriteOnlyAccepted(Imsg):
    """A write-only storage is taken."""

    def check_storage(self, storage: Storage) -> int:
        return S_OK if storage.mode == "write" else super().check_storage(storage)


@fault("build-write-only-keeps-storage", "IMSG-MSG-04")
class WriteOnlyKeepsStorage(Imsg):
    """A write-only storage is refused, and a reference to it stays."""

    def check_storage(self, storage: Storage) -> int:
        if storage.mode == "write":
            storage.add_ref()
        return super().check_storage(storage)


@fault("build-read-needs-transacted", "IMSG-MSG-05")
class ReadNeedsTransacted(Imsg):
    """A read-only storage has to be transacted too."""

    def check_storage(self, storage: Storage) -> int:
        if storage.mode == "read" and not storage.transacted:
            return MAPI_E_INVALID_PARAMETER
        return super().check_storage(storage)


@fault("build-always-unicode", "IMSG-MSG-08")
class AlwaysUnicode(Imsg):
    """Every message is a Unicode one."""

    def is_unicode(self, request: MessageRequest, content: MessageContent) -> bool:
        del request, content
        return True


@fault("build-unicode-ignored", "IMSG-MSG-07")
class UnicodeIgnored(Imsg):
    """MAPI_UNICODE is accepted, and the message is an ANSI one."""

    def is_unicode(self, request: MessageRequest, content: MessageContent) -> bool:
        return super().is_unicode(replace(request, flags=0), content)


@fault("build-unicode-refused", "IMSG-MSG-07")
class UnicodeRefused(Imsg):
    """MAPI_UNICODE is an unknown flag."""

    message_flags = IMSG_NO_ISTG_COMMIT


@fault("build-flags-ignored", "IMSG-MSG-09")
class FlagsIgnored(Imsg):
    """No flag is refused."""

    message_flags = 0xFFFFFFFF


@fault("build-bad-flags-code", "IMSG-MSG-09")
class BadFlagsCode(Imsg):
    """Undefined flags give MAPI_E_BAD_CHARWIDTH."""

    def check_message(self, request: MessageRequest, out: Out | None) -> int:
        code = super().check_message(request, out)
        return 0x80040103 if code == MAPI_E_UNKNOWN_FLAGS else code


@fault("build-bad-flags-keep-storage", "IMSG-MSG-09")
class BadFlagsKeepStorage(Imsg):
    """Undefined flags are refused, and a reference to the storage stays."""

    def check_message(self, request: MessageRequest, out: Out | None) -> int:
        code = super().check_message(request, out)
        if code == MAPI_E_UNKNOWN_FLAGS and request.storage is not None:
            request.storage.add_ref()
        return code


@fault("session-unicode-first-message-only", "IMSG-MSG-10")
class UnicodeFirstOnly(Imsg):
    """The session's MAPI_UNICODE reaches its first message only."""

    def open_message(self, request: MessageRequest, out: Out | None) -> int:
        code = super().open_message(request, out)
        if code == S_OK and request.session is not None:
            request.session.unicode = False
        return code


@fault("build-on-closed-session", "IMSG-MSG-11", readings={"IMSG-MSG-11": "A"})
class OnClosedSession(Imsg):
    """A message is attached to a dead session."""

    def is_usable_session(self, session: Any) -> bool:
        return session is None or isinstance(session, MessageSession)


@fault("build-routines-unchecked", "IMSG-MSG-12")
class RoutinesUnchecked(Imsg):
    """The memory routines are looked at only when they are called."""

    def check_message(self, request: MessageRequest, out: Out | None) -> int:
        if request.routines.complete:
            return super().check_message(request, out)
        routines = replace(request.routines, allocate=int, more=max, free=forget)
        return super().check_message(replace(request, routines=routines), out)


@fault("build-free-routine-unchecked", "IMSG-MSG-12")
class FreeRoutineUnchecked(Imsg):
    """Of the memory routines only lpFreeBuffer may be missing."""

    def check_message(self, request: MessageRequest, out: Out | None) -> int:
        if request.routines.free is None:
            routines = replace(request.routines, free=forget)
            request = replace(request, routines=routines)
        return super().check_message(request, out)


@fault("build-not-transacted-accepted", "IMSG-MSG-06", readings={"IMSG-MSG-06": "A"})
class NotTransactedAccepted(Imsg):
    """A read/write storage need not be transacted."""

    def check_storage(self, storage: Storage) -> int:
        return MAPI_E_NO_ACCESS if storage.mode == "write" else S_OK


@fault("storage-reference-leak", "IMSG-MSG-17")
class StorageReferenceLeak(TopMessage):
    """The end of a message does not give the storage back."""

    def give_back(self) -> None:
        self.storage.add_ref()
        super().give_back()


@fault("build-unicode-crashes", "IMSG-MSG-07")
class UnicodeCrashes(Alternating, Imsg):
    """The second Unicode message of a sequence is fatal."""

    def is_unicode(self, request: MessageRequest, content: MessageContent) -> bool:
        if request.flags & MAPI_UNICODE and not self.turn():
            raise Death
        return super().is_unicode(request, content)
