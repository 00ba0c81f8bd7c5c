"""The alphabets: for each documented function, the calls worth making next.

Machines and walkers share them, so that a sequence of one is a sequence of the other.
An entry reads the model's state only, never the implementation;
where what it needs is missing it answers with a call that provides it, or with None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.capabilities import Capabilities
from conformance.explore.choose import Chooser
from conformance.trace import Call

Draw = Callable[[Any, Chooser], Call | None]
"""(model state, chooser) -> the next call of one kind, or None where there is none to make."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One kind of call, and how often it is made in an even-tempered sequence."""

    draw: Draw
    weight: int


@dataclass(frozen=True, slots=True)
class Alphabet:
    """The calls of one family: letters by method, a preamble, and what ends a sequence.

    The epilogue closes what is live, and answers None once nothing is; after it `touch` uses what
    was closed, where that may be done.
    `looks` are the methods that show what is live, the most telling first.
    """

    letters: Mapping[str, Letter]
    preamble: Callable[[Capabilities, Chooser], list[Call]]
    epilogue: Callable[[Any, Chooser], Call | None]
    touch: Callable[[Any, Chooser], Call | None] = lambda _state, _choose: None
    looks: tuple[str, ...] = ("observe",)

    def offered(self, capabilities: Capabilities) -> dict[str, Letter]:
        """The letters that an implementation can be asked."""
        return {
            method: letter for method, letter in self.letters.items() if _can(method, capabilities)
        }


def _can(method: str, capabilities: Capabilities) -> bool:
    if method == "observe":
        return bool(capabilities.observes)
    if method == "world.fail_allocation":
        return capabilities.fail_allocation
    return method.startswith(("world.", "servers.")) or method in capabilities.functions


def alphabet_of(family: str) -> Alphabet:
    """The alphabet of one family."""
    from conformance.explore.alphabet import email, imsg, simple

    return {"imsg": imsg.ALPHABET, "simple": simple.ALPHABET, "email": email.ALPHABET}[family]
