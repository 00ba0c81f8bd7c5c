"""The model of Simple MAPI, as the judge and the explorers use it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.capabilities import Capabilities
from conformance.model.simple.advance import advance
from conformance.model.simple.mail import MAIL_CALLS, follow
from conformance.model.simple.state import Simple
from conformance.model.simple.stimulus import number_given, which_handle
from conformance.trace import Call, Outcome


class SimpleModel:
    """See :class:`conformance.model.Model`."""

    def begin(self, _capabilities: Capabilities) -> Simple:
        return Simple()

    def advance(self, state: Any, call: Call, outcome: Outcome) -> Simple:
        after = advance(state, call, outcome)
        return follow(after, call, outcome) if call.method in MAIL_CALLS else after

    def mute(self, state: Any, call: Call, outcome: Outcome) -> bool:
        given = call.params.get("lhSession")
        if given is None:
            return False
        if isinstance(given, str):
            return bool(state.reused(given))
        value = number_given(call, outcome)
        return value is not None and bool(state.meant(value))

    def permits(self, _state: Any, _call: Call) -> bool:
        return True

    def allows(self, state: Any, call: Call) -> bool:
        if call.method == "MAPIFreeBuffer":
            # Freeing twice is undefined (contradiction X-15).
            buffer = state.buffers.get(call.params.get("pv"))
            return call.params.get("pv") is None or (buffer is not None and not buffer.freed)
        if "lhSession" not in call.params:
            return True
        # In this family every handle may be passed: a bad one is answered.
        return which_handle(state, call, None) != "other" or isinstance(
            call.params["lhSession"], dict
        )

    def together(self, state: Any, threads: Sequence[Sequence[Call]]) -> bool:
        return all(self.allows(state, call) for thread in threads for call in thread)
