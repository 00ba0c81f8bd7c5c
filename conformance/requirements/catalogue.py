"""The values of the requirement catalogue: what the documents demand, as data.

The rows themselves stand in the TOML files beside this module; :mod:`conformance.requirements.load`
reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from conformance.trace import Trace

Level = Literal["must", "should", "ambiguous"]
Evidence = Literal["full", "excerpt", "code"]

ANY: Final = "any"
"""The default of a requirement whose readings are all accepted."""


@dataclass(frozen=True, slots=True)
class Source:
    """A document, and how much of it was read; `address` is "" where none is known."""

    key: str
    title: str
    publisher: str
    address: str
    edition: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Citation:
    """The place in a document that a requirement rests on; `section` "" is the whole document."""

    source: Source
    section: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row of the catalogue.

    `functions` are the methods that must be offered for the row to be decided, its own first;
    `needs` names the requirements without which it cannot be reached.
    `observes`, `capabilities` and `protocols` are what the harness must declare for it, `lacks` the
    protocols that it must not.
    `readings` maps letters to the ways in which the documents can be understood;
    `default` is the letter that binds, :data:`ANY`, or "" where there are no readings.
    `undecidable`, `partial`, `contradiction` and `note` are "" where they do not apply.
    `example` is the shortest trace of a correct implementation that meets the row's precondition.
    """

    id: str
    family: str
    level: Level
    sentence: str
    why: str
    citations: tuple[Citation, ...]
    functions: tuple[str, ...]
    needs: tuple[str, ...]
    observes: frozenset[str]
    capabilities: frozenset[str]
    protocols: frozenset[str]
    lacks: frozenset[str]
    readings: Mapping[str, str]
    default: str
    undecidable: str
    partial: str
    contradiction: str
    note: str
    example: Trace

    @property
    def group(self) -> str:
        """The id without its number: `IMSG-OPEN`."""
        return self.id.rpartition("-")[0]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All requirements in catalogue order, the home rows of the functions, and the documents.

    `homes` maps family and method to the requirement that a crash or a hang on permitted arguments
    is charged to where no precondition covers the call.
    """

    requirements: Mapping[str, Requirement]
    homes: Mapping[str, Mapping[str, str]]
    sources: Mapping[str, Source]

    def family(self, name: str) -> tuple[Requirement, ...]:
        """Give the requirements of one family, in catalogue order."""
        return tuple(row for row in self.requirements.values() if row.family == name)

    def __getitem__(self, requirement: str) -> Requirement:
        return self.requirements[requirement]
