"""IMSG-MSG rows about calls that use several permitted things at once, or once more.

What OpenIMsgOnIStg permits alone it permits together: no sentence of D3 makes one depend on
another. A failure is charged to a row only where the call without what the row is about worked
before, and so did what it is about by itself: then it is their meeting that was refused.
"""

from __future__ import annotations

from typing import Final

from conformance.checks.imsg.base import CHECKS, handed_back, only, see
from conformance.checks.imsg.close import CLOSES
from conformance.checks.registry import Check
from conformance.codes import MAPI_UNICODE
from conformance.findings import HELD, Broken, Finding
from conformance.model.imsg.ledger import live_messages
from conformance.model.imsg.state import Imsg, Life, Message
from conformance.model.imsg.stimulus import building, features
from conformance.trace import Call, Outcome

BUILD: Final = "OpenIMsgOnIStg"

Features = frozenset[str]


def _together(feature: str) -> Check:
    """The check that a feature is permitted beside others that worked without it."""

    def check(state: Imsg, call: Call, outcome: Outcome) -> Finding:
        if building(state, call) != "valid":
            return None
        used = features(state, call)
        if feature not in used or len(used) == 1:
            return None
        worked = {
            _features(state, thing)
            for thing in state.things.values()
            if type(thing) is Message and thing.storage and thing.life is not Life.LAWLESS
        }
        if used - {feature} in worked and any(feature in one for one in worked):
            return handed_back(outcome, "lppMsg", "message")
        return None

    return check


def _features(state: Imsg, message: Message) -> Features:
    storage = state.storages[message.storage or ""]
    unicode = bool(message.flags & MAPI_UNICODE)
    named = {
        "null-session": message.session is None,
        "unicode": unicode,
        "read": storage.mode == "read",
    }
    return frozenset(name for name, used in named.items() if used)


CHECKS.also("IMSG-MSG-03", BUILD)(_together("null-session"))
CHECKS.also("IMSG-MSG-05", BUILD)(_together("read"))
CHECKS.also("IMSG-MSG-07", BUILD)(_together("unicode"))


@CHECKS.also("IMSG-MSG-03", "observe")
def nobodys_message(state: Imsg, _call: Call, outcome: Outcome) -> Finding:
    """Messages that no session owns are still there after a session was closed."""
    seen, left = see(state, outcome), live_messages(state)
    if seen is None or seen.messages is None or "close" not in state.events:
        return None
    if not only(state.events, *CLOSES) or not left or any(one.session for _, one in left):
        return None
    if seen.messages < 0:
        return Broken("a message without a session stays open", f"{-seen.messages} gone")
    return HELD if not seen.messages else None


@CHECKS.also("IMSG-MSG-02", BUILD)
def one_more(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    """A session takes a further message like one that it has ("several may be open at once")."""
    session = state.thing(call.params.get("lpMsgSess"))
    if session is None or building(state, call) != "valid":
        return None
    used = features(state, call)
    like = any(
        message.session == session[0]
        and message.life is Life.OPEN
        and not message.doubts
        and _features(state, message) == used
        for _, message in live_messages(state)
    )
    return handed_back(outcome, "lppMsg", "message") if like else None
