"""Faults of EmailCloseSession (EMAIL-CLOSE)."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.mutants.office import OfficeEmail
from adapters.mutants.registry import Alternating, Death, fault
from adapters.reference.email import Email, Identity, Wish
from adapters.reference.mailclients import MailError, MailSession


@fault("email-close-keeps-connection", "EMAIL-CLOSE-01")
class KeepsConnection(Email):
    """A close forgets the name, and the connection stays."""

    def __init__(self) -> None:
        super().__init__()
        self.left: list[MailSession] = []

    def close(self, identity: Identity) -> None:
        self.error = ""
        self.left += self.sessions.pop(identity, {}).values()

    def end_program(self) -> None:
        self.end_all(self.left)
        super().end_program()


@fault("email-close-keeps-used-connection", "EMAIL-CLOSE-01")
class KeepsUsedConnection(KeepsConnection):
    """A close leaves the connection of a POP3 session that has read."""

    def __init__(self) -> None:
        super().__init__()
        self.used: set[Identity] = set()

    def count(self, identity: Identity) -> int | None:
        self.used.add(identity)
        return super().count(identity)

    def close(self, identity: Identity) -> None:
        if identity in self.used and "pop3" in self.sessions.get(identity, {}):
            super().close(identity)
        else:
            Email.close(self, identity)


@fault("email-close-keeps-name", "EMAIL-CLOSE-01")
class KeepsName(Email):
    """A close ends the connection, and the session still counts as open."""

    def close(self, identity: Identity) -> None:
        self.error = ""
        self.end_all(list(self.sessions.get(identity, {}).values()))


@fault("email-close-raises", "EMAIL-CLOSE-01")
class CloseRaises(Email):
    """A close works, and raises."""

    def close(self, identity: Identity) -> None:
        known = identity.kind == "user" and identity in self.sessions
        super().close(identity)
        if known:
            raise RuntimeError("closed")


@fault("email-close-one-protocol", "EMAIL-CLOSE-02")
class OneProtocol(KeepsConnection):
    """A close ends the protocol that was started first."""

    def close(self, identity: Identity) -> None:
        self.error = ""
        first, *others = self.sessions.pop(identity, {}).values() or [None]
        if first is not None:
            first.end()
        self.left += [session for session in others if session is not None]


@fault("email-close-leaves-imap-of-three", "EMAIL-CLOSE-02")
class LeavesImapOfThree(KeepsConnection):
    """A close leaves IMAP open where POP3 and SMTP were started as well."""

    def close(self, identity: Identity) -> None:
        mine = self.sessions.get(identity, {})
        if identity.kind == "user" and len(mine) > 2:
            self.left.append(mine.pop("imap"))
        Email.close(self, identity)


@fault("email-close-stops-at-dead-server", "EMAIL-CLOSE-02")
class StopsAtDeadServer(KeepsConnection):
    """A close stops at the first protocol whose server has died."""

    def close(self, identity: Identity) -> None:
        self.error = ""
        mine = list(self.sessions.pop(identity, {}).values())
        while mine:
            session = mine.pop(0)
            session.line.allow(2.0)
            try:
                session.take_leave()
            except Exception:
                session.line.hang_up()
                self.left += mine
                return
            session.line.hang_up()


@fault("email-variable-close-ignored", "EMAIL-CLOSE-03")
class VariableCloseIgnored(Email):
    """A close takes strings only."""

    def close(self, identity: Identity) -> None:
        if identity.kind == "user":
            super().close(identity)


@fault("email-imap-variable-close-ignored", "EMAIL-CLOSE-03")
class ImapVariableCloseIgnored(Email):
    """A variable of the IMAP type is not closed."""

    def close(self, identity: Identity) -> None:
        if identity.kind == "user" or "imap" not in self.sessions.get(identity, {}):
            super().close(identity)


@fault("email-variable-close-raises", "EMAIL-CLOSE-03")
class VariableCloseRaises(Email):
    """A close of an SMTP variable raises."""

    def close(self, identity: Identity) -> None:
        if identity.kind == "variable" and "smtp" in self.sessions.get(identity, {}):
            super().close(identity)
            raise TypeError("no string")
        super().close(identity)


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


@fault("email-closed-name-still-reads", "EMAIL-CLOSE-09", "EMAIL-CLOSE-01")
class ClosedNameStillReads(KeepsConnection):
    """A session that was closed can be used as before."""

    def __init__(self) -> None:
        super().__init__()
        self.old: dict[Identity, dict[str, MailSession]] = {}

    def close(self, identity: Identity) -> None:
        self.old[identity] = self.sessions.get(identity, {})
        super().close(identity)

    def found(self, identity: Identity, *protocols: str) -> MailSession:
        for protocol, session in self.old.get(identity, {}).items():
            if protocol in protocols and identity not in self.sessions:
                return session
        return super().found(identity, *protocols)


@fault("email-closed-name-connects-again", "EMAIL-CLOSE-09")
class ClosedNameConnectsAgain(Email):
    """A use of a closed name connects once more with the password of before, and fails."""

    def __init__(self) -> None:
        super().__init__()
        self.before: dict[Identity, tuple[Wish, str, str]] = {}
        self.extra: list[MailSession] = []

    def start(self, identity: Identity, user: str, password: str, wishes: Sequence[Wish]) -> bool:
        self.before[identity] = (wishes[0], user, password)
        return super().start(identity, user, password, wishes)

    def found(self, identity: Identity, *protocols: str) -> MailSession:
        if identity in self.before and identity not in self.sessions:
            self.extra.append(self.connected(*self.before[identity]))
        return super().found(identity, *protocols)

    def end_program(self) -> None:
        self.end_all(self.extra)
        super().end_program()


@fault("email-closed-name-stays-taken", "EMAIL-CLOSE-09")
class ClosedNameStaysTaken(Email):
    """A name that was closed cannot be started again."""

    def start(self, identity: Identity, user: str, password: str, wishes: Sequence[Wish]) -> bool:
        if identity in self.users and identity not in self.sessions:
            return self.failed(MailError("this session was closed"))
        return super().start(identity, user, password, wishes)


@fault("email-close-ends-everybody", "EMAIL-CLOSE-10")
class EndsEverybody(Email):
    """A close ends all sessions."""

    def close(self, identity: Identity) -> None:
        known = identity in self.sessions
        super().close(identity)
        for other in list(self.sessions) if known else ():
            super().close(other)


@fault("email-close-ends-longer-names", "EMAIL-CLOSE-10")
class EndsLongerNames(Email):
    """A close ends the sessions of users whose name begins in the same way."""

    def close(self, identity: Identity) -> None:
        known = identity in self.sessions
        super().close(identity)
        alike = [o for o in self.sessions if o.kind == "user" and o.name.startswith(identity.name)]
        for other in alike if known else ():
            super().close(other)


@fault("email-close-forgets-neighbour", "EMAIL-CLOSE-10")
class ForgetsNeighbour(Email):
    """A close leaves the neighbour connected, and forgets its name."""

    def __init__(self) -> None:
        super().__init__()
        self.lost: list[MailSession] = []

    def close(self, identity: Identity) -> None:
        known = identity in self.sessions
        order = list(self.sessions)
        after = order[order.index(identity) + 1 :] if known else []
        super().close(identity)
        for other in after[:1]:
            self.lost += self.sessions.pop(other).values()

    def end_program(self) -> None:
        self.end_all(self.lost)
        super().end_program()
