"""How a mutant is registered: a class that replaces one class of the reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar

from adapters.reference.adapter import Reference
from adapters.reference.attachment import Attachment
from adapters.reference.imsg import Imsg, MessageSession
from adapters.reference.message import EmbeddedMessage
from adapters.reference.msgwrite import MessageWriter
from adapters.reference.simple import SimpleMapi
from adapters.reference.topmessage import TopMessage
from conformance.requirements.rows import PREFIXES
from conformance.trace import Call, Outcome


class Death(BaseException):
    """The implementation crashes inside the call; no mere `Exception`, which would be an answer."""


class Variant(Reference):
    """The reference with a part replaced, which may also die."""

    def perform(self, call: Call) -> Outcome:
        try:
            return super().perform(call)
        except Death:
            return Outcome("crash", {"signal": 11})


class Alternating:
    """A part that answers every second time in another way."""

    _odd = False

    def turn(self) -> bool:
        """True the first time, then false, true, ..."""
        self._odd = not self._odd
        return self._odd


@dataclass(frozen=True, slots=True)
class Mutant:
    """An implementation with one fault.

    One of the requirements in `breaks` must be reported as failed in a run with `readings`.
    """

    name: str
    breaks: tuple[str, ...]
    summary: str
    factory: Callable[[], Reference]
    readings: Mapping[str, str] = field(default_factory=dict)

    @property
    def family(self) -> str:
        prefix = self.breaks[0].partition("-")[0]
        return next(family for family, start in PREFIXES.items() if start == prefix)


@dataclass(frozen=True, slots=True)
class Benign:
    """A correct implementation unlike the reference.

    `deviates` names the requirements that it openly does not follow: none is a must.
    """

    name: str
    summary: str
    factory: Callable[[], Reference]
    deviates: frozenset[str] = frozenset()


MUTANTS: Final[dict[str, Mutant]] = {}
BENIGN: Final[dict[str, Benign]] = {}

Part = TypeVar("Part", bound=type[Any])

_PARTS: Final[dict[str, type[Any]]] = {}
_HOOKS: Final[tuple[tuple[type[Any], str], ...]] = (
    (MessageSession, "session_class"),
    (TopMessage, "message_class"),
    (EmbeddedMessage, "embedded_class"),
    (Attachment, "attachment_class"),
    (MessageWriter, "writer_class"),
)


def fault(
    name: str, *breaks: str, readings: Mapping[str, str] | None = None
) -> Callable[[Part], Part]:
    """Register a class as the one fault of a mutant; its docstring is the summary."""

    def register(part: Part) -> Part:
        MUTANTS[name] = Mutant(
            name, breaks, _enter(name, part), partial(_open, name), readings or {}
        )
        return part

    return register


def benign(name: str, *deviates: str) -> Callable[[Part], Part]:
    """Register a class as a correct variant; its docstring is the summary."""

    def register(part: Part) -> Part:
        summary = _enter(name, part)
        BENIGN[name] = Benign(name, summary, partial(_open, name), frozenset(deviates))
        return part

    return register


def _enter(name: str, part: type[Any]) -> str:
    if name in _PARTS:
        raise ValueError(f"two variants are called {name}")
    _PARTS[name] = part
    return (part.__doc__ or "").partition("\n")[0]


def _open(name: str) -> Reference:
    """An adapter whose part is a class of its own: what stands in it lasts as long as a process."""
    part = _PARTS[name]
    made: type[Reference]
    if issubclass(part, Reference):
        made = part
    elif issubclass(part, SimpleMapi):
        simple = type(part.__name__, (part,), {})
        made = type("Mutant", (Variant,), {"simple_class": simple})
    else:
        hooks = {hook: part for base, hook in _HOOKS if issubclass(part, base)}
        imsg = type(part.__name__, (Imsg,) if hooks else (part,), hooks)
        made = type("Mutant", (Variant,), {"imsg_class": imsg})
    return made()
