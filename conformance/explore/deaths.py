"""Stimuli that ended the implementation: each costs a restart, so a sure one is not repeated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from conformance.trace import LAPSED, Call, Outcome

ENOUGH: Final = 3
CRASH_COST: Final = 100
"""A restart, in calls of the budget."""
RATIONS: Final = {"MAPISendMail": 60}
"""Calls of a kind that a shard makes at most: a real implementation may really send the mail."""
MOST_HANGS: Final = 6
"""Hangs that use up the budget of a shard: each one takes the whole call timeout."""
SLOW: Final = 0.25
"""Seconds from which on a call is charged by its time, so that a run ends in any case."""
SLOW_OF_A_KIND: Final = 4.0
SLOW_IN_ALL: Final = 60.0
"""Seconds of slow calls that use up the budget of a shard."""


@dataclass(slots=True)
class Deaths:
    """How often each kind of stimulus was tried, ended the process, or took its time."""

    budget: int = 0
    tried: dict[Any, int] = field(default_factory=dict)
    died: dict[Any, int] = field(default_factory=dict)
    hung: dict[Any, int] = field(default_factory=dict)
    slow: dict[Any, float] = field(default_factory=dict)
    made: dict[str, int] = field(default_factory=dict)
    cost: int = 0

    def expects(self, call: Call) -> bool:
        """Whether this kind of call is known to end the process nearly always."""
        if call.method in RATIONS and self._used_up(call.method):
            self.cost += 1
            return True
        if not self.died and not self.slow:
            return False
        key = _kind(call)
        if self.slow.get(key, 0.0) > SLOW_OF_A_KIND:
            self.cost += 1
            return True
        died = self.died.get(key, 0)
        enough = died >= ENOUGH or self.hung.get(key, 0) >= ENOUGH - 1
        expected = enough and died * 2 > self.tried.get(key, 0)
        # A call that is left out counts, or a sequence of nothing else would never use the budget.
        self.cost += expected
        return expected

    def _used_up(self, method: str) -> bool:
        self.made[method] = self.made.get(method, 0) + 1
        return self.made[method] > RATIONS[method]

    def note(self, call: Call, outcome: Outcome, seconds: float = 0.0) -> None:
        """Count one call, which took so long."""
        if seconds >= SLOW and not outcome.died:
            self._note_slow(call, seconds)
        if not outcome.died and not self.died:
            return
        key = _kind(call)
        self.tried[key] = self.tried.get(key, 0) + 1
        if outcome.died:
            self.died[key] = self.died.get(key, 0) + 1
            hung = outcome.kind == "hang"
            if outcome is not LAPSED:  # failures of the adapter are counted by the evidence
                self.cost += 1 + self.budget // MOST_HANGS if hung else CRASH_COST
            if outcome.kind == "hang":
                self.hung[key] = self.hung.get(key, 0) + 1

    def _note_slow(self, call: Call, seconds: float) -> None:
        key = _kind(call)
        self.slow[key] = self.slow.get(key, 0.0) + seconds
        self.cost += int(self.budget * seconds / SLOW_IN_ALL)


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
