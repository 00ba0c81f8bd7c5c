"""Faults of MAPILogon (SIMPLE-LOGON)."""

from __future__ import annotations

from adapters.mutants.registry import Alternating, Death, fault
from adapters.reference.sessions import Session
from adapters.reference.simple import SimpleMapi
from adapters.reference.wire import Out
from conformance.codes import (
    MAPI_E_CALL_FAILED,
    MAPI_E_FAILURE,
    MAPI_E_INSUFFICIENT_MEMORY,
    MAPI_E_LOGIN_FAILURE,
    MAPI_E_TOO_MANY_SESSIONS,
    MAPI_NEW_SESSION,
    SUCCESS_SUCCESS,
)


class Logon(SimpleMapi):
    """Lets a fault look at each logon and its result."""

    def logon(
        self, profile: str | None, password: str | None, flags: int, reserved: int, out: Out | None
    ) -> int:
        code = super().logon(profile, password, flags, reserved, out)
        return self.logged_on(code, profile, flags, out)

    def logged_on(self, code: int, profile: str | None, flags: int, out: Out | None) -> int:
        """The fault: another result, or something done beside it."""
        raise NotImplementedError


@fault("logon-zero-handle", "SIMPLE-LOGON-01")
class ZeroHandle(SimpleMapi):
    """The first session has the handle zero."""

    first_handle = 0


@fault("logon-refused", "SIMPLE-LOGON-01")
class Refused(SimpleMapi):
    """Good credentials are refused."""

    def check_new_session(self, profile: str | None, password: str | None) -> int:
        del profile, password
        return MAPI_E_LOGIN_FAILURE


@fault("logon-failure-leaks", "SIMPLE-LOGON-02")
class FailureLeaks(Logon):
    """A wrong password leaves a session behind."""

    def logged_on(self, code: int, profile: str | None, flags: int, out: Out | None) -> int:
        del flags, out
        if code == MAPI_E_LOGIN_FAILURE and profile:
            self.begin_session(shared=False)
        return code


@fault("logon-failure-as-handle", "SIMPLE-LOGON-02")
class FailureAsHandle(Logon):
    """The code of a failure is stored as the handle."""

    def logged_on(self, code: int, profile: str | None, flags: int, out: Out | None) -> int:
        del profile, flags
        if code and out is not None:
            out.value = code
        return code


@fault("logon-failure-code", "SIMPLE-LOGON-02")
class FailureCode(Logon):
    """A wrong password gives MAPI_E_ACCESS_DENIED."""

    def logged_on(self, code: int, profile: str | None, flags: int, out: Out | None) -> int:
        del flags, out
        return 6 if code == MAPI_E_LOGIN_FAILURE and profile else code


@fault("logon-memory-code", "SIMPLE-LOGON-02")
class MemoryCode(Logon):
    """Lack of memory is an unspecified failure."""

    def logged_on(self, code: int, profile: str | None, flags: int, out: Out | None) -> int:
        del profile, flags, out
        return MAPI_E_FAILURE if code == MAPI_E_INSUFFICIENT_MEMORY else code


@fault("logon-failure-ends-session", "SIMPLE-LOGON-02")
class FailureEndsSession(Logon):
    """A failed logon takes an open session along."""

    def logged_on(self, code: int, profile: str | None, flags: int, out: Out | None) -> int:
        del flags, out
        if code == MAPI_E_LOGIN_FAILURE and profile and self.handles:
            self.retire_handle(next(iter(self.handles)))
        return code


@fault("logon-evicts-oldest", "SIMPLE-LOGON-03")
class EvictsOldest(SimpleMapi):
    """Where sessions are too many the oldest has to go."""

    def check_new_session(self, profile: str | None, password: str | None) -> int:
        code = super().check_new_session(profile, password)
        if code == MAPI_E_TOO_MANY_SESSIONS:
            self.retire_handle(next(iter(self.handles)))
            return SUCCESS_SUCCESS
        return code


@fault("logon-full-for-ever", "SIMPLE-LOGON-03")
class FullForEver(SimpleMapi):
    """Once sessions were too many no logoff makes room."""

    full = False

    def check_new_session(self, profile: str | None, password: str | None) -> int:
        code = super().check_new_session(profile, password)
        self.full |= code == MAPI_E_TOO_MANY_SESSIONS
        return MAPI_E_TOO_MANY_SESSIONS if self.full else code


@fault("logon-full-code", "SIMPLE-LOGON-01", "SIMPLE-LOGON-03")
class FullCode(Logon):
    """Too many sessions are an unspecified failure."""

    def logged_on(self, code: int, profile: str | None, flags: int, out: Out | None) -> int:
        del profile, flags, out
        return MAPI_E_FAILURE if code == MAPI_E_TOO_MANY_SESSIONS else code


@fault("logon-probe-fails", "SIMPLE-LOGON-04")
class ProbeFails(Logon):
    """The probe never finds a session."""

    def logon(
        self, profile: str | None, password: str | None, flags: int, reserved: int, out: Out | None
    ) -> int:
        if profile is None and not flags and not reserved and out is not None:
            return MAPI_E_LOGIN_FAILURE
        return SimpleMapi.logon(self, profile, password, flags, reserved, out)


@fault("logon-probe-alternates", "SIMPLE-LOGON-05")
class ProbeAlternates(Alternating, SimpleMapi):
    """Without a session the probe fails on one call, and makes one on the next."""

    def check_new_session(self, profile: str | None, password: str | None) -> int:
        if not profile and self.turn():
            return SUCCESS_SUCCESS
        return super().check_new_session(profile, password)


@fault("logon-probe-without-handle", "SIMPLE-LOGON-05")
class ProbeWithoutHandle(Logon):
    """Without a session the probe succeeds, and gives no handle."""

    def logged_on(self, code: int, profile: str | None, flags: int, out: Out | None) -> int:
        del flags, out
        return SUCCESS_SUCCESS if code == self.no_session_failure and profile is None else code


@fault("logon-always-new", "SIMPLE-LOGON-06", "SIMPLE-LOGON-04")
class AlwaysNew(SimpleMapi):
    """No logon joins the shared session."""

    def shared_session(self) -> Session | None:
        return None

    def check_new_session(self, profile: str | None, password: str | None) -> int:
        if not profile and any(session.shared for session in self.sessions):
            return SUCCESS_SUCCESS
        return super().check_new_session(profile, password)


@fault("logon-new-session-ignored", "SIMPLE-LOGON-06")
class NewSessionIgnored(SimpleMapi):
    """MAPI_NEW_SESSION is ignored."""

    def logon(
        self, profile: str | None, password: str | None, flags: int, reserved: int, out: Out | None
    ) -> int:
        return super().logon(profile, password, flags & ~MAPI_NEW_SESSION, reserved, out)


@fault("logon-same-handle", "SIMPLE-LOGON-07")
class SameHandle(SimpleMapi):
    """Every logon on a shared session gives the same handle."""

    def issue_handle(self, session: Session) -> int:
        known = next((handle for handle, of in self.handles.items() if of is session), None)
        return known if known is not None else super().issue_handle(session)


@fault("logon-null-out-crashes", "SIMPLE-LOGON-08")
class NullOutCrashes(Logon):
    """A NULL out pointer is written through."""

    def logged_on(self, code: int, profile: str | None, flags: int, out: Out | None) -> int:
        del profile, flags
        if out is None:
            raise Death
        return code


@fault("logon-null-out-leaks", "SIMPLE-LOGON-08")
class NullOutLeaks(Logon):
    """A NULL out pointer is found only after the session was made."""

    def logged_on(self, code: int, profile: str | None, flags: int, out: Out | None) -> int:
        del flags
        if out is None and profile:
            self.begin_session(shared=False)
        return code


@fault("logon-flags-alternate", "SIMPLE-LOGON-08")
class FlagsAlternate(Alternating, SimpleMapi):
    """Undefined flags are refused on one call, and ignored on the next."""

    def logon(
        self, profile: str | None, password: str | None, flags: int, reserved: int, out: Out | None
    ) -> int:
        if flags & ~self.logon_flags and self.turn():
            flags &= self.logon_flags
        return super().logon(profile, password, flags, reserved, out)


@fault("logon-reserved-code", "SIMPLE-LOGON-08")
class ReservedCode(Logon):
    """A reserved value gives a code that is meant for something else."""

    def logon(
        self, profile: str | None, password: str | None, flags: int, reserved: int, out: Out | None
    ) -> int:
        code = SimpleMapi.logon(self, profile, password, flags, reserved, out)
        return MAPI_E_LOGIN_FAILURE if code == MAPI_E_FAILURE and reserved else code


@fault("logon-strings-truncated", "SIMPLE-LOGON-09")
class StringsTruncated(SimpleMapi):
    """A string that is too long counts as the default one."""

    def logon(
        self, profile: str | None, password: str | None, flags: int, reserved: int, out: Out | None
    ) -> int:
        good = "default", "secret"
        if not self.fits(profile) or not self.fits(password):
            profile, password = good
        return super().logon(profile, password, flags, reserved, out)


@fault("logon-strings-overrun", "SIMPLE-LOGON-09")
class StringsOverrun(SimpleMapi):
    """A string that is too long overruns a buffer."""

    def fits(self, text: str | None) -> bool:
        if not super().fits(text):
            raise Death
        return True


@fault("logon-scode", "SIMPLE-LOGON-10")
class Scode(Logon):
    """A failing logon gives an SCODE."""

    def logged_on(self, code: int, profile: str | None, flags: int, out: Out | None) -> int:
        del profile, flags, out
        return MAPI_E_CALL_FAILED if code else code
