"""An adapter with mail servers beside it: `servers.*` goes to them, the rest to the adapter.

The servers are started by the first `begin` of the family `email`, in a process of their own that
ends with this adapter, and with the suite, however it ends.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any, Final

from adapters.mail.vocabulary import MODES, PROTOCOLS
from adapters.port import Adapter
from adapters.process import Gone, Process, Silent, TooLong
from conformance.capabilities import Implementation, Offer
from conformance.errors import AdapterError
from conformance.trace import NOT_EXPRESSIBLE, Call, Outcome

_START_SECONDS: Final = 60.0
_ANSWER_SECONDS: Final = 30.0
_LEAVE_SECONDS: Final = 5.0


class Servers:
    """The process of the mail servers.

    Raises :class:`AdapterError` where it cannot be started, or dies.
    """

    def __init__(self, kind: str) -> None:
        command = [sys.executable, "-m", "adapters.mail.servers", kind]
        self._process = Process(command, stderr_to_file=True)
        try:
            self.addresses: Mapping[str, str] = self.ask("addresses", {}, _START_SECONDS)
        except BaseException:
            self.close()
            raise

    def ask(
        self, method: str, params: Mapping[str, Any], seconds: float = _ANSWER_SECONDS
    ) -> dict[str, Any]:
        """Give one command; see :mod:`adapters.mail.servers` for what it answers."""
        line = json.dumps({"method": method, "params": dict(params)}).encode() + b"\n"
        try:
            answer = json.loads(self._process.ask(line, seconds))
        except (Gone, Silent, TooLong, ValueError) as error:
            said = self._process.stderr.strip().splitlines()[-1:] or [type(error).__name__.lower()]
            raise AdapterError(
                f"the mail servers failed in {method}: {said[0]}",
                "the suite starts them on loopback",
                stderr=self._process.stderr,
            ) from None
        if "error" in answer:
            raise AdapterError(f"the mail servers failed in {method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def close(self) -> None:
        """End the process; harmless when repeated."""
        self._process.close_stdin()
        self._process.exit_code(_LEAVE_SECONDS)
        self._process.end()


class Served:
    """An adapter that offers `email`, with mail servers of one kind."""

    def __init__(self, inner: Adapter, kind: str = "embedded") -> None:
        self._inner = inner
        self._kind = kind
        self._servers: Servers | None = None

    @property
    def implementation(self) -> Implementation:
        return self._inner.implementation

    @property
    def offer(self) -> Offer:
        return self._inner.offer

    @property
    def stderr(self) -> str:
        return self._inner.stderr

    def perform(self, call: Call) -> Outcome:
        """Perform one call; see :class:`adapters.port.Adapter`.

        `servers.addresses` is answered here as well; it never stands in a trace.
        """
        if call.method.startswith("servers."):
            return self._perform(call)
        outcome = self._inner.perform(call)
        if call.method == "begin" and call.params.get("family") == "email":
            self._running().ask("begin", {})
        return outcome

    def close(self) -> None:
        """End the other side, then the servers; harmless when repeated."""
        try:
            self._inner.close()
        finally:
            if self._servers is not None:
                self._servers.close()
                self._servers = None

    def _perform(self, call: Call) -> Outcome:
        method, params = call.method.removeprefix("servers."), call.params
        if method == "addresses":
            return Outcome("result", dict(self._running().addresses))
        known = method == "observe" or (
            method == "fault"
            and params.get("protocol") in PROTOCOLS
            and params.get("mode") in MODES
        )
        if not known:
            message = f"{call.method} with {dict(params)} is not known"
            return Outcome("error", {"code": NOT_EXPRESSIBLE, "message": message})
        return Outcome("result", self._running().ask(method, params))

    def _running(self) -> Servers:
        if self._servers is None:
            self._servers = Servers(self._kind)
        return self._servers
