"""The conclusion: does the implementation conform, in words, with counts and the exit status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.verdicts import BREAKING, Ruling, Verdict


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


def conclude(rulings: Mapping[str, Ruling], strict: bool, complete: bool, errors: bool) -> Conclusion:
    """Sum up the rulings.

    Exit status, the first that applies: 4 the run was interrupted; 1 a binding requirement is broken;
    3 the adapter failed; 4 nothing was exercised, or something was not under `strict`; 0.
    """
    counts = Counter(str(ruling.verdict) for ruling in rulings.values())
    breaking = [r for r in rulings.values() if r.binding and r.verdict in BREAKING]
    exercised = any(ruling.row.exercised for ruling in rulings.values())
    idle = counts[Verdict.NOT_EXERCISED]
    conforms = exercised and not breaking and complete and not errors
    broken = [r for r in breaking if r.verdict is not Verdict.ERROR]
    if not complete:
        status = 4
    elif broken:
        status = 1
    elif errors or breaking:
        status = 3
    elif not exercised or (strict and idle):
        status = 4
    else:
        status = 0
    headline = _headline(rulings, conforms, exercised, complete, errors)
    return Conclusion(conforms, headline, status, {str(v): counts[str(v)] for v in Verdict})


def _headline(
    rulings: Mapping[str, Ruling], conforms: bool, exercised: bool, complete: bool, errors: bool
) -> str:
    scope = [r for r in rulings.values() if r.verdict is not Verdict.NOT_OFFERED]
    musts = [r for r in scope if r.requirement.level == "must"]
    idle = sum(r.verdict is Verdict.NOT_EXERCISED for r in musts)
    parts = []
    for verdicts, text in (
        ((Verdict.FAIL, Verdict.FLAKY), "broken"),
        ((Verdict.NOT_IMPLEMENTED,), "not implemented"),
        ((Verdict.BLOCKED,), "blocked"),
    ):
        count = sum(r.verdict in verdicts for r in musts)
        if count:
            parts.append(f"{count} of {len(musts)} musts {text}")
    others = [r for r in scope if r.requirement.level != "must" and r.binding]
    readings = sum(r.verdict in (Verdict.FAIL, Verdict.FLAKY) for r in others)
    if readings:
        parts.append(f"{readings} other binding requirement(s) broken")
    if idle:
        parts.append(f"{idle} of {len(musts)} musts not exercised")
    deviations = sum(r.verdict in (Verdict.FAIL, Verdict.FLAKY) and not r.binding for r in scope)
    if deviations:
        parts.append(f"{deviations} deviation(s) from a should")
    if not exercised:
        start = "nothing was exercised, so nothing can be said"
    elif errors:
        start = "the adapter failed, so conformance cannot be decided"
    elif not complete:
        start = "the run was interrupted before conformance was decided"
    else:
        start = "conforms" if conforms else "does not conform"
    return "; ".join([start, *parts])
