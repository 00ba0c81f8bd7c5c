"""What the checks of Simple MAPI share: charging a lost or left session to the event behind it."""

from __future__ import annotations

from typing import Final

from conformance.checks.registry import Registry
from conformance.checks.words import observed, returns
from conformance.codes import MAPI_E_INSUFFICIENT_MEMORY, MAPI_E_INVALID_SESSION, SUCCESS_SUCCESS
from conformance.findings import HELD, Broken, Finding
from conformance.model.outcome import returned
from conformance.model.simple.advance import BOUND_CALLS, extra_sessions, single
from conformance.model.simple.state import Handle, Simple
from conformance.model.simple.stimulus import logging_off, which_handle
from conformance.trace import Call, Outcome

CHECKS: Final = Registry("simple")

ON: Final = "MAPILogon"
OFF: Final = "MAPILogoff"
USES: Final = (OFF, *BOUND_CALLS)


def excused(state: Simple, outcome: Outcome) -> bool:
    """Memory may be short: `world.fail_allocation` was called, and the call says so."""
    return state.armed and returned(outcome) == MAPI_E_INSUFFICIENT_MEMORY


def answer(state: Simple, outcome: Outcome, *codes: int) -> Finding:
    """The call must return one of these codes, unless memory ran out."""
    return None if excused(state, outcome) else returns(outcome, "simple", *codes)


def nothing_ended(state: Simple, outcome: Outcome, event: str, expected: str) -> Finding:
    """A look after calls of one kind that must not end a session."""
    if not single(state, event):
        return None
    extra = extra_sessions(state, outcome)
    if extra is None:
        return None
    if extra < 0:
        return Broken(expected, f"{-extra} session(s) gone")
    return HELD if state.live() else None


def nothing_made(state: Simple, outcome: Outcome, event: str, expected: str) -> Finding:
    """A look after calls of one kind that must not leave a session behind."""
    if not single(state, event):
        return None
    extra = extra_sessions(state, outcome)
    if extra is None:
        return None
    return Broken(expected, f"{extra} more session(s) open") if extra > 0 else HELD


def still_good(
    state: Simple, call: Call, outcome: Outcome, requirement: str, expected: str
) -> Finding:
    """A handle that an event must have left alone is used: it works, or that event ended it."""
    handle = doubtful(state, call, outcome)
    if handle is None or requirement not in handle.doubts:
        return None
    if returned(outcome) == MAPI_E_INVALID_SESSION:
        return Broken(expected, observed(outcome, "simple")) if len(handle.doubts) == 1 else None
    return HELD if returned(outcome) == SUCCESS_SUCCESS else None


def doubtful(state: Simple, call: Call, outcome: Outcome) -> Handle | None:
    """The good handle that a call uses plainly, if events since its last use may have ended it."""
    if call.method == OFF and logging_off(state, call, outcome) != "valid":
        return None
    if which_handle(state, call, outcome) != "valid":
        return None
    handle = state.handle(call.params["lhSession"])
    return handle if handle is not None and handle.doubts else None
