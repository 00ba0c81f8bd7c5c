"""A reference that has sessions of Outlook and Lotus Notes too, both of them make-believe.

What a session of these programs is called, and how it ends, is what the documents speak of; the
programs themselves need a machine that has them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from adapters.reference.email import Email, Identity
from adapters.reference.email_harness import EmailHarness, Method, Result, identity_of
from adapters.reference.mailclients import MailError
from adapters.reference.wire import Params, text
from conformance.capabilities import PROTOCOLS


class OfficeEmail(Email):
    """Sessions of two more programs, identified by the integer that the start returns."""

    first_number = 7

    def __init__(self) -> None:
        super().__init__()
        self.clients: dict[int, str] = {}
        self.variables: dict[Identity, int] = {}

    def start_client(self, identity: Identity, program: str, profile: str) -> Any:
        """EmailStartOutlookSession, EmailStartNotesSession: the identifier (EMAIL-START-10, A)."""
        del profile
        self.error = ""
        number = self.first_number
        while number in self.clients:
            number += 1
        self.clients[number] = program
        self.variables[identity] = number
        return number

    def number_of(self, identity: Identity) -> int | None:
        """The number of a client session that an identity stands for."""
        number = self.variables.get(identity)
        if identity.kind == "integer":
            number = int(identity.name)
        return number if number in self.clients else None

    def close(self, identity: Identity) -> None:
        number = self.number_of(identity)
        if number is None:
            super().close(identity)
            return
        self.error = ""
        self.end_client(number)

    def end_client(self, number: int) -> None:
        """End one session of a program."""
        self.clients.pop(number)

    def count(self, identity: Identity) -> int | None:
        if self.number_of(identity) is None:
            return super().count(identity)
        self.error = ""
        return 0

    def send(self, identity: Identity, to: str, subject: str) -> bool:
        if self.number_of(identity) is None:
            return super().send(identity, to, subject)
        return self.failed(MailError("nothing is sent from here"))

    def held(self) -> int:
        return super().held() + len(self.clients)


class OfficeHarness(EmailHarness):
    """Offers the start functions of these programs."""

    email: OfficeEmail

    capabilities = replace(
        EmailHarness.capabilities,
        functions=EmailHarness.capabilities.functions
        | {"EmailStartOutlookSession", "EmailStartNotesSession"},
        protocols=PROTOCOLS,
    )

    def methods(self) -> dict[str, Method]:
        return {
            **super().methods(),
            "EmailStartOutlookSession": lambda params: self.start_client(params, "outlook"),
            "EmailStartNotesSession": lambda params: self.start_client(params, "notes"),
        }

    def start_client(self, params: Params, program: str) -> Result:
        profile = text(params, "profile") or ""
        return {"return": self.email.start_client(identity_of(params), program, profile)}
