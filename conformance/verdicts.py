"""Verdicts: computed from evidence alone, so that another choice of readings needs no new run.

The meaning of each verdict, and which are binding, stands in docs/verdicts.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from conformance.capabilities import Capabilities, Offer, wire_family
from conformance.confirm import Confirmed
from conformance.evidence import Evidence, Row, Taken
from conformance.requirements.catalogue import ANY, Catalogue, Requirement


class Verdict(StrEnum):
    """The nine verdicts, the weightier first."""

    ERROR = "error"
    FAIL = "fail"
    FLAKY = "flaky"
    EXPECTED_FAIL = "expected-fail"
    NOT_IMPLEMENTED = "not-implemented"
    NOT_OFFERED = "not-offered"
    BLOCKED = "blocked"
    NOT_EXERCISED = "not-exercised"
    PASS = "pass"  # noqa: S105 - a verdict


BREAKING: Final = frozenset(
    {Verdict.FAIL, Verdict.FLAKY, Verdict.ERROR, Verdict.BLOCKED, Verdict.NOT_IMPLEMENTED}
)
_STOPPING: Final = frozenset(
    {Verdict.FAIL, Verdict.FLAKY, Verdict.NOT_IMPLEMENTED, Verdict.BLOCKED}
)


@dataclass(frozen=True, slots=True)
class Ruling:
    """The verdict on one requirement, and why.

    `binding` says whether a broken row keeps the implementation from conforming.
    `readings` are the evidence by reading; `conflict` holds one for each of two
    readings taken at once.
    `beyond` says that no run like this one can exercise it: no trace shows it, or its family was
    not asked for.
    """

    requirement: Requirement
    verdict: Verdict
    reason: str = ""
    binding: bool = False
    reading: str = ""
    blocked_by: str = ""
    row: Row = field(default_factory=Row)
    conflict: tuple[Taken, ...] = ()
    chosen: str = ""
    beyond: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be ruled on: a choice of readings, strictness, and which families were run.

    Evidence about requirements of other families, which the same calls may give, is left aside.
    `errors` maps a family to the adapter failure that cut it short.
    """

    readings: Mapping[str, str]
    strict: bool
    families: Collection[str]
    offer: Offer
    errors: Mapping[str, str]
    complete: bool = True


def rule(
    catalogue: Catalogue,
    evidence: Evidence,
    question: Question,
    confirmed: Mapping[str, Confirmed] | None = None,
) -> dict[str, Ruling]:
    """The ruling on every requirement of the catalogue, in its order."""
    rulings: dict[str, Ruling] = {}
    for requirement in _by_need(catalogue):
        rulings[requirement.id] = _one(
            requirement, evidence, question, confirmed or {}, rulings, catalogue
        )
    return {name: rulings[name] for name in catalogue.requirements}


def _by_need(catalogue: Catalogue) -> list[Requirement]:
    """The requirements, each after those it needs."""
    ordered: dict[str, Requirement] = {}

    def visit(requirement: Requirement) -> None:
        for need in requirement.needs:
            visit(catalogue[need])
        ordered.setdefault(requirement.id, requirement)

    for requirement in catalogue.requirements.values():
        visit(requirement)
    return list(ordered.values())


def _one(
    requirement: Requirement,
    evidence: Evidence,
    question: Question,
    confirmed: Mapping[str, Confirmed],
    done: Mapping[str, Ruling],
    catalogue: Catalogue,
) -> Ruling:
    asked = requirement.family in question.families
    row = evidence.rows.get(requirement.id, Row()) if asked else Row()
    chosen = question.readings.get(requirement.id, requirement.default)
    binding = requirement.level == "must" or (question.strict and requirement.level == "should")
    binding = binding or (requirement.level == "ambiguous" and chosen != ANY)
    failed = requirement.family in question.errors or evidence.failures.over(requirement.id)
    failed_early = failed and requirement.id not in confirmed
    if row.broken and not failed_early:
        one = confirmed.get(requirement.id)
        verdict = Verdict.FLAKY if one is not None and one.flaky else Verdict.FAIL
        # Outside every documented reading: that binds whatever reading is chosen.
        binding = binding or requirement.level == "ambiguous"
        why = "" if one is None else f"shown by {one.broke} of {one.replays} replays"
        return Ruling(requirement, verdict, why, binding, row=row)
    conflict = _conflict(row, chosen)
    if conflict and not failed_early:
        both = len(conflict) > 1
        reason = (
            "takes two readings at once: " + " and ".join(_letters(taken) for taken in conflict)
            if both
            else f"takes reading {_letters(conflict[0])}, and reading {chosen} is chosen"
        )
        return Ruling(
            requirement,
            Verdict.FAIL,
            reason,
            binding or both,
            _reading(row),
            row=row,
            conflict=conflict,
            chosen=chosen,
        )
    stub = bool(requirement.functions) and requirement.functions[0] in evidence.stubs
    if row.exercised and not failed and not stub:
        return Ruling(requirement, Verdict.PASS, "", binding, _reading(row), row=row)
    return _unexercised(requirement, evidence, question, done, catalogue, row, binding)


def _unexercised(
    requirement: Requirement,
    evidence: Evidence,
    question: Question,
    done: Mapping[str, Ruling],
    catalogue: Catalogue,
    row: Row,
    binding: bool,
) -> Ruling:
    beyond = bool(requirement.undecidable) or requirement.family not in question.families

    def ruling(verdict: Verdict, reason: str, blocked_by: str = "") -> Ruling:
        reading = _reading(row)
        return Ruling(
            requirement, verdict, reason, binding, reading, blocked_by, row, beyond=beyond
        )

    family = wire_family(requirement.family)
    if requirement.family in question.errors:
        return ruling(Verdict.ERROR, question.errors[requirement.family])
    failure = evidence.failures.over(requirement.id)
    if failure is not None:
        return ruling(Verdict.ERROR, failure.message)
    capabilities = question.offer.get(family)
    not_offered = capabilities is None and bool(question.offer)
    if requirement.family not in question.families and not not_offered:
        return ruling(Verdict.NOT_EXERCISED, f"the family {requirement.family} was not run")
    own = requirement.functions[0] if requirement.functions else ""
    if own in evidence.stubs:
        return ruling(Verdict.NOT_IMPLEMENTED, f"{own} is an empty stub")
    if capabilities is None:
        return ruling(Verdict.NOT_OFFERED, f"the family {family} is not offered")
    absent = [name for name in requirement.functions if name not in capabilities.functions]
    absent += [name for name in requirement.functions if name in evidence.absent]
    if absent:
        return ruling(Verdict.NOT_OFFERED, f"{absent[0]} is not offered")
    for need in requirement.needs:
        if done[need].verdict in _STOPPING:
            root = done[need].blocked_by or need
            return ruling(Verdict.BLOCKED, f"could not be reached: {root} is not met", root)
    stub = next((name for name in requirement.functions if name in evidence.stubs), None)
    if stub is not None:
        rows = catalogue.family(family)
        home = next(
            (one.id for one in rows if one.functions[0] == stub), catalogue.homes[family][stub]
        )
        return ruling(Verdict.BLOCKED, f"could not be reached: {stub} is an empty stub", home)
    known = _why_not(requirement, capabilities)
    if known:
        return ruling(Verdict.NOT_EXERCISED, known)
    kept = _kept_from(requirement, evidence, done)
    if kept:
        return ruling(Verdict.ERROR, f"could not be reached: {kept}")
    if not question.complete:
        return ruling(Verdict.NOT_EXERCISED, "the run ended before its precondition was met")
    return ruling(Verdict.NOT_EXERCISED, "its precondition was never met")


def _kept_from(requirement: Requirement, evidence: Evidence, done: Mapping[str, Ruling]) -> str:
    """The failure of the adapter that may have kept a precondition from being met, or ""."""
    for need in requirement.needs:
        if done[need].verdict is Verdict.ERROR:
            return f"of {need}, {done[need].reason}"
    used = {*requirement.functions, *(step.call.method for step in requirement.example)}
    if requirement.observes:
        used.add("observe")
    failures = (f for f in evidence.failures if f.family == wire_family(requirement.family))
    return next((failure.message for failure in failures if failure.method in used), "")


def _why_not(requirement: Requirement, capabilities: Capabilities) -> str:
    """What keeps the precondition from being met in any run, or ""."""
    if requirement.undecidable:
        return requirement.undecidable
    for name in requirement.capabilities:
        if not getattr(capabilities, name, True):
            return f"the implementation does not declare {name}"
    for name in requirement.observes:
        if name not in capabilities.observes:
            return f"the harness does not observe {name}"
    for name in sorted(requirement.protocols - capabilities.protocols):
        return f"the implementation declares no sessions over {name}"
    for name in sorted(requirement.lacks & capabilities.protocols):
        return f"the implementation has sessions over {name}, so that there is nothing to refuse"
    return ""


def _conflict(row: Row, chosen: str) -> tuple[Taken, ...]:
    """The readings taken that no single accepted reading explains, one trace for each."""
    accepted = None if chosen in (ANY, "") else frozenset({chosen})
    refused = [t for t in row.taken.values() if accepted is not None and not t.readings & accepted]
    for aspect in {taken.aspect for taken in row.taken.values()}:
        mine = [taken for taken in row.taken.values() if taken.aspect == aspect]
        if frozenset.intersection(*(taken.readings for taken in mine)):
            continue
        first = mine[0]
        other = next((t for t in mine if not t.readings & first.readings), mine[-1])
        return (first, other)
    return tuple(refused[:1])


def _letters(taken: Taken) -> str:
    return "/".join(sorted(taken.readings)) + (f" ({taken.aspect})" if taken.aspect else "")


def _reading(row: Row) -> str:
    """The reading that explains everything seen; by aspect where aspects differ."""
    found: dict[str, str] = {}
    for aspect in sorted({taken.aspect for taken in row.taken.values()}):
        sets = [taken.readings for taken in row.taken.values() if taken.aspect == aspect]
        common = frozenset.intersection(*sets)
        found[aspect] = min(common) if common else "/".join(sorted(frozenset.union(*sets)))
    if len(set(found.values())) <= 1:
        return next(iter(found.values()), "")
    return ", ".join(f"{aspect}: {letter}" for aspect, letter in found.items())
