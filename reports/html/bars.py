"""Bars: how the verdicts of a family, a group or a level are distributed, in absolute counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reports.clean import line
from reports.verdicts import VERDICTS, Verdict, tally

Rows = Iterable[Mapping[str, Any]]

_LEVELS: Final = ("must", "ambiguous", "should")
_TITLES: Final = {
    "imsg": "Message sessions",
    "simple": "Simple MAPI",
    "email": "Email sessions",
    "msgfile": ".msg files",
}


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a bar; `start` and `width` are per cent of the bar's length."""

    verdict: Verdict
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of the table: a name, the segments, and the count of every verdict."""

    name: str
    title: str
    total: int
    counts: tuple[tuple[Verdict, int], ...]
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading row with the rows below it: a family and its groups, or all rows and the levels."""

    head: Bar
    rows: tuple[Bar, ...]


def sections_of(rows: Rows) -> tuple[Section, ...]:
    """Divide the rows: all by level, then every family by group, in the order of the results."""
    everything = list(rows)
    levels = [
        bar(level, "", members)
        for level in _LEVELS
        if (members := [row for row in everything if row.get("level") == level])
    ]
    sections = [Section(bar("", "All requirements", everything), tuple(levels))]
    for family, members in _split(everything, lambda row: line(row.get("family"), 40)):
        groups = _split(members, lambda row: line(row.get("id"), 80).rpartition("-")[0])
        head = bar(family, _TITLES.get(family, family), members)
        sections.append(Section(head, tuple(bar(name, "", group) for name, group in groups)))
    return tuple(sections)


def bar(name: str, title: str, rows: Rows) -> Bar:
    """Build the bar of some requirement rows."""
    counts = tally(rows)
    total = sum(counts.values())
    segments, start = [], 0
    for verdict, count in counts.items():
        if count:
            segments.append(
                Segment(
                    VERDICTS[verdict], round(100 * start / total, 3), round(100 * count / total, 3)
                )
            )
        start += count
    named = tuple((VERDICTS[verdict], count) for verdict, count in counts.items())
    return Bar(name, title, total, named, tuple(segments))


def _split(
    rows: Rows, key: Callable[[Mapping[str, Any]], str]
) -> list[tuple[str, list[Mapping[str, Any]]]]:
    parts: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        parts.setdefault(key(row), []).append(row)
    return list(parts.items())
