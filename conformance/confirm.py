"""Confirming what was found: every violation is minimised by replay and replayed once more.

A violation that its own trace does not always show is *flaky*, with m of n.
One that shows only after an earlier sequence, because the implementation carries something over,
is shown with that sequence before it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from conformance.dependence import numbered
from conformance.errors import AdapterError
from conformance.evidence import Taken, Violation
from conformance.findings import Broken, Held
from conformance.minimise import Budget, minimise
from conformance.replayer import Replayer, Shows
from conformance.trace import Call, Trace

CERTAIN: Final = 3
"""A violation that so many replays in a row show is taken for certain."""
FLAKY_REPLAYS: Final = 20
_REPLAYS: Final = 300
_REPLAYS_OF_OTHERS: Final = 50
"""For each other violation kept, which may turn out shorter."""
_GOOD_ENOUGH: Final = 3
"""Calls: other violations of a requirement are not tried against a trace of that length."""
_CALLS_BEFORE: Final = 20_000
"""Calls of earlier sequences that are replayed to show what an implementation carries over."""
_REPLAYS_DYING: Final = 120
_REPLAYS_FRESH: Final = 120
_CALLS_FRESH: Final = 100_000
_REPLAYS_HANGING: Final = 6


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A violation with its minimal trace; `broke` of `replays` showed it."""

    violation: Violation
    broke: int
    replays: int

    @property
    def flaky(self) -> bool:
        return self.broke < self.replays


Recall = Callable[[str], Sequence[Sequence[Call]]]
"""The sequences that a new process plays until it breaks a requirement, that one the last."""


def confirm(
    replayer: Replayer,
    requirement: str,
    kept: Sequence[Violation],
    recall: Recall | None = None,
) -> Confirmed:
    """The shortest violation of one requirement, minimised and replayed.

    Raises :class:`AdapterError` where the adapter failed over each replay.
    """
    shows = Shows(replayer, requirement)
    best: tuple[Violation, Trace] | None = None
    for violation in kept:
        if best is not None and len(best[1]) <= _GOOD_ENOUGH:
            break
        again = shows([step.call for step in violation.trace])
        if again is not None:
            trace = minimise(again, shows, _budget(again, others=best is not None))
            if best is None or len(trace) < len(best[1]):
                best = (violation, trace)
    if best is not None and best[1][-1].outcome.kind != "hang":
        best = _carried(replayer, shows, best)
    if best is None and recall is not None and kept[0].trace[-1].outcome.kind != "hang":
        best = _recalled(replayer, shows, kept[0], recall(requirement))
    if best is None:
        return _unrepeated(shows, kept[0])
    return _repeated(shows, *best) or _unrepeated(shows, kept[0])


def _carried(
    replayer: Replayer, shows: Shows, best: tuple[Violation, Trace]
) -> tuple[Violation, Trace] | None:
    """A trace that a new process shows too: the minimised one, or one with what it depends on."""
    violation, trace = best
    replayer.refresh()
    if shows([step.call for step in trace]) is not None:
        return best
    replayer.always_fresh = True
    again = shows([step.call for step in violation.trace])
    return None if again is None else (violation, minimise(again, shows, _budget(again)))


def _recalled(
    replayer: Replayer, shows: Shows, violation: Violation, sequences: Sequence[Sequence[Call]]
) -> tuple[Violation, Trace] | None:
    """The violation with as many of the sequences before it as it takes, minimised together."""
    replayer.always_fresh = True
    taken = 1
    while taken < 2 * len(sequences):
        calls = _joined(sequences[-taken:], replayer.family)
        if len(calls) > _CALLS_BEFORE:
            break
        again = shows(calls)
        if again is not None:
            return violation, minimise(again, shows, Budget(_REPLAYS_FRESH, _CALLS_FRESH))
        taken *= 2
    replayer.always_fresh = False
    return None


def _joined(sequences: Sequence[Sequence[Call]], family: str) -> list[Call]:
    begin = Call("begin", {"family": family})
    first, *others = sequences
    calls = [*first, *(call for calls in others for call in (begin, *calls))]
    return numbered(calls, apart=False)


def _repeated(shows: Shows, violation: Violation, trace: Trace) -> Confirmed | None:
    """Replay a minimal trace until it is certain, or known how often it shows the violation."""
    calls = [step.call for step in trace]
    if trace[-1].outcome.kind == "hang":
        # Each replay takes the whole call timeout, and the last one showed it.
        return Confirmed(replace(violation, trace=trace), 1, 1)
    finds = shows.several(calls, CERTAIN)
    if len(finds) < CERTAIN or not all(finds):
        finds += shows.several(calls, FLAKY_REPLAYS - CERTAIN)
    last = next((found for found in finds if found is not None), None)
    if last is None or not isinstance(last[1], Broken):
        return None
    seen = replace(violation, trace=last[0], expected=last[1].expected, observed=last[1].observed)
    return Confirmed(seen, sum(found is not None for found in finds), len(finds))


def _unrepeated(shows: Shows, violation: Violation) -> Confirmed:
    """A violation that the first replay of its trace missed: seen once and missed once so far."""
    calls = [step.call for step in violation.trace]
    times = 1 if violation.trace[-1].outcome.kind == "hang" else FLAKY_REPLAYS
    finds = shows.several(calls, times)
    if not finds:
        raise AdapterError("the adapter failed over each replay of a violation")
    broke = sum(found is not None for found in finds)
    return Confirmed(violation, 1 + broke, 2 + len(finds))


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


def _budget(trace: Trace, *, others: bool = False) -> Budget:
    kind = trace[-1].outcome
    if kind.kind == "hang":
        return Budget(min(_REPLAYS_HANGING, len(trace) - 1))
    if others:
        return Budget(_REPLAYS_OF_OTHERS)
    return Budget(_REPLAYS_DYING if kind.died else _REPLAYS)
