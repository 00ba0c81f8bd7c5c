"""Faults of the end of the program, and of platforms (EMAIL-END, EMAIL-PLAT)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from adapters.mutants.registry import EmailVariant, fault
from adapters.reference.email import Email, Identity, but_for
from adapters.reference.lines import Address
from adapters.reference.mailclients import MailError, MailSession, Pop3
from conformance.trace import Call, Outcome


@fault("email-program-ends-sessions-stay", "EMAIL-END-01")
class SessionsStay(Email):
    """The end of the program leaves what was not closed."""

    left: list[Any] = []  # noqa: RUF012 - it outlives the program: that is the fault

    def end_program(self) -> None:
        self.left += self.sessions.values()


@fault("email-program-ends-first-protocol", "EMAIL-END-01")
class FirstProtocolEnds(Email):
    """The end of the program ends one protocol of each name."""

    left: list[Any] = []  # noqa: RUF012 - it outlives the program: that is the fault

    def end_program(self) -> None:
        for mine in self.sessions.values():
            first, *others = mine.values()
            first.end()
            self.left += others


@fault("email-program-ends-variables-stay", "EMAIL-END-01")
class VariablesStay(Email):
    """The end of the program leaves the sessions of variables."""

    left: list[Any] = []  # noqa: RUF012 - it outlives the program: that is the fault

    def end_program(self) -> None:
        for identity in list(self.sessions):
            if identity.kind == "variable":
                self.left.append(self.sessions.pop(identity))
        super().end_program()


class _Remembers(Pop3):
    """Remembers how to connect once more."""

    def __init__(self, address: Address, user: str, password: str, **more: Any) -> None:
        self.again: Callable[[], MailSession] = partial(Pop3, address, user, password, **more)
        super().__init__(address, user, password, **more)


@fault("email-program-closes-twice", "EMAIL-END-01")
class ClosesTwice(Email):
    """The end of the program closes POP3 sessions that were closed before once more."""

    kinds = but_for(pop3=_Remembers)

    def __init__(self) -> None:
        super().__init__()
        self.closed: list[MailSession] = []

    def close(self, identity: Identity) -> None:
        self.closed += self.sessions.get(identity, {}).values()
        super().close(identity)

    def end_program(self) -> None:
        super().end_program()
        for session in self.closed:
            if isinstance(session, _Remembers):
                try:
                    session.again().end()
                except MailError:
                    continue


@fault("email-imap-pretended", "EMAIL-PLAT-01")
class ImapPretended(EmailVariant):
    """Where there is POP3 and SMTP alone, a start of IMAP returns true."""

    def __init__(self) -> None:
        super().__init__()
        plain = replace(self.offer["email"], protocols=frozenset({"pop3", "smtp"}))
        self.offer = {"email": plain}

    def perform(self, call: Call) -> Outcome:
        if call.method == "EmailStartIMAPSession":
            return Outcome("result", {"return": True})
        return super().perform(call)
