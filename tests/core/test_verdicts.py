"""Verdicts: every one of the table, and which wins where two apply."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.confirm import Confirmed
from conformance.evidence import Evidence, Violation
from conformance.findings import HELD, Held
from conformance.requirements.catalogue import ANY
from conformance.requirements.load import catalogue
from conformance.verdicts import Question, Ruling, Verdict, rule

from .fakes import IMSG, SIMPLE, Recorder

FULL = Recorder().offer
BROKEN = Violation((), "19", "0", "walker", 3)


def asked(**more: Any) -> Question:
    base: dict[str, Any] = {
        "readings": {},
        "strict": False,
        "families": ("imsg", "simple"),
        "offer": FULL,
        "errors": {},
    }
    return Question(**{**base, **more})


def held(*rows: str) -> Evidence:
    evidence = Evidence()
    for row in rows:
        evidence.note_held(row, HELD, ())
    return evidence


def broken(*rows: str) -> Evidence:
    evidence = Evidence()
    for row in rows:
        evidence.note_broken(row, BROKEN)
    return evidence


def took(row: str, *readings: str, aspect: str = "") -> Evidence:
    evidence = Evidence()
    for letters in readings:
        evidence.note_held(row, Held(frozenset(letters), aspect), ())
    return evidence


def ruled(row: str, evidence: Evidence, confirmed: int | None = None, **more: Any) -> Ruling:
    shown = {} if confirmed is None else {row: Confirmed(BROKEN, confirmed, 20)}
    return rule(catalogue(), evidence, asked(**more), shown)[row]


def test_exercised_and_never_broken_passes() -> None:
    assert ruled("SIMPLE-LOGON-01", held("SIMPLE-LOGON-01")).verdict is Verdict.PASS


def test_what_never_occurred_is_no_pass() -> None:
    ruling = ruled("SIMPLE-LOGON-01", Evidence())
    assert ruling.verdict is Verdict.NOT_EXERCISED
    assert ruling.reason


@pytest.mark.parametrize(("broke", "verdict"), [(20, Verdict.FAIL), (7, Verdict.FLAKY)])
def test_broken_always_is_fail_and_broken_sometimes_is_flaky(broke: int, verdict: Verdict) -> None:
    ruling = ruled("SIMPLE-LOGOFF-02", broken("SIMPLE-LOGOFF-02"), broke)
    assert ruling.verdict is verdict
    assert f"{broke} of 20" in ruling.reason


def test_one_broken_step_outweighs_any_number_that_held() -> None:
    evidence = held(*["SIMPLE-LOGOFF-02"] * 50)
    evidence.note_broken("SIMPLE-LOGOFF-02", BROKEN)
    assert ruled("SIMPLE-LOGOFF-02", evidence).verdict is Verdict.FAIL


def test_the_reading_that_explains_everything_is_recorded() -> None:
    ruling = ruled("IMSG-OPEN-06", took("IMSG-OPEN-06", "A", "AB"))
    assert (ruling.verdict, ruling.reading, ruling.binding) == (Verdict.PASS, "A", False)


def test_two_readings_at_once_are_a_binding_failure_with_a_trace_for_each() -> None:
    ruling = ruled("IMSG-OPEN-06", took("IMSG-OPEN-06", "A", "B"))
    assert (ruling.verdict, ruling.binding) == (Verdict.FAIL, True)
    assert {taken.readings for taken in ruling.conflict} == {frozenset("A"), frozenset("B")}


def test_readings_are_compared_within_an_aspect_only() -> None:
    evidence = took("SIMPLE-LOGON-08", "A", aspect="flags")
    evidence.merge(took("SIMPLE-LOGON-08", "B", aspect="reserved"))
    assert ruled("SIMPLE-LOGON-08", evidence).verdict is Verdict.PASS
    evidence.merge(took("SIMPLE-LOGON-08", "B", aspect="flags"))
    ruling = ruled("SIMPLE-LOGON-08", evidence)
    assert ruling.verdict is Verdict.FAIL
    assert [taken.aspect for taken in ruling.conflict] == ["flags", "flags"]


def test_sets_that_meet_in_pairs_but_not_together_contradict_each_other() -> None:
    evidence = took("IMSG-CLOSE-07", "AB", "BC", "AC")
    assert ruled("IMSG-CLOSE-07", evidence).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("row", "took_letters", "chosen", "verdict"),
    [
        ("IMSG-OPEN-05", "AC", None, Verdict.PASS),
        ("IMSG-OPEN-05", "BC", None, Verdict.FAIL),
        ("IMSG-OPEN-05", "BC", "B", Verdict.PASS),
        ("IMSG-OPEN-05", "BC", "C", Verdict.PASS),
        ("IMSG-OPEN-05", "BC", ANY, Verdict.PASS),
        ("SIMPLE-LOGOFF-03", "A", None, Verdict.PASS),
        ("SIMPLE-LOGOFF-03", "B", None, Verdict.FAIL),
        ("SIMPLE-LOGOFF-03", "B", ANY, Verdict.PASS),
        ("IMSG-OPEN-06", "B", None, Verdict.PASS),
        ("IMSG-OPEN-06", "B", "A", Verdict.FAIL),
    ],
)
def test_the_chosen_reading_binds(
    row: str, took_letters: str, chosen: str | None, verdict: Verdict
) -> None:
    readings = {} if chosen is None else {row: chosen}
    ruling = ruled(row, took(row, took_letters), readings=readings)
    assert ruling.verdict is verdict
    if verdict is Verdict.FAIL:
        assert ruling.binding
        assert len(ruling.conflict) == 1


def test_a_broken_should_binds_under_strict_only() -> None:
    assert not ruled("IMSG-OPEN-07", broken("IMSG-OPEN-07")).binding
    assert ruled("IMSG-OPEN-07", broken("IMSG-OPEN-07"), strict=True).binding


def test_a_function_or_a_family_that_is_not_declared_is_not_offered() -> None:
    assert ruled("SIMPLE-CALL-03", Evidence(), offer={"simple": SIMPLE}).verdict == "not-offered"
    assert ruled("IMSG-OPEN-01", Evidence(), offer={"simple": SIMPLE}).verdict == "not-offered"
    only: dict[str, Any] = {"offer": {"simple": SIMPLE}, "families": ("simple",)}
    assert ruled("IMSG-OPEN-01", Evidence(), **only).verdict == "not-offered"
    evidence = Evidence(absent={"MAPILogon": 1})
    assert ruled("SIMPLE-LOGON-01", evidence).verdict == "not-offered"


def test_a_family_that_was_not_asked_for_is_not_exercised() -> None:
    ruling = ruled("IMSG-OPEN-01", Evidence(), families=("simple",))
    assert ruling.verdict is Verdict.NOT_EXERCISED
    assert "imsg" in ruling.reason


def test_a_stub_is_not_implemented_and_what_depends_on_it_is_blocked() -> None:
    rulings = rule(catalogue(), Evidence(stubs={"OpenIMsgSession": 4}), asked())
    assert rulings["IMSG-OPEN-01"].verdict is Verdict.NOT_IMPLEMENTED
    assert rulings["IMSG-OPEN-04"].verdict is Verdict.NOT_IMPLEMENTED
    assert "OpenIMsgSession" in rulings["IMSG-OPEN-01"].reason
    for row in ("IMSG-CLOSE-01", "IMSG-MSG-04", "IMSG-SAVE-03"):
        assert (rulings[row].verdict, rulings[row].blocked_by) == (Verdict.BLOCKED, "IMSG-OPEN-01")
    assert rulings["SIMPLE-LOGON-01"].verdict is Verdict.NOT_EXERCISED


def test_a_chain_of_needs_is_blocked_by_the_requirement_at_its_root() -> None:
    rulings = rule(catalogue(), broken("SIMPLE-LOGON-01"), asked())
    for row in ("SIMPLE-LOGOFF-01", "SIMPLE-LOGOFF-02", "SIMPLE-LOGOFF-10"):
        ruling = rulings[row]
        assert (ruling.verdict, ruling.blocked_by) == (Verdict.BLOCKED, "SIMPLE-LOGON-01")
        assert "SIMPLE-LOGON-01" in ruling.reason


def test_what_was_exercised_all_the_same_is_not_blocked() -> None:
    evidence = broken("SIMPLE-LOGON-01")
    evidence.merge(held("SIMPLE-LOGOFF-01"))
    assert ruled("SIMPLE-LOGOFF-01", evidence).verdict is Verdict.PASS


def test_an_adapter_failure_is_an_error_for_its_family_alone() -> None:
    evidence = held("SIMPLE-LOGON-01", "IMSG-OPEN-01")
    rulings = rule(catalogue(), evidence, asked(errors={"simple": "it died"}))
    assert rulings["SIMPLE-LOGON-01"].verdict is Verdict.ERROR
    assert rulings["SIMPLE-LOGON-02"].verdict is Verdict.ERROR
    assert rulings["SIMPLE-LOGON-02"].reason == "it died"
    assert rulings["IMSG-OPEN-01"].verdict is Verdict.PASS


FAILED_NEED = broken("SIMPLE-LOGON-01")
LOGON = {"MAPILogon": 1}
PARTLY = {"imsg": IMSG, "simple": SIMPLE}


@pytest.mark.parametrize(
    ("row", "evidence", "more", "verdict"),
    [
        (
            "SIMPLE-LOGON-01",
            Evidence(stubs={"MAPILogon": 1}),
            {"errors": {"simple": "x"}},
            "error",
        ),
        ("SIMPLE-LOGON-01", broken("SIMPLE-LOGON-01"), {"errors": {"simple": "x"}}, "error"),
        ("SIMPLE-LOGON-02", Evidence(stubs=LOGON, absent=LOGON), {}, "not-implemented"),
        ("SIMPLE-CALL-02", FAILED_NEED, {"offer": PARTLY}, "blocked"),
        ("SIMPLE-MEM-01", FAILED_NEED, {"offer": PARTLY}, "not-offered"),
        ("SIMPLE-LOGOFF-01", FAILED_NEED, {}, "blocked"),
    ],
)
def test_the_weightier_verdict_wins(
    row: str, evidence: Evidence, more: dict[str, Any], verdict: str
) -> None:
    assert ruled(row, evidence, **more).verdict == verdict


def test_a_failure_outweighs_a_stub() -> None:
    evidence = broken("SIMPLE-LOGON-01")
    evidence.stubs["MAPILogon"] = 3
    assert ruled("SIMPLE-LOGON-01", evidence).verdict is Verdict.FAIL


def test_rulings_come_for_every_requirement_in_the_order_of_the_catalogue() -> None:
    assert list(rule(catalogue(), Evidence(), asked())) == list(catalogue().requirements)


def test_another_set_of_readings_needs_no_new_run() -> None:
    evidence = took("SIMPLE-LOGOFF-03", "B")
    stored = Evidence.from_json(evidence.to_json())
    assert ruled("SIMPLE-LOGOFF-03", stored).verdict is Verdict.FAIL
    chosen = {"SIMPLE-LOGOFF-03": "B"}
    assert ruled("SIMPLE-LOGOFF-03", stored, readings=chosen).verdict is Verdict.PASS


def test_what_a_stub_beside_the_way_keeps_from_being_reached_names_the_row_of_the_stub() -> None:
    rulings = rule(catalogue(), Evidence(stubs={"IMessage.SaveChanges": 2}), asked())
    ruling = rulings["IMSG-MSG-05"]
    assert (ruling.verdict, ruling.blocked_by) == (Verdict.BLOCKED, "IMSG-SAVE-01")
    assert rulings["IMSG-SAVE-01"].verdict is Verdict.NOT_IMPLEMENTED


def test_undecidable_rows_and_families_not_asked_for_are_beyond_a_run() -> None:
    assert ruled("IMSG-REL-06", Evidence()).beyond
    assert ruled("SIMPLE-LOGON-01", Evidence(), families=("imsg",)).beyond
    assert not ruled("SIMPLE-LOGON-01", Evidence()).beyond
    assert not ruled("IMSG-REL-06", Evidence(), strict=True).binding
