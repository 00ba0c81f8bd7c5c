"""SIMPLE-LOGOFF: ending a Simple MAPI session (MAPILogoff).

Each function is the check of the requirement named above it.
"""

from __future__ import annotations

from conformance.checks.simple.base import (
    CHECKS,
    OFF,
    ON,
    USES,
    answer,
    doubtful,
    excused,
    nothing_ended,
    still_good,
)
from conformance.checks.words import returns, takes
from conformance.codes import (
    MAPI_E_FAILURE,
    MAPI_E_INSUFFICIENT_MEMORY,
    MAPI_E_INVALID_SESSION,
    MAPI_E_TOO_MANY_SESSIONS,
    SUCCESS_SUCCESS,
)
from conformance.findings import HELD, Broken, Finding, reading
from conformance.model.outcome import returned
from conformance.model.simple.advance import OTHER_SESSIONS, extra_sessions, single
from conformance.model.simple.state import Simple
from conformance.model.simple.stimulus import logging_off, logging_on
from conformance.trace import Call, Outcome

REMAIN = "every session is still open"


def _dead(state: Simple, call: Call, outcome: Outcome) -> bool:
    """The handle was found dead, and an earlier event is to blame, not this call."""
    return (
        returned(outcome) == MAPI_E_INVALID_SESSION
        and isinstance(call.params.get("lhSession"), str)
        and bool(getattr(state.handle(call.params["lhSession"]), "doubts", None))
    )


@CHECKS.check("SIMPLE-LOGOFF-01", OFF, "observe")
def logs_off(state: Simple, call: Call, outcome: Outcome) -> Finding:
    if call.method == "observe":
        extra = extra_sessions(state, outcome)
        if extra is None or not single(state, "logoff"):
            return None
        return Broken("the session is ended", f"{extra} still open") if extra > 0 else HELD
    if logging_off(state, call, outcome) != "valid" or _dead(state, call, outcome):
        return None
    if state.armed:
        return None
    return returns(outcome, "simple", SUCCESS_SUCCESS)


@CHECKS.check("SIMPLE-LOGOFF-02", OFF, "observe")
def dead_handle(state: Simple, call: Call, outcome: Outcome) -> Finding:
    if call.method == "observe":
        return nothing_ended(state, outcome, "logoff-dead", REMAIN)
    if logging_off(state, call, outcome) != "dead":
        return None
    return answer(state, outcome, MAPI_E_INVALID_SESSION)


@CHECKS.check("SIMPLE-LOGOFF-03", *USES, "observe")
def zero_handle(state: Simple, call: Call, outcome: Outcome) -> Finding:
    if call.method == "observe":
        ended = nothing_ended(state, outcome, "logoff-zero", REMAIN)
        return ended if isinstance(ended, Broken) else None
    if call.method == OFF and logging_off(state, call, outcome) == "zero":
        if excused(state, outcome):
            return None
        answers = {MAPI_E_INVALID_SESSION: "A", MAPI_E_FAILURE: "B"}
        return takes(
            outcome, "simple", answers, "MAPI_E_INVALID_SESSION (19), or MAPI_E_FAILURE (2)"
        )
    found = still_good(state, call, outcome, "SIMPLE-LOGOFF-03", REMAIN)
    return found if isinstance(found, Broken) else None


@CHECKS.check("SIMPLE-LOGOFF-04", *USES, "observe")
def unknown_handle(state: Simple, call: Call, outcome: Outcome) -> Finding:
    if call.method == "observe":
        return nothing_ended(state, outcome, "logoff-unknown", REMAIN)
    if call.method == OFF and logging_off(state, call, outcome) == "unknown":
        return answer(state, outcome, MAPI_E_INVALID_SESSION)
    return still_good(state, call, outcome, "SIMPLE-LOGOFF-04", REMAIN)


@CHECKS.check("SIMPLE-LOGOFF-05", OFF)
def flags_code(state: Simple, call: Call, outcome: Outcome) -> Finding:
    if logging_off(state, call, outcome) != "flags" or _dead(state, call, outcome):
        return None
    return answer(state, outcome, MAPI_E_FAILURE)


@CHECKS.check("SIMPLE-LOGOFF-06", *USES, "observe")
def session_after_flags(state: Simple, call: Call, outcome: Outcome) -> Finding:
    if call.method == "observe":
        extra = extra_sessions(state, outcome)
        if extra is None or not single(state, "logoff-flags"):
            return None
        return reading("B" if extra < 0 else "AB")
    others = still_good(state, call, outcome, OTHER_SESSIONS, "other sessions stay open")
    if isinstance(others, Broken):
        return others
    handle = doubtful(state, call, outcome)
    if handle is None or "SIMPLE-LOGOFF-06" not in handle.doubts:
        return None
    if returned(outcome) == MAPI_E_INVALID_SESSION:
        return reading("B") if len(handle.doubts) == 1 else None
    return reading("AB") if returned(outcome) == SUCCESS_SUCCESS else None


@CHECKS.check("SIMPLE-LOGOFF-07", *USES, "observe")
def out_of_memory(state: Simple, call: Call, outcome: Outcome) -> Finding:
    alive = "the session survives, and a later logoff ends it"
    if call.method == "observe":
        return nothing_ended(state, outcome, "logoff-memory", alive)
    if call.method == OFF and state.armed and logging_off(state, call, outcome) == "valid":
        handle = doubtful(state, call, outcome)
        if handle is None or returned(outcome) != MAPI_E_INVALID_SESSION:
            found = returns(outcome, "simple", SUCCESS_SUCCESS, MAPI_E_INSUFFICIENT_MEMORY)
            retried = handle is not None and "SIMPLE-LOGOFF-07" in handle.doubts
            short = returned(outcome) == MAPI_E_INSUFFICIENT_MEMORY
            return found if isinstance(found, Broken) or short or retried else None
    return still_good(state, call, outcome, "SIMPLE-LOGOFF-07", alive)


@CHECKS.check("SIMPLE-LOGOFF-08", OFF)
def reserved(state: Simple, call: Call, outcome: Outcome) -> Finding:
    case = logging_off(state, call, outcome)
    if case != "reserved" or _dead(state, call, outcome) or excused(state, outcome):
        return None
    answers = {MAPI_E_FAILURE: "A", SUCCESS_SUCCESS: "B"}
    return takes(outcome, "simple", answers, "MAPI_E_FAILURE (2), or SUCCESS_SUCCESS (0)")


@CHECKS.check("SIMPLE-LOGOFF-09", *USES, "observe")
def which_error_wins(state: Simple, call: Call, outcome: Outcome) -> Finding:
    if call.method == "observe":
        gone = [
            nothing_ended(state, outcome, f"logoff-{case}", REMAIN)
            for case in ("zero+flags", "handle+flags")
        ]
        return next((found for found in gone if isinstance(found, Broken)), None)
    case = logging_off(state, call, outcome) if call.method == OFF else ""
    if case in ("zero+flags", "handle+flags"):
        if excused(state, outcome):
            return None
        # Reading B of LOGOFF-03 answers zero with 2 whatever the flags.
        failure = "AB" if case == "zero+flags" else "B"
        answers = {MAPI_E_INVALID_SESSION: "A", MAPI_E_FAILURE: failure}
        expected = "MAPI_E_INVALID_SESSION (19), or MAPI_E_FAILURE (2)"
        # A handle that a logoff left alive by mistake (LOGOFF-01) is no evidence about the others.
        ended = isinstance(call.params["lhSession"], str)
        return takes(outcome, "simple", answers, expected, "ended handle" if ended else "")
    found = still_good(state, call, outcome, "SIMPLE-LOGOFF-09", REMAIN)
    return found if isinstance(found, Broken) else None


@CHECKS.check("SIMPLE-LOGOFF-10", *USES, "observe")
def leaves_others(state: Simple, call: Call, outcome: Outcome) -> Finding:
    expected = "the other handles stay good"
    if call.method == "observe":
        return nothing_ended(state, outcome, "logoff", expected)
    return still_good(state, call, outcome, "SIMPLE-LOGOFF-10", expected)


@CHECKS.check("SIMPLE-LOGOFF-11", ON, OFF)
def window_handle(state: Simple, call: Call, outcome: Outcome) -> Finding:
    if call.method == ON:
        if logging_on(call) != "window" or state.armed:
            return None
        if returned(outcome) == MAPI_E_TOO_MANY_SESSIONS and state.possible():
            return None
        return returns(outcome, "simple", SUCCESS_SUCCESS)
    if logging_off(state, call, outcome) != "window" or _dead(state, call, outcome):
        return None
    if state.armed:
        return None
    return answer(state, outcome, SUCCESS_SUCCESS)
