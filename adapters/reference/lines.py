"""A connection to a mail server that always ends, and never later than its deadline.

The clients of the standard library count a timeout for each read, so that a server which sends a
byte now and then holds them for ever; and they leave their socket open where a login fails.
A *line* is a socket that counts one deadline for all that happens on it, and that hangs up with
everything that was made of it.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import time
from functools import cache
from typing import Any, Final, NamedTuple

FAREWELL_SECONDS: Final = 2.0
"""How long a server is waited for when a session ends."""


class Address(NamedTuple):
    """Where a server listens."""

    host: str
    port: int


class _Bounded:
    """What lines add to sockets; a mixin before a socket class."""

    deadline: float = 0.0
    _files: list[Any]

    def allow(self, seconds: float) -> None:
        """Give what follows so much time, all in all."""
        self.deadline = time.monotonic() + seconds

    def recv_into(self, *args: Any) -> int:
        self._hurry()
        received: int = super().recv_into(*args)  # type: ignore[misc]
        return received

    def sendall(self, *args: Any) -> None:
        self._hurry()
        super().sendall(*args)  # type: ignore[misc]

    def makefile(self, *args: Any, **named: Any) -> Any:
        made = super().makefile(*args, **named)  # type: ignore[misc]
        self._files = [*getattr(self, "_files", ()), made]
        return made

    def _hurry(self) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the server does not answer in time")
        self.settimeout(left)  # type: ignore[attr-defined]

    def hang_up(self) -> None:
        """Close the connection at once; harmless when repeated, or when the server has gone."""
        for made in getattr(self, "_files", ()):
            with contextlib.suppress(OSError, ValueError):
                made.close()
        with contextlib.suppress(OSError, ValueError):
            self.shutdown(socket.SHUT_RDWR)  # type: ignore[attr-defined]
        self.close()  # type: ignore[attr-defined]


class PlainLine(_Bounded, socket.socket):
    """A line without encryption."""


class TlsLine(_Bounded, ssl.SSLSocket):
    """A line with TLS from its first byte."""


Line = PlainLine | TlsLine


def dial(address: Address, *, tls: bool, seconds: float) -> Line:
    """Connect; what follows has until the same deadline.

    Raises OSError (a timeout, a refusal, an unknown host, a TLS failure are all of that kind).
    """
    deadline = time.monotonic() + seconds
    failure: OSError = ConnectionError(f"{address.host} has no address")
    for family, kind, number, _name, place in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
        plain = PlainLine(family, kind, number)
        try:
            plain.settimeout(max(0.001, deadline - time.monotonic()))
            plain.connect(place)
            line = _secured(plain, address.host, deadline) if tls else plain
        except OSError as error:
            plain.hang_up()
            failure = error
            continue
        line.deadline = deadline
        return line
    raise failure


def _secured(plain: PlainLine, host: str, deadline: float) -> TlsLine:
    context = _context(local=_is_local(host))
    line = context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
    assert isinstance(line, TlsLine)
    try:
        line.settimeout(max(0.001, deadline - time.monotonic()))
        line.do_handshake()
    except (OSError, ValueError):
        line.hang_up()
        raise
    return line


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@cache
def _context(*, local: bool) -> ssl.SSLContext:
    """Certificates are checked, but for servers on this machine, which nobody certifies."""
    context = ssl.create_default_context()
    context.sslsocket_class = TlsLine
    if local:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
