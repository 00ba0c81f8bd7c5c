"""The form of a results file, checked before anything relies on it.

The published schema (conformance/schemas/results.schema.json) asks for more; this is what every
reader of results takes for granted, so that a damaged file gets one clear line and no traceback.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

Rule = Callable[[Any], str]
"""Says what is wrong with a value, as `ending of a path: complaint`, or ""."""


_NAMES: Final = {dict: "object", list: "list", str: "text", bool: "true or false", int: "number"}


def _is(*kinds: type) -> Rule:
    named = _NAMES[kinds[0]]
    return lambda value: "" if type(value) in kinds else f": no {named}"


def _count(value: Any) -> str:
    return "" if type(value) is int and 0 <= value < 2**63 else ": no count"


def _each(rule: Rule) -> Rule:
    def check(value: Any) -> str:
        if not isinstance(value, list):
            return ": no list"
        return next((f"[{at}]{wrong}" for at, one in enumerate(value) if (wrong := rule(one))), "")

    return check


def _values(rule: Rule) -> Rule:
    def check(value: Any) -> str:
        if not isinstance(value, dict):
            return ": no object"
        return next((f".{key}{wrong}" for key, one in value.items() if (wrong := rule(one))), "")

    return check


def _object(required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None) -> Rule:
    def check(value: Any) -> str:
        return next(_wrong(value, required, optional or {}), "")

    return check


def _wrong(value: Any, required: Mapping[str, Rule], optional: Mapping[str, Rule]) -> Iterator[str]:
    if not isinstance(value, dict):
        yield ": no object"
        return
    for name, rule in required.items():
        if name not in value:
            yield f".{name}: missing"
        elif wrong := rule(value[name]):
            yield f".{name}{wrong}"
    for name, rule in optional.items():
        if name in value and (wrong := rule(value[name])):
            yield f".{name}{wrong}"


_TEXT: Final = _is(str)
_TEXTS: Final = _each(_TEXT)


def _texts(*names: str) -> Rule:
    """Ask for texts under these names, where they are there; other members are free."""
    return _object({}, dict.fromkeys(names, _TEXT))


_OUTCOME: Final = _object(
    {}, {"result": _is(dict), "error": _is(dict), "crash": _is(dict), "hang": _is(int, float)}
)
_TRACE: Final = _each(_object({"method": _TEXT, "params": _is(dict), "outcome": _OUTCOME}))
_VIOLATION: Final = _object(
    {"trace": _TRACE, "expected": _TEXT, "observed": _TEXT},
    {"found_by": _TEXT, "calls_to_find": _count},
)
_READING: Final = _object({"accepted": _TEXTS, "held": _count}, {"aspect": _TEXT})
_REQUIREMENT: Final = _object(
    {
        **dict.fromkeys(("id", "family", "level", "verdict"), _TEXT),
        **dict.fromkeys(("exercised", "held", "broken"), _count),
        "violations": _each(_VIOLATION),
    },
    {
        "binding": _is(bool),
        "reason": _TEXT,
        "reading": _TEXT,
        "readings": _each(_READING),
        "blocked_by": _TEXT,
        "flaky": _object({"broke": _count, "of": _count}),
        "traces": _values(_TRACE),
    },
)
_CAPABILITIES: Final = _object({"functions": _TEXTS}, {"observes": _TEXTS, "protocols": _TEXTS})
_INCIDENT: Final = _object(
    {"family": _TEXT, "method": _TEXT, "observed": _TEXT, "count": _count, "trace": _TRACE}
)
_RESULTS: Final = _object(
    {
        "suite": _texts("name", "version"),
        "implementation": _texts("name", "version", "language", "platform", "homepage", "adapter"),
        "run": _object(
            {},
            {
                "seed": _is(int),
                **dict.fromkeys(("calls", "sequences", "jobs"), _count),
                **dict.fromkeys(("profile", "started", "stopped", "python"), _TEXT),
                **dict.fromkeys(("hypothesis", "platform"), _TEXT),
                "seconds": _is(int, float),
                **dict.fromkeys(("complete", "strict"), _is(bool)),
                **dict.fromkeys(("families", "command"), _TEXTS),
                "readings": _values(_TEXT),
                "guarantees": _each(_is(dict)),
            },
        ),
        "capabilities": _values(_CAPABILITIES),
        "conclusion": _object(
            {}, {"conforms": _is(bool), "headline": _TEXT, "counts": _values(_count)}
        ),
        "requirements": _each(_REQUIREMENT),
        "incidents": _each(_INCIDENT),
        "errors": _each(_texts("family", "message", "hint", "stderr")),
    },
    {"stderr": _TEXT},
)


def problem_of(results: Any) -> str:
    """Say where the form of a results file is wrong and how, in a few words; "" if nowhere."""
    return _RESULTS(results).lstrip(".").replace(": ", " is ", 1)
