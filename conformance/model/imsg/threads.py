"""Which calls of message sessions the documents allow on several threads, whatever their order is.

A call that ends an object must be the only one that uses it: in another order the other call would
reach an object that has ended, which is undefined.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from conformance.model.imsg.state import Attachment, Imsg, Message
from conformance.trace import Call

_ENDING: Final = {
    "CloseIMsgSession": "lpMsgSess",
    "IMessage.Release": "this",
    "IAttach.Release": "this",
}
_USING: Final = ("this", "lpMsgSess", "lpObject")
_BINDING: Final = ("lppMsgSess", "lppMsg", "lppAttach")


def reaches_new(call: Call, before: Sequence[Call]) -> bool:
    """Whether a call uses what an earlier one of its thread has made."""
    made = {one.params.get(param) for one in before for param in _BINDING}
    return any(call.params[param] in made for param in _USING if call.params.get(param))


def together(state: Imsg, threads: Sequence[Sequence[Call]]) -> bool:
    """Whether no call can reach an object that another one has ended."""
    calls = [call for thread in threads for call in thread]
    used = Counter(call.params[param] for call in calls for param in _USING if param in call.params)
    stores = Counter(call.params.get("lpStg") for call in calls if call.params.get("lpStg"))
    if any(count > 1 for count in stores.values()):
        return False
    for thread in threads:
        for place, call in enumerate(thread):
            if call.method not in _ENDING or reaches_new(call, thread[:place]):
                continue
            name = call.params.get(_ENDING[call.method])
            if used[name] > 1 and not _outlives(state, name, calls):
                return False
            if call.method == "CloseIMsgSession" and _touches_messages(state, name, calls):
                return False
    return True


def _outlives(state: Imsg, name: object, calls: Sequence[Call]) -> bool:
    """An object has more references than the calls release."""
    found = state.thing(name)
    released = sum(
        call.method in ("IMessage.Release", "IAttach.Release") and call.params.get("this") == name
        for call in calls
    )
    ended = any(call.params.get("lpMsgSess") == name for call in calls)
    return found is not None and not ended and getattr(found[1], "refs", 0) > released


def _touches_messages(state: Imsg, session: object, calls: Sequence[Call]) -> bool:
    """Some call is on a message of the session, or on a part of one."""
    found = state.thing(session)
    if found is None:
        return False
    for call in calls:
        for param in ("this", "lpObject"):
            reached = state.thing(call.params.get(param))
            if reached is not None and _session_of(state, reached[0]) == found[0]:
                return True
    return False


def _session_of(state: Imsg, key: str | None) -> str | None:
    """The session that closes an object."""
    while key is not None:
        thing = state.things.get(key)
        if isinstance(thing, Attachment):
            key = thing.message
        elif isinstance(thing, Message) and thing.parent is not None:
            key = thing.parent
        else:
            return thing.session if isinstance(thing, Message) else None
    return None
