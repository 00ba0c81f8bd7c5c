"""The default servers: those of Twisted, on loopback, with the accounts of the suite."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import IRealm, Portal
from twisted.internet.interfaces import IReactorTCP
from twisted.internet.protocol import Factory
from twisted.internet.protocol import Protocol as Connection
from twisted.mail import imap4, pop3, smtp
from zope.interface import implementer

from adapters.mail.mailbox import Delivery, ImapMailbox, Pop3Mailbox
from adapters.mail.vocabulary import Protocol
from conformance.model.email.accounts import USERS, password

HOST: Final = "127.0.0.1"
_BACKLOG: Final = 1024
_IDLE_SECONDS: Final = 3600


def listen(reactor: IReactorTCP) -> dict[Protocol, int]:
    """Start the three servers; returns the port of each."""
    accounts = InMemoryUsernamePasswordDatabaseDontUse()
    for user in USERS:
        accounts.addUser(user.encode(), password(user).encode())
    portal = Portal(_Realm(), [accounts])
    make: dict[Protocol, Callable[[], Connection]] = {
        "pop3": _Pop3,
        "imap": lambda: _Imap({b"PLAIN": imap4.PLAINCredentials, b"LOGIN": imap4.LOGINCredentials}),
        "smtp": lambda: _Smtp({b"PLAIN": imap4.PLAINCredentials, b"LOGIN": imap4.LOGINCredentials}),
    }
    return {name: _listen(reactor, _Connections(one, portal)) for name, one in make.items()}


def sink(reactor: IReactorTCP) -> int:
    """Start a server that takes every mail without a login; returns its port."""

    def make() -> Connection:
        connection = _Smtp({})
        connection.delivery = Delivery()
        return connection

    return _listen(reactor, _Connections(make, None))


def _listen(reactor: IReactorTCP, connections: _Connections) -> int:
    port: int = reactor.listenTCP(0, connections, _BACKLOG, HOST).getHost().port
    return port


class _Connections(Factory):
    """Makes one protocol object for each connection."""

    noisy = False

    def __init__(self, make: Callable[[], Connection], portal: Portal | None) -> None:
        self._make = make
        self._portal = portal

    def buildProtocol(self, _address: object) -> Any:
        connection: Any = self._make()
        connection.factory = self
        connection.portal = self._portal
        connection.timeOut = connection.timeout = _IDLE_SECONDS
        return connection


class _AtOnce(Connection):
    """Sends each answer as soon as it is there (no delay by Nagle's algorithm)."""

    def makeConnection(self, transport: Any) -> None:
        transport.setTcpNoDelay(True)
        super().makeConnection(transport)


class _Pop3(_AtOnce, pop3.POP3):
    """POP3 with USER and PASS, and APOP."""

    def authenticateUserAPOP(self, user: bytes, digest: bytes) -> object:
        # Twisted compares it with text.
        return super().authenticateUserAPOP(user, digest.decode("ascii", "replace"))


class _Imap(_AtOnce, imap4.IMAP4Server):
    """IMAP4rev1 with LOGIN and AUTHENTICATE."""

    POSTAUTH_TIMEOUT = _IDLE_SECONDS


class _Smtp(_AtOnce, smtp.ESMTP):
    """ESMTP with AUTH, and with what Twisted's lacks of RFC 5321, section 4.5.1."""

    def do_NOOP(self, _rest: bytes) -> None:
        self.sendCode(250, b"nothing done")

    def do_VRFY(self, _rest: bytes) -> None:
        self.sendCode(252, b"send it and see")


@implementer(IRealm)
class _Realm:
    """Gives each user what the protocol asks for."""

    def requestAvatar(
        self, _user: object, _mind: object, *interfaces: object
    ) -> tuple[object, object, Callable[[], None]]:
        if pop3.IMailbox in interfaces:
            return pop3.IMailbox, Pop3Mailbox(), _nothing
        if imap4.IAccount in interfaces:
            account = imap4.MemoryAccount(b"")
            account.addMailbox("INBOX", ImapMailbox())
            return imap4.IAccount, account, _nothing
        return smtp.IMessageDelivery, Delivery(), _nothing


def _nothing() -> None:
    """Nothing is held for a user."""
