"""The machine of Simple MAPI: a rule for each documented function."""

from __future__ import annotations

from typing import Any

from hypothesis.stateful import rule

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

    @rule(data=DRAWS)
    def find_next(self, data: Any) -> None:
        self.draw("MAPIFindNext", data)

    @rule(data=DRAWS)
    def resolve_name(self, data: Any) -> None:
        self.draw("MAPIResolveName", data)

    @rule(data=DRAWS)
    def run_out_of_memory(self, data: Any) -> None:
        self.draw("world.fail_allocation", data)

    @rule(data=DRAWS)
    def read_mail(self, data: Any) -> None:
        self.draw("MAPIReadMail", data)

    @rule(data=DRAWS)
    def save_mail(self, data: Any) -> None:
        self.draw("MAPISaveMail", data)

    @rule(data=DRAWS)
    def delete_mail(self, data: Any) -> None:
        self.draw("MAPIDeleteMail", data)

    @rule(data=DRAWS)
    def send_mail(self, data: Any) -> None:
        self.draw("MAPISendMail", data)

    @rule(data=DRAWS)
    def free_buffer(self, data: Any) -> None:
        self.draw("MAPIFreeBuffer", data)

    @rule(data=DRAWS)
    def convert(self, data: Any) -> None:
        self.draw("ScMAPIXFromSMAPI", data)
