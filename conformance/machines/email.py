"""The machine of email sessions: a rule for each documented function."""

from __future__ import annotations

from typing import Any

from hypothesis.stateful import rule

from conformance.machines.base import DRAWS, SessionMachine


class EmailMachine(SessionMachine):
    """Starts, uses and closes sessions, with servers that may fail (W1 to W5, W9)."""

    family = "email"

    @rule(data=DRAWS)
    def start_pop3(self, data: Any) -> None:
        self.draw("EmailStartPOP3Session", data)

    @rule(data=DRAWS)
    def start_smtp(self, data: Any) -> None:
        self.draw("EmailStartSMTPSession", data)

    @rule(data=DRAWS)
    def start_imap(self, data: Any) -> None:
        self.draw("EmailStartIMAPSession", data)

    @rule(data=DRAWS)
    def start_combined(self, data: Any) -> None:
        self.draw("EmailStartSession", data)

    @rule(data=DRAWS)
    def close_session(self, data: Any) -> None:
        self.draw("EmailCloseSession", data)

    @rule(data=DRAWS)
    def read(self, data: Any) -> None:
        self.draw("EmailGetCount", data)

    @rule(data=DRAWS)
    def send(self, data: Any) -> None:
        self.draw("EmailSendMessage", data)

    @rule(data=DRAWS)
    def ask_for_error(self, data: Any) -> None:
        self.draw("ErrorInfo", data)

    @rule(data=DRAWS)
    def set_time_out(self, data: Any) -> None:
        self.draw("EmailSetTimeOut", data)

    @rule(data=DRAWS)
    def play_fault(self, data: Any) -> None:
        self.draw("servers.fault", data)

    @rule(data=DRAWS)
    def look_at_servers(self, data: Any) -> None:
        self.draw("servers.observe", data)
