"""The conclusion: does the implementation conform, in words, with counts and the exit status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.verdicts import BREAKING, Ruling, Verdict

_BROKEN = (Verdict.FAIL, Verdict.FLAKY)
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The outcome of a run; `exit_status` follows the table of the command line."""

    conforms: bool
    headline: str
    exit_status: int
    counts: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        return {
            "conforms": self.conforms,
            "headline": self.headline,
            "exit": self.exit_status,
            "counts": dict(self.counts),
        }


def conclude(
    rulings: Mapping[str, Ruling],
    name: str,
    *,
    strict: bool,
    complete: bool,
    errors: bool,
    stale: Collection[str] = (),
) -> Conclusion:
    """Sum up the rulings on the implementation called `name`, of which 60 characters are said.

    Exit status, the first that applies: 4 the run was interrupted; 1 a binding requirement is
    broken; 3 the adapter failed; 2 an expectation is stale; 4 nothing was exercised, or, under
    `strict`, something was not that a run like this one can exercise; 0.
    """
    name = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}\u2026"
    counts = Counter(str(ruling.verdict) for ruling in rulings.values())
    breaking = [r for r in rulings.values() if r.binding and r.verdict in BREAKING]
    exercised = any(ruling.row.exercised for ruling in rulings.values())
    idle = any(r.verdict is Verdict.NOT_EXERCISED and not r.beyond for r in rulings.values())
    conforms = exercised and not breaking and complete and not errors
    broken = [r for r in breaking if r.verdict is not Verdict.ERROR]
    if not complete:
        status = 4
    elif broken:
        status = 1
    elif errors or breaking:
        status = 3
    elif stale:
        status = 2
    elif not exercised or (strict and idle):
        status = 4
    else:
        status = 0
    if not complete:
        says = "interrupted before conformance was decided"
    elif errors and not broken:
        says = "the adapter failed, so conformance cannot be decided"
    elif not exercised:
        says = "nothing was exercised, so nothing can be said"
    else:
        says = "conforms" if conforms else "does not conform"
    decided = complete and (broken or not errors)
    said = f"{name} {says}" if decided else f"{name}: {says}"
    headline = "; ".join([said, *_counted(rulings, stale)])
    return Conclusion(conforms, headline, status, {str(v): counts[str(v)] for v in Verdict})


def _counted(rulings: Mapping[str, Ruling], stale: Collection[str]) -> list[str]:
    """The counts that go with the conclusion, each with its denominator."""
    scope = [r for r in rulings.values() if r.verdict is not Verdict.NOT_OFFERED]
    musts = [r for r in scope if r.requirement.level == "must"]
    parts = []
    for verdicts, text in (
        (_BROKEN, "broken"),
        ((Verdict.NOT_IMPLEMENTED,), "not implemented"),
        ((Verdict.BLOCKED,), "blocked"),
        ((Verdict.ERROR,), "left open by adapter errors"),
        ((Verdict.NOT_EXERCISED,), "not exercised"),
    ):
        count = sum(ruling.verdict in verdicts for ruling in musts)
        if count:
            parts.append(f"{count} of {len(musts)} musts {text}")
    others = [r for r in scope if r.requirement.level != "must" and r.verdict in _BROKEN]
    binding = sum(ruling.binding for ruling in others)
    if binding:
        parts.append(f"{binding} other binding requirement{'s' if binding > 1 else ''} broken")
    expected = sum(ruling.verdict is Verdict.EXPECTED_FAIL for ruling in scope)
    if expected:
        parts.append(f"{expected} expected failure{'s' if expected > 1 else ''}")
    if stale:
        parts.append(f"{len(stale)} stale expectation{'s' if len(stale) > 1 else ''}")
    deviations = len(others) - binding
    if deviations:
        parts.append(f"{deviations} deviation{'s' if deviations > 1 else ''} from a should")
    return parts
