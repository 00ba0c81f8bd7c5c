"""What the calls of the run came to, in the words that the C program prints for its own.

The program compares its last line with the last of these; parts/base.c is the other side.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from conformance.symbols import UNTOUCHED
from conformance.trace import CRASHED
from reports.reproducers.c.values import InexpressibleError, name, shown_property

_COUNTING: Final = (".AddRef", ".Release", "world.release")
_VISIBLE: Final = frozenset({"mallocs", "released", "buffers"})


class Recorded:
    """Follows the values of a run by name, as the program does by pointer."""

    def __init__(self, family: str) -> None:
        self._family = family
        self._known: list[tuple[str, str]] = []

    def line(self, step: Mapping[str, Any]) -> str:
        """Write the outcome of the next step; "" where it did not return."""
        method, params, outcome = step["method"], step.get("params", {}), step["outcome"]
        result = outcome.get("result")
        if not isinstance(result, Mapping):
            return ""
        if method == "observe":
            return _observed(result)
        text = self._returned(method, result)
        out = result.get("out")
        if isinstance(out, Mapping):
            for param, token in out.items():
                text += self._wrote(name(params.get(param)), token)
        for key in ("subject", "lpszMessageID"):
            if key in result and method != "MAPIFindNext":
                shown = result[key]
                text += f"; {key} " + (f'"{shown}"' if shown else "is empty")
        if isinstance(result.get("props"), Mapping) and method.endswith(".GetProps"):
            asked = [str(each).lower() for each in params.get("tags", ())]
            found = sorted(result["props"].items(), key=lambda pair: _place(pair[0], asked))
            text += "".join(shown_property(key, value) for key, value in found)
        self._ended(method, params, result)
        return text

    def _returned(self, method: str, result: Mapping[str, Any]) -> str:
        value = result.get("return")
        if value is None:
            return "returned"
        if type(value) is not int:
            raise InexpressibleError("it returned no number")
        if self._family == "simple" or method.endswith(_COUNTING):
            return f"returned {value}"
        return f"returned 0x{value:08X}"

    def _wrote(self, variable: str, token: object) -> str:
        if token is None:
            return f"; {variable} is NULL"
        if token == UNTOUCHED:
            return f"; {variable} untouched"
        earlier = next((other for other, value in self._known if value == token), "")
        self._known.append((variable, str(token)))
        return f"; {variable} is {earlier or 'new'}"

    def _ended(self, method: str, params: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        target = ended(method, params)
        if target is None or result.get("return") not in (0, None):
            return
        values = {value for variable, value in self._known if variable == name(target)}
        self._known = [pair for pair in self._known if pair[1] not in values]


def ended(method: str, params: Mapping[str, Any]) -> str | None:
    """Name the object that a call ends where it succeeds."""
    key = {"MAPILogoff": "lhSession", "CloseIMsgSession": "lpMsgSess", "MAPIFreeBuffer": "pv"}
    param = key.get(method, "this" if method.endswith(".Release") else "")
    target = params.get(param)
    return target if isinstance(target, str) else None


def died(outcome: Mapping[str, Any]) -> str:
    """Say how a call ended that did not return: `crash`, `hang`, or "" where it did."""
    error = outcome.get("error")
    if "crash" in outcome or (isinstance(error, Mapping) and error.get("code") == CRASHED):
        return "crash"
    return "hang" if "hang" in outcome else ""


def _observed(result: Mapping[str, Any]) -> str:
    if not result.keys() <= _VISIBLE:
        hidden = ", ".join(sorted(set(result) - _VISIBLE))
        raise InexpressibleError(f"it looks at what C cannot see here ({hidden})")
    text = "looked"
    for variable, counts in result.get("mallocs", {}).items():
        text += (
            f"; {variable}: {counts['live']} live, {counts['references']} references, "
            f"{counts['foreign_frees']} foreign"
        )
    if "released" in result:
        text += f"; {len(result['released'])} released"
    if "buffers" in result:
        counts = result["buffers"]
        text += f"; buffers: {counts['live']} live, {counts['foreign_frees']} foreign"
    return text


def _place(key: str, asked: list[str]) -> int:
    return asked.index(key.lower()) if key.lower() in asked else len(asked)
