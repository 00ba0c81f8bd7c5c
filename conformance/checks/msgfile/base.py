"""What the checks of .msg files share: rules that look at one file, and the flaws that they find.

A rule yields one item for each place it looked at: a :class:`Flaw`, or None where all is well.
A rule that looked at nothing does not apply to the file.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from conformance.checks.registry import Registry
from conformance.findings import HELD, Broken, Finding
from conformance.msgfile.model import State
from conformance.msgfile.read import read
from conformance.msgfile.structure import Defect, MsgFile
from conformance.trace import Call, Outcome

CHECKS: Final = Registry("msgfile")

FIRST: Final = "MSGF-TOP-01"
FILE: Final = "file.read"
BYTES: Final = "world.bytes"
MOST_FLAWS: Final = 100
"""Flaws of one rule in one file that are counted."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong: the path of a stream or storage, the offset in it, and what stands there."""

    path: str
    offset: int
    text: str

    def __str__(self) -> str:
        return f"{self.path or 'the root storage'} at offset {self.offset}: {self.text}"


Rule = Callable[[MsgFile], Iterator[Flaw | None]]


@dataclass(frozen=True, slots=True)
class Seen:
    """What one rule found in one file; `places` counts where it looked."""

    expected: str
    places: int
    flaws: tuple[Flaw, ...]

    @property
    def finding(self) -> Finding:
        if not self.flaws:
            return HELD if self.places else None
        more = len(self.flaws) - 1
        count = f"{more} or more" if len(self.flaws) == MOST_FLAWS else str(more)
        return Broken(self.expected, str(self.flaws[0]) + (f" (and {count} more)" if more else ""))


RULES: Final[dict[str, tuple[str, Rule]]] = {}


def rule(requirement: str, expected: str) -> Callable[[Rule], Rule]:
    """Register the rule of one requirement, which is also its check."""

    def register(function: Rule) -> Rule:
        RULES[requirement] = (expected, function)

        @CHECKS.check(requirement, FILE, BYTES)
        def check(state: State, call: Call, outcome: Outcome) -> Finding:
            file = file_of(state, call, outcome)
            return None if file is None else look(requirement, file).finding

        return function

    return register


def look(requirement: str, file: MsgFile | Defect) -> Seen:
    """What the rule of one requirement finds in a file."""
    expected, function = RULES[requirement]
    if isinstance(file, Defect):
        # What is no compound file breaks the first rule, and says nothing of the others.
        flaws = [Flaw("the file", file.offset, file.text)] if requirement == FIRST else []
        return Seen(expected, len(flaws), tuple(flaws))
    places, found = 0, []
    for item in function(file):
        places += 1
        if item is not None:
            found.append(item)
            if len(found) == MOST_FLAWS:
                break
    return Seen(expected, places, tuple(found))


def file_of(state: State, call: Call, outcome: Outcome) -> MsgFile | Defect | None:
    """The file that a step shows, or None where it shows no saved message."""
    if outcome.kind != "result" or (call.method == BYTES and not state.saved(call)):
        return None
    encoded = outcome.body.get("base64")
    return parsed(encoded) if isinstance(encoded, str) else None


@lru_cache(maxsize=2)
def parsed(encoded: str) -> MsgFile | Defect:
    """The file that the text is an encoding of; kept, as every check of a step asks for it."""
    try:
        return read(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError):
        return Defect("the bytes are not in base64", 0)
