"""EMAIL-START: starting email sessions.

Each function is the check of the requirement named above it.
"""

from __future__ import annotations

from typing import Final

from conformance.checks.email.base import (
    CHECKS,
    LOOKS,
    SEND,
    SERVERS,
    SINGLE,
    START,
    USES,
    must_fail,
    said,
    seen,
    session_used,
    still_works,
    used,
)
from conformance.checks.words import must
from conformance.findings import HELD, Broken, Finding, reading
from conformance.model.email.accounts import MAILS
from conformance.model.email.advance import start_blame
from conformance.model.email.look import delivered
from conformance.model.email.state import Email
from conformance.model.email.stimulus import (
    CLIENT_STARTS,
    failed,
    identity_of,
    starting,
    using,
    wanted,
    worked,
)
from conformance.trace import Call, Outcome

CLIENT_PROGRAMS: Final = tuple(CLIENT_STARTS)


def starts(state: Email, call: Call, outcome: Outcome, requirement: str) -> Finding:
    """A start that must succeed, where this requirement is the one it is judged by."""
    case = starting(state, call)
    if case == "free" and worked(call, outcome) and start_blame(state, call, case) == requirement:
        return HELD
    if case not in ("good", "again", "retry") or start_blame(state, call, case) != requirement:
        return None
    return must(outcome, "email", worked(call, outcome), "true")


def either(*findings: Finding) -> Finding:
    """What two sides of one look say together: broken if one of them is."""
    broken = next((found for found in findings if isinstance(found, Broken)), None)
    return broken or next((found for found in findings if found is not None), None)


def mails_counted(
    state: Email, call: Call, outcome: Outcome, requirement: str, expected: str
) -> Finding:
    """The mails that the server accepted, where this requirement alone can be to blame."""
    number = delivered(outcome) if call.method == SERVERS else None
    if number is None:
        return None
    if state.delivered.blamed(number) == {requirement}:
        return Broken(expected, f"{number} mail(s) accepted by the server")
    met = requirement in state.delivered.excess | state.delivered.lack
    return HELD if met and not state.delivered.blamed(number) else None


@CHECKS.check("EMAIL-START-01", *SINGLE, *USES, *LOOKS)
def starts_and_works(state: Email, call: Call, outcome: Outcome) -> Finding:
    rule = "EMAIL-START-01"
    if call.method in SINGLE:
        return starts(state, call, outcome, rule)
    if call.method in USES:
        session = session_used(state, call)
        if session is None or session.doubts:
            return None
        expected = "true" if call.method == SEND else f"the {MAILS} mails of the mailbox"
        return must(outcome, "email", used(call, outcome), expected)
    return either(
        seen(state, call, outcome, rule, "a started session is live"),
        mails_counted(state, call, outcome, rule, "a mail that was sent reaches the server"),
    )


@CHECKS.check("EMAIL-START-02", *START, *USES, *LOOKS, "ErrorInfo")
def fails(state: Email, call: Call, outcome: Outcome) -> Finding:
    rule, nothing = "EMAIL-START-02", "a failed start leaves no session, and ends none"
    if call.method in LOOKS:
        return seen(state, call, outcome, rule, nothing)
    if call.method in USES:
        return still_works(state, call, outcome, rule, nothing)
    if call.method == "ErrorInfo":
        if state.last != "failed-start":
            return None
        body = outcome.body if outcome.kind == "result" else {}
        told = body.get("occurred") is True and bool(str(body.get("message", "")).strip())
        what = f"occurred {body.get('occurred')}, message {body.get('message')!r}"
        expected = "occurred true and a message after a start that failed"
        if told:
            return HELD
        return Broken(expected, what if outcome.kind == "result" else said(outcome))
    if starting(state, call) == "refused":
        if outcome.kind == "hang" and _asks_name_service(call):
            return None
        return must(outcome, "email", failed(call, outcome), "false")
    return starts(state, call, outcome, rule)


def _asks_name_service(call: Call) -> bool:
    """How long the resolution of a name takes is not the implementation's doing (W9)."""
    return any(isinstance(value, str) and ".invalid:" in value for value in call.params.values())


@CHECKS.check("EMAIL-START-03", *USES, *LOOKS)
def named_exactly(state: Email, call: Call, outcome: Outcome) -> Finding:
    rule, expected = "EMAIL-START-03", "the exact user name identifies the session"
    if call.method in LOOKS:
        found = seen(state, call, outcome, rule, "a name of nobody touches no session")
        return found if isinstance(found, Broken) else None
    identity = identity_of(call)
    if identity is None or identity[0] != "user":
        return still_works(state, call, outcome, rule, expected)
    session = session_used(state, call)
    if session is not None and not session.doubts:
        return must(outcome, "email", used(call, outcome), expected)
    if session is None and using(state, call) in ("unknown", "folded"):
        expected = "a name that nothing was started under identifies no session"
        return must_fail(call, outcome, expected)
    return still_works(state, call, outcome, rule, expected)


@CHECKS.check("EMAIL-START-04", *USES, *LOOKS)
def one_direction(state: Email, call: Call, outcome: Outcome) -> Finding:
    rule = "EMAIL-START-04"
    if call.method in LOOKS:
        expected = "only the protocol that was started is connected"
        return either(
            seen(state, call, outcome, rule, expected),
            mails_counted(state, call, outcome, rule, "a session that reads sends nothing"),
        )
    if using(state, call) != "wrong-way":
        return None
    reads = call.method == SEND
    expected = f"a failure: the session {'reads' if reads else 'sends'} only"
    return must_fail(call, outcome, expected)


@CHECKS.check("EMAIL-START-06", "EmailStartSession", *LOOKS)
def starts_both(state: Email, call: Call, outcome: Outcome) -> Finding:
    rule = "EMAIL-START-06"
    if call.method in LOOKS:
        return seen(state, call, outcome, rule, "the protocols that were asked for are connected")
    if starting(state, call) == "refused" and len(wanted(call)) > 1:
        return must(outcome, "email", failed(call, outcome), "false: not both could be started")
    return starts(state, call, outcome, rule)


@CHECKS.check("EMAIL-START-07", "EmailStartSession", *USES, *LOOKS)
def starts_by_variable(state: Email, call: Call, outcome: Outcome) -> Finding:
    rule = "EMAIL-START-07"
    if call.method in LOOKS:
        return seen(state, call, outcome, rule, "the session of the variable is connected")
    if call.method == "EmailStartSession":
        return starts(state, call, outcome, rule)
    identity, session = identity_of(call), session_used(state, call)
    if session is None or session.doubts or identity is None or identity[0] != "variable":
        return None
    return must(outcome, "email", used(call, outcome), "the variable identifies the session")


@CHECKS.check("EMAIL-START-08", "EmailStartOutlookSession")
def may_change_directory(state: Email, _call: Call, outcome: Outcome) -> Finding:
    if "outlook" not in state.protocols or not outcome.died:
        return HELD if outcome.kind == "result" else None
    return Broken("the call returns, in whatever directory", said(outcome))


@CHECKS.check("EMAIL-START-09", *START)
def waits_no_longer(state: Email, call: Call, outcome: Outcome) -> Finding:
    if starting(state, call) != "slow" or state.timeout is None:
        return None
    expected = f"false after about {state.timeout} ms"
    return must(outcome, "email", failed(call, outcome), expected)


@CHECKS.check("EMAIL-START-10", *CLIENT_PROGRAMS)
def identifier(state: Email, call: Call, outcome: Outcome) -> Finding:
    value = outcome.body.get("return") if outcome.kind == "result" else None
    if not value or CLIENT_STARTS[call.method] not in state.protocols:
        return None
    return reading("B" if value is True else "A", CLIENT_STARTS[call.method])
