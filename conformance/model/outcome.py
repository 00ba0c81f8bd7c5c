"""Reading outcomes: the few questions that models and checks ask of them."""

from __future__ import annotations

from typing import Any

from conformance.symbols import UNTOUCHED
from conformance.trace import Call, Outcome


def returned(outcome: Outcome) -> Any:
    """What the function returned, or None where it did not return."""
    return outcome.body.get("return") if outcome.kind == "result" else None


def succeeded(outcome: Outcome) -> bool:
    """An SCODE without bit 31 came back (a warning is a success)."""
    value = returned(outcome)
    return type(value) is int and not value & 0x80000000


def failed(outcome: Outcome) -> bool:
    """A failing SCODE came back: bit 31 is set."""
    value = returned(outcome)
    return type(value) is int and bool(value & 0x80000000)


def written(outcome: Outcome, param: str) -> str | None:
    """The token that the call wrote through an out parameter, or None."""
    if outcome.kind != "result":
        return None
    out = outcome.body.get("out")
    token = out.get(param) if out else None
    return None if token == UNTOUCHED else token


def untouched(outcome: Outcome, param: str) -> bool:
    """The harness saw that nothing was written through the out parameter."""
    out = outcome.body.get("out") if outcome.kind == "result" else None
    return out is not None and out.get(param) == UNTOUCHED


def asked(call: Call, param: str) -> str | None:
    """The name that the call asked an out parameter to be bound to; None is a NULL pointer."""
    name = call.params.get(param)
    return name if isinstance(name, str) else None
