"""SIMPLE-LOGON: starting a Simple MAPI session (MAPILogon).

Each function is the check of the requirement named above it.
"""

from __future__ import annotations

from typing import Final

from conformance.checks.simple.base import (
    CHECKS,
    ON,
    USES,
    excused,
    nothing_ended,
    nothing_made,
    still_good,
)
from conformance.checks.words import must, observed
from conformance.codes import (
    LAST_SIMPLE_CODE,
    MAPI_E_FAILURE,
    MAPI_E_INSUFFICIENT_MEMORY,
    MAPI_E_LOGIN_FAILURE,
    MAPI_E_NO_SUPPORT,
    MAPI_E_TOO_MANY_SESSIONS,
    MAPI_E_USER_ABORT,
    MAPI_NEW_SESSION,
    SUCCESS_SUCCESS,
)
from conformance.findings import HELD, Broken, Finding, reading
from conformance.model.outcome import asked, returned, written
from conformance.model.simple.advance import BOUND_CALLS, extra_sessions, single
from conformance.model.simple.state import Simple
from conformance.model.simple.stimulus import logging_on
from conformance.trace import Call, Outcome

FAILURES: Final = frozenset(
    {
        MAPI_E_USER_ABORT,
        MAPI_E_FAILURE,
        MAPI_E_LOGIN_FAILURE,
        MAPI_E_INSUFFICIENT_MEMORY,
        MAPI_E_TOO_MANY_SESSIONS,
    }
)
"""The codes of a failing logon (L1, Return value)."""


def _started(state: Simple, outcome: Outcome) -> Finding:
    """The logon must succeed, unless memory is short or sessions are too many."""
    full = returned(outcome) == MAPI_E_TOO_MANY_SESSIONS and bool(state.possible())
    # Memory that ran short with the wrong code is spoken of by LOGON-02.
    short = state.armed and returned(outcome) not in (None, SUCCESS_SUCCESS)
    if full or short:
        return None
    given = written(outcome, "lplhSession") is not None
    ok = returned(outcome) == SUCCESS_SUCCESS and given
    but = (
        "" if given or returned(outcome) != SUCCESS_SUCCESS else "but no session handle was written"
    )
    return must(outcome, "simple", ok, "SUCCESS_SUCCESS (0) and a session handle", but)


def _fresh(state: Simple, call: Call) -> bool:
    """The logon has to make a session of its own, so that its credentials count."""
    return not state.possible() or bool(call.params.get("flFlags", 0) & MAPI_NEW_SESSION)


@CHECKS.check("SIMPLE-LOGON-01", ON)
def logs_on(state: Simple, call: Call, outcome: Outcome) -> Finding:
    return _started(state, outcome) if logging_on(call) == "good" else None


@CHECKS.check("SIMPLE-LOGON-02", ON, "observe", *USES)
def failing_logon(state: Simple, call: Call, outcome: Outcome) -> Finding:
    if call.method == "observe":
        opens = "a failing logon opens no session"
        made = nothing_made(state, outcome, "logon-failed", opens)
        made = made or nothing_made(state, outcome, "logon-full", opens)
        return made or nothing_ended(
            state, outcome, "logon-failed", "a failing logon ends no session"
        )
    if call.method != ON:
        return still_good(
            state, call, outcome, "SIMPLE-LOGON-02", "a failing logon ends no session"
        )
    code = returned(outcome)
    if type(code) is not int or code == SUCCESS_SUCCESS:
        return None
    if asked(call, "lplhSession") is not None and written(outcome, "lplhSession") is not None:
        return Broken(
            "no session handle with a failure", f"{observed(outcome, 'simple')} with a handle"
        )
    if logging_on(call) not in ("good", "probe", "bad", "long", "limit", "window"):
        return None
    if state.armed and logging_on(call) == "good" and code != MAPI_E_TOO_MANY_SESSIONS:
        return must(
            outcome, "simple", code == MAPI_E_INSUFFICIENT_MEMORY, "MAPI_E_INSUFFICIENT_MEMORY (5)"
        )
    return must(outcome, "simple", code in FAILURES, "one of the codes 1, 2, 3, 5, 8")


@CHECKS.check("SIMPLE-LOGON-03", ON, "observe", *USES)
def too_many_sessions(state: Simple, call: Call, outcome: Outcome) -> Finding:
    expected = "earlier sessions stay alive"
    if call.method == "observe":
        extra = extra_sessions(state, outcome)
        new = single(state, "logon-new") and state.known() and state.shares() in state.honoured
        if new and extra is not None and extra < 0:
            return Broken(expected, f"{-extra} session(s) gone after a logon")
        return nothing_ended(state, outcome, "logon-full", expected)
    if call.method != ON:
        return still_good(state, call, outcome, "SIMPLE-LOGON-03", expected)
    if not state.room or logging_on(call) != "good" or state.armed:
        return None
    code = returned(outcome)
    return must(
        outcome, "simple", code != MAPI_E_TOO_MANY_SESSIONS, "a logoff made room for a session"
    )


@CHECKS.check("SIMPLE-LOGON-04", ON)
def probe_finds(state: Simple, call: Call, outcome: Outcome) -> Finding:
    if logging_on(call) != "probe" or not state.shares():
        return None
    return _started(state, outcome)


@CHECKS.check("SIMPLE-LOGON-05", ON)
def probe_without_session(state: Simple, call: Call, outcome: Outcome) -> Finding:
    if logging_on(call) != "probe" or not state.quiet or excused(state, outcome):
        return None
    given = written(outcome, "lplhSession") is not None
    if returned(outcome) == SUCCESS_SUCCESS and given:
        return reading("B")
    if type(returned(outcome)) is int and returned(outcome) != SUCCESS_SUCCESS and not given:
        return reading("A")
    return Broken(
        "a failure without a handle, or a new shared session", observed(outcome, "simple")
    )


@CHECKS.check("SIMPLE-LOGON-06", "observe")
def new_session_flag(state: Simple, _call: Call, outcome: Outcome) -> Finding:
    extra = extra_sessions(state, outcome)
    if extra is None:
        return None
    # A first logon makes the session that others share, be it on another thread at the same time.
    joined = state.events == {"logon", "logon-shared"} and state.settled("SIMPLE-LOGON-03")
    if not (joined or single(state, "logon-shared") or single(state, "logon-new")):
        return None
    if extra > 0 and "logon-shared" in state.events:
        return Broken("the existing shared session is used", f"{extra} more session(s) were made")
    if state.events == {"logon-new"} and extra < 0:
        # Where the flag was seen to work before, a session was lost: LOGON-03.
        worked = state.shares() in state.honoured or not state.known()
        return None if worked else Broken("a new session is made", "none was made")
    return HELD if not extra and len(state.live()) > 1 else None


@CHECKS.check("SIMPLE-LOGON-07", ON)
def own_handle(state: Simple, _call: Call, outcome: Outcome) -> Finding:
    token = written(outcome, "lplhSession")
    if returned(outcome) != SUCCESS_SUCCESS or token is None:
        return None
    others = [handle.token for handle in state.live() if not handle.doubts]
    if token in others:
        return Broken(
            "a handle unlike every live one", f"{token} is the handle of an earlier logon"
        )
    return HELD if others else None


@CHECKS.check("SIMPLE-LOGON-08", ON, "observe", *USES)
def undocumented_arguments(state: Simple, call: Call, outcome: Outcome) -> Finding:
    lost = "no session without a handle"
    if call.method == "observe":
        return nothing_made(state, outcome, "logon-lost", lost)
    if call.method != ON:
        return still_good(state, call, outcome, "SIMPLE-LOGON-08", "the call ends no session")
    case = logging_on(call)
    if case not in ("flags", "reserved", "null-out") or excused(state, outcome):
        return None
    code = returned(outcome)
    if code == MAPI_E_TOO_MANY_SESSIONS and state.possible():
        return None
    if code == MAPI_E_FAILURE:
        return reading("A", case)
    if code == SUCCESS_SUCCESS:
        return reading("B", case)
    return Broken(
        "MAPI_E_FAILURE (2), or as if the argument were in order", observed(outcome, "simple")
    )


@CHECKS.check("SIMPLE-LOGON-09", ON)
def long_strings(state: Simple, call: Call, outcome: Outcome) -> Finding:
    case = logging_on(call)
    if case not in ("long", "limit") or not _fresh(state, call):
        return None
    code = returned(outcome)
    if type(code) is int and code in FAILURES:
        return reading("AB")
    if type(code) is int and case == "limit":
        return None
    return Broken(
        "a documented failure for strings over 256 characters", observed(outcome, "simple")
    )


CHECKS.general["SIMPLE-LOGON-10"] = ON


@CHECKS.check("SIMPLE-LOGON-10", ON, "MAPILogoff", *BOUND_CALLS)
def simple_codes(_state: Simple, call: Call, outcome: Outcome) -> Finding:
    code = returned(outcome)
    if type(code) is not int:
        return None
    # L5 lets MAPIFindNext return this SCODE (contradiction X-09).
    allowed = call.method == "MAPIFindNext" and code == MAPI_E_NO_SUPPORT
    held = 0 <= code <= LAST_SIMPLE_CODE or allowed
    return must(outcome, "simple", held, "a Simple MAPI code, 0 to 28")
