"""The observer: it stands before a mail server, counts its connections, and plays faults.

One :class:`Observer` for each protocol, with a plain port and a TLS port, whose TLS ends here.
What is counted is what the server side sees: a connection is live until the client has closed it
or the server has, and belongs to a user once the server has accepted the login.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.mail.dialogue import FOLLOW, Dialogue
from adapters.mail.vocabulary import Mode, Protocol

HOST: Final = "127.0.0.1"
DRIP_SECONDS: Final = 0.025
"""Between two bytes: a line of forty takes a second. Every greeting is at least as long."""

_BACKLOG: Final = 1024
_HANDSHAKE_SECONDS: Final = 10.0
_PATIENCE_SECONDS: Final = 0.1
_NONSENSE: Final = b"!? \xff\xfe 7F nonsense\r\n"


class Observer:
    """The front of one protocol; `mode` is the fault that it plays."""

    def __init__(self, protocol: Protocol, backend: int) -> None:
        self.protocol = protocol
        self.mode: Mode = "none"
        self._backend = backend
        self._doors: list[_Door] = []
        self._links: set[Link] = set()
        self._farewells: Counter[str] = Counter()
        self._delivered = 0

    async def open(self, context: ssl.SSLContext) -> tuple[int, int]:
        """Listen on two fresh ports; returns the plain one and the TLS one."""
        self._doors = [_Door(self, None), _Door(self, context)]
        for door in self._doors:
            await door.open()
        plain, tls = self._doors
        return plain.port, tls.port

    async def play(self, mode: Mode) -> None:
        """Play a fault from now on, on the connections that are there too."""
        self.mode = mode
        for door in self._doors:
            if mode == "refuse":
                door.shut()
            else:
                await door.open()
        for link in tuple(self._links):
            link.mode_changed()

    async def begin(self) -> None:
        """End what is left of the sequence before, and count from zero."""
        await self.play("none")
        for link in tuple(self._links):
            link.abort()
        self._links.clear()
        self._farewells.clear()
        self._delivered = 0

    def live(self) -> dict[str, int]:
        """Live connections by user."""
        return dict(Counter(link.dialogue.user for link in self._links))

    def farewells(self) -> dict[str, int]:
        """QUIT or LOGOUT seen since `begin`, by user."""
        return dict(self._farewells)

    def leaving(self) -> bool:
        """Whether a client has said farewell and is still connected: it may be about to close."""
        return any(link.dialogue.farewells for link in self._links)

    def delivered(self) -> int:
        """Mails accepted since `begin`."""
        return self._delivered

    def accepted(self, client: asyncio.Transport) -> Link:
        """A client has connected; returns its link to the server."""
        link = Link(self, client, FOLLOW[self.protocol]())
        self._links.add(link)
        link.dial(self._backend)
        return link

    def heard(self, link: Link, farewells: int, delivered: int) -> None:
        """A link that still counts has seen these."""
        if link in self._links:
            if farewells:
                self._farewells[link.dialogue.user] += farewells
            self._delivered += delivered

    def ended(self, link: Link) -> None:
        """One side of a link has closed it."""
        self._links.discard(link)


class _Door:
    """One port; shut, it stays bound, so that nobody else can listen there."""

    def __init__(self, observer: Observer, context: ssl.SSLContext | None) -> None:
        self._observer = observer
        self._context = context
        self._socket = _bound(0)
        self._server: asyncio.Server | None = None
        self.port: int = self._socket.getsockname()[1]

    async def open(self) -> None:
        if self._server is None:
            self._server = await asyncio.get_running_loop().create_server(
                lambda: _Client(self._observer),
                sock=self._socket,
                backlog=_BACKLOG,
                ssl=self._context,
                ssl_handshake_timeout=_HANDSHAKE_SECONDS if self._context else None,
            )

    def shut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
            self._socket = _bound(self.port)


def _bound(port: int) -> socket.socket:
    # With the protocol named, asyncio sends every answer at once (no delay by Nagle's algorithm).
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if (
        os.name == "posix"
    ):  # connections of the shut port live on; on Windows it means another thing
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.bind((HOST, port))
    return found


def closed_port() -> socket.socket:
    """A port where nobody listens as long as the socket is kept."""
    return _bound(0)


@dataclass(eq=False, slots=True)
class Link:
    """One connection from a client to the server behind the observer."""

    observer: Observer
    client: asyncio.Transport
    dialogue: Dialogue
    server: asyncio.Transport | None = None
    _to_server: bytearray = field(default_factory=bytearray)
    _to_client: bytearray = field(default_factory=bytearray)
    _greeted: bool = False
    _asked: bool = False
    _server_gone: bool = False
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def dial(self, port: int) -> None:
        """Connect to the server; what the client says meanwhile waits."""
        self._start(self._dial(port))
        self.mode_changed()

    async def _dial(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: _Server(self), HOST, port)
        except OSError:
            self.abort()

    def from_client(self, data: bytes) -> None:
        before = self.dialogue.farewells
        lines = self.dialogue.client(data)
        self.observer.heard(self, self.dialogue.farewells - before, 0)
        if self.observer.mode == "nonsense":
            if lines:
                self._talk_nonsense()
            return
        self._asked = self._asked or lines > 0
        self._to_server += data
        self._flush()

    def from_server(self, data: bytes) -> None:
        if self.observer.mode == "nonsense":
            return
        self._to_client += data
        self._flush()

    def mode_changed(self) -> None:
        """Do what the fault asks of a connection that is there."""
        mode = self.observer.mode
        self._asked = False
        if mode == "nonsense" and not self._greeted:
            self._greeted = True
            self.client.write(_NONSENSE)
            self._start(self._hang_up())
        elif mode == "drip":
            self._start(self._drip())
        self._flush()

    def connected(self, server: asyncio.Transport) -> None:
        self.server = server
        if self.client.is_closing():
            server.abort()
        self._flush()

    def server_left(self) -> None:
        self._server_gone = True
        self._flush()

    def client_left(self) -> None:
        self.observer.ended(self)
        for task in self._tasks:
            task.cancel()
        if self.server is not None:
            self.server.close()

    def abort(self) -> None:
        """End both sides at once."""
        self.client.abort()
        if self.server is not None:
            self.server.abort()
        self.observer.ended(self)

    def _flush(self) -> None:
        """Pass on what the fault allows."""
        mode = self.observer.mode
        if mode == "silent":
            return
        if self._to_server and self.server is not None:
            self.server.write(bytes(self._to_server))
            self._to_server.clear()
        if self._to_client and mode != "drip":
            self._pass_on(len(self._to_client), cut=mode == "drop" and self._asked)
        if self._server_gone and not self._to_client:
            self.observer.ended(self)
            self.client.close()

    def _pass_on(self, size: int, *, cut: bool = False) -> None:
        size = size // 2 if cut else size
        data = bytes(self._to_client[:size])
        del self._to_client[:size]
        self._greeted = True
        before = self.dialogue.delivered
        self.dialogue.server(data)
        self.observer.heard(self, 0, self.dialogue.delivered - before)
        self.client.write(data)
        if cut:
            self.abort()

    async def _drip(self) -> None:
        while self.observer.mode == "drip":
            if self._to_client:
                self._pass_on(1)
            self._flush()
            await asyncio.sleep(DRIP_SECONDS)

    def _talk_nonsense(self) -> None:
        self.client.write(_NONSENSE)
        self.observer.ended(self)
        self.client.close()

    async def _hang_up(self) -> None:
        """Leave nobody waiting for a greeting that never comes."""
        await asyncio.sleep(_PATIENCE_SECONDS)
        self._talk_nonsense()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Client(asyncio.Protocol):
    """The side of a link that the client is on."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._link: Link | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._link = self._observer.accepted(transport)

    def data_received(self, data: bytes) -> None:
        assert self._link is not None
        self._link.from_client(data)

    def connection_lost(self, _reason: Exception | None) -> None:
        if self._link is not None:
            self._link.client_left()


class _Server(asyncio.Protocol):
    """The side of a link that the server is on."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._link.connected(transport)

    def data_received(self, data: bytes) -> None:
        self._link.from_server(data)

    def connection_lost(self, _reason: Exception | None) -> None:
        self._link.server_left()
