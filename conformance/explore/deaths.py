"""Stimuli that ended the implementation: each costs a restart, so a sure one is not repeated for ever."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from conformance.trace import Call, Outcome

ENOUGH: Final = 3
CRASH_COST: Final = 100
"""A restart, in calls of the budget."""
HANG_COST: Final = 5000


@dataclass(slots=True)
class Deaths:
    """How often each kind of stimulus was tried and ended the process."""

    tried: dict[Any, int] = field(default_factory=dict)
    died: dict[Any, int] = field(default_factory=dict)
    hung: dict[Any, int] = field(default_factory=dict)
    cost: int = 0

    def expects(self, call: Call) -> bool:
        """Whether this kind of call is known to end the process nearly always."""
        if not self.died:
            return False
        key = _kind(call)
        died = self.died.get(key, 0)
        enough = died >= ENOUGH or self.hung.get(key, 0) >= ENOUGH - 1
        return enough and died * 2 > self.tried.get(key, 0)

    def note(self, call: Call, outcome: Outcome) -> None:
        """Count one call."""
        if not outcome.died and not self.died:
            return
        key = _kind(call)
        self.tried[key] = self.tried.get(key, 0) + 1
        if outcome.died:
            self.died[key] = self.died.get(key, 0) + 1
            self.cost += HANG_COST if outcome.kind == "hang" else CRASH_COST
            if outcome.kind == "hang":
                self.hung[key] = self.hung.get(key, 0) + 1


def _kind(call: Call) -> tuple[Any, ...]:
    return (call.method, *((key, _class(value)) for key, value in call.params.items()))


def _class(value: object) -> str:
    if value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return "nonzero" if value else "zero"
    if isinstance(value, dict):
        return next(iter(value), "empty")
    return type(value).__name__
