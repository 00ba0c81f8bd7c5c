"""The minimiser: the shortest trace that still shows the same thing.

Delta debugging on the calls of a trace, by replay in a fresh state.
Dropping a call drops the calls that use what it bound; the result is 1-minimal in that sense:
without any single call, with what depends on it, and with any single argument made simpler, the
thing is not shown any more.
Where the budget lasts, pairs of calls are dropped too, because some calls only go together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

from conformance.dependence import needed, numbered, without
from conformance.simpler import simpler_calls
from conformance.trace import Call, Trace

Shows = Callable[[Sequence[Call]], Trace | None]
"""Replay calls; the trace up to and with the step that shows it, or None."""

_LONG: Final = 30
_PAIRED: Final = 9
"""The longest trace of which pairs of calls are tried."""


@dataclass(slots=True)
class Budget:
    """Replays left for one minimisation, and the calls that they may make together."""

    replays: int = 400
    calls: int = 400_000

    def spend(self, calls: int = 0) -> bool:
        self.replays -= 1
        self.calls -= calls
        return self.replays >= 0 and self.calls >= 0


def minimise(trace: Trace, shows: Shows, budget: Budget | None = None) -> Trace:
    """The shortest and simplest trace found; `trace` itself where no replay shows it again."""
    return _Search(trace, shows, budget or Budget()).run()


@dataclass(slots=True)
class _Search:
    """The best trace so far, and the sequences that were tried for a better one."""

    best: Trace
    shows: Shows
    budget: Budget
    tried: set[str] = field(default_factory=set)

    def run(self) -> Trace:
        self._shorter([needed(self._calls())])
        if len(self.best) > _LONG:
            self._drop_methods()
        self._drop()
        while self._simplify() | self._drop_pairs():
            self._drop()
        self._better(numbered(self._calls()), len(self.best))
        return self.best

    def _calls(self) -> list[Call]:
        return [step.call for step in self.best]

    def _better(self, calls: Sequence[Call], longest: int) -> bool:
        """Replay calls that were not tried yet; whether they show it in no more than that many."""
        key = repr(calls)
        if not calls or key in self.tried or not self.budget.spend(len(calls)):
            return False
        self.tried.add(key)
        found = self.shows(calls)
        if found is None or len(found) > longest:
            return False
        self.best = found
        return True

    def _shorter(self, candidates: Sequence[Sequence[Call]] | Iterator[Sequence[Call]]) -> bool:
        """Take the first of several that is shorter."""
        length = len(self.best)
        return any(len(calls) <= length and self._better(calls, length - 1) for calls in candidates)

    def _drop(self) -> None:
        """Drop ever smaller runs of calls, then single ones until none can go."""
        size = max(1, (len(self.best) - 1) // 2)
        while True:
            if self._shorter(self._without_runs(size)):
                size = min(size, max(1, len(self.best) - 1))
            elif size == 1:
                return
            else:
                size = max(1, size // 2)

    def _without_runs(self, size: int) -> Iterator[Sequence[Call]]:
        calls = self._calls()
        for start in range(len(calls) - 1 - size, -1, -size):
            yield without(calls, range(start, start + size))

    def _drop_methods(self) -> None:
        """Drop all calls of one method but the last call, for each method."""
        for method in sorted({step.call.method for step in self.best[:-1]}):
            calls = self._calls()
            dropped = [n for n, call in enumerate(calls[:-1]) if call.method == method]
            self._shorter([without(calls, dropped)])

    def _drop_pairs(self) -> bool:
        calls = self._calls()
        if len(calls) > _PAIRED:
            return False
        pairs = combinations(range(len(calls) - 2, -1, -1), 2)
        return self._shorter(without(calls, pair) for pair in pairs)

    def _simplify(self) -> bool:
        """Replace arguments by simpler ones, one at a time, as long as it is still shown."""
        index, simplified = 0, False
        while index < len(self.best):
            calls = self._calls()
            for simpler in simpler_calls(calls, index):
                if self._better([*calls[:index], simpler, *calls[index + 1 :]], len(calls)):
                    simplified = True
                    break
            else:
                index += 1
        return simplified
