"""Choosing: where explorers take their decisions from, and how a sequence behaves as a whole.

Averages find average faults; extremes find the rest.
So every sequence has a *personality*: how it will behave is drawn before it starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, Protocol, TypeVar

from conformance.trace import Call

T = TypeVar("T")


class Source(Protocol):
    """Where choices come from: a seeded generator, or Hypothesis."""

    def below(self, bound: int) -> int:
        """A number from 0 to bound - 1."""


@dataclass(frozen=True, slots=True)
class Personality:
    """How one sequence behaves.

    Rates are per thousand; `taste` prefers the newest, the oldest or any live object;
    `crowd` is the
    number of live objects aimed at; `off` are the methods this sequence leaves alone.
    `ending` is the order in which the epilogue closes what is live, first in first out or last in
    first out or shuffled; with `parts_first` what was made in a session goes before the session.
    `carried` sequences go on in a further `begin`, `abrupt` ones leave everything open there.
    """

    length: int
    errors: int
    dead: int
    looks: int
    taste: str
    crowd: int
    burst: int
    off: frozenset[str] = frozenset()
    ending: str = "any"
    parts_first: bool = False
    carried: bool = False
    abrupt: bool = False


LENGTHS: Final = (6, 8, 10, 12, 16, 20, 30, 50, 80, 150)
ERRORS: Final = (20, 100, 250, 500, 800)
DEAD: Final = (0, 50, 150, 400)
LOOKS: Final = (100, 300, 500, 900)
CROWDS: Final = (1, 2, 3, 5, 9, 24)
TASTES: Final = ("any", "newest", "oldest")
ENDINGS: Final = ("oldest", "newest", "any")
PLAIN: Final = Personality(30, 250, 100, 300, "any", 4, 0)


def personality(source: Source, methods: Sequence[str]) -> Personality:
    """Draw a personality; a third of them leave some methods alone."""
    swarm = source.below(3) == 0
    off = frozenset(method for method in methods if swarm and source.below(3) == 0)
    return Personality(
        length=LENGTHS[source.below(len(LENGTHS))],
        errors=ERRORS[source.below(len(ERRORS))],
        dead=DEAD[source.below(len(DEAD))],
        looks=LOOKS[source.below(len(LOOKS))],
        taste=TASTES[source.below(3)],
        crowd=CROWDS[source.below(len(CROWDS))],
        burst=(0, 0, 0, 300, 700)[source.below(5)],
        off=off,
        ending=ENDINGS[source.below(3)],
        parts_first=source.below(4) == 0,
        carried=(carried := source.below(12) == 0),
        abrupt=carried and source.below(2) == 0,
    )


@dataclass(slots=True)
class RandomSource:
    """A seeded generator."""

    random: Random

    def below(self, bound: int) -> int:
        return int(self.random.random() * bound)


@dataclass(slots=True)
class Chooser:
    """Takes the decisions of one sequence; alphabets ask it and never the implementation."""

    source: Source
    character: Personality = PLAIN
    nulls: bool = True
    closing: bool = False
    """The epilogue has begun: objects are taken in the order of the ending."""
    _names: dict[str, int] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)

    def chance(self, per_thousand: int) -> bool:
        return self.source.below(1000) < per_thousand

    def errs(self) -> bool:
        """Whether to depart from the rules now."""
        return self.chance(self.character.errors)

    def pick(self, items: Sequence[T]) -> T:
        return items[self.source.below(len(items))]

    def liked(self, items: Sequence[T]) -> T:
        """One of several live objects, by taste."""
        if self.closing and self.character.ending != "any":
            return items[0 if self.character.ending == "oldest" else -1]
        if self.character.taste == "newest" and self.chance(700):
            return items[-1]
        if self.character.taste == "oldest" and self.chance(700):
            return items[0]
        return self.pick(items)

    def fresh(self, prefix: str) -> str:
        """A name that the sequence has not used."""
        while True:
            number = self._names.get(prefix, 0) + 1
            self._names[prefix] = number
            if (name := f"{prefix}{number}") not in self._taken:
                return name

    def reserve(self, calls: Iterable[Call]) -> None:
        """Keep the names that these calls use from being given out as fresh ones."""
        for call in calls:
            self._taken |= {value for value in call.params.values() if isinstance(value, str)}

    def crowded(self, live: int) -> bool:
        """Whether there are as many live objects of a kind as the sequence aims at."""
        return live >= self.character.crowd

    def invalid_flags(self, legal: int, undefined: int = 0xFFFFFFFF) -> int:
        """Flags with an undefined bit: alone, with a legal one, in pairs, all, or at boundaries."""
        bits = [1 << bit for bit in range(32) if (undefined & ~legal) >> bit & 1]
        kind = self.source.below(8)
        flags = self.pick(bits)
        if kind == 5:
            flags |= self.pick(bits)
        elif kind == 6:
            flags |= legal
        elif kind == 7:
            flags = self.pick((sum(bits), bits[0], bits[-1], sum(bits) | legal))
        return flags

    def number(self) -> int:
        """A 32-bit number, often at a boundary."""
        edges = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x12345678, 0xDEADBEEF)
        if self.chance(500):
            return self.pick(edges)
        return self.source.below(0x10000) << 16 | self.source.below(0x10000)


Params = dict[str, Any]
