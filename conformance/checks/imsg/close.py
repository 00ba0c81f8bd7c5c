"""IMSG-CLOSE: what closing a message session does (CloseIMsgSession).

Each function is the check of the requirement named above it.
"""

from __future__ import annotations

from typing import Final

from conformance.checks.imsg.base import CHECKS, alive, leaked, only, rested, see
from conformance.checks.words import must, observed
from conformance.findings import HELD, Broken, Finding, reading
from conformance.model.imsg.closing import parts_open
from conformance.model.imsg.ledger import live_messages
from conformance.model.imsg.look import Sight
from conformance.model.imsg.state import LIVE, Imsg, Life, Message, Session
from conformance.model.outcome import failed, returned, succeeded
from conformance.trace import Call, Outcome

CLOSE: Final = "CloseIMsgSession"
CLOSES: Final = ("close", "close-parts", "close-several", "close-released")


def _session(state: Imsg, call: Call) -> Session | None:
    """The session that the call closes, unless the name may reach another one."""
    name = call.params.get("lpMsgSess")
    found = state.thing(name)
    if found is None or state.reused(name) or not isinstance(found[1], Session):
        return None
    return found[1]


def _closes_live(state: Imsg, call: Call) -> bool:
    session = _session(state, call)
    return session is not None and session.life in LIVE and state.ready()


def _closed(seen: Sight, state: Imsg, expected: str) -> Finding:
    """Sessions or messages that the closes since the last look left open."""
    if only(state.events, *CLOSES):
        for what, extra in (("session", seen.sessions), ("message", seen.messages)):
            if extra is not None and extra > 0:
                return Broken(expected, f"{extra} {what}(s) still open")
    return None


@CHECKS.check("IMSG-CLOSE-01", CLOSE, "observe")
def closes_messages(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if call.method == CLOSE:
        lost = _closes_live(state, call) and outcome.kind != "result"
        return (
            must(outcome, "imsg", held=False, expected="the session and its messages are closed")
            if lost
            else None
        )
    seen = see(state, outcome)
    if seen is None or "close" not in state.events:
        return None
    found = _closed(seen, state, "the session and its messages are closed")
    plain = ("close", "close-several", "close-released", "last-release-in-session")
    storages = [excess for excess in seen.storages.values() if "close" in excess.users]
    found = found or leaked(storages, *plain)
    certain = seen.sessions is not None or rested(storages, *plain)
    return found or (HELD if certain and only(state.events, *plain, "close-parts") else None)


@CHECKS.check("IMSG-CLOSE-02", CLOSE, "observe")
def closes_parts(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if call.method == CLOSE:
        session = state.thing(call.params.get("lpMsgSess"))
        if not _closes_live(state, call) or session is None or not parts_open(state, session[0]):
            return None
        lost = outcome.kind != "result"
        return (
            must(outcome, "imsg", held=False, expected="the open parts are closed too")
            if lost
            else None
        )
    seen = see(state, outcome)
    if seen is None or "close-parts" not in state.events:
        return None
    parts = [excess for excess in seen.storages.values() if "close-parts" in excess.users]
    found = leaked(parts, *CLOSES, "last-release-in-session", "part-release")
    return found or (HELD if parts else None)


@CHECKS.check("IMSG-CLOSE-03", CLOSE)
def reports_nothing(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if not _closes_live(state, call):
        return None
    silent = outcome.kind == "result" and returned(outcome) is None
    return must(outcome, "imsg", silent, "no result and no error")


@CHECKS.check("IMSG-CLOSE-04", "IMessage.GetProps", "observe")
def leaves_others_open(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if call.method == "IMessage.GetProps":
        found = state.thing(call.params.get("this"))
        if found is None or state.reused(call.params.get("this")):
            return None
        message = found[1]
        if not isinstance(message, Message) or message.life is not Life.OPEN or not message.doubts:
            return None
        mine = any("IMSG-CLOSE-04" in doubt for doubt in message.doubts)
        if succeeded(outcome):
            return HELD if mine else None
        if mine and all("IMSG-CLOSE-04" in doubt for doubt in message.doubts):
            return Broken("messages of other sessions stay open", observed(outcome, "imsg"))
        return None
    seen = see(state, outcome)
    if seen is None or "close" not in state.events or not only(state.events, *CLOSES):
        return None
    others = bool(state.live(Session)) or bool(live_messages(state))
    for what, missing in (("session", seen.sessions), ("message", seen.messages)):
        if missing is not None and missing < 0:
            return Broken("everything outside the session stays open", f"{-missing} {what}(s) gone")
    return HELD if others and seen.sessions == 0 else None


def _harm(state: Imsg, call: Call, outcome: Outcome, event: str, requirement: str) -> Finding:
    """A close of nothing leaves what is open alone, whatever it does itself (D2, first line)."""
    if call.method == "IMessage.GetProps":
        return alive(state, call, outcome, requirement)
    seen = see(state, outcome)
    if seen is None or not only(state.events, event):
        return None
    for what, missing in (("session", seen.sessions), ("message", seen.messages)):
        if missing is not None and missing < 0:
            return Broken("everything that is open stays open", f"{-missing} {what}(s) gone")
    if any(count > 0 for count in seen.foreign.values()):
        return Broken("nothing is freed twice", "a block was freed that was not allocated any more")
    return None


@CHECKS.check("IMSG-CLOSE-05", CLOSE, "IMessage.GetProps", "observe")
def null_session(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if call.method != CLOSE:
        return _harm(state, call, outcome, "close-null", "IMSG-CLOSE-05")
    if call.params.get("lpMsgSess") is not None:
        return None
    return reading("AB" if outcome.kind == "result" else "B")


@CHECKS.check("IMSG-CLOSE-06", CLOSE, "IMessage.GetProps", "observe")
def closed_twice(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if call.method != CLOSE:
        return _harm(state, call, outcome, "close-again", "IMSG-CLOSE-06")
    session = _session(state, call)
    if session is None or session.life is not Life.GONE or not state.checked_handles:
        return None
    return reading("AB" if outcome.kind == "result" else "B")


@CHECKS.check(
    "IMSG-CLOSE-07",
    "IMessage.GetProps",
    "IMessage.SaveChanges",
    "IMessage.Release",
    "observe",
)
def held_message(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if call.method == "observe":
        return _late_write(state, outcome)
    name = call.params.get("this")
    found = state.thing(name)
    if found is None or state.reused(name) or not state.checked_handles:
        return None
    if not isinstance(found[1], Message) or found[1].life is not Life.CLOSED:
        return None
    if outcome.kind != "result":
        return reading("B")
    if call.method == "IMessage.Release":
        return reading("ABC")
    return reading("AB" if failed(outcome) else "BC")


def _late_write(state: Imsg, outcome: Outcome) -> Finding:
    """A storage was committed whose messages had all been closed at the look before: one lives."""
    storages = outcome.body.get("storages") if outcome.kind == "result" else None
    for name, storage in state.storages.items():
        mine = [
            thing
            for thing in state.things.values()
            if type(thing) is Message and thing.storage == name
        ]
        closed = bool(mine) and all(thing.life is Life.CLOSED and thing.looked for thing in mine)
        seen = (storages or {}).get(name, {}).get("commits", storage.kept.commits)
        if closed and not state.murky and seen > storage.kept.commits:
            return reading("C")
    return None


@CHECKS.check("IMSG-CLOSE-08", CLOSE, "observe")
def released_before_close(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if call.method == CLOSE:
        found = state.thing(call.params.get("lpMsgSess"))
        if not _closes_live(state, call) or found is None or outcome.kind == "result":
            return None
        before = any(
            type(thing) is Message and thing.session == found[0] and not thing.refs
            for thing in state.things.values()
        )
        return (
            must(outcome, "imsg", held=False, expected="closing after the last release is safe")
            if before
            else None
        )
    seen = see(state, outcome)
    if seen is None or "close-released" not in state.events:
        return None
    if any(count > 0 for count in seen.foreign.values()):
        return Broken("nothing is freed twice", "a block was freed that was not allocated any more")
    again = [fired for fired in seen.fired if fired.message and _already(state, fired.message)]
    if again:
        return Broken("the callback runs once", "it ran again at the close")
    return HELD


def _already(state: Imsg, key: str) -> bool:
    message = state.things[key]
    return isinstance(message, Message) and message.fired > 0 and not message.refs


@CHECKS.check("IMSG-CLOSE-09", "observe")
def last_release_in_session(state: Imsg, _call: Call, outcome: Outcome) -> Finding:
    seen = see(state, outcome)
    if seen is None:
        return None
    both = {"last-release-in-session", "close-released"}
    neither = leaked((one for one in seen.storages.values() if both <= one.users), *both, *CLOSES)
    if neither or seen.ended is None:
        return neither
    return reading("A" if seen.ended is Life.GONE else "B")


@CHECKS.check("IMSG-CLOSE-10", "observe")
def nothing_remains(state: Imsg, _call: Call, outcome: Outcome) -> Finding:
    seen = see(state, outcome)
    if seen is None:
        return None
    lent = [*seen.allocators.values(), *seen.storages.values(), *seen.buffers]
    closed = [excess for excess in lent if "close" in excess.users]
    causes = (*CLOSES, "last-release-in-session", "part-release", "build:memory")
    return leaked(closed, *causes) or (HELD if rested(closed, *causes) else None)
