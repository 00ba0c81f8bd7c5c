"""Clients of the standard library, as anybody would write them."""

from __future__ import annotations

import contextlib
import imaplib
import poplib
import smtplib
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any, Final

from conformance.model.email.accounts import password

TIMEOUT: Final = 20.0
Client = Any


def place(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)


def trusting() -> ssl.SSLContext:
    return ssl._create_unverified_context()


def pop3(address: str, user: str, secret: str | None = None, timeout: float = TIMEOUT) -> Client:
    client = poplib.POP3(*place(address), timeout=timeout)
    with _or_closed(lambda: client.close()):
        client.user(user)
        client.pass_(password(user) if secret is None else secret)
    return client


def imap(address: str, user: str, secret: str | None = None, timeout: float = TIMEOUT) -> Client:
    client = imaplib.IMAP4(*place(address), timeout=timeout)
    with _or_closed(lambda: client.shutdown()):
        client.login(user, password(user) if secret is None else secret)
    return client


def smtp(address: str, user: str, secret: str | None = None, timeout: float = TIMEOUT) -> Client:
    client = smtplib.SMTP(*place(address), timeout=timeout)
    with _or_closed(lambda: client.close()):
        client.login(user, password(user) if secret is None else secret)
    return client


OPEN: Final[dict[str, Callable[..., Client]]] = {"pop3": pop3, "imap": imap, "smtp": smtp}


def leave(client: Client) -> None:
    """Say goodbye as the protocol asks, and close."""
    client.logout() if isinstance(client, imaplib.IMAP4) else client.quit()


def hang_up(client: Client) -> None:
    """Close the connection without a word."""
    client.shutdown() if isinstance(client, imaplib.IMAP4) else client.close()


@contextlib.contextmanager
def _or_closed(close: Callable[[], object]) -> Iterator[None]:
    """The clients of the standard library leave their socket open after a failed login."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(Exception):
            close()
        raise


class Unanswered(OSError):
    """The server did not answer as its protocol asks."""


FAULTY: Final = (Unanswered, TimeoutError, ConnectionError)
"""How a fault of a server shows to the client below."""


class Plain:
    """A client that keeps nothing from the test: lines, a time limit, and a socket that closes."""

    def __init__(self, protocol: str, address: str, timeout: float = TIMEOUT) -> None:
        self._protocol = protocol
        self._sock = socket.create_connection(place(address), timeout=timeout)
        self._file = self._sock.makefile("rb")

    def __enter__(self) -> Plain:
        return self

    def __exit__(self, *_reason: object) -> None:
        self._file.close()
        self._sock.close()

    def start(self, user: str) -> None:
        """Log in; raises OSError where the server does not answer well."""
        self.answer()
        for line in {
            "pop3": (f"USER {user}", f"PASS {password(user)}"),
            "imap": (f"a LOGIN {user} {password(user)}",),
            "smtp": ("EHLO me", f"AUTH PLAIN {b64encode(_plain(user)).decode()}"),
        }[self._protocol]:
            self.ask(line)

    def ask(self, line: str) -> None:
        self._sock.sendall(line.encode() + b"\r\n")
        self.answer()

    def noop(self) -> None:
        self.ask("a NOOP" if self._protocol == "imap" else "NOOP")

    def byte(self) -> None:
        """Read the first byte of whatever comes."""
        self._sock.recv(1)

    def answer(self) -> None:
        """Read a whole answer, which has to be a good one."""
        line = b"220-"
        while not line.startswith((b"+OK", b"* OK", b"a OK")) and line[3:4] != b" ":
            line = self._file.readline()
            if not line.endswith(b"\r\n") or not line.startswith((b"+OK", b"* ", b"a OK", b"2")):
                raise Unanswered(line)
        # A greeting of IMAP is untagged; everything else untagged comes before a tagged answer.


def _plain(user: str) -> bytes:
    return f"\0{user}\0{password(user)}".encode()
