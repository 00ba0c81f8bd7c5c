"""Comparing two results: what the newer one broke, fixed, reached for the first time, and lost.

A pure function of two results files; texts of it are made in :mod:`reports.compare`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from conformance.verdicts import Verdict

_BROKEN: Final = frozenset(
    {
        Verdict.FAIL,
        Verdict.FLAKY,
        Verdict.EXPECTED_FAIL,
        Verdict.NOT_IMPLEMENTED,
        Verdict.BLOCKED,
    }
)
_DECIDED: Final = _BROKEN | {Verdict.PASS}


class Change(StrEnum):
    """What became of a requirement, the worst first."""

    BROKEN = "newly broken"
    UNDECIDED = "undecided now"
    GONE = "gone"
    READING = "other reading"
    FIXED = "fixed"
    EXERCISED = "newly exercised"


@dataclass(frozen=True, slots=True)
class Changed:
    """One requirement whose verdict or reading changed.

    `before` and `after` are verdicts, or readings where the change is one of reading; "" where
    that run did not know the requirement. `detail` says what was observed, or why.
    """

    requirement: str
    level: str
    change: Change
    before: str
    after: str
    detail: str = ""

    def to_json(self) -> dict[str, str]:
        pairs = ((name, getattr(self, name)) for name in self.__slots__)
        return {name: str(value) for name, value in pairs}


@dataclass(frozen=True, slots=True)
class Comparison:
    """All changes between two runs, the worst first, in catalogue order within a kind.

    `notes` say in which respects the two runs cannot be compared like with like.
    """

    changes: tuple[Changed, ...]
    notes: tuple[str, ...] = ()

    def of(self, change: Change) -> tuple[Changed, ...]:
        return tuple(one for one in self.changes if one.change is change)

    @property
    def regressions(self) -> tuple[Changed, ...]:
        """What the newer run shows broken, but for failures that its expectations file lists."""
        broken = self.of(Change.BROKEN)
        return tuple(one for one in broken if one.after != Verdict.EXPECTED_FAIL)

    @property
    def exit_status(self) -> int:
        """1 on a regression; 3 where an adapter failure left something open; otherwise 0."""
        if self.regressions:
            return 1
        return 3 if self.of(Change.UNDECIDED) else 0

    def to_json(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "regressions": len(self.regressions),
            "exit": self.exit_status,
            "notes": list(self.notes),
            "changes": [one.to_json() for one in self.changes],
        }


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> Comparison:
    """Compare two results (see conformance/schemas/results.schema.json), the older one first."""
    before = {row["id"]: row for row in old["requirements"]}
    after = {row["id"]: row for row in new["requirements"]}
    found = []
    for name in {**after, **before}:
        one = _changed(name, before.get(name), after.get(name))
        if one is not None:
            found.append(one)
    order = list(Change)
    found.sort(key=lambda one: order.index(one.change))
    return Comparison(tuple(found), _notes(old["run"], new["run"]))


def _changed(
    name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
) -> Changed | None:
    before, after = _verdict(old), _verdict(new)
    level = str((new or old or {}).get("level", ""))
    change = _change(before, after)
    if change is not None:
        return Changed(name, level, change, before, after, _detail(new, change))
    readings = str((old or {}).get("reading", "")), str((new or {}).get("reading", ""))
    if before == after == Verdict.PASS and readings[0] != readings[1]:
        return Changed(name, level, Change.READING, *readings)
    return None


def _verdict(row: Mapping[str, Any] | None) -> str:
    return "" if row is None else str(row["verdict"])


def _change(before: str, after: str) -> Change | None:
    if after in _BROKEN:
        return None if before in _BROKEN else Change.BROKEN
    if after == Verdict.ERROR:
        return None if before == Verdict.ERROR else Change.UNDECIDED
    if after == Verdict.PASS:
        if before in _BROKEN:
            return Change.FIXED
        return None if before == Verdict.PASS else Change.EXERCISED
    return Change.GONE if before in _DECIDED else None


def _detail(row: Mapping[str, Any] | None, change: Change) -> str:
    if row is None:
        return "the newer results do not hold it"
    if change is Change.BROKEN and row["violations"]:
        first = row["violations"][0]
        return f"expected {first.get('expected', '')}, observed {first.get('observed', '')}"
    return str(row.get("reason", ""))


_COMPARED: Final = (
    ("profile", "the profiles differ"),
    ("families", "the families differ"),
    ("readings", "the chosen readings differ"),
    ("strict", "one run is strict"),
)


def _notes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    notes = [
        f"{text}: {_said(old.get(key))} and {_said(new.get(key))}"
        for key, text in _COMPARED
        if old.get(key) != new.get(key)
    ]
    for which, run in (("older", old), ("newer", new)):
        if run.get("complete") is False:
            notes.append(f"the {which} run did not end: what it lacks says nothing")
    return tuple(notes)


def _said(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={item}" for key, item in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)
