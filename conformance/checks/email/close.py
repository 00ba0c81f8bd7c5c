"""EMAIL-CLOSE: closing email sessions (EmailCloseSession).

Each function is the check of the requirement named above it.
"""

from __future__ import annotations

from conformance.checks.email.base import (
    CHECKS,
    CLOSE,
    LOOKS,
    SERVERS,
    START,
    USES,
    must_fail,
    said,
    seen,
    still_works,
)
from conformance.checks.email.start import either, mails_counted, starts
from conformance.findings import Broken, Finding, reading
from conformance.model.email.advance import use_blame
from conformance.model.email.close import NOTHING, aspect, close_blame
from conformance.model.email.look import answer, counted
from conformance.model.email.state import Email
from conformance.model.email.stimulus import identity_of, naming, using
from conformance.trace import Call, Outcome


def _closes(state: Email, call: Call, outcome: Outcome, requirement: str) -> Finding:
    """A close of an open identity, where this requirement is the one it is judged by."""
    identity = identity_of(call)
    if identity is None or naming(state, identity) != "open":
        return None
    if close_blame(state, identity) != requirement or outcome.kind == "result":
        return None  # a return alone shows nothing; the next look does
    return Broken("the call returns", said(outcome))


def _ends(state: Email, call: Call, outcome: Outcome, requirement: str, expected: str) -> Finding:
    if call.method in LOOKS:
        return seen(state, call, outcome, requirement, expected)
    return _closes(state, call, outcome, requirement)


@CHECKS.check("EMAIL-CLOSE-01", CLOSE, *LOOKS)
def ends_by_name(state: Email, call: Call, outcome: Outcome) -> Finding:
    return _ends(state, call, outcome, "EMAIL-CLOSE-01", "the closed session is gone")


@CHECKS.check("EMAIL-CLOSE-02", CLOSE, *LOOKS)
def ends_all_protocols(state: Email, call: Call, outcome: Outcome) -> Finding:
    return _ends(state, call, outcome, "EMAIL-CLOSE-02", "all protocols of the name are closed")


@CHECKS.check("EMAIL-CLOSE-03", CLOSE, *LOOKS)
def ends_by_variable(state: Email, call: Call, outcome: Outcome) -> Finding:
    return _ends(state, call, outcome, "EMAIL-CLOSE-03", "the session of the variable is gone")


def _answered(state: Email, outcome: Outcome, requirement: str, expected: str) -> Finding:
    """What a look says of the readings of a requirement."""
    live = counted(outcome, "live")
    for question in state.questions if live is not None else ():
        found = answer(state, question, live or {})
        if question.requirement != requirement or found is None:
            continue
        letter = {"gone": question.gone, "there": question.there}.get(found, "")
        if not letter:
            return Broken(expected, "only some of them are gone" if found == "both" else found)
        if letter != "-":
            return reading(letter, question.aspect)
    return None


@CHECKS.check("EMAIL-CLOSE-04", SERVERS)
def other_variables(state: Email, _call: Call, outcome: Outcome) -> Finding:
    expected = "either all other sessions of the user end, or none"
    return _answered(state, outcome, "EMAIL-CLOSE-04", expected)


@CHECKS.check("EMAIL-CLOSE-05", CLOSE, SERVERS)
def imap_by_name(state: Email, call: Call, outcome: Outcome) -> Finding:
    if call.method == SERVERS:
        expected = "the IMAP session ends, or lives on"
        return _answered(state, outcome, "EMAIL-CLOSE-05", expected)
    identity = identity_of(call)
    if identity is None or identity[0] != "user" or naming(state, identity) != "open":
        return None
    if set(state.under(identity)) != {"imap"} or not outcome.died:
        return None  # under reading B the name is none, and an error may be reported
    return Broken("the call returns", said(outcome))


@CHECKS.check("EMAIL-CLOSE-06", CLOSE, *USES, *LOOKS)
def ends_outlook(state: Email, call: Call, outcome: Outcome) -> Finding:
    return _client(state, call, outcome, "EMAIL-CLOSE-06", "the Outlook session is ended")


@CHECKS.check("EMAIL-CLOSE-07", CLOSE, *USES, *LOOKS)
def ends_notes(state: Email, call: Call, outcome: Outcome) -> Finding:
    return _client(state, call, outcome, "EMAIL-CLOSE-07", "the Notes session is ended")


def _client(state: Email, call: Call, outcome: Outcome, rule: str, expected: str) -> Finding:
    if call.method in USES:
        if using(state, call) == "past" and use_blame(state, call, "past") == rule:
            return must_fail(call, outcome)
        return still_works(state, call, outcome, rule, f"{expected}, and no other")
    return _ends(state, call, outcome, rule, f"{expected}, and no other")


@CHECKS.check("EMAIL-CLOSE-08", CLOSE, "ErrorInfo", *USES, *LOOKS)
def nothing_to_close(state: Email, call: Call, outcome: Outcome) -> Finding:
    rule, expected = "EMAIL-CLOSE-08", "the sessions of other names are untouched"
    if call.method in LOOKS:
        found = seen(state, call, outcome, rule, expected)
        return found if isinstance(found, Broken) else None
    if call.method in USES:
        found = still_works(state, call, outcome, rule, expected)
        return found if isinstance(found, Broken) else None
    if call.method == "ErrorInfo":
        start, _, about = state.last.partition(": ")
        if start != "close" or outcome.kind != "result":
            return None
        return reading("B" if outcome.body.get("occurred") else "A", about)
    identity = identity_of(call)
    case = naming(state, identity)
    if case not in NOTHING:
        return None
    if outcome.raised:
        return reading("B", aspect(case, identity))
    if outcome.kind != "result":
        return Broken("no effect, or a run-time error", said(outcome))
    return reading("AB", aspect(case, identity))  # only ErrorInfo tells


@CHECKS.check("EMAIL-CLOSE-09", *START, *USES, *LOOKS)
def over_and_again(state: Email, call: Call, outcome: Outcome) -> Finding:
    rule = "EMAIL-CLOSE-09"
    if call.method in LOOKS:
        expected = "a use after the close connects and sends nothing"
        return either(
            seen(state, call, outcome, rule, expected),
            mails_counted(state, call, outcome, rule, expected),
        )
    if call.method in USES:
        if using(state, call) != "past" or use_blame(state, call, "past") != rule:
            return None
        return must_fail(call, outcome)
    return starts(state, call, outcome, rule)


@CHECKS.check("EMAIL-CLOSE-10", *USES, *LOOKS)
def leaves_others(state: Email, call: Call, outcome: Outcome) -> Finding:
    rule, expected = "EMAIL-CLOSE-10", "the sessions of other users stay open and usable"
    if call.method in LOOKS:
        return seen(state, call, outcome, rule, expected)
    return still_works(state, call, outcome, rule, expected)
