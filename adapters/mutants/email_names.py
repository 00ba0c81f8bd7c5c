"""Faults of the names of email sessions, and of what each protocol is for (EMAIL-START-03, -04)."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.mutants.registry import fault
from adapters.reference.email import Email, Identity, Wish
from adapters.reference.mailclients import MailSession


class _Renamed(Email):
    """Sessions stand under another name than the one given."""

    def stored(self, name: str) -> str:
        """The name in the place of the one given."""
        return name

    def _renamed(self, identity: Identity) -> Identity:
        return Identity(identity.kind, self.stored(identity.name))

    def start(self, identity: Identity, user: str, password: str, wishes: Sequence[Wish]) -> bool:
        return super().start(self._renamed(identity), user, password, wishes)

    def close(self, identity: Identity) -> None:
        super().close(self._renamed(identity))

    def found(self, identity: Identity, *protocols: str) -> MailSession:
        return super().found(self._renamed(identity), *protocols)


@fault("email-names-folded", "EMAIL-START-03")
class NamesFolded(_Renamed):
    """Upper and lower case of user names are the same."""

    def stored(self, name: str) -> str:
        return name.casefold()


@fault("email-names-stripped", "EMAIL-START-03")
class NamesStripped(_Renamed):
    """Blanks around a user name do not count."""

    def stored(self, name: str) -> str:
        return name.strip()


@fault("email-names-cut-at-domain", "EMAIL-START-03", "EMAIL-CLOSE-10")
class NamesCutAtDomain(_Renamed):
    """The domain of a user name does not count."""

    def stored(self, name: str) -> str:
        return name.partition("@")[0]


@fault("email-names-need-server", "EMAIL-START-03", "EMAIL-START-01")
class NamesNeedServer(Email):
    """A session is found by user name and server together."""

    def found(self, identity: Identity, *protocols: str) -> MailSession:
        if identity.kind == "user":
            identity = Identity("user", f"{identity.name}@server")
        return super().found(identity, *protocols)


@fault("email-unknown-name-reads-latest", "EMAIL-START-03")
class UnknownNameReadsLatest(Email):
    """A name that was never started stands for the session started last."""

    def found(self, identity: Identity, *protocols: str) -> MailSession:
        if identity not in self.users and self.sessions:
            identity = list(self.sessions)[-1]
        return super().found(identity, *protocols)


@fault("email-reader-sends", "EMAIL-START-04")
class ReaderSends(Email):
    """A session that only reads sends by whatever SMTP session there is."""

    def found(self, identity: Identity, *protocols: str) -> MailSession:
        mine = self.sessions.get(identity, {})
        if mine and not set(protocols) & set(mine):
            for others in self.sessions.values():
                if "smtp" in protocols and "smtp" in others:
                    return others["smtp"]
        return super().found(identity, *protocols)


@fault("email-reader-pretends-to-send", "EMAIL-START-04")
class ReaderPretendsToSend(Email):
    """Sending through an IMAP session returns true."""

    def send(self, identity: Identity, to: str, subject: str) -> bool:
        imap = set(self.sessions.get(identity, {})) == {"imap"}
        return super().send(identity, to, subject) or imap


@fault("email-sender-reads-none", "EMAIL-START-04")
class SenderReadsNone(Email):
    """Reading through an SMTP session gives zero."""

    def count(self, identity: Identity) -> int | None:
        found = super().count(identity)
        smtp = set(self.sessions.get(identity, {})) == {"smtp"}
        return 0 if found is None and smtp else found


@fault("email-imap-opens-pop3", "EMAIL-START-04")
class ImapOpensPop3(Email):
    """An IMAP start connects to a POP3 server that it knows as well."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Wish] = {}

    def start(self, identity: Identity, user: str, password: str, wishes: Sequence[Wish]) -> bool:
        started = super().start(identity, user, password, wishes)
        wish = wishes[0]
        self.known[wish.protocol] = wish
        mine = self.sessions.get(identity, {})
        if started and wish.protocol == "imap" and "pop3" in self.known and "pop3" not in mine:
            mine["pop3"] = self.connected(self.known["pop3"], user, password)
        return started
