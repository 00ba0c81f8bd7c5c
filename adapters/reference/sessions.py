"""Simple MAPI sessions: MAPILogon, MAPILogoff, ScMAPIXFromSMAPI, and the handles that tie them.

Each rule is a small method or an attribute, so that one can be replaced at a time.
Readings taken: SIMPLE-LOGON-05 A (3), -08 A, LOGOFF-03 A, -06 A, -08 A, -09 A, CALL-05 A, X-08 A.
"""

from __future__ import annotations

from itertools import count
from typing import Final

from adapters.reference.guard import Guard
from adapters.reference.mailbox import Identifiers, Mailbox
from adapters.reference.numbers import MAPI_LOGON_UI, MAPI_PASSWORD_UI
from adapters.reference.wire import Out
from conformance.codes import (
    MAPI_E_FAILURE,
    MAPI_E_INSUFFICIENT_MEMORY,
    MAPI_E_INVALID_PARAMETER,
    MAPI_E_INVALID_SESSION,
    MAPI_E_LOGIN_FAILURE,
    MAPI_E_TOO_MANY_SESSIONS,
    MAPI_E_UNKNOWN_FLAGS,
    MAPI_FORCE_DOWNLOAD,
    MAPI_NEW_SESSION,
    S_OK,
    SUCCESS_SUCCESS,
)

PROFILE: Final = "default"
PASSWORD: Final = "secret"  # noqa: S105 - the made-up account that the suite logs on with
_DIALOGS: Final = MAPI_LOGON_UI | MAPI_PASSWORD_UI


class Session:
    """One session; a shared one has a handle for each logon."""

    def __init__(self, number: int, shared: bool) -> None:
        self.shared = shared
        self.handles = 0
        self.identifiers = Identifiers(number)


class MapiSession:
    """What ScMAPIXFromSMAPI hands out: an Extended MAPI session made of a Simple MAPI one."""

    def __init__(self, address: int, session: Session) -> None:
        self.address = address
        self.session = session


class Sessions:
    """The session half of the implementation: one instance for each sequence of calls."""

    most_sessions = 16
    longest_string = 256
    logon_flags = _DIALOGS | MAPI_NEW_SESSION | MAPI_FORCE_DOWNLOAD
    first_handle = 0x1001
    handle_step = 0x10
    zero_handle_failure = MAPI_E_INVALID_SESSION  # SIMPLE-LOGOFF-03
    no_session_failure = MAPI_E_LOGIN_FAILURE  # SIMPLE-LOGON-05

    def __init__(self) -> None:
        self.mailbox = Mailbox()
        self.sessions: set[Session] = set()
        self.handles: dict[int, Session] = {}
        self.failing_allocations = 0
        self.guard = Guard()
        self._numbers = count(1)
        self._next_handle = count(self.first_handle, self.handle_step)
        self._addresses = count(0x800000, 0x10)

    def allocate(self) -> bool:
        """Whether there is memory for one call; a caller may make the next ones fail."""
        if self.failing_allocations:
            self.failing_allocations -= 1
            return False
        return True

    def address(self) -> int:
        """The address of a new block of memory."""
        return next(self._addresses)

    def logon(
        self, profile: str | None, password: str | None, flags: int, reserved: int, out: Out | None
    ) -> int:
        """MAPILogon; the window handle is ignored, as no dialog is shown. Source: L1."""
        code = self.check_logon(profile, password, flags, reserved, out)
        if code != SUCCESS_SUCCESS:
            return code
        assert out is not None
        if not self.allocate():
            return MAPI_E_INSUFFICIENT_MEMORY
        session = None if flags & MAPI_NEW_SESSION else self.shared_session()
        if session is None:
            code = self.check_new_session(profile, password)
            if code != SUCCESS_SUCCESS:
                return code
            session = self.begin_session(shared=not flags & MAPI_NEW_SESSION)
        out.value = self.issue_handle(session)
        return SUCCESS_SUCCESS

    def check_logon(
        self, profile: str | None, password: str | None, flags: int, reserved: int, out: Out | None
    ) -> int:
        """Source: L1, parameters; SIMPLE-LOGON-08 reading A, -09."""
        if out is None or reserved:
            return MAPI_E_FAILURE
        if flags & ~self.logon_flags or flags & _DIALOGS == _DIALOGS:
            return MAPI_E_FAILURE
        if not self.fits(profile) or not self.fits(password):
            return MAPI_E_LOGIN_FAILURE
        return SUCCESS_SUCCESS

    def fits(self, text: str | None) -> bool:
        """Whether a profile name or password keeps to the limit (SIMPLE-LOGON-09)."""
        return text is None or len(text) <= self.longest_string

    def check_new_session(self, profile: str | None, password: str | None) -> int:
        """Whether a new session can begin: with credentials, as no dialog can ask for them."""
        if not profile:
            return self.no_session_failure
        if (profile, password) != (PROFILE, PASSWORD):
            return MAPI_E_LOGIN_FAILURE
        if len(self.sessions) >= self.most_sessions:
            return MAPI_E_TOO_MANY_SESSIONS
        return SUCCESS_SUCCESS

    def shared_session(self) -> Session | None:
        """The shared session, if there is one. Source: L1, MAPI_NEW_SESSION."""
        return next((session for session in self.sessions if session.shared), None)

    def begin_session(self, shared: bool) -> Session:
        session = Session(next(self._numbers), shared)
        self.sessions.add(session)
        return session

    def end_session(self, session: Session) -> None:
        self.sessions.discard(session)

    def issue_handle(self, session: Session) -> int:
        """A handle of its own for each logon (SIMPLE-LOGON-07)."""
        handle = next(self._next_handle)
        self.handles[handle] = session
        session.handles += 1
        return handle

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        """MAPILogoff; whatever fails, the session stays. Source: L2."""
        code = self.check_logoff(handle, flags, reserved)
        if code != SUCCESS_SUCCESS:
            return code
        if not self.allocate():
            return MAPI_E_INSUFFICIENT_MEMORY
        self.retire_handle(handle)
        return SUCCESS_SUCCESS

    def check_logoff(self, handle: int, flags: int, reserved: int) -> int:
        """The handle is looked at first (SIMPLE-LOGOFF-09, reading A). Source: L2, returns."""
        code = self.check_handle(handle)
        if code != SUCCESS_SUCCESS:
            return code
        return MAPI_E_FAILURE if flags or reserved else SUCCESS_SUCCESS

    def check_handle(self, handle: int) -> int:
        """Zero is no session, nor is a handle never issued or logged off."""
        if not handle:
            return self.zero_handle_failure
        return SUCCESS_SUCCESS if handle in self.handles else MAPI_E_INVALID_SESSION

    def retire_handle(self, handle: int) -> None:
        """End a handle, and its session with the last one (X-08, reading A)."""
        session = self.handles.pop(handle)
        session.handles -= 1
        if not session.handles:
            self.end_session(session)

    def convert(self, handle: int, flags: int, out: Out | None) -> int:
        """ScMAPIXFromSMAPI, whose results are SCODEs. Source: D19, Return value."""
        if out is None or handle not in self.handles:
            return MAPI_E_INVALID_PARAMETER
        if flags:
            return MAPI_E_UNKNOWN_FLAGS
        out.value = MapiSession(self.address(), self.handles[handle])
        return S_OK
