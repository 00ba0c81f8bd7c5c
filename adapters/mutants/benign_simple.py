"""Correct implementations of Simple MAPI that read the documents otherwise than the reference."""

from __future__ import annotations

from itertools import count

from adapters.mutants.registry import benign
from adapters.reference.mailbox import Mail
from adapters.reference.sessions import Session
from adapters.reference.simple import SimpleMapi
from adapters.reference.wire import Out
from conformance.codes import (
    MAPI_E_FAILURE,
    MAPI_E_INVALID_SESSION,
    SUCCESS_SUCCESS,
)


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
        del reserved
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
        del reserved
        return super().logoff(handle, flags, 0)


@benign("reads-logoff-09-b")
class LogoffFlagsFirst(SimpleMapi):
    """A logoff looks at flags before the handle."""

    def check_logoff(self, handle: int, flags: int, reserved: int) -> int:
        return MAPI_E_FAILURE if flags else super().check_logoff(handle, flags, reserved)


@benign("reads-call-05-b")
class SendBadHandleFails(SimpleMapi):
    """Sending and resolving on a bad handle is an unspecified failure."""

    def send_mail(self, handle: int, subject: str | None, flags: int, reserved: int) -> int:
        return self.unspecified(super().send_mail(handle, subject, flags, reserved))

    def resolve_name(self, handle: int, name: str | None, flags: int, reserved: int) -> int:
        return self.unspecified(super().resolve_name(handle, name, flags, reserved))

    def unspecified(self, code: int) -> int:
        """The code that the tables of these calls have in place of 19."""
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


@benign("mail-keeps-arriving")
class MailArrives(SimpleMapi):
    """Somebody's message arrives whenever a message is saved, or refused."""

    def save_mail(
        self, handle: int, identifier: str | None, subject: str | None, flags: int, reserved: int
    ) -> tuple[int, str | None]:
        self.mailbox.mails.append(Mail("from somebody"))
        return super().save_mail(handle, identifier, subject, flags, reserved)
