"""Which calls of a sequence depend on which: by the names that they bind and use.

Names end at a further `begin`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from conformance import branches
from conformance.trace import Call

OUT: Final = frozenset({"lppMsgSess", "lppMsg", "lppAttach", "lplhSession", "lppMessage", "name"})
_ON_LENT: Final = frozenset(
    {"world.release", "world.elements", "world.bytes", "world.create", "world.commit"}
)


def binds(call: Call) -> set[str]:
    """The names that a call binds or asks to be bound."""
    if call.method == "parallel":
        return branches.bound(call)
    if call.method in _ON_LENT:
        return set()
    return {value for key, value in call.params.items() if key in OUT and isinstance(value, str)}


def mentions(call: Call) -> Iterator[str]:
    """All texts in a call that may be names."""
    for value in call.params.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict) and len(value) == 1:
            of = next(iter(value.values()))
            if isinstance(of, dict) and isinstance(of.get("of"), str):
                yield of["of"]


def uses(call: Call) -> set[str]:
    """The names that a call uses."""
    if call.method == "parallel":
        return branches.used(call)
    return set(mentions(call)) - binds(call)


def without(calls: Sequence[Call], dropped: Collection[int]) -> list[Call]:
    """The calls but for the dropped ones and those that use what a dropped one bound."""
    gone: set[str] = set()
    kept = []
    for index, call in enumerate(calls):
        if index in dropped or uses(call) & gone:
            gone |= binds(call)
        else:
            if call.method == "begin":
                gone.clear()
            gone -= binds(call)
            kept.append(call)
    return kept


def needed(calls: Sequence[Call]) -> list[Call]:
    """The last call and those that it depends on."""
    wanted = uses(calls[-1])
    kept = [calls[-1]]
    for call in reversed(calls[:-1]):
        if call.method == "begin":
            break
        if binds(call) & wanted:
            wanted |= uses(call)
            kept.append(call)
    return kept[::-1]


def renamed(call: Call, names: Mapping[str, str]) -> Call:
    """The call with other names for the objects that it binds and uses."""

    def other(value: Any) -> Any:
        if isinstance(value, str):
            return names.get(value, value)
        if isinstance(value, dict) and len(value) == 1:
            (kind, of), *_ = value.items()
            if isinstance(of, dict) and of.get("of") in names:
                return {kind: {**of, "of": names[of["of"]]}}
        return value

    return Call(call.method, {key: other(value) for key, value in call.params.items()})


def numbered(calls: Iterable[Call], *, apart: bool = True) -> list[Call]:
    """The calls with the objects of each kind numbered in the order in which they are bound.

    Each part begins anew, or no name stands for two objects so that a `begin` can be dropped.
    Names of calls on several threads stay as they are.
    """
    names: dict[str, str] = {}
    counts: dict[str, int] = {}
    found = []
    calls = list(calls)
    if any(call.method == "parallel" for call in calls):
        return calls
    for call in calls:
        if call.method == "begin":
            names = {}
            if apart:
                counts = {}
        for name in sorted(binds(call)):
            kind = name.rstrip("0123456789") or "x"
            counts[kind] = counts.get(kind, 0) + 1
            names[name] = f"{kind}{counts[kind]}"
        found.append(renamed(call, names))
    return found
