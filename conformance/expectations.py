"""Expectations: failures that are known, each listed with its reason.

A list never goes stale silently: an entry whose requirement holds again is reported, and fails the
run. An entry may say what is observed, so that it hides no other fault of the same requirement, and
may carry the trace that shows it, which is played before anything else.
Files are read by :mod:`conformance.expectations_file`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from conformance.trace import Trace, trace_from_json, trace_to_json
from conformance.verdicts import Ruling, Verdict

_LISTABLE: Final = frozenset(
    {Verdict.FAIL, Verdict.FLAKY, Verdict.BLOCKED, Verdict.NOT_IMPLEMENTED}
)


@dataclass(frozen=True, slots=True)
class Expectation:
    """One requirement that is known to be broken, and why that is accepted for now.

    `observed` is how the observation begins, "" for any; `trace` shows it, () where none is given.
    """

    requirement: str
    reason: str
    observed: str = ""
    trace: Trace = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "requirement": self.requirement,
            "reason": self.reason,
            "observed": self.observed,
            "trace": trace_to_json(self.trace),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Expectation:
        trace = trace_from_json(value["trace"])
        return cls(value["requirement"], value["reason"], value["observed"], trace)


def applied(
    rulings: Mapping[str, Ruling],
    expectations: Sequence[Expectation],
    observations: Mapping[str, str],
) -> dict[str, Ruling]:
    """The rulings in which a broken requirement that is listed is an `expected-fail`.

    `observations` say what was observed of each. What an expected failure blocks does not bind.
    """
    listed = {one.requirement: one for one in expectations}
    done = {}
    for name, ruling in rulings.items():
        one = listed.get(name)
        done[name] = _excused(ruling, one, observations.get(name, "")) if one else ruling
    for name, ruling in done.items():
        root = done.get(ruling.blocked_by)
        blocked = ruling.verdict is Verdict.BLOCKED and root is not None
        if blocked and root is not None and root.verdict is Verdict.EXPECTED_FAIL:
            reason = f"{ruling.reason}, which is expected to fail"
            done[name] = replace(ruling, binding=False, reason=reason)
    return done


def _excused(ruling: Ruling, one: Expectation, observed: str) -> Ruling:
    if ruling.verdict not in _LISTABLE:
        return ruling
    if not observed.startswith(one.observed):
        told = f"expected to fail with “{one.observed}”, which is not what was observed"
        return replace(ruling, reason="; ".join(filter(None, (told, ruling.reason))))
    return replace(ruling, verdict=Verdict.EXPECTED_FAIL, reason=one.reason, binding=False)


def stale(rulings: Mapping[str, Ruling], expectations: Sequence[Expectation]) -> tuple[str, ...]:
    """The requirements that are listed, were exercised, and are not broken."""
    names = (one.requirement for one in expectations)
    return tuple(name for name in names if rulings[name].verdict is Verdict.PASS)
