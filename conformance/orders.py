"""The orders in which parallel calls may have taken effect, and what holds in all of them.

A call takes effect at one moment between its two stamps, so that of two calls the one that ended
before the other started came first; the calls of one thread are in order anyway.
The outcome of a `parallel` step is explained by an order in which no check is broken
(linearizability, over the models and checks of the sequential calls).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from conformance.findings import Broken, Held
from conformance.trace import Call, Kind, Outcome

State = TypeVar("State")
Findings = list[tuple[str, Held | Broken]]

MOST_ORDERS: Final = 2_000
MOST_STATES: Final = 16
"""States that are followed side by side; where there are more, nothing is concluded any more."""

_KINDS: Final[tuple[Kind, ...]] = ("result", "error", "crash", "hang")


@dataclass(frozen=True, slots=True)
class Stamped:
    """One call of a thread, its outcome, and when it started and ended."""

    call: Call
    outcome: Outcome
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class End(Generic[State]):
    """One way that a step may have gone: what it shows, and the state after it."""

    findings: Findings
    state: State

    @property
    def broken(self) -> list[str]:
        return [name for name, found in self.findings if isinstance(found, Broken)]


def threads_of(call: Call, outcome: Outcome) -> list[list[Stamped]]:
    """The calls of a `parallel` step with their answers.

    Raises KeyError, TypeError or ValueError where a stored step is damaged.
    """
    answers = outcome.body["threads"]
    return [
        [_stamped(inner, answer) for inner, answer in zip(calls, thread, strict=True)]
        for calls, thread in zip(call.params["threads"], answers, strict=True)
    ]


def _stamped(call: Mapping[str, Any], answer: Mapping[str, Any]) -> Stamped:
    (kind,) = (kind for kind in _KINDS if kind in answer)
    outcome = Outcome(kind, answer[kind], answer.get("resolved"))
    made = Call(call["method"], call.get("params", {}))
    return Stamped(made, outcome, answer["start"], answer["end"])


def calls_of(call: Call) -> list[list[Call]]:
    """The calls of a `parallel` call, thread by thread."""
    threads = call.params["threads"]
    return [[Call(one["method"], one.get("params", {})) for one in thread] for thread in threads]


def ends(
    state: State,
    threads: Sequence[Sequence[Stamped]],
    follow: Callable[[State, Call, Outcome], End[State]],
) -> Iterator[End[State]]:
    """Every way that the calls may have taken effect, each with all that it shows."""
    todo: list[tuple[tuple[int, ...], End[State]]] = [((0,) * len(threads), End([], state))]
    while todo:
        places, before = todo.pop()
        waiting = [
            (number, thread[place])
            for number, (thread, place) in enumerate(zip(threads, places, strict=True))
            if place < len(thread)
        ]
        if not waiting:
            yield before
        earliest = min((one.end for _, one in waiting), default=0)
        for number, one in reversed(waiting):
            if one.start > earliest:
                continue
            after = follow(before.state, one.call, one.outcome)
            moved = tuple(place + (index == number) for index, place in enumerate(places))
            todo.append((moved, End(before.findings + after.findings, after.state)))


def settle(found: Sequence[End[State]]) -> End[list[State]]:
    """What several possible ways show together, and the states that may be true from now on.

    Ways in which a check is broken are left aside where there is one without.
    Otherwise what is broken in all of them is charged, or else what is broken in one of those with
    the fewest: the first, in the order of the threads.
    """
    clean = [end for end in found if not end.broken]
    if clean:
        first, *others = clean
        common = [one for one in first.findings if all(one in end.findings for end in others)]
        return End(common, distinct(end.state for end in clean))
    fewest = min(len(end.broken) for end in found)
    likely = [end for end in found if len(end.broken) == fewest]
    always = {name for name in likely[0].broken if all(name in end.broken for end in found)}
    charged: dict[str, Broken] = {}
    for name, one in likely[0].findings:
        if isinstance(one, Broken) and (name in always or not always):
            charged.setdefault(name, one)
    return End(list(charged.items()), distinct(end.state for end in likely))


def distinct(states: Iterator[State]) -> list[State]:
    """The states without repetitions; they may hold what cannot be hashed."""
    kept: list[State] = []
    for state in states:
        if state not in kept:
            kept.append(state)
    return kept
