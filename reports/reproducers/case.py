"""What a reproducer is made of: one trace, what it breaks, and the adapter it was found on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from conformance.capabilities import wire_family
from reports.clean import line

_OUTSIDE: Final = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Case:
    """One violation, with everything that it takes to show it again.

    `accepted` are the readings that the trace was not to leave, where it breaks a choice of
    readings; `other` is the trace of the reading it contradicts, where two were taken at once.
    `number` tells several violations of one requirement apart, from 1.
    """

    requirement: str
    family: str
    sentence: str
    steps: Sequence[Any]
    expected: str
    observed: str
    adapter: str
    command: Sequence[str] = ()
    capabilities: Mapping[str, Any] | None = None
    accepted: frozenset[str] = frozenset()
    other: Sequence[Any] = ()
    number: int = 1

    @property
    def played(self) -> str:
        """The family of calls that the trace is played on."""
        return wire_family(self.family)

    @property
    def stem(self) -> str:
        """The name of its files without the ending; safe in a shell and on every system."""
        name = _OUTSIDE.sub("-", line(self.requirement or "incident", 80))
        return f"{name}-{self.number}" if self.number > 1 else name
