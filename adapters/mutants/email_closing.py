"""Faults of what EmailCloseSession ends, and of how long (EMAIL-CLOSE-01 to -03, -09, -10)."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.mutants.registry import fault
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
