"""How the state follows one step of a Simple MAPI trace.

Sources: L1, L2; contradictions X-05, X-06 and X-08 for what the documents leave open.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from conformance.codes import MAPI_E_INVALID_SESSION, MAPI_E_TOO_MANY_SESSIONS, MAPI_NEW_SESSION
from conformance.model.outcome import asked, returned, written
from conformance.model.simple.state import Handle, Life, Simple
from conformance.model.simple.stimulus import logging_off, logging_on, number_given, which_handle
from conformance.model.values import remembered, replace
from conformance.trace import Call, Outcome

BOUND_CALLS: Final = (
    "MAPIFindNext",
    "MAPIReadMail",
    "MAPISaveMail",
    "MAPIDeleteMail",
    "MAPISendMail",
    "MAPIResolveName",
)
"""Calls bound to a session: on a good handle they tell whether it still is one."""

FAULTS: Final = {
    "zero": "SIMPLE-LOGOFF-03",
    "unknown": "SIMPLE-LOGOFF-04",
    "dead": "SIMPLE-LOGOFF-02",
    "flags": "SIMPLE-LOGOFF-06",
    "reserved": "SIMPLE-LOGOFF-08",
    "zero+flags": "SIMPLE-LOGOFF-09",
    "handle+flags": "SIMPLE-LOGOFF-09",
}
"""What to blame if a session ends although the MAPILogoff call of this case must not end one."""

OTHER_SESSIONS: Final = "SIMPLE-LOGOFF-06, other sessions"
"""The doubt about a session that a MAPILogoff with flags did not name: it must not end."""


def advance(state: Simple, call: Call, outcome: Outcome) -> Simple:
    """The state after one step; one that says nothing, or that ended the run, changes nothing."""
    follow = FOLLOW.get(call.method)
    if follow is None or outcome.kind != "result":
        return state
    return follow(state, call, outcome)


def _log_on(state: Simple, call: Call, outcome: Outcome) -> Simple:
    code, token, name = (
        returned(outcome),
        written(outcome, "lplhSession"),
        asked(call, "lplhSession"),
    )
    if code == 0 and token is not None and name is not None:
        return _new_handle(state, call, name, token)
    if code == 0:
        return doubted(replace(state, events=state.events | {"logon-lost"}), "SIMPLE-LOGON-08")
    event, blame = "logon-failed", "SIMPLE-LOGON-02"
    if code == MAPI_E_TOO_MANY_SESSIONS:
        event, blame = "logon-full", "SIMPLE-LOGON-03"
        state = replace(state, full=True, room=False)
    elif logging_on(call) == "null-out":
        event, blame = "logon-lost", "SIMPLE-LOGON-08"
    state = doubted(replace(state, events=state.events | {event}), blame)
    if name is not None and token is not None:
        state = _bound(state, name, Handle(token, None, Life.LAWLESS))
    return state


def _new_handle(state: Simple, call: Call, name: str, token: str) -> Simple:
    same = next(
        (key for key, h in state.handles.items() if h.life is Life.OPEN and h.token == token), None
    )
    if same is not None and state.handles[same].doubts:
        # The earlier handle may have ended without a word, so that its value was free again.
        state, same = _found_dead(state, [same]), None
    if same is not None:
        # One value for two logons (LOGON-07): from here on the two names are one handle.
        names = {**state.names, name: same}
        uncertain = replace(state, names=names, events=state.events | {"logon-uncertain"})
        return replace(uncertain, most=state.most + 1)
    session: int | None = state.made
    fewest = most = 1
    event, shared = "logon", state.shared
    live = [h for h in state.handles.values() if h.life in (Life.OPEN, Life.UNSURE)]
    if call.params.get("flFlags", 0) & MAPI_NEW_SESSION:
        event = "logon-new"
    elif state.shares():
        fewest, most, event = 0, 0, "logon-shared"
        alone = all(handle.session == state.shared for handle in live)
        session = state.shared if alone else None
    elif live:
        fewest, session, event = 0, None, "logon-uncertain"
    else:
        shared = session
    state = doubted(state, "SIMPLE-LOGON-03")
    state = replace(
        state,
        made=state.made + 1,
        shared=shared,
        fewest=state.fewest + fewest,
        most=state.most + most,
        events=state.events | {event},
        room=False,
        full=False,
        quiet=False,
    )
    return _bound(state, name, Handle(token, session))


def _log_off(state: Simple, call: Call, outcome: Outcome) -> Simple:
    case = logging_off(state, call, outcome)
    code = returned(outcome)
    keys = _reached(state, call, outcome)
    if code == 0 and len(keys) == 1:
        return _ended(state, keys[0])
    if code == 0 and keys:
        things = {key: replace(state.handles[key], life=Life.LAWLESS) for key in keys}
        return replace(state, handles={**state.handles, **things}, fewest=0)
    if code == MAPI_E_INVALID_SESSION and which_handle(state, call, outcome) == "valid":
        return _found_dead(state, keys)
    if case in FAULTS:
        state = replace(state, events=state.events | {f"logoff-{case}"})
        return _flags_refused(state, keys) if case == "flags" else doubted(state, FAULTS[case])
    short = state.armed and case == "valid"
    blame = "SIMPLE-LOGOFF-07" if short else "SIMPLE-LOGOFF-01"
    event = "logoff-memory" if short else "logoff-failed"
    return doubted(replace(state, events=state.events | {event}), blame)


def _flags_refused(state: Simple, keys: list[str]) -> Simple:
    """The session named may be gone (LOGOFF-06, reading B), one that is certainly another not."""
    named = {state.handles[key].session for key in keys}
    # Where MAPI_NEW_SESSION was never seen to be honoured, all handles may share one session.
    certain = bool(named) and None not in named and bool(state.honoured)
    handles = {}
    for key, handle in state.handles.items():
        apart = certain and handle.session is not None and handle.session not in named
        handles[key] = _doubt(handle, OTHER_SESSIONS if apart else FAULTS["flags"])
    return replace(state, handles=handles)


def _reached(state: Simple, call: Call, outcome: Outcome) -> list[str]:
    """The live handles that the call may have reached, by name or by value."""
    given = call.params.get("lhSession")
    if isinstance(given, str):
        handle = state.handle(given)
        if handle is None:
            return []
        live = [key for key, h in state.handles.items() if h.life is Life.OPEN]
        return [key for key in live if state.handles[key].token == handle.token]
    value = number_given(call, outcome)
    return [] if value is None else state.meant(value)


def _ended(state: Simple, key: str) -> Simple:
    handle = state.handles[key]
    lives = (Life.OPEN, Life.UNSURE)
    others = [other for name, other in state.handles.items() if name != key and other.life in lives]
    uncertain = handle.session is None or any(other.session is None for other in others)
    kept = handle.session is not None and any(o.session == handle.session for o in others)
    state = replace(
        state,
        handles={**state.handles, key: replace(handle, life=Life.ENDED, doubts=frozenset())},
        events=state.events | {"logoff"},
    )
    state = doubted(state, "SIMPLE-LOGOFF-10")
    if handle.session != state.shared and not kept:
        # Contradiction X-08: a session made with MAPI_NEW_SESSION may have become the shared one.
        state = replace(state, shared=None)
    if not others:
        most = state.leaked + state.loose
        return replace(state, fewest=state.leaked, most=most, full=False, room=state.full)
    fewest = 0 if kept else 1
    most = 0 if kept or uncertain else 1
    room = state.full and most == 1
    return replace(
        state,
        fewest=max(state.fewest - fewest, state.leaked),
        most=state.most - most,
        room=state.room or room,
        full=state.full and not room,
    )


def _found_dead(state: Simple, keys: list[str]) -> Simple:
    things = dict(state.handles)
    for key in keys:
        # The answer says that it is dead; whether its session is gone, only a look shows.
        things[key] = _unsure(things[key])
    fewest = max(state.fewest - len(keys), 0)
    return replace(state, handles=things, fewest=fewest, events=state.events | {"died"})


def _used(state: Simple, call: Call, outcome: Outcome) -> Simple:
    """A call bound to a session: its answer settles the doubts about the handle."""
    if which_handle(state, call, outcome) != "valid":
        return state
    keys = _reached(state, call, outcome)
    if returned(outcome) == MAPI_E_INVALID_SESSION:
        return _found_dead(state, keys)
    things = dict(state.handles)
    for key in keys:
        things[key] = replace(things[key], doubts=frozenset())
    return replace(state, handles=things)


def _arm(state: Simple, call: Call, _outcome: Outcome) -> Simple:
    return replace(state, armed=state.armed or bool(call.params.get("count")))


@remembered
def extra_sessions(state: Simple, outcome: Outcome) -> int | None:
    """How many sessions are too many (below zero: too few); None where sessions are not seen."""
    observed = seen_sessions(outcome)
    if observed is None:
        return None
    if observed > state.most:
        return observed - state.most
    return min(0, observed - state.fewest)


def seen_sessions(outcome: Outcome) -> int | None:
    """The number of sessions in an observation, or None."""
    live = outcome.body.get("live") if outcome.kind == "result" else None
    value: Any = live.get("sessions") if isinstance(live, dict) else None
    return value if isinstance(value, int) else None


EVENTS: Final = {
    "logon": "SIMPLE-LOGON-03",
    "logon-new": "SIMPLE-LOGON-03",
    "logon-shared": "SIMPLE-LOGON-03",
    "logon-full": "SIMPLE-LOGON-03",
    "logon-failed": "SIMPLE-LOGON-02",
    "logon-lost": "SIMPLE-LOGON-08",
    "call-zero": "SIMPLE-CALL-01",
    "call-own": "SIMPLE-CALL-03",
    "logoff": "SIMPLE-LOGOFF-10",
    "logoff-failed": "SIMPLE-LOGOFF-01",
    "logoff-memory": "SIMPLE-LOGOFF-07",
    **{f"logoff-{case}": blame for case, blame in FAULTS.items()},
}
"""The doubt that each kind of event raises about live handles."""


_LEAVING_NONE: Final = frozenset({"logon-failed", "logon-lost", "call-zero", "call-own"})


def single(state: Simple, event: str) -> bool:
    """Only events of this kind can explain what a look shows."""
    return state.events == {event} and state.settled(EVENTS.get(event, ""))


def _look(state: Simple, _call: Call, outcome: Outcome) -> Simple:
    observed = seen_sessions(outcome)
    extra = extra_sessions(state, outcome)
    if observed is None or extra is None:
        return state
    handles, honoured = state.handles, state.honoured
    if extra:
        handles = {key: _unsure(handle) for key, handle in handles.items()}
    elif state.fewest != state.most:
        # The count fits, but it would also if a session behind a doubted handle were gone.
        handles = {key: _unsure(h) if h.doubts else h for key, h in handles.items()}
    elif any(single(state, event) for event in state.events):
        handles = _cleared(state)
        known = state.known() and state.fewest == state.most
        if state.events == {"logon-new"} and known and observed > 1:
            honoured = honoured | {state.shares()}
    return replace(
        state,
        handles=handles,
        fewest=observed,
        most=observed,
        leaked=max(0, state.leaked + extra),
        loose=_loose(state, observed) if state.possible() else 0,
        events=frozenset(),
        honoured=honoured,
        quiet=not observed,
    )


def _loose(state: Simple, observed: int) -> int:
    """How many sessions could be left over by calls that must leave none."""
    room = max(0, min(observed, state.most) - state.fewest)
    return state.loose + (room if state.events & _LEAVING_NONE else 0)


def _unsure(handle: Handle) -> Handle:
    return replace(handle, life=Life.UNSURE, session=None) if handle.life is Life.OPEN else handle


def _cleared(state: Simple) -> dict[str, Handle]:
    """Every session is still there, so every handle that shares none for certain is good."""
    sessions = [handle.session for handle in state.live()]
    certain = state.known()
    # These may end one handle of a session that lives on.
    kept = frozenset({"SIMPLE-LOGOFF-01", "SIMPLE-LOGOFF-06", "SIMPLE-LOGOFF-10"})
    return {
        key: replace(
            h,
            doubts=frozenset() if certain and sessions.count(h.session) == 1 else h.doubts & kept,
        )
        if h.doubts
        else h
        for key, h in state.handles.items()
    }


def doubted(state: Simple, blame: str) -> Simple:
    """An event that must leave every live handle good."""
    handles = {key: _doubt(handle, blame) for key, handle in state.handles.items()}
    return replace(state, handles=handles)


def _doubt(handle: Handle, blame: str) -> Handle:
    good = handle.life is Life.OPEN
    return replace(handle, doubts=handle.doubts | {blame}) if good else handle


def _bound(state: Simple, name: str, handle: Handle) -> Simple:
    handles = {**state.handles, name: handle}
    return replace(state, handles=handles, names={**state.names, name: name})


FOLLOW: Final[dict[str, Callable[[Simple, Call, Outcome], Simple]]] = {
    "MAPILogon": _log_on,
    "MAPILogoff": _log_off,
    "world.fail_allocation": _arm,
    "observe": _look,
    **dict.fromkeys(BOUND_CALLS, _used),
}
