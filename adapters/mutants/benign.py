"""Correct implementations that take another reading than the reference, or differ where they may."""

from __future__ import annotations

from itertools import count
from typing import Any

from adapters.mutants.closing import ShellWorks
from adapters.mutants.messages import NotTransactedAccepted, OnClosedSession
from adapters.mutants.registry import Death, benign
from adapters.reference.imsg import Imsg, MessageRequest, MessageSession
from adapters.reference.lent import Malloc
from adapters.reference.objects import PropertyObject
from adapters.reference.properties import MessageContent
from adapters.reference.sessions import Session
from adapters.reference.simple import SimpleMapi
from adapters.reference.topmessage import TopMessage
from adapters.reference.wire import Out
from conformance.codes import (
    MAPI_E_FAILURE,
    MAPI_E_INVALID_SESSION,
    MAPI_E_NOT_INITIALIZED,
    MAPI_E_UNKNOWN_FLAGS,
    S_OK,
    SUCCESS_SUCCESS,
)

benign("reads-msg-06-b")(NotTransactedAccepted)
benign("reads-msg-11-b")(OnClosedSession)
benign("reads-close-07-c")(ShellWorks)


@benign("reads-open-06-b")
class UnicodeRefused(Imsg):
    """OpenIMsgSession refuses MAPI_UNICODE like every other flag."""

    session_flags = 0


@benign("reads-open-09-b")
class PointerCleared(Imsg):
    """Every failing open clears the out pointer."""

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        if out is not None:
            out.value = None
        return super().open_session(malloc, flags, out)


@benign("clears-pointer-after-null-checks")
class PointerClearedLate(Imsg):
    """The out pointer is cleared once neither pointer was found to be NULL."""

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        if malloc is not None and out is not None:
            out.value = None
        return super().open_session(malloc, flags, out)


@benign("reads-open-12-a")
class NeedsInitialize(Imsg):
    """Nothing opens before MAPIInitialize."""

    def check_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        if not self.initialised:
            return MAPI_E_NOT_INITIALIZED
        return super().check_session(malloc, flags, out)


@benign("reads-open-13-b")
class FlagsFirst(Imsg):
    """Flags are looked at before pointers."""

    def check_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        if flags & ~self.session_flags:
            return MAPI_E_UNKNOWN_FLAGS
        return super().check_session(malloc, flags, out)


@benign("opens-from-own-heap")
class OwnHeap(Imsg):
    """A session is no block of the caller's allocator, so that lack of memory goes unnoticed."""

    addresses = count(0x5000_0000, 0x10)

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        code = self.check_session(malloc, flags, out)
        if code == S_OK and malloc is not None and out is not None:
            address = next(self.addresses)
            session = self.session_class(address, malloc, bool(flags))
            self.sessions[address] = out.value = session
        return code

    class OwnSession(MessageSession):
        """Its close frees nothing of the caller's allocator."""

        def close(self) -> None:
            self.malloc.blocks[self.address] = 0
            super().close()

    session_class = OwnSession


@benign("reads-msg-10-b")
class OwnFlagOnly(Imsg):
    """Only a message's own flag makes it a Unicode one."""

    def is_unicode(self, request: MessageRequest, content: MessageContent) -> bool:
        if request.session is None:
            return super().is_unicode(request, content)
        carried, request.session.unicode = request.session.unicode, False
        unicode = super().is_unicode(request, content)
        request.session.unicode = carried
        return unicode


@benign("reads-close-05-b-and-06-b")
class BadCloseCrashes(Imsg):
    """Closing NULL, or a session again, is undefined, and fatal here."""

    def close_session(self, session: Any) -> Any:
        if session is None or not session.open:
            raise Death
        return super().close_session(session)


@benign("reads-close-07-b")
class ShellCrashes(TopMessage):
    """A message that the close took must not be touched, and is fatal here."""

    @property
    def usable(self) -> bool:
        if self.closed:
            raise Death
        return super().usable

    def release(self) -> int:
        if self.closed:
            raise Death
        return super().release()


@benign("reads-close-09-b")
class KeptForClose(TopMessage):
    """A message released in a session lives until the session is closed."""

    def settle(self) -> None:
        if self.session is None:
            PropertyObject.settle(self)


@benign("reads-rel-05-b")
class CallbackAtRelease(TopMessage):
    """After a close the callback waits for the caller's last Release."""

    def call_release(self) -> None:
        if not self.references:
            super().call_release()

    def release(self) -> int:
        last = self.closed and self.references == 1
        left = super().release()
        if last:
            self.call_release()
        return left


@benign("storage-not-referenced", "IMSG-MSG-17")
class StorageNotReferenced(TopMessage):
    """The caller has to keep the storage until the callback."""

    def take_hold(self) -> None:
        super().take_hold()
        self.storage.release()

    def give_back(self) -> None:
        self.storage.add_ref()
        super().give_back()


@benign("mask-of-a-real-store")
class RealMask(TopMessage):
    """The support mask has the other bits of a store as well."""

    def support_mask(self) -> int:
        return super().support_mask() | 0x0000_0E79


@benign("reads-logon-05-b")
class ProbeMakesSession(SimpleMapi):
    """The probe makes a shared session where there is none."""

    def check_new_session(self, profile: str | None, password: str | None) -> int:
        if profile is None and password is None and len(self.sessions) < self.most_sessions:
            return SUCCESS_SUCCESS
        return super().check_new_session(profile, password)


@benign("probe-fails-with-2")
class ProbeFailure(SimpleMapi):
    """The probe fails with MAPI_E_FAILURE where there is no session."""

    no_session_failure = MAPI_E_FAILURE


@benign("reads-logon-08-b")
class MistakesIgnored(SimpleMapi):
    """Undefined flags, a reserved value and a NULL out pointer do not disturb a logon."""

    logon_flags = 0xFFFF_FFFF

    def logon(
        self, profile: str | None, password: str | None, flags: int, reserved: int, out: Out | None
    ) -> int:
        cell = out or Out("lost")
        code = super().logon(profile, password, flags, 0, cell)
        if code == SUCCESS_SUCCESS and out is None:
            self.retire_handle(cell.value)
        return code


@benign("reads-logon-09-b")
class NulCounts(SimpleMapi):
    """The final NUL counts, so that a string has 255 characters at most."""

    longest_string = 255


@benign("one-session")
class OneSession(SimpleMapi):
    """There is one session at most."""

    most_sessions = 1


@benign("new-sessions-are-shared")
class NewSessionsShared(SimpleMapi):
    """A logon without MAPI_NEW_SESSION joins any session there is."""

    def shared_session(self) -> Session | None:
        return next(iter(self.sessions), None)


@benign("reads-logoff-06-b")
class FlagsEndSession(SimpleMapi):
    """A logoff with invalid flags ends the session."""

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        code = super().logoff(handle, flags, reserved)
        if code == MAPI_E_FAILURE and flags and handle in self.handles:
            self.retire_handle(handle)
        return code


@benign("reads-logoff-08-b")
class ReservedIgnored(SimpleMapi):
    """A logoff ignores ulReserved."""

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        return super().logoff(handle, flags, 0)


@benign("reads-logoff-09-b")
class LogoffFlagsFirst(SimpleMapi):
    """A logoff looks at flags before the handle."""

    def check_logoff(self, handle: int, flags: int, reserved: int) -> int:
        return MAPI_E_FAILURE if flags else super().check_logoff(handle, flags, reserved)


@benign("reads-call-05-b")
class SendBadHandleFails(SimpleMapi):
    """Sending and resolving on a bad handle is an unspecified failure."""

    def check_optional(self, handle: int, flags: int, reserved: int) -> int:
        code = super().check_optional(handle, flags, reserved)
        return MAPI_E_FAILURE if code == MAPI_E_INVALID_SESSION else code


@benign("reuses-handles")
class ReusesHandles(SimpleMapi):
    """A new logon takes the lowest handle that is free."""

    def issue_handle(self, session: Session) -> int:
        numbers = count(self.first_handle, self.handle_step)
        handle = next(number for number in numbers if number not in self.handles)
        self.handles[handle] = session
        session.handles += 1
        return handle


@benign("wide-handles")
class WideHandles(SimpleMapi):
    """Handles take 63 bits."""

    first_handle = 0x7FFF_FFF0_0000_1001


@benign("build-flags-first")
class BuildFlagsFirst(Imsg):
    """OpenIMsgOnIStg looks at its flags before anything else."""

    def check_message(self, request: MessageRequest, out: Out | None) -> int:
        if request.flags & ~self.message_flags:
            return MAPI_E_UNKNOWN_FLAGS
        return super().check_message(request, out)
