"""How a mutant is registered: a class that replaces one class of the reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar

from adapters.mail.served import Served
from adapters.mutants.office import OfficeEmail, OfficeHarness
from adapters.port import Adapter
from adapters.reference.adapter import Reference
from adapters.reference.attachment import Attachment
from adapters.reference.email import Email
from adapters.reference.imsg import Imsg, MessageSession
from adapters.reference.message import EmbeddedMessage
from adapters.reference.msgwrite import MessageWriter
from adapters.reference.simple import SimpleMapi
from adapters.reference.topmessage import TopMessage
from conformance.requirements.rows import PREFIXES
from conformance.trace import Call, Outcome

HANG_SECONDS: Final = 5.0


class Death(BaseException):
    """The implementation crashes inside the call; no mere `Exception`, which would be an answer."""


class Hang(BaseException):
    """The implementation gives no answer within the call timeout."""


class Variant(Reference):
    """The reference with a part replaced, which may also die; it offers what the part is about."""

    families: tuple[str, ...] = ("imsg", "simple")

    def __init__(self) -> None:
        super().__init__()
        self.offer = {family: self.offer[family] for family in self.families}

    def perform(self, call: Call) -> Outcome:
        try:
            return super().perform(call)
        except Death:
            return Outcome("crash", {"signal": 11})
        except Hang:
            return Outcome("hang", HANG_SECONDS)


class EmailVariant(Variant):
    """The same for email sessions."""

    families = ("email",)


class Alternating:
    """A part that answers every second time in another way."""

    _odd = False

    def turn(self) -> bool:
        """True the first time, then false, true, ..."""
        self._odd = not self._odd
        return self._odd


def _served(adapter: Adapter) -> Adapter:
    return Served(adapter) if "email" in adapter.offer else adapter


@dataclass(frozen=True, slots=True)
class Mutant:
    """An implementation with one fault.

    One of the requirements in `breaks` must be reported as failed in a run with `readings`.
    """

    name: str
    breaks: tuple[str, ...]
    summary: str
    build: Callable[[], Reference]
    readings: Mapping[str, str] = field(default_factory=dict)

    def factory(self) -> Adapter:
        """The adapter, with mail servers beside it where it needs some."""
        return _served(self.build())

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
    build: Callable[[], Reference]
    deviates: frozenset[str] = frozenset()

    def factory(self) -> Adapter:
        """The adapter, with mail servers beside it where it needs some."""
        return _served(self.build())


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
    elif issubclass(part, Email):
        made = _email(type(part.__name__, (part,), {}))
    elif issubclass(part, SimpleMapi):
        simple = type(part.__name__, (part,), {})
        made = type("Mutant", (Variant,), {"simple_class": simple})
    else:
        hooks = {hook: part for base, hook in _HOOKS if issubclass(part, base)}
        imsg = type(part.__name__, (Imsg,) if hooks else (part,), hooks)
        made = type("Mutant", (Variant,), {"imsg_class": imsg})
    return made()


def _email(part: type[Email]) -> type[Reference]:
    """What brings clients along needs the harness that can start them."""
    hooks: dict[str, Any] = {"email_class": part}
    if issubclass(part, OfficeEmail):
        hooks["email_harness"] = OfficeHarness
    return type("Mutant", (EmailVariant,), hooks)
