"""What the checks of message sessions share: charging what a look shows to the event behind it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from conformance.checks.registry import Registry
from conformance.checks.words import must, observed
from conformance.codes import S_OK
from conformance.findings import HELD, Broken, Finding
from conformance.model.imsg.look import Excess, Sight, sight
from conformance.model.imsg.props import own_message
from conformance.model.imsg.state import Imsg
from conformance.model.outcome import returned, succeeded, written
from conformance.trace import Call, Outcome

CHECKS: Final = Registry("imsg")

_ADDING: Final = frozenset({"open", "build", "attach", "release"})
"""Events whose effect on every count is certain: they explain no difference."""


def see(state: Imsg, outcome: Outcome) -> Sight | None:
    """The differences that an observation shows, or None where it did not come back."""
    return sight(state, outcome) if outcome.kind == "result" else None


def handed_back(outcome: Outcome, param: str, what: str) -> Finding:
    """S_OK came back, and a pointer to a session or a message through the out parameter."""
    given = written(outcome, param) is not None
    ok = returned(outcome) == S_OK and given
    but = "" if given or returned(outcome) != S_OK else f"but no {what} pointer was written"
    return must(outcome, "imsg", ok, f"S_OK (0x00000000) and a {what} pointer", but)


def only(users: Iterable[str], *causes: str) -> bool:
    """One of these causes is there and none beside them that could explain a difference."""
    rest = set(users) - _ADDING
    return bool(rest) and rest <= set(causes)


def nothing_left(state: Imsg, outcome: Outcome, *causes: str) -> Finding:
    """A call that failed for one of these left neither a session, a message nor memory behind."""
    seen = see(state, outcome)
    if seen is None or state.events.isdisjoint(causes):
        return None
    if only(state.events, *causes):
        for what, extra in (("session", seen.sessions), ("message", seen.messages)):
            if extra is not None and extra > 0:
                return Broken(f"the failed call leaves no {what} open", f"{extra} more {what} open")
    leak = leaked(seen.allocators.values(), *causes) or leaked(seen.storages.values(), *causes)
    return leak or (HELD if only(state.events, *causes) else None)


def leaked(lent: Iterable[Excess], *causes: str, kind: str = "") -> Finding:
    """Something lent is held, or given up, although all that used it has ended.

    That is said only where all its users are among these causes.
    """
    for excess in lent:
        if only(excess.users, *causes):
            if excess.stolen and kind != "blocks":
                return Broken(
                    "every reference taken is given back once",
                    f"{excess.stolen} reference(s) of the caller's own given back",
                )
            if excess.references > 0 and kind != "blocks":
                return Broken(
                    "every reference taken is given back",
                    f"{excess.references} more reference(s) held than before",
                )
            if excess.blocks > 0 and kind != "references":
                return Broken(
                    "every block taken is freed", f"{excess.blocks} block(s) still allocated"
                )
    return None


def rested(lent: Iterable[Excess], *causes: str) -> bool:
    """Something lent came to rest for these causes only, so that a leak would have been seen."""
    return any(only(excess.users, *causes) for excess in lent)


def alive(state: Imsg, call: Call, outcome: Outcome, requirement: str) -> Finding:
    """A message that an event must have left alone is read: it works, or that event killed it."""
    message = own_message(state, call)
    if message is None or not message.doubts:
        return None
    if succeeded(outcome):
        return HELD if any(requirement in doubt for doubt in message.doubts) else None
    if len(message.doubts) == 1 and requirement in next(iter(message.doubts)):
        return Broken("the message is still open and can be read", observed(outcome, "imsg"))
    return None
