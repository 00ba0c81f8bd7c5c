"""One running harness and what is said to it: requests with ids, responses that are checked."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from typing import Any, Final, NoReturn

from adapters import jsonrpc, shapes
from adapters.process import Gone, Process, Silent, TooLong
from conformance.capabilities import Capabilities, Implementation, Offer, offer_from_json
from conformance.errors import ProtocolError
from conformance.trace import Call, Outcome

INITIALIZE_LIMIT: Final = 30.0
_FAREWELL: Final = 2.0

Handshake = tuple[Implementation, Offer]


class Died(Exception):  # noqa: N818 - the moment decides whether it is an outcome or a failure
    """The harness ended or fell silent where the protocol does not allow it; the text says how."""


class Conversation:
    """One process, from its start to its end."""

    def __init__(self, spawn: Callable[[], Process]) -> None:
        self._process = spawn()
        self._number = 0

    @property
    def stderr(self) -> str:
        return self._process.stderr

    def initialize(self) -> Handshake:
        """Shake hands; raises :class:`Died`, or :class:`ProtocolError` for a wrong answer."""
        params = {"protocol": 1, "suite": {"name": "mapi-conformance", "version": _version()}}
        result = self.must(Call("initialize", params), INITIALIZE_LIMIT)
        try:
            if type(result) is not dict or result.get("protocol") != 1:
                raise ProtocolError("the answer to initialize does not say `protocol` 1")
            return (
                Implementation.from_json(result.get("implementation")),
                offer_from_json(result.get("families")),
            )
        except ProtocolError as error:
            self.broke(error)

    def ask(self, call: Call, seconds: float, family: Capabilities | None = None) -> dict[str, Any]:
        """Send one request; returns the checked response.

        Raises :class:`ProtocolError` after ending the process, :class:`Gone` and :class:`Silent`.
        """
        self._number += 1
        number = self._number
        try:
            unasked = self._process.unasked(look=call.method == "begin")
            if unasked:
                raise ProtocolError(
                    "the harness wrote more than its answer",
                    "one response for each request, and nothing else on stdout",
                    said=jsonrpc.quote(unasked),
                    late=True,
                )
            line = self._process.ask(jsonrpc.request(number, call.method, call.params), seconds)
            answer = jsonrpc.response(line, number)
            if "result" in answer and call.method != "initialize":
                try:
                    shapes.check(call, answer["result"], family)
                except ProtocolError as error:
                    raise ProtocolError(
                        error.message, error.hint, said=jsonrpc.quote(line)
                    ) from None
        except TooLong as long:
            start = jsonrpc.quote(long.start[:1000])
            self.broke(ProtocolError("the harness answered a line over 16 MiB", said=start))
        except ProtocolError as error:
            self.broke(error)
        return answer

    def must(self, call: Call, seconds: float) -> Any:
        """Send a request that has to succeed; returns its result. Raises :class:`Died`."""
        try:
            answer = self.ask(call, seconds)
        except Gone:
            raise Died(f"ended in {call.method} with {self.ending(seconds)}") from None
        except Silent:
            raise Died(f"did not answer {call.method} within {seconds:g} s") from None
        if "error" in answer:
            shown = jsonrpc.quote(str(answer["error"]))
            what = f"the harness answered {call.method} with an error"
            self.broke(ProtocolError(what, said=shown))
        return answer["result"]

    def shutdown(self, seconds: float) -> None:
        """Have the harness end by itself with status 0; raises :class:`Died` where it does not."""
        self.must(Call("shutdown"), seconds)
        self._process.close_stdin()
        if self._process.exit_code(seconds) != 0:
            raise Died(f"answered shutdown and then ended with {self.ending(0)}")
        self.end()

    def crash(self, seconds: float) -> Outcome:
        """End the process and return the outcome of a call during which it closed its output."""
        code = self._process.exit_code(seconds)
        self.end()
        if code is None:  # it lives on without an output, so that no answer can come any more
            return Outcome("hang", seconds)
        return Outcome("crash", {"signal": -code} if code < 0 else {"status": code})

    def hang(self, seconds: float) -> Outcome:
        """End the process and return the outcome of a call that it did not answer in time."""
        if self._process.exit_code(0) is not None:
            return self.crash(0)  # dead: only a child of its own keeps the pipe open
        self.end()
        return Outcome("hang", seconds)

    def ending(self, seconds: float) -> str:
        """How the process ended, for a message."""
        code = self._process.exit_code(seconds)
        if code is None:
            return "its output closed"
        return f"signal {-code}" if code < 0 else f"status {code}"

    def end(self) -> None:
        """Kill the process and all that it started in its group; harmless when repeated."""
        self._process.end()

    def leave(self) -> None:
        """End the process politely if it will, and by force otherwise."""
        try:
            self.shutdown(_FAREWELL)
        except (Died, ProtocolError):
            self.end()

    def broke(self, error: ProtocolError) -> NoReturn:
        """Raise the error; the process goes too, since nothing after it can be trusted."""
        self.end()
        error.stderr = self.stderr
        raise error


def _version() -> str:
    try:
        return metadata.version("mapi-conformance")
    except metadata.PackageNotFoundError:
        return "0"
