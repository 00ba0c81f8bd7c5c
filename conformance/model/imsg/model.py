"""The model of message sessions, as the judge and the explorers use it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.capabilities import Capabilities
from conformance.model.imsg.advance import advance
from conformance.model.imsg.props import top_of
from conformance.model.imsg.state import LIVE, Attachment, Imsg, Life, Message, Session
from conformance.model.imsg.stimulus import building, opening
from conformance.model.imsg.threads import reaches_new, together
from conformance.trace import Call, Outcome

_TAKES_OBJECT = ("this", "lpObject")
_TAKES_THING = (*_TAKES_OBJECT, "lpMsgSess")
_TOUCHABLE = (*LIVE, Life.LAWLESS)


class ImsgModel:
    """See :class:`conformance.model.Model`."""

    def begin(self, capabilities: Capabilities) -> Imsg:
        return Imsg(
            checked_handles=capabilities.checked_handles,
            initialises="MAPIInitialize" in capabilities.functions,
        )

    def advance(self, state: Any, call: Call, outcome: Outcome) -> Imsg:
        return advance(state, call, outcome)

    def mute(self, state: Any, call: Call, _outcome: Outcome) -> bool:
        return any(
            state.reused(call.params[param]) for param in _TAKES_THING if param in call.params
        )

    def permits(self, state: Any, call: Call) -> bool:
        if not call.method.endswith((".Release", ".AddRef")) and _saved_for_good(state, call):
            return False
        if state.checked_handles:
            return True
        for param in _TAKES_THING:
            name = call.params.get(param)
            if isinstance(name, str):
                found = state.thing(name)
                if found is not None and found[1].life not in _TOUCHABLE:
                    return False
        return True

    def allows(self, state: Any, call: Call) -> bool:
        if call.method == "OpenIMsgSession":
            return opening(state, call) != "other" or state.ready()
        if call.method == "OpenIMsgOnIStg":
            return building(state, call) in ("valid", "orphaned")
        if call.method == "CloseIMsgSession":
            found = state.thing(call.params.get("lpMsgSess"))
            return (
                found is not None and isinstance(found[1], Session) and found[1].life is Life.OPEN
            )
        for param in _TAKES_OBJECT:
            if param in call.params:
                found = state.thing(call.params[param])
                if param == "lpObject" and (found is None or not isinstance(found[1], Message)):
                    return False
                return found is not None and found[1].life is Life.OPEN
        return True

    def together(self, state: Any, threads: Sequence[Sequence[Call]]) -> bool:
        return together(state, threads) and all(
            self.allows(state, call)
            for thread in threads
            for place, call in enumerate(thread)
            if not reaches_new(call, thread[:place])
        )


def _saved_for_good(state: Imsg, call: Call) -> bool:
    """The call is on a message, or a part of one, that was saved without staying writable."""
    for param in _TAKES_OBJECT:
        found = state.thing(call.params.get(param))
        if found and isinstance(found[1], Message | Attachment) and top_of(state, found[1]).last:
            return True
    return False
