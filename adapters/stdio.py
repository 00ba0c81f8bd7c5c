"""Any program that speaks the harness protocol (docs/protocol.md) on stdin and stdout."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from adapters import jsonrpc
from adapters.conversation import Conversation, Died, Handshake
from adapters.process import Gone, Process, Silent
from conformance.capabilities import Capabilities, Implementation, Offer
from conformance.errors import AdapterError, ProtocolError
from conformance.trace import (
    BAD_PARAMS,
    CRASHED,
    NOT_EXPRESSIBLE,
    NOT_IMPLEMENTED,
    NOT_OFFERED,
    RAISED,
    Call,
    Outcome,
)

_BACKOFF: Final = 0.1
_AFTER_TIME_OUT: Final = 5.0
_LONGEST: Final = 600.0
_ERRORS: Final = frozenset(
    {BAD_PARAMS, CRASHED, NOT_EXPRESSIBLE, NOT_IMPLEMENTED, NOT_OFFERED, RAISED}
)
_ENDED: Final = Outcome(
    "error", {"code": NOT_EXPRESSIBLE, "message": "the harness has ended outside a call"}
)

T = TypeVar("T")


class Stdio:
    """An adapter for one command; the constructor starts it and shakes hands.

    Raises :class:`AdapterError` where the harness cannot be started or fails twice in a row, and
    :class:`ProtocolError` where it breaks the protocol.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        call_timeout: float = 5.0,
        env: Mapping[str, str] | None = None,
        stderr_to_file: bool = False,
        cwd: str | os.PathLike[str] | None = None,
    ) -> None:
        self._spawn = lambda: Process(command, env=env, cwd=cwd, stderr_to_file=stderr_to_file)
        self._call_timeout = call_timeout
        self._timeout = call_timeout
        self._running: Conversation | None = None
        self._handshake: Handshake | None = None
        self._family: Capabilities | None = None
        self._failures = 0
        self._lost = False
        self._tainted = False
        self._stderr = ""
        self._persist(self._start)

    @property
    def implementation(self) -> Implementation:
        assert self._handshake is not None
        return self._handshake[0]

    @property
    def offer(self) -> Offer:
        assert self._handshake is not None
        return self._handshake[1]

    @property
    def stderr(self) -> str:
        return self._running.stderr if self._running else self._stderr

    def perform(self, call: Call) -> Outcome:
        """Perform one call; see :class:`adapters.port.Adapter`.

        After a death between two requests the sequence is lost: its remaining calls answer "not
        expressible", which says nothing about the implementation, until `begin`.
        """
        if call.method == "begin":
            try:
                outcome = self._persist(lambda: self._begin(call))
            except AdapterError:
                self._forget()
                raise
            self._lost = False
            return outcome
        running = self._running
        if running is None:
            if self._lost:
                return _ENDED
            raise AdapterError(f"{call.method} was asked after a crash", "call begin first")
        if call.method == "shutdown":
            return self._shutdown(running)
        seconds = self._seconds(call)
        try:
            answer = running.ask(call, seconds, self._family)
        except Gone as gone:
            if not gone.during:
                return self._lose(Died(f"ended between requests with {running.ending(seconds)}"))
            return self._died(running.crash(seconds))
        except Silent:
            return self._died(running.hang(seconds))
        except ProtocolError:
            self._forget()
            raise
        if "error" in answer:
            return Outcome("error", self._error(call, answer["error"]))
        if call.method == "parallel":
            self._inner_errors(call, answer["result"]["threads"])
        if call.method == "EmailSetTimeOut":
            self._expect_silence(call.params["milliseconds"] / 1000)
        return Outcome("result", answer["result"])

    def close(self) -> None:
        """End the harness; harmless when repeated."""
        if self._running is not None:
            self._running.leave()
            self._forget()

    def _start(self) -> Conversation:
        """Bring a fresh process up and compare what it says of itself."""
        self._tainted = False
        self._running = running = Conversation(self._spawn)
        said = running.initialize()
        if self._handshake is not None and said != self._handshake:
            self._forget()
            raise AdapterError(
                "the harness offers something else after a restart",
                "initialize must answer the same each time",
                stderr=self._stderr,
                final=True,
            )
        self._handshake = said
        return running

    def _begin(self, call: Call) -> Outcome:
        self._timeout = self._call_timeout
        self._family = self.offer.get(call.params["family"])
        if self._running is not None and not self._tainted:
            result = self._running.must(call, self._call_timeout)
            if result.get("fresh") is not False:
                return Outcome("result", {})
        self._forget()
        running = self._start()
        if running.must(call, self._call_timeout).get("fresh") is False:
            running.broke(
                ProtocolError('a process just started answers begin with {"fresh": false}')
            )
        return Outcome("result", {})

    def _shutdown(self, running: Conversation) -> Outcome:
        try:
            running.shutdown(self._call_timeout)
        except Died as died:
            return self._lose(died)
        self._forget()
        self._failures = 0
        self._lost = True  # nothing can be called before the next begin
        return Outcome("result", {})

    def _seconds(self, call: Call) -> float:
        if call.method != "parallel":
            return self._timeout
        return self._timeout * max(1, sum(map(len, call.params["threads"])))

    def _expect_silence(self, seconds: float) -> None:
        """From now on a silent server may take the time out that the sequence has set."""
        self._timeout = max(self._call_timeout, min(seconds + _AFTER_TIME_OUT, _LONGEST))

    def _error(self, call: Call, error: dict[str, Any]) -> dict[str, Any]:
        """Return the error object of an outcome; raises where the protocol knows no such code."""
        code = error["code"]
        if code in _ERRORS:
            self._tainted |= code == CRASHED
            return error
        shown = jsonrpc.quote(str(error.get("message", "")))
        self._forget()
        raise ProtocolError(
            f"the harness answered {call.method} with the unknown error code {code}",
            stderr=self._stderr,
            said=shown,
        )

    def _inner_errors(self, call: Call, threads: Any) -> None:
        for calls, answers in zip(call.params["threads"], threads, strict=True):
            for inner, answer in zip(calls, answers, strict=True):
                if "error" in answer:
                    self._error(Call(inner["method"]), answer["error"])

    def _persist(self, action: Callable[[], T]) -> T:
        """Perform what needs a live harness; a death is answered by one more try, afresh."""
        try:
            value = action()
        except Died as died:
            self._fail(died)
        else:
            if not self._lost:  # the sequence before this one went well to its end
                self._failures = 0
            return value
        time.sleep(_BACKOFF)
        try:
            return action()
        except Died as died:
            self._fail(died)
            raise AssertionError from died  # the second failure in a row has raised

    def _lose(self, died: Died) -> Outcome:
        """Give the sequence up; the run goes on unless this is the second time in a row."""
        self._lost = True
        self._fail(died)
        message = f"the harness {died}"
        return Outcome("error", {"code": NOT_EXPRESSIBLE, "message": message, "lost": True})

    def _fail(self, died: Died) -> None:
        """Count a failure; raises :class:`AdapterError` for the second in a row."""
        self._failures += 1
        if self._running is not None:
            self._running.end()
        self._forget()
        if self._failures > 1:
            raise AdapterError(
                f"the harness {died}, and failed twice in a row",
                "its standard error may say why",
                stderr=self._stderr,
                final=True,
            ) from None

    def _died(self, outcome: Outcome) -> Outcome:
        self._forget()
        return outcome

    def _forget(self) -> None:
        """Let go of a process that has ended; the next `begin` starts another."""
        if self._running is not None:
            self._running.end()
            self._stderr = self._running.stderr
            self._running = None
