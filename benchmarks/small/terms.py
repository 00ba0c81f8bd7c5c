"""Cases and tables as Erlang terms: Erlang reads no JSON before version 27."""

from __future__ import annotations

from typing import Any


def fault(value: dict[str, Any]) -> str:
    """A fault as a map of atoms, its trigger flat in it."""
    flat = {**value, **value.get("when", {})}
    flat.pop("when", None)
    pairs = (f"'{key}' => {_value(item)}" for key, item in flat.items())
    return "#{" + ", ".join(pairs) + "}"


def operations(value: list[list[Any]]) -> str:
    return "[" + ", ".join(_operation(one) for one in value) + "]"


def _operation(value: list[Any]) -> str:
    return "[" + ", ".join([value[0], *map(str, value[1:])]) + "]"


def _value(item: Any) -> str:
    if isinstance(item, bool):
        return str(item).lower()
    return f"'{item}'" if isinstance(item, str) else str(item)
