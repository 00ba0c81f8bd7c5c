"""Faults of what is named to EmailCloseSession (EMAIL-CLOSE-04 to -08)."""

from __future__ import annotations

from adapters.mutants.email_closing import KeepsConnection
from adapters.mutants.office import OfficeEmail
from adapters.mutants.registry import Alternating, Death, fault
from adapters.reference.email import Email, Identity
from adapters.reference.mailclients import MailError


class _EndsRelatives(Email):
    """A variable may end other sessions of its user."""

    def relatives(self, identity: Identity) -> list[Identity]:
        """The other variables of the user."""
        user = self.users.get(identity)
        return [
            other
            for other in self.sessions
            if other != identity and other.kind == "variable" and self.users.get(other) == user
        ]


@fault("email-relatives-alternate", "EMAIL-CLOSE-04")
class RelativesAlternate(Alternating, _EndsRelatives):
    """A variable ends the others of its user every second time."""

    def close(self, identity: Identity) -> None:
        relatives = self.relatives(identity) if identity.kind == "variable" else []
        super().close(identity)
        if relatives and self.turn():
            for other in relatives:
                super().close(other)


@fault("email-relatives-one-ends", "EMAIL-CLOSE-04")
class OneRelativeEnds(_EndsRelatives):
    """A variable ends one other of its user, where there are several."""

    def close(self, identity: Identity) -> None:
        relatives = self.relatives(identity) if identity.kind == "variable" else []
        super().close(identity)
        if len(relatives) > 1:
            super().close(relatives[0])


@fault("email-imap-by-name-alternates", "EMAIL-CLOSE-05")
class ImapByNameAlternates(Alternating, KeepsConnection):
    """A name ends its IMAP session every second time."""

    def close(self, identity: Identity) -> None:
        mine = self.sessions.get(identity, {})
        if identity.kind == "user" and set(mine) == {"imap"} and self.turn():
            return
        Email.close(self, identity)


@fault("email-imap-by-name-crashes", "EMAIL-CLOSE-05")
class ImapByNameCrashes(Email):
    """A name with nothing but IMAP crashes the close."""

    def close(self, identity: Identity) -> None:
        if identity.kind == "user" and set(self.sessions.get(identity, {})) == {"imap"}:
            raise Death
        super().close(identity)


@fault("email-outlook-close-ignored", "EMAIL-CLOSE-06")
class OutlookCloseIgnored(OfficeEmail):
    """A session of Outlook stays open."""

    def end_client(self, number: int) -> None:
        if self.clients[number] != "outlook":
            super().end_client(number)


@fault("email-outlook-number-is-name", "EMAIL-CLOSE-06")
class OutlookNumberIsName(OfficeEmail):
    """The integer of an Outlook session is taken for a user name."""

    def close(self, identity: Identity) -> None:
        number = self.number_of(identity)
        if identity.kind == "integer" and self.clients.get(number or 0) == "outlook":
            identity = Identity("user", identity.name)
        super().close(identity)


@fault("email-outlook-close-ends-all", "EMAIL-CLOSE-06")
class OutlookCloseEndsAll(OfficeEmail):
    """The close of an Outlook session ends every session of Outlook."""

    def end_client(self, number: int) -> None:
        outlook = self.clients[number] == "outlook"
        super().end_client(number)
        if outlook:
            self.clients = {n: kind for n, kind in self.clients.items() if kind != "outlook"}


@fault("email-notes-variable-close-ignored", "EMAIL-CLOSE-07")
class NotesVariableCloseIgnored(OfficeEmail):
    """A Notes session is ended by its integer only."""

    def close(self, identity: Identity) -> None:
        number = self.number_of(identity)
        if identity.kind == "variable" and self.clients.get(number or 0) == "notes":
            return
        super().close(identity)


@fault("email-notes-close-ends-mail", "EMAIL-CLOSE-07")
class NotesCloseEndsMail(OfficeEmail):
    """The close of a Notes session ends a mail session as well."""

    def end_client(self, number: int) -> None:
        notes = self.clients[number] == "notes"
        super().end_client(number)
        if notes and self.sessions:
            Email.close(self, next(iter(self.sessions)))


@fault("email-unknown-name-closes-latest", "EMAIL-CLOSE-08")
class UnknownClosesLatest(Email):
    """A name that is not open stands for the session started last."""

    def close(self, identity: Identity) -> None:
        if identity.kind == "user" and identity not in self.sessions and self.sessions:
            identity = list(self.sessions)[-1]
        super().close(identity)


@fault("email-empty-name-closes-all", "EMAIL-CLOSE-08")
class EmptyClosesAll(Email):
    """The empty name stands for all."""

    def close(self, identity: Identity) -> None:
        if identity == Identity("user", ""):
            self.end_program()
        super().close(identity)


@fault("email-second-close-ends-another", "EMAIL-CLOSE-08")
class SecondCloseEndsAnother(Email):
    """A name that was closed before ends the oldest session of the same protocol."""

    def close(self, identity: Identity) -> None:
        again = identity in self.users and identity not in self.sessions
        super().close(identity)
        if again and self.sessions:
            super().close(next(iter(self.sessions)))


@fault("email-second-close-crashes", "EMAIL-CLOSE-08")
class SecondCloseCrashes(Email):
    """The second close of a name ends the program."""

    def close(self, identity: Identity) -> None:
        if identity in self.users and identity not in self.sessions:
            raise Death
        super().close(identity)


@fault("email-unknown-close-alternates", "EMAIL-CLOSE-08")
class UnknownCloseAlternates(Alternating, Email):
    """To close a name that is not open is an error every second time."""

    def close(self, identity: Identity) -> None:
        unknown = identity not in self.users
        super().close(identity)
        if unknown and self.turn():
            self.failed(MailError("no such session"))
