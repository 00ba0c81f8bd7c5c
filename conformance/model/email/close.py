"""How the state follows a close.

A name ends all that was started under it (W1, description), a variable its own session.
Left open (X-14): whether a variable ends the others of its user (EMAIL-CLOSE-04), whether a
name ends a session that EmailStartIMAPSession started (EMAIL-CLOSE-05), and what a name and the
variables of that user have to do with each other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from conformance.model.email.state import (
    MAIL,
    UNKNOWN,
    Email,
    Identity,
    Key,
    Life,
    Question,
    Session,
)
from conformance.model.email.stimulus import identity_of, naming, user_of
from conformance.trace import Call, Outcome

NOTHING: Final = {
    "past": "closed already",
    "unknown": "unknown",
    "empty": "empty",
    "folded": "unknown",
}
"""Cases of a close that has nothing to end, with the aspect of EMAIL-CLOSE-08 that they are."""


def aspect(case: str, identity: Identity | None) -> str:
    """The aspect: a variable may well be told from a name."""
    by_variable = identity is not None and identity[0] == "variable"
    return f"variable, {NOTHING[case]}" if by_variable else NOTHING[case]


CLIENT_CLOSES: Final = {"outlook": "EMAIL-CLOSE-06", "notes": "EMAIL-CLOSE-07"}


def close_blame(state: Email, identity: Identity) -> str:
    """The requirement that the close of an open identity is judged by; "" where a reading says."""
    protocols = set(state.under(identity))
    for program, requirement in CLIENT_CLOSES.items():
        if program in protocols:
            return requirement
    if identity[0] == "variable":
        return "EMAIL-CLOSE-03"
    if protocols == {"imap"}:
        return ""
    return "EMAIL-CLOSE-01" if len(protocols) == 1 else "EMAIL-CLOSE-02"


def imap_is_open_to_readings(identity: Identity, protocols: set[str]) -> bool:
    """The page settles IMAP under a name only where POP3, SMTP and IMAP were all started."""
    return identity[0] == "user" and "imap" in protocols and protocols != set(MAIL)


def close(state: Email, call: Call, outcome: Outcome) -> Email:
    """The state after EmailCloseSession."""
    identity = identity_of(call)
    if identity is None:
        return state
    case = naming(state, identity)
    if case in NOTHING:
        user = user_of(state, call)
        blame = "EMAIL-START-03" if case == "folded" else "EMAIL-CLOSE-08"
        if identity[0] == "variable" and user is not None:
            state = state.unsure(state.of_user(user))
        return state.doubted(blame, identity, user)
    mine = state.under(identity)
    if outcome.kind != "result":
        return state.unsure((identity, protocol) for protocol in mine)
    user = next((session.user for session in mine.values()), user_of(state, call) or "")
    after = _relatives(state, identity, user)
    after = _ended(after, identity, mine)
    return after.doubted(_others_blame(state, identity), identity, user or None)


def _others_blame(state: Email, identity: Identity) -> str:
    blame = close_blame(state, identity) if state.under(identity) else ""
    return blame if blame in CLIENT_CLOSES.values() else "EMAIL-CLOSE-10"


def _ended(state: Email, identity: Identity, mine: dict[str, Session]) -> Email:
    """The sessions of the identity itself."""
    blame = close_blame(state, identity)
    open_to_readings = imap_is_open_to_readings(identity, set(mine))
    after = state
    for protocol, session in mine.items():
        place, key = (identity, protocol), (protocol, session.user)
        if protocol == "imap" and open_to_readings:
            after = _asked_about_imap(after, identity, session, len(mine) == 1)
            continue
        if session.life is Life.UNSURE:
            after = _lost_sight_of(after.with_sessions({place: None}), key)
            continue
        fewest = -1 if session.life is Life.OPEN else 0
        after = after.with_sessions({place: None}).forgetting(key)
        if protocol in MAIL:
            after = after.tallied([key], fewest=fewest, most=-1, excess=blame)
        else:
            after = replace(after, held=after.held.changed(fewest=-1, most=-1, excess=blame))
    if after.under(identity):
        return after
    return replace(after, past=after.past | {identity})


def _lost_sight_of(state: Email, key: Key) -> Email:
    """A session of which nothing was known may have ended now."""
    if key[0] in MAIL:
        return state.forgetting(key).tallied([key], fewest=-1, lack=UNKNOWN)
    return replace(state, held=state.held.changed(fewest=-1, lack=UNKNOWN))


def _asked_about_imap(state: Email, identity: Identity, session: Session, alone: bool) -> Email:
    """EMAIL-CLOSE-05; alone, or beside a session of another protocol under the name."""
    key = ("imap", session.user)
    if session.life is Life.UNSURE:
        return _lost_sight_of(state, key)
    if session.life is Life.MAYBE:
        return state
    maybe = replace(session, life=Life.MAYBE, doubts=frozenset())
    aspect = "" if alone else "beside another protocol"
    asked = Question("EMAIL-CLOSE-05", frozenset({key}), gone="A", there="B", aspect=aspect)
    after = state.forgetting(key).with_sessions({(identity, "imap"): maybe})
    after = after.tallied([key], fewest=-1)
    return replace(after, questions=(*after.questions, asked))


def _relatives(state: Email, identity: Identity, user: str) -> Email:
    """Other sessions of the same user: some the close may end, of some nothing is known."""
    others = {place: one for place, one in state.of_user(user).items() if place[0] != identity}
    if not user or not others:
        return state
    named = identity[0] == "user" or any(kind == "user" for (kind, _), _ in others)
    if named or any(one.life is not Life.OPEN for one in others.values()):
        return state.unsure(others)
    keys = frozenset((protocol, user) for _, protocol in others)
    asked = Question("EMAIL-CLOSE-04", keys, gone="B", there="A")
    after = state
    for key in keys:
        after = after.forgetting(key)
    maybe = {
        place: replace(one, life=Life.MAYBE, doubts=frozenset()) for place, one in others.items()
    }
    after = after.with_sessions(maybe).tallied(keys, fewest=-1)
    return replace(after, questions=(*after.questions, asked))
