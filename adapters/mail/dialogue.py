"""What a mail session says, followed from outside: who logged in, who took leave, what was sent.

Pure: bytes of the client and of the server in, attributes out.
A user counts as logged in only when the server has said so.
Followed are RFC 1939 and 5034 (POP3), RFC 3501 and 4959 (IMAP), RFC 5321, 4954 and 3030 (SMTP).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from adapters.mail.vocabulary import Protocol

_LONGEST: Final = 1 << 16
_LITERAL: Final = re.compile(rb"\{(\d+)\+?\}$")
_ATOM: Final = re.compile(rb'"((?:[^"\\]|\\.)*)"|(\S+)')
_USERNAME: Final = re.compile(rb'username="([^"]*)"')


@dataclass(slots=True)
class Dialogue:
    """One connection; `user` is "" until the server has accepted a login.

    `farewells` counts QUIT or LOGOUT, `delivered` the mails that the server took over.
    """

    user: str = ""
    farewells: int = 0
    delivered: int = 0
    _from_client: bytes = b""
    _from_server: bytes = b""
    _claimed: str = ""
    _skip: int = 0

    def client(self, data: bytes) -> int:
        """Take what the client sent; returns the number of lines it completed."""
        rest, lines = self._from_client + data, 0
        while rest:
            if self._skip:
                taken = min(self._skip, len(rest))
                self._skip -= taken
                rest = rest[taken:]
                continue
            line, ended, after = rest.partition(b"\n")
            if not ended:
                break
            rest, lines = after, lines + 1
            self._said(line.rstrip(b"\r"))
        self._from_client = rest[-_LONGEST:]
        return lines

    def server(self, data: bytes) -> None:
        """Take what the server sent."""
        *lines, rest = (self._from_server + data).split(b"\n")
        self._from_server = rest[-_LONGEST:]
        for line in lines:
            self._answered(line.rstrip(b"\r"))

    def _said(self, line: bytes) -> None:
        raise NotImplementedError

    def _answered(self, line: bytes) -> None:
        raise NotImplementedError


@dataclass(slots=True)
class _InOrder(Dialogue):
    """POP3 and SMTP: answers come in the order of the commands; `_pending` awaits them."""

    _pending: deque[str] = field(default_factory=deque)
    _mechanism: bytes = b""
    _greeted: bool = False

    def _auth(self, words: list[bytes]) -> None:
        """An AUTH command, with or without an initial response."""
        self._mechanism = words[1].upper() if len(words) > 1 else b""
        self._claimed = sasl_user(self._mechanism, words[2]) if len(words) > 2 else ""
        self._pending.append("auth")

    def _token(self, line: bytes) -> None:
        """A line of the client inside AUTH."""
        self._claimed = self._claimed or sasl_user(self._mechanism, line)
        self._pending.append("auth")

    def _accepted(self) -> None:
        self.user, self._mechanism = self._claimed, b""


@dataclass(slots=True)
class Pop3(_InOrder):
    """POP3: USER and PASS, APOP, AUTH."""

    _listing: bool = False

    def _said(self, line: bytes) -> None:
        words = line.split(b" ")
        verb = words[0].upper()
        if self._mechanism:
            self._token(line)
        elif verb == b"QUIT":
            self.farewells += 1
        elif self.user:
            return
        elif verb == b"AUTH" and len(words) > 1:
            self._auth(words)
        elif verb in (b"CAPA", b"AUTH"):
            self._pending.append("listing")
        else:
            if verb in (b"USER", b"APOP"):
                self._claimed = text(b" ".join(words[1:] if verb == b"USER" else words[1:2]))
            self._pending.append("login" if verb in (b"PASS", b"APOP") else "")

    def _answered(self, line: bytes) -> None:
        if self.user:
            return
        if self._listing:
            self._listing = line != b"."
            return
        if not self._greeted:
            self._greeted = True
            return
        asked = self._pending.popleft() if self._pending else ""
        good = line.startswith(b"+OK")
        if asked == "listing":
            self._listing = good
        elif asked == "login" and good:
            self._accepted()
        elif asked == "auth":
            if good:
                self._accepted()
            elif not line.startswith(b"+"):
                self._mechanism = b""


@dataclass(slots=True)
class Smtp(_InOrder):
    """SMTP: AUTH, and the mails that the server accepts."""

    _in_body: bool = False

    def _said(self, line: bytes) -> None:
        words = line.split()
        verb = words[0].upper() if words else b""
        if self._in_body:
            if line == b".":
                self._in_body = False
                self._pending.append("mail")
        elif self._mechanism:
            self._token(line)
        elif verb == b"AUTH":
            self._auth(words)
        elif verb == b"BDAT" and len(words) > 1 and words[1].isdigit():
            self._skip = int(words[1])
            self._pending.append("mail" if words[-1].upper() == b"LAST" else "")
        else:
            self.farewells += verb == b"QUIT"
            self._pending.append("data" if verb == b"DATA" else "")

    def _answered(self, line: bytes) -> None:
        if line[3:4] == b"-":
            return
        if not self._greeted:
            self._greeted = True
            return
        asked = self._pending.popleft() if self._pending else ""
        kind = line[:1]
        if asked == "data":
            self._in_body = kind == b"3"
        elif asked == "mail":
            self.delivered += kind == b"2"
        elif asked == "auth":
            if kind == b"2":
                self._accepted()
            elif kind != b"3":
                self._mechanism = b""


@dataclass(slots=True)
class Imap(Dialogue):
    """IMAP: LOGIN and AUTHENTICATE, with quoted strings and literals."""

    _command: bytes = b""
    _claims: dict[bytes, str] = field(default_factory=dict)
    _authenticating: tuple[bytes, bytes] | None = None

    def client(self, data: bytes) -> int:
        """Take what the client sent; a literal of a login belongs to its command."""
        rest, lines = self._from_client + data, 0
        while rest:
            if self._skip:
                taken = min(self._skip, len(rest))
                self._skip -= taken
                piece = rest[:taken].replace(b"\\", b"\\\\").replace(b'"', b'\\"')
                self._command = (self._command + piece)[-_LONGEST:]
                self._command += b"" if self._skip else b'"'
                rest = rest[taken:]
                continue
            line, ended, after = rest.partition(b"\n")
            if not ended:
                break
            rest, lines = after, lines + 1
            line = line.rstrip(b"\r")
            literal = _LITERAL.search(line)
            if literal:
                # As if it had been a quoted string.
                self._skip = int(literal[1])
                self._command += line[: literal.start()] + (b'"' if self._skip else b'""')
                continue
            self._said(self._command + line)
            self._command = b""
        self._from_client = rest[-_LONGEST:]
        return lines

    def _said(self, line: bytes) -> None:
        if self._authenticating is not None:
            tag, mechanism = self._authenticating
            self._claims[tag] = self._claims.get(tag) or sasl_user(mechanism, line)
            return
        words = line.split(b" ", 2)
        if len(words) < 2:
            return
        tag, verb, rest = words[0], words[1].upper(), words[2] if len(words) > 2 else b""
        if verb == b"LOGOUT":
            self.farewells += 1
        elif verb == b"LOGIN":
            self._claims[tag] = _first_string(rest)
        elif verb == b"AUTHENTICATE":
            mechanism, _, initial = rest.partition(b" ")
            self._authenticating = (tag, mechanism.upper())
            if initial:
                self._claims[tag] = sasl_user(mechanism.upper(), initial)

    def _answered(self, line: bytes) -> None:
        tag, _, rest = line.partition(b" ")
        if self._authenticating is not None and tag == self._authenticating[0]:
            self._authenticating = None
        claimed = self._claims.pop(tag, "") if self._claims else ""
        if claimed and rest[:2].upper() == b"OK":
            self.user = claimed


FOLLOW: Final[dict[Protocol, Callable[[], Dialogue]]] = {"pop3": Pop3, "imap": Imap, "smtp": Smtp}
"""A new dialogue of each protocol."""


def sasl_user(mechanism: bytes, line: bytes) -> str:
    """The user that a response of a SASL mechanism names, or "".

    PLAIN (RFC 4616), LOGIN, CRAM-MD5 (RFC 2195), DIGEST-MD5 (RFC 2831).
    """
    try:
        said = base64.b64decode(line, validate=True)
    except binascii.Error:
        return ""
    if mechanism == b"PLAIN":
        parts = said.split(b"\0")
        return text(parts[1]) if len(parts) == 3 else ""
    if mechanism == b"CRAM-MD5":
        return text(said.rpartition(b" ")[0])
    if mechanism == b"DIGEST-MD5":
        found = _USERNAME.search(said)
        return text(found[1]) if found else ""
    return text(said) if mechanism == b"LOGIN" else ""


def _first_string(arguments: bytes) -> str:
    """The first argument of LOGIN: an atom or a quoted string."""
    found = _ATOM.match(arguments)
    if found is None:
        return ""
    quoted = found[1]
    return text(re.sub(rb"\\(.)", rb"\1", quoted) if quoted is not None else found[2])


def text(raw: bytes) -> str:
    """Bytes of a protocol as text; what is not UTF-8 stays visible."""
    return raw.decode("utf-8", "backslashreplace")
