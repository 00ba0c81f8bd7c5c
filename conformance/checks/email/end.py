"""EMAIL-END and EMAIL-PLAT: the end of the program, and what a platform does not have.

Each function is the check of the requirement named above it.
"""

from __future__ import annotations

from conformance.checks.email.base import CHECKS, SERVERS
from conformance.findings import HELD, Broken, Finding
from conformance.model.email.look import answer, counted
from conformance.model.email.state import Email
from conformance.model.email.stimulus import failed, starting
from conformance.trace import Call, Outcome


@CHECKS.check("EMAIL-END-01", SERVERS)
def ends_with_the_program(state: Email, _call: Call, outcome: Outcome) -> Finding:
    live, farewells = counted(outcome, "live"), counted(outcome, "farewells")
    if not state.over or live is None or farewells is None:
        return None
    for (protocol, user), number in live.items():
        if number:
            what = f"{number} {protocol} connection(s) of {user or 'no user'} still live"
            return Broken("every session ends with the program", what)
    twice = _closed_twice(state, farewells)
    if twice:
        return Broken("no session is closed twice", twice)
    return HELD if state.left else None


def _closed_twice(state: Email, farewells: dict[tuple[str, str], int]) -> str:
    """More farewells at the end than connections just before it; "" where there are none."""
    if state.looked is None:
        return ""
    for key, number in farewells.items():
        new = number - state.looked.farewells.get(key, 0)
        before = state.looked.live.get(key, 0)
        if new > before:
            return f"{new} farewells for {before} {key[0]} connection(s) of {key[1]}"
    return ""


@CHECKS.check("EMAIL-PLAT-01", "EmailStartIMAPSession", SERVERS)
def refuses_what_is_lacking(state: Email, call: Call, outcome: Outcome) -> Finding:
    if call.method != SERVERS:
        refused = starting(state, call) == "lacking" and failed(call, outcome)
        return HELD if refused else None
    live = counted(outcome, "live") or {}
    for question in state.questions:
        if question.requirement == "EMAIL-PLAT-01" and answer(state, question, live) == "gone":
            return Broken("a start of IMAP is refused", "returned true, and nothing is connected")
    return None
