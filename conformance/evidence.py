"""Evidence: what the steps of a run showed about each requirement.

Counts, and the first traces that matter; passing traces are not kept.
Evidence is kept apart by the set of readings that explain an outcome, so that another
choice of readings needs no new run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from conformance.failures import Failures
from conformance.findings import Held
from conformance.guarantee import Guarantee
from conformance.trace import Trace, size, trace_from_json, trace_to_json

KEPT: Final = 3
"""Violations kept for each requirement: the shortest ones, the earliest first among equals."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A trace whose last step breaks a requirement."""

    trace: Trace
    expected: str
    observed: str
    found_by: str
    calls_to_find: int

    def to_json(self) -> dict[str, Any]:
        return {
            "trace": trace_to_json(self.trace),
            "expected": self.expected,
            "observed": self.observed,
            "found_by": self.found_by,
            "calls_to_find": self.calls_to_find,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Violation:
        return cls(
            trace_from_json(value["trace"]),
            value["expected"],
            value["observed"],
            value["found_by"],
            value["calls_to_find"],
        )


@dataclass(slots=True)
class Taken:
    """How often an outcome was explained by just these readings, with the shortest such trace."""

    readings: frozenset[str]
    aspect: str
    held: int = 0
    trace: Trace = ()
    found_by: str = ""
    calls_to_find: int = 0


@dataclass(slots=True)
class Row:
    """The evidence about one requirement."""

    exercised: int = 0
    held: int = 0
    broken: int = 0
    taken: dict[tuple[frozenset[str], str], Taken] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return {
            "exercised": self.exercised,
            "held": self.held,
            "broken": self.broken,
            "taken": [
                {
                    "readings": sorted(taken.readings),
                    "aspect": taken.aspect,
                    "held": taken.held,
                    "trace": trace_to_json(taken.trace),
                    "found_by": taken.found_by,
                    "calls_to_find": taken.calls_to_find,
                }
                for taken in self.taken.values()
            ],
            "violations": [violation.to_json() for violation in self.violations],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Row:
        row = cls(value["exercised"], value["held"], value["broken"])
        for item in value["taken"]:
            readings, aspect = frozenset(item["readings"]), item["aspect"]
            trace = trace_from_json(item["trace"])
            found = (item["found_by"], item["calls_to_find"])
            row.taken[readings, aspect] = Taken(readings, aspect, item["held"], trace, *found)
        row.violations = [Violation.from_json(item) for item in value["violations"]]
        return row


@dataclass(slots=True)
class Incident:
    """A crash or hang on a stimulus that the documents leave undefined: shown, never a verdict."""

    family: str
    method: str
    observed: str
    trace: Trace
    count: int = 1

    def to_json(self) -> dict[str, Any]:
        return {
            "family": self.family,
            "method": self.method,
            "observed": self.observed,
            "count": self.count,
            "trace": trace_to_json(self.trace),
        }


@dataclass(slots=True)
class Evidence:
    """The evidence of a run, or of a part of one."""

    calls: int = 0
    sequences: int = 0
    rows: dict[str, Row] = field(default_factory=dict)
    stubs: dict[str, int] = field(default_factory=dict)
    absent: dict[str, int] = field(default_factory=dict)
    incidents: dict[tuple[str, str, str], Incident] = field(default_factory=dict)
    guarantees: dict[str, Guarantee] = field(default_factory=dict)
    failures: Failures = field(default_factory=Failures)

    def row(self, requirement: str) -> Row:
        found = self.rows.get(requirement)
        if found is None:
            found = self.rows[requirement] = Row()
        return found

    def note_held(
        self, requirement: str, held: Held, trace: Iterable[Any], found_by: str = ""
    ) -> None:
        """A requirement was met; the trace is looked at only where a reading is seen first."""
        row = self.row(requirement)
        row.exercised += 1
        row.held += 1
        if held.readings:
            key = (held.readings, held.aspect)
            taken = row.taken.get(key)
            if taken is None:
                taken = Taken(held.readings, held.aspect, 0, tuple(trace), found_by, self.calls)
                row.taken[key] = taken
            taken.held += 1

    def note_broken(self, requirement: str, violation: Violation) -> None:
        """A requirement was broken."""
        row = self.row(requirement)
        row.exercised += 1
        row.broken += 1
        keep(row.violations, violation)

    def note_incident(self, family: str, method: str, observed: str, trace: Trace) -> None:
        key = (family, method, observed)
        if key in self.incidents:
            self.incidents[key].count += 1
        else:
            self.incidents[key] = Incident(family, method, observed, trace)

    def note_guarantee(self, new: Guarantee) -> None:
        """What one part of a run can promise; together with the other parts of its family."""
        known = self.guarantees.get(new.family)
        self.guarantees[new.family] = known.merged(new) if known else new

    def merge(self, other: Evidence) -> None:
        """Take in the evidence of another part of the same run; the order of parts decides ties."""
        self.calls += other.calls
        self.sequences += other.sequences
        for name, count in other.stubs.items():
            self.stubs[name] = self.stubs.get(name, 0) + count
        for name, count in other.absent.items():
            self.absent[name] = self.absent.get(name, 0) + count
        for key, incident in other.incidents.items():
            if key in self.incidents:
                self.incidents[key].count += incident.count
            else:
                self.incidents[key] = incident
        for guarantee in other.guarantees.values():
            self.note_guarantee(guarantee)
        self.failures.merge(other.failures)
        for requirement, theirs in other.rows.items():
            mine = self.row(requirement)
            mine.exercised += theirs.exercised
            mine.held += theirs.held
            mine.broken += theirs.broken
            for taken_key, taken in theirs.taken.items():
                known = mine.taken.get(taken_key)
                if known is None:
                    mine.taken[taken_key] = taken
                else:
                    known.held += taken.held
            for violation in theirs.violations:
                keep(mine.violations, violation)

    def to_json(self) -> dict[str, Any]:
        return {
            "calls": self.calls,
            "sequences": self.sequences,
            "rows": {name: row.to_json() for name, row in self.rows.items()},
            "stubs": self.stubs,
            "absent": self.absent,
            "incidents": [incident.to_json() for incident in self.incidents.values()],
            "guarantees": [asdict(guarantee) for guarantee in self.guarantees.values()],
            "failures": self.failures.to_json(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Evidence:
        incidents = {}
        for item in value["incidents"]:
            trace = trace_from_json(item["trace"])
            key = (item["family"], item["method"], item["observed"])
            incidents[key] = Incident(*key, trace, item["count"])
        return cls(
            value["calls"],
            value["sequences"],
            {name: Row.from_json(row) for name, row in value["rows"].items()},
            dict(value["stubs"]),
            dict(value["absent"]),
            incidents,
            {item["family"]: Guarantee(**item) for item in value["guarantees"]},
            Failures.from_json(value["failures"]),
        )


def keep(violations: list[Violation], new: Violation) -> None:
    """Keep the shortest traces, one for each thing observed."""
    for index, old in enumerate(violations):
        if old.observed == new.observed:
            if size(new.trace) < size(old.trace):
                violations[index] = new
                violations.sort(key=lambda violation: size(violation.trace))
            return
    violations.append(new)
    violations.sort(key=lambda violation: size(violation.trace))
    del violations[KEPT:]
