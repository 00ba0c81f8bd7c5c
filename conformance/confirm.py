"""Confirming what was found: every violation is minimised by replay and replayed once more.

A violation that its own trace does not always show is *flaky*, with m of n.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from conformance.evidence import Taken, Violation
from conformance.findings import Broken, Held
from conformance.minimise import Budget, minimise
from conformance.play import Performer, Player
from conformance.trace import Call, Trace

CERTAIN: Final = 3
"""A violation that so many replays in a row show is taken for certain."""
FLAKY_REPLAYS: Final = 20
_REPLAYS: Final = 400
_REPLAYS_DYING: Final = 120
_REPLAYS_HANGING: Final = 6

Shown = Callable[[str, Held | Broken], bool]


RACY_TRIES: Final = 5
"""Replays of calls on several threads before they are taken to show nothing."""


def racy(calls: Sequence[Call]) -> bool:
    """Whether what calls show may depend on how threads happen to run."""
    return any(call.method == "parallel" for call in calls)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A violation with its minimal trace; `broke` of `replays` showed it."""

    violation: Violation
    broke: int
    replays: int

    @property
    def flaky(self) -> bool:
        return self.broke < self.replays


class Replayer:
    """Replays calls of one family on one adapter, in a fresh state each time."""

    def __init__(self, adapter: Performer, family: str, homes: Mapping[str, str]) -> None:
        self._adapter, self._family, self._homes = adapter, family, homes
        self.replays = 0

    def first(self, calls: Sequence[Call], shown: Shown) -> tuple[Trace, Held | Broken] | None:
        """Replay until a step shows it: the trace up to that step and the finding, or None."""
        self.replays += 1
        player = Player(self._adapter, self._family, self._homes)
        player.begin()
        for call in calls:
            if player.over:
                return None
            player.perform(call)
            for requirement, found in player.findings:
                if shown(requirement, found):
                    return tuple(player.steps), found
        return None


def confirm(replayer: Replayer, requirement: str, kept: Sequence[Violation]) -> Confirmed:
    """The shortest violation of one requirement, minimised and replayed."""

    def shown(name: str, found: Held | Broken) -> bool:
        return name == requirement and isinstance(found, Broken)

    def shows(calls: Sequence[Call]) -> Trace | None:
        for _ in range(RACY_TRIES if racy(calls) else 1):
            found = replayer.first(calls, shown)
            if found:
                return found[0]
        return None

    for violation in kept:
        again = shows([step.call for step in violation.trace])
        if again is None:
            continue
        trace = minimise(again, shows, _budget(again))
        calls = [step.call for step in trace]
        if trace[-1].outcome.kind == "hang":
            # Each replay takes the whole call timeout, and the last one showed it.
            return Confirmed(replace(violation, trace=trace), 1, 1)
        finds = [replayer.first(calls, shown) for _ in range(CERTAIN)]
        broke = sum(found is not None for found in finds)
        replays = len(finds)
        if broke < replays:
            more = [replayer.first(calls, shown) for _ in range(FLAKY_REPLAYS - replays)]
            finds += more
            broke, replays = sum(found is not None for found in finds), len(finds)
        last = next((found for found in finds if found is not None), None)
        if last is not None and isinstance(last[1], Broken):
            seen = replace(
                violation, trace=last[0], expected=last[1].expected, observed=last[1].observed
            )
            return Confirmed(seen, broke, replays)
    return _unrepeated(lambda calls: replayer.first(calls, shown), kept[0])


def _unrepeated(shows: Callable[[Sequence[Call]], object], violation: Violation) -> Confirmed:
    """A violation that the first replay of its trace missed: seen once and missed once so far."""
    calls = [step.call for step in violation.trace]
    times = 1 if violation.trace[-1].outcome.kind == "hang" else FLAKY_REPLAYS
    broke = sum(shows(calls) is not None for _ in range(times))
    return Confirmed(violation, 1 + broke, 2 + times)


def shortest_for(replayer: Replayer, requirement: str, taken: Taken) -> Trace:
    """The minimal trace in which just these readings explain the outcome."""

    def shown(name: str, found: Held | Broken) -> bool:
        same = isinstance(found, Held) and found.readings == taken.readings
        return name == requirement and same and getattr(found, "aspect", "") == taken.aspect

    def shows(calls: Sequence[Call]) -> Trace | None:
        found = replayer.first(calls, shown)
        return found[0] if found else None

    again = shows([step.call for step in taken.trace])
    return taken.trace if again is None else minimise(again, shows, _budget(again))


def _budget(trace: Trace) -> Budget:
    kind = trace[-1].outcome
    if kind.kind == "hang":
        return Budget(min(_REPLAYS_HANGING, len(trace) - 1))
    return Budget(_REPLAYS_DYING if kind.died else _REPLAYS)
