"""The nine verdicts as readers meet them: order, glyph, label and definition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Verdict:
    """One verdict; `glyph` stands beside the colour so that colour never carries it alone."""

    name: str
    glyph: str
    meaning: str

    @property
    def label(self) -> str:
        return self.name.replace("-", " ")


VERDICTS: Final = {
    verdict.name: verdict
    for verdict in (
        Verdict(
            "pass",
            "✓",
            "Exercised and never broken. For an ambiguous requirement the reading that the "
            "implementation takes is recorded.",
        ),
        Verdict(
            "fail",
            "✗",
            "Broken. The shortest call sequence found that breaks it is shown, with what was "
            "expected and what was observed. A broken should is called a deviation; it is binding "
            "only in a strict run. Taking two readings of one requirement is a failure too.",
        ),
        Verdict(
            "flaky",
            "≈",
            "Broken, but the same call sequence does not always break it: m of n repetitions did.",
        ),
        Verdict(
            "expected-fail",
            "⚑",
            "Broken, and listed in the expectations file of this run together with a reason.",
        ),
        Verdict(
            "not-exercised",
            "○",
            "The situation that the requirement speaks of never occurred in this run, so nothing "
            "is known. This is never a pass.",
        ),
        Verdict(
            "not-offered",
            "–",  # noqa: RUF001 (an en dash is meant)
            "The implementation declares that it has no such function. Out of scope.",
        ),
        Verdict(
            "not-implemented",
            "□",
            "The function is there, but it is an empty stub.",
        ),
        Verdict(
            "blocked",
            "⊘",
            "Could not be reached, because another requirement, which is named, failed first.",
        ),
        Verdict(
            "error",
            "!",
            "The adapter failed, so nothing can be said about the implementation.",
        ),
    )
}

_LEVELS: Final = {"must": 0, "ambiguous": 1, "should": 2}
_TO_FIX: Final = frozenset({"fail", "flaky", "not-implemented"})
_NO_TRACE: Final = 10**9


def verdict_of(row: Mapping[str, Any]) -> str:
    """Return the verdict of a requirement row; one unknown to this version counts as error."""
    name = row.get("verdict")
    return name if isinstance(name, str) and name in VERDICTS else "error"


def tally(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Count the rows of each of the nine verdicts, zeros included, in display order."""
    counted = Counter(verdict_of(row) for row in rows)
    return {name: counted[name] for name in VERDICTS}


def to_fix(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Sort out what to fix first: binding ones, then by level, then the shortest trace.

    Blocked requirements are left out: what blocks them is on the list. So are those that an adapter
    failure left open: that failure is shown by itself.
    """
    return sorted((row for row in rows if verdict_of(row) in _TO_FIX), key=_urgency)


def is_deviation(row: Mapping[str, Any]) -> bool:
    """Tell whether a row is a broken `should`, which texts call a deviation."""
    return row.get("level") == "should" and verdict_of(row) in ("fail", "flaky")


def _urgency(row: Mapping[str, Any]) -> tuple[bool, int, int, str]:
    return (
        not row.get("binding"),
        _LEVELS.get(str(row.get("level")), len(_LEVELS)),
        min((len(item["trace"]) for item in row.get("violations") or ()), default=_NO_TRACE),
        str(row.get("id")),
    )
