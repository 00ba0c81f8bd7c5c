"""The conclusion: conformance, the headline and the exit status."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.conclusion import Conclusion, conclude
from conformance.evidence import Row
from conformance.requirements.load import catalogue
from conformance.verdicts import Ruling, Verdict

MUSTS = ("SIMPLE-LOGON-01", "SIMPLE-LOGON-02", "SIMPLE-LOGOFF-01")
SHOULD = "SIMPLE-LOGON-07"
RAN = Row(exercised=1, held=1)


def concluded(
    verdicts: dict[str, str], binding: tuple[str, ...] = MUSTS, **more: bool
) -> Conclusion:
    given = dict.fromkeys(MUSTS, "pass") | verdicts
    rulings = {
        name: Ruling(
            catalogue()[name],
            Verdict(verdict),
            binding=name in binding,
            row=Row() if verdict in ("not-exercised", "not-offered", "blocked") else RAN,
        )
        for name, verdict in given.items()
    }
    flags: dict[str, Any] = {"strict": False, "complete": True, "errors": False, **more}
    return conclude(rulings, "acme", **flags)


def test_everything_passed() -> None:
    one = concluded({SHOULD: "pass"})
    assert (one.conforms, one.exit_status) == (True, 0)
    assert one.headline == "acme conforms"


@pytest.mark.parametrize("verdict", ["fail", "flaky", "blocked", "not-implemented"])
def test_a_binding_requirement_that_is_not_met_breaks_conformance(verdict: str) -> None:
    one = concluded({MUSTS[0]: verdict})
    assert (one.conforms, one.exit_status) == (False, 1)
    assert "1 of 3 musts" in one.headline


def test_a_deviation_from_a_should_is_told_and_does_not_break_conformance() -> None:
    one = concluded({SHOULD: "fail"})
    assert (one.conforms, one.exit_status) == (True, 0)
    assert "1 deviation" in one.headline


def test_under_strict_a_should_binds() -> None:
    one = concluded({SHOULD: "fail"}, (*MUSTS, SHOULD), strict=True)
    assert (one.conforms, one.exit_status) == (False, 1)


def test_what_is_not_offered_is_out_of_scope() -> None:
    one = concluded({MUSTS[1]: "not-offered"})
    assert (one.conforms, one.exit_status) == (True, 0)
    assert "musts" not in one.headline


def test_what_was_not_exercised_stands_in_the_headline_and_counts_under_strict() -> None:
    one = concluded({MUSTS[1]: "not-exercised"})
    assert (one.conforms, one.exit_status) == (True, 0)
    assert "1 of 3 musts not exercised" in one.headline
    assert concluded({MUSTS[1]: "not-exercised"}, strict=True).exit_status == 4


def test_what_no_run_can_exercise_does_not_count_under_strict() -> None:
    ran = {name: Ruling(catalogue()[name], Verdict.PASS, row=RAN) for name in MUSTS[:2]}
    idle = Ruling(catalogue()[MUSTS[2]], Verdict.NOT_EXERCISED, beyond=True)
    rulings = {**ran, MUSTS[2]: idle}
    assert conclude(rulings, "acme", strict=True, complete=True, errors=False).exit_status == 0


def test_expected_failures_do_not_break_conformance() -> None:
    one = concluded({MUSTS[1]: "expected-fail"})
    assert (one.conforms, one.exit_status) == (True, 0)


def test_nothing_exercised_is_no_conformance() -> None:
    one = concluded(dict.fromkeys(MUSTS, "not-exercised"))
    assert not one.conforms
    assert one.exit_status == 4


@pytest.mark.parametrize(
    ("verdicts", "flags", "status"),
    [
        ({MUSTS[0]: "error"}, {"errors": True}, 3),
        ({MUSTS[0]: "fail", MUSTS[1]: "error"}, {"errors": True}, 1),
        ({MUSTS[0]: "fail", MUSTS[1]: "error"}, {"errors": True, "complete": False}, 4),
        ({MUSTS[0]: "fail"}, {"complete": False}, 4),
        ({MUSTS[0]: "fail", MUSTS[1]: "not-exercised"}, {"strict": True}, 1),
        ({MUSTS[0]: "error", MUSTS[1]: "not-exercised"}, {"errors": True, "strict": True}, 3),
        ({SHOULD: "fail"}, {"errors": True}, 3),
    ],
)
def test_the_first_exit_status_that_applies(
    verdicts: dict[str, str], flags: dict[str, bool], status: int
) -> None:
    one = concluded(verdicts, MUSTS, **flags)
    assert one.exit_status == status, one.headline
    assert not one.conforms


def test_counts_cover_every_verdict() -> None:
    counts = concluded({MUSTS[0]: "fail"}).counts
    assert set(counts) == {str(verdict) for verdict in Verdict}
    assert (counts["fail"], counts["pass"]) == (1, 2)
