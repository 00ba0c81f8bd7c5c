"""The minimiser: the shortest trace that still shows the same thing.

Delta debugging on the calls of a trace, by replay in a fresh state.
Dropping a call drops the calls that use what it bound; the result is 1-minimal in that
sense: without any single call, with what depends on it, the thing is not shown any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from conformance import branches
from conformance.trace import Call, Trace

Shows = Callable[[Sequence[Call]], Trace | None]
"""Replay calls; the trace up to and with the step that shows it, or None."""

OUT: Final = frozenset({"lppMsgSess", "lppMsg", "lppAttach", "lplhSession", "lppMessage", "name"})
_FIXED: Final = frozenset({"tags", "mode", "transacted", "base64", "from", "element"})


@dataclass(slots=True)
class Budget:
    """Replays left for one minimisation."""

    replays: int = 400

    def spend(self) -> bool:
        self.replays -= 1
        return self.replays >= 0


def minimise(trace: Trace, shows: Shows, budget: Budget | None = None) -> Trace:
    """The shortest and simplest trace found; `trace` itself where no replay shows it again."""
    budget = budget or Budget()
    best = trace
    best = _drop_calls(best, shows, budget)
    best = _simplify(best, shows, budget)
    return _drop_calls(best, shows, budget)


def _calls(trace: Trace) -> list[Call]:
    return [step.call for step in trace]


def _drop_calls(trace: Trace, shows: Shows, budget: Budget) -> Trace:
    """Drop ever smaller runs of calls, then single ones until none can go."""
    size = max(1, (len(trace) - 1) // 2)
    while True:
        shorter = _try_runs(trace, size, shows, budget)
        if shorter is not None:
            trace = shorter
            size = min(size, max(1, len(trace) - 1))
        elif size == 1:
            return trace
        else:
            size = max(1, size // 2)


def _try_runs(trace: Trace, size: int, shows: Shows, budget: Budget) -> Trace | None:
    calls = _calls(trace)
    for start in range(len(calls) - 1 - size, -1, -size):
        kept = without(calls, range(start, start + size))
        if not kept or not budget.spend():
            continue
        found = shows(kept)
        if found is not None and len(found) < len(trace):
            return found
    return None


def without(calls: Sequence[Call], dropped: Sequence[int]) -> list[Call]:
    """The calls but for the dropped ones and those that use what a dropped one bound."""
    gone: set[str] = set()
    kept = []
    for index, call in enumerate(calls):
        if index in dropped or _uses(call) & gone:
            gone |= binds(call)
        else:
            kept.append(call)
    return kept


def binds(call: Call) -> set[str]:
    """The names that a call binds or asks to be bound."""
    if call.method == "parallel":
        return branches.bound(call)
    if call.method in (
        "world.release",
        "world.elements",
        "world.bytes",
        "world.create",
        "world.commit",
    ):
        return set()
    return {value for key, value in call.params.items() if key in OUT and isinstance(value, str)}


def _uses(call: Call) -> set[str]:
    if call.method == "parallel":
        return branches.used(call)
    bound = binds(call)
    used: set[str] = set()
    for value in call.params.values():
        if isinstance(value, str):
            used.add(value)
        elif isinstance(value, dict) and len(value) == 1:
            of = next(iter(value.values()))
            if isinstance(of, dict) and isinstance(of.get("of"), str):
                used.add(of["of"])
    return used - bound


def _simplify(trace: Trace, shows: Shows, budget: Budget) -> Trace:
    """Replace arguments by simpler ones, one at a time, as long as it is still shown."""
    index = 0
    while index < len(trace):
        for simpler in _simpler_calls(trace[index].call):
            if not budget.spend():
                return trace
            calls = _calls(trace)
            calls[index] = simpler
            found = shows(calls)
            if found is not None and len(found) <= len(trace):
                trace = found
                break
        else:
            index += 1
    return trace


def _simpler_calls(call: Call) -> Iterator[Call]:
    if call.method == "parallel":
        yield from branches.fewer(call)
        return
    for key, value in call.params.items():
        if key in OUT or key in _FIXED:
            continue
        for simpler in _simpler(key, value):
            yield Call(call.method, {**call.params, key: simpler})


def _simpler(key: str, value: Any) -> Iterator[Any]:
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int):
        if value:
            yield 0
        bits = [1 << bit for bit in range(32) if value >> bit & 1]
        if len(bits) > 1 and key != "number":
            yield from bits
    elif isinstance(value, dict):
        if "forged" in value and value["forged"]["offset"] != 1:
            yield {"forged": {**value["forged"], "offset": 1}}
        elif "message_id" in value and value["message_id"]["index"]:
            yield {"message_id": {**value["message_id"], "index": 0}}
        elif len(value) > 1:
            for tag in value:
                yield {other: kept for other, kept in value.items() if other != tag}
    elif isinstance(value, list) and len(value) > 1:
        for index in range(len(value)):
            yield value[:index] + value[index + 1 :]
