"""What changed since a baseline, as the page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from conformance.compare import Change, Changed, compare
from conformance.requirements.catalogue import Catalogue
from reports.clean import line
from reports.html.cards import anchor_of
from reports.html.facts import name_of

_GLYPHS: Final = {
    Change.BROKEN: ("Newly broken", "✗", "fail"),
    Change.UNDECIDED: ("Undecided now, because the adapter failed", "!", "error"),
    Change.GONE: ("Gone: decided before, and not any more", "○", "not-exercised"),
    Change.READING: ("Another reading than before", "≈", "flaky"),
    Change.FIXED: ("Fixed", "✓", "pass"),
    Change.EXERCISED: ("Newly exercised, and held", "✓", "pass"),
}


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One requirement that changed; `anchor` is "" where the newer results do not hold it."""

    id: str
    anchor: str
    level: str
    before: str
    after: str
    sentence: str
    detail: str


@dataclass(frozen=True, slots=True)
class Kind:
    """The changes of one kind under their heading; `colour` is the verdict whose colour it has."""

    heading: str
    glyph: str
    colour: str
    changes: tuple[ChangeView, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """All changes since the older run, in one sentence and by kind."""

    since: str
    headline: str
    kinds: tuple[Kind, ...]
    notes: tuple[str, ...]


def changes_of(old: Mapping[str, Any], new: Mapping[str, Any], catalogue: Catalogue) -> Changes:
    """Compare two results of :func:`conformance.results.read_results`, the older one first."""
    comparison = compare(old, new)
    held = {str(row.get("id")) for row in new.get("requirements") or ()}
    kinds = []
    for change, (heading, glyph, colour) in _GLYPHS.items():
        found = tuple(_view(one, held, catalogue) for one in comparison.of(change))
        if found:
            kinds.append(Kind(heading, glyph, colour, found))
    counted = [f"{len(kind.changes)} {_short(kind.heading)}" for kind in kinds]
    return Changes(
        since=name_of(old),
        headline=", ".join(counted) or "no change",
        kinds=tuple(kinds),
        notes=tuple(line(note, 300) for note in comparison.notes),
    )


def _short(heading: str) -> str:
    return heading.partition(":")[0].partition(",")[0].lower()


def _view(one: Changed, held: set[str], catalogue: Catalogue) -> ChangeView:
    known = catalogue.requirements.get(one.requirement)
    return ChangeView(
        id=line(one.requirement, 80),
        anchor=anchor_of(one.requirement) if one.requirement in held else "",
        level=line(one.level, 20),
        before=line(one.before, 40) or "unknown",
        after=line(one.after, 40) or "unknown",
        sentence=known.sentence if known else "",
        detail=line(one.detail, 400),
    )
