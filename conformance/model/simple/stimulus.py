"""Which documented case a Simple MAPI call is.

A call that departs from the rules in two ways at once is "other", but for LOGOFF-09,
which speaks of two.
Sources: L1 and L2 (flags, reserved and string parameters), H4 (what flags are defined).
"""

from __future__ import annotations

from typing import Any, Final

from conformance.codes import MAPI_FORCE_DOWNLOAD, MAPI_NEW_SESSION
from conformance.model.simple.state import Life, Simple
from conformance.model.values import remembered
from conformance.trace import Call, Outcome

LONGEST: Final = 256
DEFINED_FLAGS: Final = 0x8037B07F
"""Bits with a meaning in some header (H3 to H6), which an implementation may know of."""

_PLAIN: Final = MAPI_NEW_SESSION | MAPI_FORCE_DOWNLOAD


@remembered
def logging_on(call: Call) -> str:
    """The case of a MAPILogon call."""
    params = call.params
    flags = params.get("flFlags")
    if not isinstance(flags, int):
        return "other"
    departures = []
    if flags & ~DEFINED_FLAGS:
        departures.append("flags")
    if flags & DEFINED_FLAGS & ~_PLAIN:
        departures.append("other")
    if params.get("ulReserved"):
        departures.append("reserved")
    if params.get("lplhSession") is None:
        departures.append("null-out")
    credentials = _credentials(params.get("lpszProfileName"), params.get("lpszPassword"))
    if credentials != "good" and departures:
        return "other"
    if departures:
        return departures[0] if len(departures) == 1 and not params.get("ulUIParam") else "other"
    if params.get("ulUIParam"):
        return "window" if credentials == "good" else "other"
    if credentials == "probe" and flags:
        return "other"
    return credentials


def _credentials(profile: Any, password: Any) -> str:
    if isinstance(profile, dict) and isinstance(password, dict):
        return "good"
    if profile is None and password is None:
        return "probe"
    lengths = [len(text) for text in (profile, password) if isinstance(text, str)]
    longest = max(lengths, default=0)
    if longest > LONGEST:
        return "long"
    return "limit" if longest == LONGEST else "bad"


@remembered
def which_handle(state: Simple, call: Call, outcome: Outcome | None) -> str:
    """What the session handle of a call is: valid, dead, zero, unknown, or other (not certain)."""
    given = call.params.get("lhSession")
    if isinstance(given, str):
        handle = state.handle(given)
        if handle is None or state.reused(given):
            return "other"
        return {Life.OPEN: "valid", Life.ENDED: "dead"}.get(handle.life, "other")
    value = number_given(call, outcome)
    if value is None:
        return "other"
    if value == 0:
        return "zero"
    if state.meant(value):
        return "other"
    ended = [handle for handle in state.handles.values() if handle.life is not Life.OPEN]
    return "other" if any(_is(handle.token, value) for handle in ended) else "unknown"


def _is(token: str, value: int) -> bool:
    try:
        return int(token, 16) == value
    except ValueError:
        return False


def number_given(call: Call, outcome: Outcome | None) -> int | None:
    """The number that went over the wire as the session handle, or None."""
    given = call.params.get("lhSession")
    if outcome is not None and outcome.resolved and "lhSession" in outcome.resolved:
        given = outcome.resolved["lhSession"]
    if not isinstance(given, dict) or "literal" not in given:
        return None
    literal = given["literal"]
    return int(literal, 16) if isinstance(literal, str) else int(literal)


@remembered
def logging_off(state: Simple, call: Call, outcome: Outcome | None) -> str:
    """The case of a MAPILogoff call: which handle, and how the call departs from the rules."""
    handle = which_handle(state, call, outcome)
    flags, reserved = call.params.get("flFlags"), call.params.get("ulReserved")
    if handle == "other" or (flags and reserved):
        return "other"
    if flags:
        return {"valid": "flags", "zero": "zero+flags"}.get(handle, "handle+flags")
    if reserved:
        return "reserved" if handle == "valid" else "other"
    if handle == "valid" and call.params.get("ulUIParam"):
        return "window"
    return handle
