"""The body of the program: variables, global data, statements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from reports.reproducers.c.values import InexpressibleError, integer, name, string

_PRESET: Final = {"ULONG": "0xA5C3A5C3u"}


@dataclass(slots=True)
class Writer:
    """Gathers what the statements of one program need."""

    variables: dict[str, str] = field(default_factory=dict)
    data: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    functions: dict[str, int] = field(default_factory=dict)
    parts: set[str] = field(default_factory=set)
    identifiers: dict[tuple[str, int], str] = field(default_factory=dict)
    seen: dict[str, list[str]] = field(default_factory=dict)
    step: int = 0

    def out(self, value: object, kind: str) -> tuple[str, str]:
        """Give the argument and the variable of an out parameter; NULL has no variable."""
        if value is None:
            return "NULL", ""
        variable = name(value)
        self.declare(variable, kind)
        return f"&{variable}", variable

    def declare(self, variable: str, kind: str) -> None:
        if self.variables.setdefault(variable, kind) != kind:
            raise InexpressibleError("one name stands for two kinds of objects")

    def thing(self, value: object, *kinds: str) -> str:
        """Give the variable of an object that an earlier call handed out, or NULL."""
        if value is None:
            return "NULL"
        variable = name(value)
        if self.variables.get(variable) not in kinds:
            raise InexpressibleError(f"{variable} is not known here")
        self.lines.append(f'need("{variable}", (uintptr_t){variable});')
        return variable

    def handle(self, value: object) -> str:
        """Give a Simple MAPI session handle: a name, a number, or a neighbour of a handle."""
        match value:
            case {"literal": number}:
                return integer(number, 2**64 - 1)
            case {"forged": {"of": origin, "offset": int(offset)}}:
                sign = "-" if offset < 0 else "+"
                return f"{self.thing(origin, 'LHANDLE')} {sign} {integer(abs(offset), 2**63)}"
        return self.thing(value, "LHANDLE")

    def text(self, value: object, resolved: object) -> str:
        """Give a string, or the profile or password that stands for a symbol."""
        match value:
            case {"profile": _}:
                return "profile" if resolved is _PROFILE else "password"
            case {"message_id": {"of": origin, "index": int(index)}}:
                known = self.identifiers.get((str(origin), index))
                if known is None:
                    raise InexpressibleError("the message identifier is not known here")
                return known
        return string(value)

    def credential(self, param: str, value: object) -> str:
        return self.text(value, _PROFILE if param == "lpszProfileName" else None)

    def function(self, method: str, parameters: int) -> str:
        self.functions[method] = parameters
        return f"mapi.{method}"

    def number(self, value: object) -> str:
        """Give an attachment number: a literal, or the one that came with an object."""
        match value:
            case {"number": {"of": str(origin)}}:
                variable = f"{name(origin)}_number"
                if variable not in self.variables:
                    raise InexpressibleError("the attachment number is not known here")
                return variable
        return integer(value)

    def declarations(self) -> list[str]:
        """Declare every variable, preset so that a look tells whether a call wrote it."""
        return [
            f"{kind} {variable} = {_PRESET.get(kind, f'({kind})UNTOUCHED')};"
            for variable, kind in self.preset().items()
        ]

    def preset(self) -> dict[str, str]:
        """Give the variables that calls write to; what is lent is declared where it is made."""
        lent = ("Lent *", "LPSTORAGE")
        return {name: kind for name, kind in self.variables.items() if kind not in lent}


_PROFILE: Final = object()


def params_of(step: Mapping[str, Any]) -> Mapping[str, Any]:
    params = step.get("params", {})
    if not isinstance(params, Mapping):
        raise InexpressibleError("its parameters are damaged")
    return params
