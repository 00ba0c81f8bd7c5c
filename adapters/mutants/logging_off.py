"""Faults of MAPILogoff (SIMPLE-LOGOFF)."""

from __future__ import annotations

from adapters.mutants.registry import Alternating, Death, Variant, fault
from adapters.reference.simple import SimpleMapi
from conformance.codes import (
    MAPI_E_FAILURE,
    MAPI_E_INSUFFICIENT_MEMORY,
    MAPI_E_INVALID_SESSION,
    MAPI_E_UNKNOWN_FLAGS,
    SUCCESS_SUCCESS,
)
from conformance.trace import Call, Outcome


@fault("logoff-keeps-session", "SIMPLE-LOGOFF-01")
class KeepsSession(SimpleMapi):
    """The handle ends, and its session stays."""

    def retire_handle(self, handle: int) -> None:
        self.handles.pop(handle)


@fault("logoff-fails", "SIMPLE-LOGOFF-01")
class Fails(SimpleMapi):
    """Logging off works, and reports a failure."""

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        return super().logoff(handle, flags, reserved) or MAPI_E_FAILURE


@fault("logoff-twice-succeeds", "SIMPLE-LOGOFF-02")
class TwiceSucceeds(SimpleMapi):
    """A handle that was good once can be logged off for ever."""

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        code = super().logoff(handle, flags, reserved)
        issued = self.first_handle <= handle and handle % self.handle_step == 1
        return SUCCESS_SUCCESS if code == MAPI_E_INVALID_SESSION and issued else code


@fault("logoff-twice-ends-another", "SIMPLE-LOGOFF-02")
class TwiceEndsAnother(SimpleMapi):
    """Logging off again gives the right code, and ends the newest session."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: set[int] = set()

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        if handle in self.ended and self.handles:
            self.retire_handle(next(reversed(self.handles)))
        return super().logoff(handle, flags, reserved)

    def retire_handle(self, handle: int) -> None:
        self.ended.add(handle)
        super().retire_handle(handle)


@fault("logoff-zero-ends-newest", "SIMPLE-LOGOFF-03")
class ZeroEndsNewest(SimpleMapi):
    """Zero stands for the newest session."""

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        return super().logoff(handle or next(reversed(self.handles), 0), flags, reserved)


@fault("logoff-zero-succeeds", "SIMPLE-LOGOFF-03")
class ZeroSucceeds(SimpleMapi):
    """Zero is logged off with success."""

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        return super().logoff(handle, flags, reserved) if handle or flags else SUCCESS_SUCCESS


@fault("logoff-zero-code", "SIMPLE-LOGOFF-03")
class ZeroCode(SimpleMapi):
    """Zero gives MAPI_E_FAILURE, the reading that does not bind."""

    zero_handle_failure = MAPI_E_FAILURE


@fault("logoff-unknown-ends-only-session", "SIMPLE-LOGOFF-04")
class UnknownEndsOnly(SimpleMapi):
    """An unknown handle ends the only open session."""

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        code = super().logoff(handle, flags, reserved)
        if code == MAPI_E_INVALID_SESSION and handle and len(self.handles) == 1:
            self.retire_handle(next(iter(self.handles)))
        return code


@fault("logoff-unknown-code", "SIMPLE-LOGOFF-04")
class UnknownCode(SimpleMapi):
    """An unknown handle is an unspecified failure."""

    def check_handle(self, handle: int) -> int:
        code = super().check_handle(handle)
        return MAPI_E_FAILURE if code and handle % self.handle_step != 1 and handle else code


@fault("logoff-flags-end-others", "SIMPLE-LOGOFF-06")
class FlagsEndOthers(SimpleMapi):
    """Flags are refused, and every handle but the one given is ended."""

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        code = super().logoff(handle, flags, reserved)
        if flags and handle in self.handles:
            for other in [other for other in self.handles if other != handle]:
                self.retire_handle(other)
        return code


@fault("logoff-flags-ignored", "SIMPLE-LOGOFF-05")
class FlagsIgnored(SimpleMapi):
    """No flag is looked at."""

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        del flags
        return super().logoff(handle, 0, reserved)


@fault("logoff-flags-code", "SIMPLE-LOGOFF-05")
class FlagsCode(SimpleMapi):
    """Flags give MAPI_E_UNKNOWN_FLAGS, an SCODE."""

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        code = super().logoff(handle, flags, reserved)
        return MAPI_E_UNKNOWN_FLAGS if code == MAPI_E_FAILURE and flags else code


@fault("logoff-shared-flag-accepted", "SIMPLE-LOGOFF-05")
class SharedFlagAccepted(SimpleMapi):
    """The flag MAPI_LOGOFF_SHARED of another function is accepted."""

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        return super().logoff(handle, flags & ~1, reserved)


@fault("logoff-flags-end-session", "SIMPLE-LOGOFF-06", readings={"SIMPLE-LOGOFF-06": "A"})
class FlagsEndSession(SimpleMapi):
    """Invalid flags give an error, and the session is gone."""

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        code = super().logoff(handle, flags, reserved)
        if code == MAPI_E_FAILURE and flags and not reserved and handle in self.handles:
            self.retire_handle(handle)
        return code


@fault("logoff-memory-half-closed", "SIMPLE-LOGOFF-07")
class MemoryHalfClosed(SimpleMapi):
    """Lack of memory is reported after the session was ended."""

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        code = super().logoff(handle, flags, reserved)
        if code == MAPI_E_INSUFFICIENT_MEMORY:
            self.retire_handle(handle)
        return code


@fault("logoff-memory-code", "SIMPLE-LOGOFF-07")
class MemoryCode(SimpleMapi):
    """Lack of memory at a logoff is an unspecified failure."""

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        code = super().logoff(handle, flags, reserved)
        return MAPI_E_FAILURE if code == MAPI_E_INSUFFICIENT_MEMORY else code


@fault("logoff-memory-crashes", "SIMPLE-LOGOFF-07")
class MemoryCrashes(SimpleMapi):
    """Lack of memory at a logoff is fatal."""

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        code = super().logoff(handle, flags, reserved)
        if code == MAPI_E_INSUFFICIENT_MEMORY:
            raise Death
        return code


@fault("logoff-reserved-crashes", "SIMPLE-LOGOFF-08")
class ReservedCrashes(SimpleMapi):
    """A reserved value is used as a pointer."""

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        if reserved:
            raise Death
        return super().logoff(handle, flags, reserved)


@fault("logoff-reserved-code", "SIMPLE-LOGOFF-08")
class ReservedCode(SimpleMapi):
    """A reserved value makes the session invalid."""

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        if reserved and not flags:
            return MAPI_E_INVALID_SESSION
        return super().logoff(handle, flags, reserved)


@fault("logoff-reserved-alternates", "SIMPLE-LOGOFF-08")
class ReservedAlternates(Alternating, SimpleMapi):
    """A reserved value is refused on one call, and ignored on the next."""

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        ignored = reserved and handle in self.handles and self.turn()
        return super().logoff(handle, flags, 0 if ignored else reserved)


@fault("logoff-two-errors-succeed", "SIMPLE-LOGOFF-09")
class TwoErrorsSucceed(SimpleMapi):
    """A bad handle together with flags succeeds."""

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        if flags and handle not in self.handles:
            return SUCCESS_SUCCESS
        return super().logoff(handle, flags, reserved)


@fault("logoff-two-errors-end-session", "SIMPLE-LOGOFF-09")
class TwoErrorsEndSession(SimpleMapi):
    """A bad handle together with flags ends the newest session."""

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        if flags and handle not in self.handles and self.handles:
            self.retire_handle(next(reversed(self.handles)))
        return super().logoff(handle, flags, reserved)


@fault("logoff-two-errors-alternate", "SIMPLE-LOGOFF-09")
class TwoErrorsAlternate(Alternating, SimpleMapi):
    """Of a bad handle and flags each wins every second time."""

    def check_logoff(self, handle: int, flags: int, reserved: int) -> int:
        if flags and handle not in self.handles and self.turn():
            return MAPI_E_FAILURE
        return super().check_logoff(handle, flags, reserved)


@fault("logoff-ends-shared-session", "SIMPLE-LOGOFF-10")
class EndsShared(SimpleMapi):
    """The first logoff ends the shared session for all."""

    def retire_handle(self, handle: int) -> None:
        session = self.handles[handle]
        for other in [other for other, of in self.handles.items() if of is session]:
            super().retire_handle(other)


@fault("logoff-window-refused", "SIMPLE-LOGOFF-11")
class WindowRefusedAtLogoff(Variant):
    """A logoff fails where the window handle is none."""

    def perform(self, call: Call) -> Outcome:
        if call.method == "MAPILogoff" and call.params.get("ulUIParam"):
            return Outcome("result", {"return": MAPI_E_FAILURE})
        return super().perform(call)


@fault("logon-window-refused", "SIMPLE-LOGOFF-11")
class WindowRefusedAtLogon(Variant):
    """A logon fails where the window handle is none."""

    def perform(self, call: Call) -> Outcome:
        if call.method == "MAPILogon" and call.params.get("ulUIParam"):
            return Outcome("result", {"return": MAPI_E_FAILURE, "out": {"lplhSession": None}})
        return super().perform(call)
