"""What the checks of email sessions share: what looks show, and whether a session still works."""

from __future__ import annotations

from typing import Final

from conformance.checks.registry import Registry
from conformance.checks.words import observed
from conformance.findings import HELD, Broken, Finding
from conformance.model.email.accounts import MAILS
from conformance.model.email.look import compared, counted, held
from conformance.model.email.state import Email, Key, Session, Tally
from conformance.model.email.stimulus import failed, identity_of, using, worked
from conformance.trace import Call, Outcome

CHECKS: Final = Registry("email")

CLOSE: Final = "EmailCloseSession"
COUNT: Final = "EmailGetCount"
SEND: Final = "EmailSendMessage"
SINGLE: Final = ("EmailStartPOP3Session", "EmailStartIMAPSession", "EmailStartSMTPSession")
START: Final = (*SINGLE, "EmailStartSession")
SERVERS: Final = "servers.observe"
LOOKS: Final = (SERVERS, "observe")
USES: Final = (COUNT, SEND)
STARTED: Final = frozenset({"EMAIL-START-01", "EMAIL-START-06", "EMAIL-START-07"})
"""Rows that a connection which is not there breaks only if it never was: an implementation may take
leave at once, and connect again for each use."""
_FROM: Final = {COUNT: ("pop3", "imap"), SEND: ("smtp",)}


def seen(state: Email, call: Call, outcome: Outcome, requirement: str, expected: str) -> Finding:
    """A look after events that the requirement speaks of: broken where it alone is to blame."""
    rows = compared(state, outcome) if call.method == SERVERS else _held(state, outcome)
    met = False
    for key, tally, number in rows:
        blamed = tally.blamed(number)
        if blamed == {requirement}:
            if number < tally.fewest and requirement in STARTED and _took_leave(outcome, key):
                continue
            return Broken(expected, _difference(key, tally, number))
        if not blamed and tally.fewest == tally.most:
            lasting = requirement in tally.lack and tally.fewest > 0
            met = met or lasting or requirement in tally.excess
    return HELD if met else None


def _took_leave(outcome: Outcome, key: Key) -> bool:
    """The server has seen the user, or may have: the harness alone cannot tell."""
    farewells = counted(outcome, "farewells")
    return farewells is None or farewells.get(key, 0) > 0


def _held(state: Email, outcome: Outcome) -> list[tuple[Key, Tally, int]]:
    number = held(outcome)
    return [] if number is None else [(("", ""), state.held, number)]


def _difference(key: Key, tally: Tally, number: int) -> str:
    protocol, user = key
    wanted = str(tally.most if number > tally.most else tally.fewest)
    if not protocol:
        return f"the harness observes {number} live session(s) instead of {wanted}"
    who = f"of {user}" if user else "without a user"
    return f"{number} live {protocol} connection(s) {who} at the server instead of {wanted}"


def session_used(state: Email, call: Call) -> Session | None:
    """The session that a use is certain to mean."""
    identity = identity_of(call)
    if identity is None or using(state, call) != "good":
        return None
    mine = state.under(identity)
    return next(mine[protocol] for protocol in _FROM[call.method] if protocol in mine)


def used(call: Call, outcome: Outcome) -> bool:
    """The use did what it is for; every mailbox holds the same number of mails."""
    if not worked(call, outcome):
        return False
    return call.method != COUNT or bool(outcome.body.get("return") == MAILS)


def must_fail(call: Call, outcome: Outcome, expected: str = "a failure") -> Finding:
    """The use must fail, in whatever form: false, null, or an error of the language."""
    return HELD if failed(call, outcome) else Broken(expected, said(outcome))


def still_works(
    state: Email, call: Call, outcome: Outcome, requirement: str, expected: str
) -> Finding:
    """A session that an event must have left alone is used: it works, or that event ended it."""
    session = session_used(state, call)
    if session is None or requirement not in session.doubts:
        return None
    if used(call, outcome):
        return HELD
    return Broken(expected, said(outcome)) if session.doubts == {requirement} else None


def said(outcome: Outcome) -> str:
    """What happened, in a few words."""
    return observed(outcome, "email")
