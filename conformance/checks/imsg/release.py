"""IMSG-REL: the release callback (MSGCALLRELEASE).

Each function is the check of the requirement named above it.
IMSG-REL-06 speaks of the inside of the callback, which no trace shows.
"""

from __future__ import annotations

from typing import Final

from conformance.checks.imsg.base import CHECKS, only, see
from conformance.checks.words import must
from conformance.findings import HELD, Broken, Finding, reading
from conformance.model.imsg.look import Sight
from conformance.model.imsg.state import LIVE, Imsg, Life, Message
from conformance.trace import Call, Outcome

PARTS: Final = frozenset({"part-release", "attach"})


def _message(state: Imsg, key: str | None) -> Message | None:
    thing = state.things.get(key or "")
    return thing if isinstance(thing, Message) else None


def _only_parts(state: Imsg) -> bool:
    """Only parts of messages were released since the last look."""
    return (
        "part-release" in state.events
        and only(state.events, "part-release")
        and ("release" not in state.events)
    )


@CHECKS.check("IMSG-REL-01", "IMessage.AddRef", "IMessage.Release", "observe")
def fires_once(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if call.method != "observe":
        found = state.thing(call.params.get("this"))
        live = found is not None and found[1].life is Life.OPEN and outcome.kind != "result"
        return (
            must(outcome, "imsg", held=False, expected="the reference is counted") if live else None
        )
    seen = see(state, outcome)
    if seen is None or "released" not in outcome.body:
        return None
    if seen.unpaid and not seen.messages:
        return Broken("the callback runs when the last reference goes", "it did not run")
    times: dict[str | None, int] = {}
    for fired in seen.fired:
        times[fired.message] = times.get(fired.message, 0) + 1
        message = _message(state, fired.message)
        if message is None:
            if fired.part is None:
                return Broken(
                    "a callback for a released message", "a callback for no known message"
                )
            continue
        if message.fired or times[fired.message] > 1:
            return Broken("the callback runs once", "it ran again")
        # Any other event is what made it run, and its own requirement speaks of it.
        if message.life is Life.OPEN and state.events <= {"open", "build", "attach", "release"}:
            return Broken(
                "the callback waits for the last release", "it ran while references remain"
            )
    return HELD if any(_paid(state, key) for key in times) else None


def _paid(state: Imsg, key: str | None) -> bool:
    message = _message(state, key)
    return message is not None and message.life not in LIVE


@CHECKS.check("IMSG-REL-02", "observe")
def callback_arguments(state: Imsg, _call: Call, outcome: Outcome) -> Finding:
    seen = see(state, outcome)
    mine = [fired for fired in seen.fired if fired.message is not None] if seen else []
    for fired in mine:
        message = _message(state, fired.message)
        if message is not None and not fired.same_data:
            expected = f"ulCallerData 0x{message.caller_data:08X}"
            return Broken(expected, f"ulCallerData {_hex(fired.caller_data)}")
        if message is not None and not fired.same_token:
            return Broken(f"the message pointer {message.token}", f"the pointer {fired.token}")
    return HELD if mine else None


def _hex(value: object) -> str:
    return f"0x{value:08X}" if isinstance(value, int) else repr(value)


@CHECKS.check("IMSG-REL-03", "observe")
def storage_after_callback(state: Imsg, _call: Call, outcome: Outcome) -> Finding:
    seen = see(state, outcome)
    if seen is None:
        return None
    called_back = {
        message.storage
        for key, message in _called_back(state, seen)
        if message.life in (Life.GONE, Life.CLOSED, Life.ENDED)
    }
    for name in called_back:
        if seen.late.get(name or "", 0) > 0:
            return Broken(
                "no call on the storage after the callback", f"{seen.late[name or '']} call(s)"
            )
    return HELD if any(name in seen.late for name in called_back) else None


def _called_back(state: Imsg, seen: Sight) -> list[tuple[str, Message]]:
    now = {fired.message for fired in seen.fired}
    return [
        (key, thing)
        for key, thing in state.things.items()
        if type(thing) is Message and thing.storage and (thing.fired or key in now)
    ]


@CHECKS.check("IMSG-REL-04", "observe")
def parts_fire_nothing(state: Imsg, _call: Call, outcome: Outcome) -> Finding:
    seen = see(state, outcome)
    if seen is None or "released" not in outcome.body:
        return None
    if any(fired.part is not None for fired in seen.fired):
        return Broken("a callback for the top-level message only", "a callback for a part of it")
    if not _only_parts(state):
        return None
    early = [
        m for m in (_message(state, f.message) for f in seen.fired) if m and m.life is Life.OPEN
    ]
    if early:
        return Broken(
            "no callback while the message is open", "a callback after a part was released"
        )
    with_callback = any(
        type(thing) is Message and thing.callback and thing.life is Life.OPEN
        for thing in state.things.values()
    )
    return HELD if with_callback else None


@CHECKS.check("IMSG-REL-05", "observe")
def close_fires(state: Imsg, _call: Call, outcome: Outcome) -> Finding:
    seen = see(state, outcome)
    # Messages that are left over, or gone too early, are spoken of by IMSG-CLOSE.
    if seen is None or "released" not in outcome.body or seen.messages:
        return None
    now = [fired.message for fired in seen.fired]
    dropped = [
        key
        for key, thing in state.things.items()
        if type(thing) is Message and thing.life is Life.CLOSED and thing.owed and not thing.fired
    ]
    if any(key not in now for key in dropped):
        return Broken("a callback at the close or at the last release", "it never ran")
    if "close" not in state.events:
        return None
    shells = [
        key
        for key, thing in state.things.items()
        if type(thing) is Message
        and thing.callback
        and thing.life is Life.CLOSED
        and not thing.fired
    ]
    if any(now.count(key) > 1 for key in shells):
        return Broken("at most one callback for the message", "it ran twice")
    # After a Release that followed the close, a look cannot tell which of the two made it.
    fresh = [key for key in shells if not _message_seen(state, key) and not _given_up(state, key)]
    if not fresh:
        return None
    if all(key in now for key in fresh):
        return reading("A")
    return reading("B") if not any(key in now for key in fresh) else None


def _given_up(state: Imsg, key: str) -> bool:
    message = _message(state, key)
    return message is None or not message.refs


def _message_seen(state: Imsg, key: str) -> bool:
    message = _message(state, key)
    return message is None or message.looked
