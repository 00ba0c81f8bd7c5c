"""The process of the mail servers: run with `python -m adapters.mail.servers KIND`.

Commands are JSON lines on stdin, `{"method": ..., "params": {...}}`, each answered by one line on
stdout, `{"result": ...}` or `{"error": text}`. The process ends with its stdin.

| method | result |
|---|---|
| `addresses` | `{"pop3": "127.0.0.1:N", "pop3s": ..., "closed": ...}` |
| `begin` | `{}`: connections so far no longer count, nor what they did; no fault is played |
| `fault` | `{}`: `protocol` plays `mode` from now on |
| `observe` | `{"live", "farewells", "delivered"}`, once the counts stand still |
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any, Final

from adapters.mail.certificate import server_context
from adapters.mail.observer import HOST, Observer, closed_port
from adapters.mail.vocabulary import PROTOCOLS, Protocol

_LOOK_SECONDS: Final = 0.004
_TURNS: Final = 10
"""Of the event loop: to accept a connection, or to end one, takes it four or five."""
_STABLE_LIMIT_SECONDS: Final = 1.0


class Fleet:
    """The three observers, and what can be asked of them."""

    def __init__(self, backends: Mapping[Protocol, int]) -> None:
        self._observers = {name: Observer(name, backends[name]) for name in PROTOCOLS}
        self._closed = closed_port()
        self._addresses: dict[str, str] = {}

    async def open(self) -> None:
        """Listen."""
        context = server_context()
        for name, observer in self._observers.items():
            plain, tls = await observer.open(context)
            self._addresses[name] = f"{HOST}:{plain}"
            self._addresses[f"{name}s"] = f"{HOST}:{tls}"
        self._addresses["closed"] = f"{HOST}:{self._closed.getsockname()[1]}"

    async def addresses(self, _params: dict[str, Any]) -> dict[str, Any]:
        return self._addresses

    async def begin(self, _params: dict[str, Any]) -> dict[str, Any]:
        for observer in self._observers.values():
            await observer.begin()
        return {}

    async def fault(self, params: dict[str, Any]) -> dict[str, Any]:
        await self._observers[params["protocol"]].play(params["mode"])
        return {}

    async def observe(self, _params: dict[str, Any]) -> dict[str, Any]:
        """Look until two looks agree and nobody is leaving, for a second at most.

        What a client did before it answered is seen by the first look, and by the second one a
        connection that a thread of the client closes a little later. Where none is live there is
        none to close.
        """
        end = asyncio.get_running_loop().time() + _STABLE_LIMIT_SECONDS
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        seen = self._look()
        while any(seen["live"].values()) and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(_LOOK_SECONDS)
            before, seen = seen, self._look()
            if seen == before and not any(one.leaving() for one in self._observers.values()):
                break
        return seen

    def _look(self) -> dict[str, Any]:
        return {
            "live": {name: one.live() for name, one in self._observers.items()},
            "farewells": {name: one.farewells() for name, one in self._observers.items()},
            "delivered": self._observers["smtp"].delivered(),
        }


def main(kind: str) -> None:
    """Serve until stdin closes."""
    _allow_many_files()
    from twisted.internet import asyncioreactor

    loop = asyncio.SelectorEventLoop()
    asyncio.set_event_loop(loop)
    asyncioreactor.install(loop)
    from twisted.internet import reactor

    with _backends(kind, reactor) as ports:
        serving = loop.create_task(_serve(Fleet(ports)))
        serving.add_done_callback(lambda _done: reactor.stop())
        reactor.run(installSignalHandlers=False)
        serving.result()


@contextmanager
def _backends(kind: str, reactor: Any) -> Iterator[Mapping[Protocol, int]]:
    """The servers behind the observers."""
    from adapters.mail.embedded import listen, sink

    if kind == "embedded":
        yield listen(reactor)
        return
    from adapters.mail.dovecot import Dovecot

    with closing(Dovecot(sink(reactor))) as dovecot:
        yield dovecot.ports


async def _serve(fleet: Fleet) -> None:
    await fleet.open()
    commands: dict[str, Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]] = {
        "addresses": fleet.addresses,
        "begin": fleet.begin,
        "fault": fleet.fault,
        "observe": fleet.observe,
    }
    lines: asyncio.Queue[str] = asyncio.Queue()
    _read(lines)
    while line := await lines.get():
        asked = json.loads(line)
        try:
            answer: dict[str, Any] = {"result": await commands[asked["method"]](asked["params"])}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _read(lines: asyncio.Queue[str]) -> None:
    """Read stdin on a thread, as pipes cannot be waited for everywhere."""
    loop = asyncio.get_running_loop()

    def pump() -> None:
        while True:
            line = sys.stdin.readline()
            loop.call_soon_threadsafe(lines.put_nowait, line)
            if not line:
                return

    threading.Thread(target=pump, daemon=True).start()


def _allow_many_files() -> None:
    """Ask for as many open files as we may have: a session takes three of them."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    main(sys.argv[1])
