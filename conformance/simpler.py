"""Simpler arguments for a call, the simplest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from conformance import branches
from conformance.dependence import OUT, binds, renamed, uses
from conformance.symbols import literal
from conformance.trace import Call

_FIXED: Final = frozenset(
    {"mode", "transacted", "base64", "from", "element", "session", "milliseconds"}
)
_OPTIONAL: Final = frozenset({"lpMsgSess", "lpfMsgCallRelease", "lpszSeedMessageID"})
"""Parameters that may be NULL by the documents."""
_NEVER_ISSUED: Final = 0x5AFEC0DE


def simpler_calls(calls: Sequence[Call], index: int) -> Iterator[Call]:
    """One call of a sequence with an argument made simpler, or with an earlier object."""
    call = calls[index]
    if call.method == "parallel":
        yield from branches.fewer(call)
        return
    for key, value in call.params.items():
        if key in OUT or key in _FIXED:
            continue
        for simpler in _simpler(key, value):
            yield Call(call.method, {**call.params, key: simpler})
    earlier = _earlier(calls[:index])
    for name in sorted(uses(call)):
        for other in earlier.get(name, ()):
            yield renamed(call, {name: other})


def _earlier(calls: Sequence[Call]) -> Mapping[str, Sequence[str]]:
    """For each name those of the same kind that were bound before it, the first first."""
    kinds: dict[str, list[str]] = {}
    earlier: dict[str, Sequence[str]] = {}
    for call in calls:
        if call.method == "begin":
            kinds, earlier = {}, {}
        for name in binds(call):
            kind = next((key for key, value in call.params.items() if value == name), "")
            known = kinds.setdefault(f"{kind} {call.method if kind == 'name' else ''}", [])
            earlier[name] = tuple(known)
            known.append(name)
    return earlier


def _simpler(key: str, value: Any) -> Iterator[Any]:
    if value is None or value is False:
        return
    if key in _OPTIONAL:
        yield None
    if isinstance(value, bool):
        return
    if isinstance(value, int):
        yield from _numbers(key, value)
    elif isinstance(value, dict):
        yield from _objects(key, value)
    elif isinstance(value, list) and len(value) > 1:
        for index in range(len(value)):
            yield value[:index] + value[index + 1 :]
    elif isinstance(value, str) and key == "lhSession":
        yield literal(0)


def _numbers(key: str, value: int) -> Iterator[int]:
    if value:
        yield 0
    bits = [1 << bit for bit in range(32) if value >> bit & 1]
    if value > 1 and key != "number":
        yield 1
    if len(bits) > 1 and key != "number":
        yield from bits


def _objects(key: str, value: dict[str, Any]) -> Iterator[Any]:
    if "forged" in value:
        yield literal(_NEVER_ISSUED)
        if value["forged"]["offset"] != 1:
            yield {"forged": {**value["forged"], "offset": 1}}
    elif "message_id" in value:
        if value["message_id"]["index"]:
            yield {"message_id": {**value["message_id"], "index": 0}}
    elif "literal" in value:
        if key == "lhSession" and value != literal(0):
            yield literal(0)
    elif len(value) > 1:
        for tag in value:
            yield {other: kept for other, kept in value.items() if other != tag}
