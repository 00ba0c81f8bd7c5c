"""How the state follows looks, at the servers and through the harness, and what they show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from conformance.model.email.state import (
    NONE,
    Email,
    Identity,
    Key,
    Life,
    Look,
    Question,
    Session,
    Tally,
)
from conformance.trace import Call, Outcome


def counted(outcome: Outcome, what: str) -> dict[Key, int] | None:
    """`live` or `farewells` of a look at the servers, by protocol and user."""
    table = outcome.body.get(what) if outcome.kind == "result" else None
    if not isinstance(table, dict):
        return None
    return {
        (protocol, user): number
        for protocol, users in table.items()
        for user, number in users.items()
    }


def delivered(outcome: Outcome) -> int | None:
    """The mails that the server has accepted, or None."""
    value: Any = outcome.body.get("delivered") if outcome.kind == "result" else None
    return value if isinstance(value, int) else None


def held(outcome: Outcome) -> int | None:
    """The connections that the harness says the implementation holds, or None."""
    live = outcome.body.get("live") if outcome.kind == "result" else None
    value: Any = live.get("sessions") if isinstance(live, dict) else None
    return value if isinstance(value, int) else None


def compared(state: Email, outcome: Outcome) -> list[tuple[Key, Tally, int]]:
    """Each key that matters with what must be seen and what is seen."""
    live = counted(outcome, "live")
    if live is None:
        return []
    keys = dict.fromkeys([*state.tallies, *live])
    return [(key, state.tally(key), live.get(key, 0)) for key in keys]


def answer(state: Email, question: Question, live: Mapping[Key, int]) -> str | None:
    """`gone`, `there` or `both`; None where something else leaves the counts open too."""
    seen = set()
    for key in question.keys:
        tally, number = state.tally(key), live.get(key, 0)
        if tally.most - tally.fewest != 1 or not tally.fewest <= number <= tally.most:
            return None
        seen.add("there" if number == tally.most else "gone")
    return seen.pop() if len(seen) == 1 else "both"


def look(state: Email, _call: Call, outcome: Outcome) -> Email:
    """What is seen is where the model goes on from, so that one leak is counted once."""
    live, said = counted(outcome, "live"), counted(outcome, "farewells")
    mails = delivered(outcome)
    if live is None or said is None:
        return state
    after = state
    changed: dict[tuple[Identity, str], Session | None] = {}
    for place, session in state.sessions.items():
        key = (place[1], session.user)
        tally, seen = state.tally(key), live.get(key, 0)
        if session.life is Life.UNSURE or place[1] not in ("pop3", "smtp", "imap"):
            continue
        if tally.blamed(seen):
            changed[place] = replace(session, life=Life.UNSURE, doubts=frozenset())
        elif session.life is Life.MAYBE:
            changed[place] = _settled(state, session, key, live)
    after = after.with_sessions(changed)
    unsure = {(p, one.user) for (_, p), one in after.sessions.items() if one.life is Life.UNSURE}
    closed = {identity for (identity, _), one in changed.items() if one is None}
    return replace(
        after,
        past=after.past | {identity for identity in closed if not after.under(identity)},
        tallies={
            key: Tally(0 if key in unsure else seen, seen) for key, seen in live.items() if seen
        },
        delivered=NONE if mails is None else Tally(mails, mails),
        questions=(),
        looked=Look(live, said),
    )


def _settled(state: Email, session: Session, key: Key, live: Mapping[Key, int]) -> Session | None:
    """A session that a close may have ended; None where it did.

    Of one that lives on after its own name was closed nothing more is known.
    """
    question = next((one for one in state.questions if key in one.keys), None)
    found = None if question is None else answer(state, question, live)
    if question is None or found != "gone":
        spared = question is not None and question.requirement == "EMAIL-CLOSE-04"
        life = Life.OPEN if spared and found == "there" else Life.UNSURE
        return replace(session, life=life)
    return None


def observe(state: Email, _call: Call, outcome: Outcome) -> Email:
    """The same for what the harness says."""
    seen = held(outcome)
    if seen is None:
        return state
    after = state
    if state.held.blamed(seen):
        clients = [place for place in state.sessions if place[1] in ("outlook", "notes")]
        after = state.unsure(clients)
    certain = all(session.life is Life.OPEN for session in after.sessions.values())
    return replace(after, held=Tally(seen if certain else 0, seen))
