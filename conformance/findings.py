"""What one check says of one step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Held:
    """The requirement was met.

    For a requirement with readings, `readings` are those that explain the outcome.
    `aspect` tells apart stimuli of one ambiguous requirement that an implementation may settle
    differently without contradicting itself: readings are compared within an aspect only.
    """

    readings: frozenset[str] = frozenset()
    aspect: str = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """The requirement was violated under every reading it has."""

    expected: str
    observed: str


Finding = Held | Broken | None
"""None says that the requirement does not apply to the step."""

HELD: Final = Held()


def reading(letters: str, aspect: str = "") -> Held:
    """Met under each of these readings: `reading("AC")`."""
    return _reading(letters, aspect)


_cache: dict[tuple[str, str], Held] = {}


def _reading(letters: str, aspect: str) -> Held:
    key = (letters, aspect)
    if key not in _cache:
        _cache[key] = Held(frozenset(letters), aspect)
    return _cache[key]
