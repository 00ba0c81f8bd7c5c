"""Traces: the one kind of record that is judged, stored, minimised, replayed and shown.

A trace is a sequence of steps, each a call and its outcome, in the encoding of the harness protocol
(docs/protocol.md).
It begins with an implied `begin`.
Values that come from the run stand in a stored call as *symbols* (see :mod:`conformance.symbols`),
so that a trace replays on another day and another build;
the outcome keeps the value that went over the wire in `resolved`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from conformance.errors import UsageError

Kind = Literal["result", "error", "crash", "hang"]

NOT_OFFERED: Final = -32601
BAD_PARAMS: Final = -32602
CRASHED: Final = -32000
NOT_EXPRESSIBLE: Final = -32001
NOT_IMPLEMENTED: Final = -32002
RAISED: Final = -32003

_SILENT: Final = frozenset({NOT_OFFERED, NOT_EXPRESSIBLE, NOT_IMPLEMENTED})


@dataclass(frozen=True, slots=True)
class Call:
    """One call: a documented function with its parameter names; never changed in place."""

    method: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {"method": self.method, "params": dict(self.params)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one call came to.

    `body` is, by `kind`: the result object, the error object `{"code", ...}`, the crash object
    `{"status"}` or `{"signal"}`, or the seconds waited.
    `resolved` maps the parameters that held symbols to the values that went over the wire.
    """

    kind: Kind
    body: Any
    resolved: Mapping[str, Any] | None = None

    @property
    def died(self) -> bool:
        """The call crashed or hung, so that the implementation is gone and the trace ends here."""
        return (
            self.kind == "crash"
            or self.kind == "hang"
            or (self.kind == "error" and self.body.get("code") == CRASHED)
        )

    @property
    def silent(self) -> bool:
        """The call never reached the implementation, so nothing can be concluded from it."""
        return self.kind == "error" and self.body.get("code") in _SILENT

    @property
    def lost(self) -> bool:
        """The process ended between calls, so that the sequence ends here and none is to blame."""
        return self.kind == "error" and self.body.get("lost") is True

    @property
    def raised(self) -> bool:
        """The call raised an error of the binding's language instead of returning."""
        return self.kind == "error" and self.body.get("code") == RAISED

    @property
    def code(self) -> int | None:
        """The error code, or None where the call returned, crashed or hung."""
        return self.body.get("code") if self.kind == "error" else None

    def to_json(self) -> dict[str, Any]:
        encoded: dict[str, Any] = {self.kind: self.body}
        if self.resolved:
            encoded["resolved"] = dict(self.resolved)
        return encoded


@dataclass(frozen=True, slots=True)
class Step:
    """A call together with its outcome."""

    call: Call
    outcome: Outcome

    def to_json(self) -> dict[str, Any]:
        return {**self.call.to_json(), "outcome": self.outcome.to_json()}


Trace = tuple[Step, ...]

LAPSED: Final = Outcome("error", {"code": CRASHED, "message": "the adapter failed over the call"})
"""Stands for the outcome of a call that the adapter failed over; never part of a trace."""


def size(trace: Iterable[Step]) -> int:
    """The number of calls of a trace, those inside `parallel` too."""
    return sum(
        1 + sum(len(thread) for thread in step.call.params.get("threads", ()))
        if step.call.method == "parallel"
        else 1
        for step in trace
    )


def trace_to_json(trace: Trace) -> list[dict[str, Any]]:
    """The trace as it stands in trace files and results."""
    return [step.to_json() for step in trace]


def trace_from_json(value: object) -> Trace:
    """Read a trace back; raises :class:`UsageError` that names the first step that is wrong."""
    if not isinstance(value, list):
        raise UsageError("a trace must be a list of steps", 'each {"method", "params", "outcome"}')
    return tuple(_step_from_json(item, number) for number, item in enumerate(value, 1))


def _step_from_json(item: object, number: int) -> Step:
    if not isinstance(item, dict) or not isinstance(item.get("method"), str):
        raise UsageError(f"step {number} of the trace has no method")
    params = item.get("params", {})
    outcome = item.get("outcome")
    if not isinstance(params, dict):
        raise UsageError(f"the params of step {number} of the trace are not an object")
    return Step(Call(item["method"], params), _outcome_from_json(outcome, number))


def _outcome_from_json(value: object, number: int) -> Outcome:
    kinds: tuple[Kind, ...] = ("result", "error", "crash", "hang")
    if isinstance(value, dict):
        present = [kind for kind in kinds if kind in value]
        if len(present) == 1:
            kind = present[0]
            body = value[kind]
            resolved = value.get("resolved")
            shaped = type(body) in ((int, float) if kind == "hang" else (dict,))
            shaped = shaped and (resolved is None or isinstance(resolved, dict))
            if shaped and (kind != "error" or type(body.get("code")) is int):
                return Outcome(kind, body, resolved)
    raise UsageError(
        f"the outcome of step {number} of the trace is not one of result, error, crash, hang"
    )
