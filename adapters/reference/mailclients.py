"""One session with a POP3, IMAP or SMTP server, on the clients of the standard library.

Whatever goes wrong while one starts, its connection is closed before the failure leaves here; and
a session that ends is gone, even where the server died before.
"""

from __future__ import annotations

import contextlib
import imaplib
import poplib
import smtplib
import socket
from abc import ABC, abstractmethod
from email.message import EmailMessage
from typing import Any, ClassVar, Final

from adapters.reference.lines import FAREWELL_SECONDS, Address, Line, dial

FAILURES: Final = (
    OSError,
    EOFError,
    ValueError,  # what a client cannot read or write
    AttributeError,  # poplib, after its connection was closed
    poplib.error_proto,
    imaplib.IMAP4.error,
    smtplib.SMTPException,
)
"""Whatever the three clients raise for a server that fails, refuses, or answers nonsense."""


class MailError(Exception):
    """Something did not work; the text says what, for ErrorInfo."""


class MailSession(ABC):
    """One connection on which a user is logged in."""

    protocol: ClassVar[str]

    def __init__(
        self, address: Address, user: str, password: str, *, tls: bool, seconds: float
    ) -> None:
        """Connect and log in within so many seconds; raises :class:`MailError`."""
        if any(ord(character) < ord(" ") for character in user + password):
            raise MailError("a user name or password holds a control character")
        self.seconds = seconds
        try:
            self.line: Line = dial(address, tls=tls, seconds=seconds)
        except (OSError, UnicodeError) as error:
            raise MailError(f"no connection to {address.host}:{address.port}: {error}") from error
        try:
            self.client = self.log_in(user, password)
        except FAILURES as error:
            self.line.hang_up()
            raise MailError(f"{self.protocol} login failed: {_told(error)}") from error
        except BaseException:
            self.line.hang_up()
            raise

    @abstractmethod
    def log_in(self, user: str, password: str) -> Any:
        """Make the client on the line and log in."""

    @abstractmethod
    def take_leave(self) -> None:
        """Say goodbye to the server."""

    def count(self) -> int:
        """How many mails there are; raises :class:`MailError`."""
        raise MailError(f"a {self.protocol} session does not read")

    def send(self, _sender: str, _to: str, _subject: str) -> None:
        """Send a mail; raises :class:`MailError`."""
        raise MailError(f"a {self.protocol} session does not send")

    def end(self) -> None:
        """Take leave and close the connection; the server may have done so already."""
        self.line.allow(min(self.seconds, FAREWELL_SECONDS))
        with contextlib.suppress(*FAILURES):
            self.take_leave()
        self.line.hang_up()


def _told(error: Exception) -> str:
    """The text of an error, which servers may send as bytes; never empty."""
    text = " ".join(
        part.decode(errors="replace") if isinstance(part, bytes) else str(part)
        for part in error.args
    )
    return text.strip() or type(error).__name__


class _Pop3Client(poplib.POP3):
    def __init__(self, line: Line) -> None:
        self._line = line
        super().__init__("")

    def _create_socket(self, _timeout: Any) -> socket.socket:
        return self._line


class Pop3(MailSession):
    """A session that reads. Source: RFC 1939."""

    protocol = "pop3"
    client: _Pop3Client

    def log_in(self, user: str, password: str) -> _Pop3Client:
        client = _Pop3Client(self.line)
        client.user(user)
        client.pass_(password)
        return client

    def count(self) -> int:
        self.line.allow(self.seconds)
        try:
            return self.client.stat()[0]
        except (*FAILURES, IndexError) as error:
            raise MailError(f"pop3: {_told(error)}") from error

    def take_leave(self) -> None:
        self.client.quit()


class _ImapClient(imaplib.IMAP4):
    def __init__(self, line: Line) -> None:
        self._line = line
        super().__init__()

    def _create_socket(self, _timeout: Any) -> socket.socket:
        return self._line


class Imap(MailSession):
    """A session that reads. Source: RFC 3501."""

    protocol = "imap"
    client: _ImapClient

    def log_in(self, user: str, password: str) -> _ImapClient:
        client = _ImapClient(self.line)
        client.login(_quoted(user), password)
        return client

    def count(self) -> int:
        self.line.allow(self.seconds)
        try:
            answer, data = self.client.select(readonly=True)
            if answer != "OK" or not data or data[0] is None:
                raise MailError(f"imap: the mailbox does not open: {answer}")
            return int(data[0])
        except FAILURES as error:
            raise MailError(f"imap: {_told(error)}") from error

    def take_leave(self) -> None:
        self.client.logout()


def _quoted(text: str) -> str:
    """A quoted string; `imaplib` quotes the password and not the user name."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _SmtpClient(smtplib.SMTP):
    def __init__(self, line: Line, address: Address) -> None:
        self._line = line
        super().__init__(*address, local_hostname="localhost")

    def _get_socket(self, _host: Any, _port: Any, _timeout: Any) -> socket.socket:
        return self._line


class Smtp(MailSession):
    """A session that sends. Source: RFC 5321, RFC 4954."""

    protocol = "smtp"
    client: _SmtpClient

    def log_in(self, user: str, password: str) -> _SmtpClient:
        client = _SmtpClient(self.line, Address("localhost", 25))
        client.login(user, password)
        return client

    def send(self, sender: str, to: str, subject: str) -> None:
        self.line.allow(self.seconds)
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, to, subject
        mail.set_content("")
        try:
            self.client.send_message(mail)
        except FAILURES as error:
            raise MailError(f"smtp: {_told(error)}") from error

    def take_leave(self) -> None:
        self.client.quit()
