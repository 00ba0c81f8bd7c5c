"""The machine of Simple MAPI: a rule for each documented function."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from conformance.explore.alphabet.simple_mail import MAIL
from conformance.machines.base import DRAWS, SessionMachine


class SimpleMachine(SessionMachine):
    """Logs on, uses and logs off sessions, by the rules of L1 and L2 and against them."""

    family = "simple"

    @rule(data=DRAWS)
    def log_on(self, data: Any) -> None:
        self.draw("MAPILogon", data)

    @rule(data=DRAWS)
    def log_off(self, data: Any) -> None:
        self.draw("MAPILogoff", data)

    @rule(data=DRAWS, method=st.sampled_from(sorted(MAIL)))
    def use(self, data: Any, method: str) -> None:
        """A call on messages or buffers; one rule, so that most steps are about sessions."""
        self.draw(method, data)

    @rule(data=DRAWS)
    def run_out_of_memory(self, data: Any) -> None:
        self.draw("world.fail_allocation", data)
