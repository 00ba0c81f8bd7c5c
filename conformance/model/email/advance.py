"""How the state follows one step of a trace of the email family, but for looks.

Sources: W1 to W5, W9; contradiction X-14 for what the documents leave open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from conformance.model.email.close import CLIENT_CLOSES, NOTHING, aspect, close
from conformance.model.email.look import look, observe
from conformance.model.email.state import (
    CLIENTS,
    MAIL,
    NONE,
    UNKNOWN,
    Email,
    Identity,
    Life,
    Question,
    Session,
)
from conformance.model.email.stimulus import (
    CLIENT_STARTS,
    STARTS,
    failed,
    identity_of,
    is_troubled,
    naming,
    starting,
    user_of,
    using,
    wanted,
    worked,
)
from conformance.trace import Call, Outcome

START_BLAME: Final = {
    "good": "",
    "free": "",
    "again": "EMAIL-CLOSE-09",
    "retry": "EMAIL-START-02",
}
"""The requirement behind a start that may be relied on; "" is that of the function."""

_QUIET: Final = frozenset({"observe", "servers.observe", "servers.fault", "shutdown"})


def advance(state: Email, call: Call, outcome: Outcome) -> Email:
    """The state after one step; one that never reached the implementation changes nothing."""
    follow = FOLLOW.get(call.method)
    if follow is None or outcome.silent:
        return state
    after = follow(state, call, outcome)
    if call.method in _QUIET:
        return after
    return replace(after, last=_last(state, call, outcome), looked=None)


def _last(state: Email, call: Call, outcome: Outcome) -> str:
    """What ErrorInfo would speak of after this call."""
    if outcome.kind != "result":
        return ""
    if call.method in STARTS and failed(call, outcome):
        # How a protocol that is lacking is refused is not documented.
        return "" if starting(state, call) == "lacking" else "failed-start"
    if call.method == "EmailCloseSession":
        identity = identity_of(call)
        case = naming(state, identity)
        return f"close: {aspect(case, identity)}" if case in NOTHING else ""
    return ""


def start_blame(state: Email, call: Call, case: str) -> str:
    """The requirement that a start which must succeed, and what it leaves, is judged by."""
    if case == "again" and _moved(state, call):
        return "EMAIL-START-07"
    special = START_BLAME.get(case)
    if special:
        return special
    if call.method != "EmailStartSession":
        return "EMAIL-START-01"
    by_variable = "variable" in call.params.get("session", {})
    return "EMAIL-START-07" if by_variable else "EMAIL-START-06"


def _moved(state: Email, call: Call) -> bool:
    """A variable is started with another user name than before."""
    identity, user = identity_of(call), user_of(state, call)
    return identity is not None and state.users.get(identity, user) != user


def _start(state: Email, call: Call, outcome: Outcome) -> Email:
    identity, user = identity_of(call), user_of(state, call)
    if identity is None or user is None:
        return state
    case, protocols = starting(state, call), [protocol for protocol, _ in wanted(call)]
    # That a session is not there cannot be told from one that took leave before.
    blame = start_blame(state, call, "again" if case == "again" and _moved(state, call) else "good")
    if identity[0] == "variable":
        if _moved(state, call):
            # Which session a variable stands for whose name was changed is documented nowhere.
            state = state.unsure((identity, protocol) for protocol in state.under(identity))
        state = replace(state, users={**state.users, identity: user})
    if case == "lacking":
        return _pretended(state, identity, user, call, outcome)
    if not worked(call, outcome):
        return _not_started(state, call, case)
    certain = case in START_BLAME
    after = state.unsure(place for place in state.of_user(user) if place[1] in protocols)
    for protocol in protocols:
        key = (protocol, user)
        session = Session(user, Life.OPEN if certain else Life.UNSURE)
        after = after.forgetting(key).with_sessions({(identity, protocol): session})
        after = after.excusing("EMAIL-START-04", key)
        after = after.tallied(
            [key], fewest=int(certain), most=1, lack=blame if certain else UNKNOWN
        )
    others = [(protocol, user) for protocol in MAIL if protocol not in protocols]
    if certain and not state.of_user(user):
        after = after.tallied(others, excess="EMAIL-START-04")
    return replace(after, past=after.past - {identity}, failed=after.failed - {identity})


def _not_started(state: Email, call: Call, case: str) -> Email:
    """A start that failed leaves nothing, and nobody else loses anything (EMAIL-START-02)."""
    identity, user = identity_of(call), user_of(state, call)
    assert identity is not None
    assert user is not None
    if case == "duplicate":
        places = state.of_user(user)
        after = state.unsure(places)
        return after.tallied([(p, user) for _, p in places], most=1, excess=UNKNOWN)
    blame = "EMAIL-START-02"
    protocols = [protocol for protocol, _ in wanted(call)]
    after = state.unsure(state.of_user(user))
    after = after.tallied([(p, who) for p in protocols for who in (user, "")], excess=blame)
    after = after.doubted(blame, identity, user)
    return replace(after, failed=after.failed | {identity})


def _pretended(state: Email, identity: Identity, user: str, call: Call, outcome: Outcome) -> Email:
    """A start of what the implementation does not have (EMAIL-PLAT-01)."""
    if not worked(call, outcome):
        return state
    after = state
    for protocol, _ in wanted(call):
        key = (protocol, user)
        asked = Question("EMAIL-PLAT-01", frozenset({key}), gone="", there="-")
        session = Session(user, Life.UNSURE)
        after = after.with_sessions({(identity, protocol): session})
        after = after.tallied([key], most=1, excess=UNKNOWN)
        after = replace(after, questions=(*after.questions, asked))
    return after


def _start_client(state: Email, call: Call, outcome: Outcome) -> Email:
    """Outlook and Notes: the number that came back, or the variable, is the session."""
    identity, protocol = identity_of(call), CLIENT_STARTS[call.method]
    value: Any = outcome.body.get("return") if outcome.kind == "result" else None
    if identity is None or not value or protocol not in state.protocols:
        return state
    if state.under(identity):
        return state.unsure((identity, p) for p in state.under(identity))
    session = Session("", number=None if value is True else value)
    after = state.with_sessions({(identity, protocol): session})
    return replace(
        after,
        held=after.held.changed(fewest=1, most=1, lack=UNKNOWN),
        past=after.past - {identity},
        programs={**after.programs, identity: protocol},
    )


def _use(state: Email, call: Call, outcome: Outcome) -> Email:
    case, identity, user = using(state, call), identity_of(call), user_of(state, call)
    sending = call.method == "EmailSendMessage"
    if sending:
        state = _delivered(state, case, call, outcome)
    if identity is None or case in ("other", "client"):
        return state
    if case == "good":
        places = [(identity, protocol) for protocol in state.under(identity)]
        if failed(call, outcome):
            return state.unsure(places)
        settled: Mapping[Any, Session] = {
            place: replace(state.sessions[place], doubts=frozenset()) for place in places
        }
        return state.with_sessions(settled)
    blame = use_blame(state, call, case)
    keys = [(protocol, who) for protocol in MAIL for who in {user or "", ""}]
    return state.tallied(keys, excess=blame)


def use_blame(state: Email, call: Call, case: str) -> str:
    """What a use breaks that must fail but works, or that connects all the same."""
    if case == "wrong-way":
        return "EMAIL-START-04"
    identity = identity_of(call)
    if case == "past" and identity is not None:
        return CLIENT_CLOSES.get(state.programs.get(identity, ""), "EMAIL-CLOSE-09")
    return "EMAIL-START-03"


def _delivered(state: Email, case: str, call: Call, outcome: Outcome) -> Email:
    mails = state.delivered
    certain = case == "good" and not is_troubled(state)
    if worked(call, outcome):
        blame = "EMAIL-START-01" if certain else UNKNOWN
        mails = mails.changed(fewest=1 if certain else 0, most=1, lack=blame, excess=UNKNOWN)
    elif case in ("wrong-way", "past"):
        mails = mails.changed(excess=use_blame(state, call, case))
    else:
        mails = mails.changed(most=1, excess=UNKNOWN)
    return replace(state, delivered=mails)


def _fault(state: Email, call: Call, _outcome: Outcome) -> Email:
    protocol, mode = call.params.get("protocol"), call.params.get("mode")
    if not isinstance(protocol, str) or not isinstance(mode, str):
        return state
    after = replace(state, faults={**state.faults, protocol: mode}, looked=None)
    if mode == "none":
        return after
    return after.unsure(place for place in state.sessions if place[1] == protocol)


def _set_time_out(state: Email, call: Call, outcome: Outcome) -> Email:
    value = call.params.get("milliseconds")
    return replace(state, timeout=value if outcome.kind == "result" else None)


def _shut_down(state: Email, _call: Call, _outcome: Outcome) -> Email:
    """The program has ended, and nothing of it may be left (EMAIL-END-01)."""
    left = len([1 for _, protocol in state.live() if protocol not in CLIENTS])
    return replace(
        state,
        sessions={},
        tallies={},
        held=NONE,
        questions=(),
        over=True,
        left=left,
    )


def _info(state: Email, _call: Call, _outcome: Outcome) -> Email:
    return state


FOLLOW: Final[Mapping[str, Callable[[Email, Call, Outcome], Email]]] = {
    **dict.fromkeys(STARTS, _start),
    **dict.fromkeys(CLIENT_STARTS, _start_client),
    "EmailCloseSession": close,
    "EmailGetCount": _use,
    "EmailSendMessage": _use,
    "EmailSetTimeOut": _set_time_out,
    "ErrorInfo": _info,
    "servers.fault": _fault,
    "servers.observe": look,
    "observe": observe,
    "shutdown": _shut_down,
}
