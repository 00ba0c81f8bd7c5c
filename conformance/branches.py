"""The branches of a `parallel` call: their symbols, their answers, and fewer of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from conformance.orders import calls_of
from conformance.trace import Call, Outcome

Values = list[list[dict[str, Any]]]
"""The resolved values of each call of each thread."""

Resolve = Callable[[Call, Collection[str]], tuple[Call, dict[str, Any]]]
"""(call, names that its thread may have bound) -> the call for the wire and what was resolved."""

OUT_PARAMS = ("lppMsgSess", "lppMsg", "lppAttach", "lplhSession", "lppMessage", "lppMAPISession")


def parallel(threads: list[list[Call]]) -> Call:
    """A `parallel` call."""
    return Call("parallel", {"threads": [[one.to_json() for one in thread] for thread in threads]})


def resolve(call: Call, one: Resolve) -> tuple[Call, Values]:
    """A `parallel` call for the wire, and the resolved values."""
    threads: list[list[Call]] = []
    values: Values = []
    for thread in calls_of(call):
        made: set[str] = set()
        pairs = []
        for inner in thread:
            pairs.append(one(inner, made))
            made |= binds(inner)
        threads.append([resolved for resolved, _ in pairs])
        values.append([found for _, found in pairs])
    return parallel(threads), values


def binds(call: Call) -> set[str]:
    """The names that a call of a thread asks to be bound."""
    named = (call.params.get(param) for param in OUT_PARAMS)
    return {name for name in named if isinstance(name, str)}


def with_values(outcome: Outcome, values: Values) -> Outcome:
    """The outcome with the resolved values beside the answers that they belong to."""
    threads = [
        [
            {**answer, "resolved": found} if found else answer
            for answer, found in zip(answers, resolved, strict=True)
        ]
        for answers, resolved in zip(outcome.body["threads"], values, strict=True)
    ]
    return Outcome("result", {**outcome.body, "threads": threads})


def fewer(call: Call) -> Iterator[Call]:
    """The `parallel` call without one of its threads, or without one of its calls."""
    threads = calls_of(call)
    for number in range(len(threads)):
        rest = threads[:number] + threads[number + 1 :]
        if len(rest) > 1:
            yield parallel(rest)
    for number, thread in enumerate(threads):
        for place in range(len(thread)):
            left = thread[:place] + thread[place + 1 :]
            if left:
                yield parallel([*threads[:number], left, *threads[number + 1 :]])


def used(call: Call) -> set[str]:
    """The names that the calls of a `parallel` call use and do not bind themselves."""
    found: set[str] = set()
    for thread in calls_of(call):
        for inner in thread:
            for value in inner.params.values():
                if isinstance(value, str):
                    found.add(value)
                elif isinstance(value, dict) and len(value) == 1:
                    of = next(iter(value.values()))
                    if isinstance(of, dict) and isinstance(of.get("of"), str):
                        found.add(of["of"])
    return found - bound(call)


def bound(call: Call) -> set[str]:
    """The names that the calls of a `parallel` call ask to be bound."""
    return {name for thread in calls_of(call) for inner in thread for name in binds(inner)}
