"""IMSG-OPEN: opening a message session (OpenIMsgSession).

Each function is the check of the requirement named above it.
"""

from __future__ import annotations

from typing import Final

from conformance.checks.imsg.base import CHECKS, handed_back, leaked, nothing_left, rested, see
from conformance.checks.words import fails, must, observed, returns, takes
from conformance.codes import (
    MAPI_E_INVALID_PARAMETER,
    MAPI_E_NOT_ENOUGH_MEMORY,
    MAPI_E_NOT_INITIALIZED,
    MAPI_E_UNKNOWN_FLAGS,
    MAPI_UNICODE,
    S_OK,
)
from conformance.findings import HELD, Broken, Finding, reading
from conformance.model.imsg.state import Imsg, Session
from conformance.model.imsg.stimulus import building, opening
from conformance.model.outcome import asked, failed, returned, succeeded, untouched, written
from conformance.trace import Call, Outcome

OPEN: Final = "OpenIMsgSession"
CLOSES: Final = ("close", "close-parts", "close-several", "close-released")


@CHECKS.check("IMSG-OPEN-01", OPEN)
def opens(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if opening(state, call) != "valid":
        return None
    return handed_back(outcome, "lppMsgSess", "session")


def _null(state: Imsg, call: Call, outcome: Outcome, case: str) -> Finding:
    """A NULL is refused, with its code unless MAPI_UNICODE, which may be invalid, came with it."""
    with_flag = f"{case}+unicode"
    if call.method == "observe":
        return nothing_left(state, outcome, f"open:{case}", f"open:{with_flag}")
    found = opening(state, call)
    if found == with_flag:
        refused = fails(outcome, "imsg")
        return refused if isinstance(refused, Broken) else None
    return returns(outcome, "imsg", MAPI_E_INVALID_PARAMETER) if found == case else None


@CHECKS.check("IMSG-OPEN-02", OPEN, "observe")
def null_allocator(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    return _null(state, call, outcome, "null-malloc")


@CHECKS.check("IMSG-OPEN-03", OPEN, "observe")
def null_out_pointer(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    return _null(state, call, outcome, "null-out")


@CHECKS.check("IMSG-OPEN-04", OPEN, "observe")
def undefined_flag(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if call.method == "observe":
        return nothing_left(state, outcome, "open:flags")
    return fails(outcome, "imsg") if opening(state, call) == "flags" else None


@CHECKS.check("IMSG-OPEN-05", OPEN)
def flags_code(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if opening(state, call) != "flags" or succeeded(outcome):
        return None
    if not failed(outcome):
        return fails(outcome, "imsg")
    known = {MAPI_E_UNKNOWN_FLAGS: "AC", MAPI_E_INVALID_PARAMETER: "BC"}
    return reading(known.get(returned(outcome), "C"))


@CHECKS.check("IMSG-OPEN-06", OPEN)
def unicode_flag(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if opening(state, call) != "unicode":
        return None
    value = returned(outcome)
    if value == S_OK and written(outcome, "lppMsgSess") is not None:
        return reading("A")
    if value in (MAPI_E_UNKNOWN_FLAGS, MAPI_E_INVALID_PARAMETER):
        return reading("B")
    if failed(outcome) and value != MAPI_UNICODE and state.flag_code in (None, value):
        return reading("B") if state.flag_code == value else None
    return Broken("S_OK and a session, or the error for invalid flags", observed(outcome, "imsg"))


@CHECKS.check("IMSG-OPEN-07", OPEN)
def flag_is_no_result(_state: Imsg, _call: Call, outcome: Outcome) -> Finding:
    if outcome.kind != "result":
        return None
    if returned(outcome) != MAPI_UNICODE:
        return HELD
    return Broken("S_OK or an error code", "returned MAPI_UNICODE (0x80000000), an input flag")


@CHECKS.check("IMSG-OPEN-08", OPEN, "observe")
def out_of_memory(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if call.method == "observe":
        return nothing_left(state, outcome, "open:memory")
    if opening(state, call) != "memory":
        return None
    if succeeded(outcome):
        # Only an implementation known to allocate here can have missed that Alloc gave NULL.
        fails_at_once = state.allocators[call.params["lpMalloc"]].fail_after == 0
        if not (fails_at_once and state.open_allocates):
            return None
    return returns(outcome, "imsg", MAPI_E_NOT_ENOUGH_MEMORY)


@CHECKS.check("IMSG-OPEN-09", OPEN)
def out_pointer_after_failure(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if not failed(outcome) or asked(call, "lppMsgSess") is None:
        return None
    if written(outcome, "lppMsgSess") is not None:
        return Broken(
            "no pointer after a failed call", "a pointer was written although the call failed"
        )
    # An implementation may clear the variable once the pointers were checked: each kind of failure
    # is settled by itself, and of two mistakes at once it is not known which was found.
    case = opening(state, call)
    if case == "other" or "+" in case:
        return None
    if untouched(outcome, "lppMsgSess"):
        return reading("A", case)
    return reading("B" if state.sentinel else "AB", case)


@CHECKS.check("IMSG-OPEN-10", "OpenIMsgOnIStg", "observe")
def allocator_reference(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if call.method == "OpenIMsgOnIStg":
        orphaned = building(state, call) == "orphaned"
        made = returned(outcome) == S_OK and written(outcome, "lppMsg") is not None
        return must(outcome, "imsg", made, "S_OK and a message pointer") if orphaned else None
    seen = see(state, outcome)
    if seen is None:
        return None
    mallocs = outcome.body.get("mallocs", {})
    # A session that an earlier fault took along holds nothing any more.
    missing = seen.sessions is not None and state.offset_sessions + seen.sessions < 0
    for _, session in () if missing else state.live(Session):
        lent = state.allocators.get(session.allocator)
        if lent and not lent.own and mallocs.get(session.allocator, {}).get("references") == 0:
            return Broken("the open session holds a reference to its allocator", "none is held")
    if any(count > 0 and _sessions_only(state, name) for name, count in seen.foreign.items()):
        return Broken("only blocks of the allocator are freed with it", "a foreign block was freed")
    found = leaked(seen.allocators.values(), *CLOSES, kind="references")
    return found or (HELD if rested(seen.allocators.values(), *CLOSES) else None)


def _sessions_only(state: Imsg, allocator: str) -> bool:
    users = [t for t in state.things.values() if getattr(t, "allocator", None) == allocator]
    return all(type(thing) is Session for thing in users) and "close-released" not in state.events


@CHECKS.check("IMSG-OPEN-11", OPEN)
def independent_sessions(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    token = written(outcome, "lppMsgSess")
    if opening(state, call) not in ("valid", "unicode") or token is None or not succeeded(outcome):
        return None
    others = [session.token for _, session in state.live(Session)]
    if token in others:
        return Broken(
            "a pointer unlike that of every open session", f"{token} belongs to an open session"
        )
    return HELD if others else None


@CHECKS.check("IMSG-OPEN-12", OPEN)
def before_initialisation(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if opening(state, call) != "uninitialised":
        return None
    answers = {MAPI_E_NOT_INITIALIZED: "A", S_OK: "B"}
    return takes(outcome, "imsg", answers, "MAPI_E_NOT_INITIALIZED (0x80040605), or S_OK")


@CHECKS.check("IMSG-OPEN-13", OPEN)
def which_error_wins(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    case = opening(state, call)
    if not case.endswith("+flags"):
        return None
    if not failed(outcome):
        return Broken(
            "the error for the pointer or the one for the flags", observed(outcome, "imsg")
        )
    # The order in which the pointers are looked at is free, so only a call in which
    # every pointer is NULL tells which error wins.
    if case != "null-malloc-out+flags":
        return reading("AB")
    return reading("A" if returned(outcome) == MAPI_E_INVALID_PARAMETER else "B")
