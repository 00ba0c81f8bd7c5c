"""Email sessions over POP3, SMTP and IMAP, by user name or by variable.

Readings taken: a variable ends its own session only (EMAIL-CLOSE-04, A), a name ends IMAP too
(EMAIL-CLOSE-05, A), and to close what is not open has no effect (EMAIL-CLOSE-08, A).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from adapters.reference.lines import Address
from adapters.reference.mailclients import Imap, MailError, MailSession, Pop3, Smtp

TEN_MINUTES: Final = 600.0
"""How long a start waits for its server unless EmailSetTimeOut says otherwise. Source: W9."""


class Identity(NamedTuple):
    """What a session is given to functions by: the user name, or a variable."""

    kind: str
    name: str


class Wish(NamedTuple):
    """One session that a start asks for."""

    protocol: str
    address: Address
    tls: bool = False


def but_for(**others: type[MailSession]) -> Mapping[str, type[MailSession]]:
    """What sessions are made of, with others for some protocols."""
    return {"pop3": Pop3, "smtp": Smtp, "imap": Imap, **others}


class Email:
    """The implementation: one instance for each program."""

    kinds = but_for()

    def __init__(self) -> None:
        self.sessions: dict[Identity, dict[str, MailSession]] = {}
        self.users: dict[Identity, str] = {}
        self.seconds = TEN_MINUTES
        self.error = ""

    def start(self, identity: Identity, user: str, password: str, wishes: Sequence[Wish]) -> bool:
        """EmailStart...Session: all of the sessions, or none. Source: W2 to W5."""
        self.error = ""
        started: list[MailSession] = []
        try:
            for wish in wishes:
                started += [self.connected(wish, user, password)]
        except MailError as failure:
            self.end_all(started)
            return self.failed(failure)
        self.users[identity] = user
        open_now = self.sessions.setdefault(identity, {})
        for session in started:
            replaced = open_now.pop(session.protocol, None)
            if replaced is not None:
                replaced.end()
            open_now[session.protocol] = session
        return True

    def connected(self, wish: Wish, user: str, password: str) -> MailSession:
        """One session, logged in; raises :class:`MailError`."""
        kind = self.kinds[wish.protocol]
        return kind(wish.address, user, password, tls=wish.tls, seconds=self.seconds)

    def close(self, identity: Identity) -> None:
        """EmailCloseSession: everything under the name, or the session of the variable.

        Source: W1.
        """
        self.error = ""
        self.end_all(list(self.sessions.pop(identity, {}).values()))

    def count(self, identity: Identity) -> int | None:
        """EmailGetCount: the mails of the mailbox; None on error."""
        self.error = ""
        try:
            return self.found(identity, "pop3", "imap").count()
        except MailError as failure:
            self.failed(failure)
            return None

    def send(self, identity: Identity, to: str, subject: str) -> bool:
        """EmailSendMessage."""
        self.error = ""
        try:
            self.found(identity, "smtp").send(self.sender(identity), to, subject)
        except MailError as failure:
            return self.failed(failure)
        return True

    def sender(self, identity: Identity) -> str:
        """The address that mails of a session come from."""
        user = self.users.get(identity, identity.name)
        return user if "@" in user else f"{user}@example.org"

    def found(self, identity: Identity, *protocols: str) -> MailSession:
        """The session to use; raises :class:`MailError`. Source: W3, W4, W5, remarks."""
        mine = self.sessions.get(identity, {})
        for protocol in protocols:
            if protocol in mine:
                return mine[protocol]
        raise MailError(f"no {' or '.join(protocols)} session is open for {identity.name!r}")

    def set_time_out(self, milliseconds: int) -> None:
        """EmailSetTimeOut: for all that follows. Source: W9."""
        self.error = ""
        self.seconds = milliseconds / 1000

    def failed(self, failure: MailError) -> bool:
        """Keep the text for ErrorInfo. Source: W2, W3, result."""
        self.error = str(failure)
        return False

    def end_all(self, sessions: Sequence[MailSession]) -> None:
        """End these, whatever the end of one of them does."""
        for session in sessions:
            session.end()

    def end_program(self) -> None:
        """What was not closed ends with the program; harmless when repeated. Source: W1."""
        for mine in self.sessions.values():
            self.end_all(list(mine.values()))
        self.sessions.clear()

    def held(self) -> int:
        """The connections that are held."""
        return sum(len(mine) for mine in self.sessions.values())
