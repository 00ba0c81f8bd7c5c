"""The suite finds planted faults, and accuses no correct implementation."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from adapters.mutants import BENIGN, MUTANTS
from adapters.port import Adapter
from adapters.reference import Reference
from conformance.commands.selftest import run, text, to_json
from conformance.requirements.load import catalogue
from conformance.run import BUILT
from conformance.selftest import hunt, selftest, trial

EASY = [
    "open-one-bit-unchecked",
    "open-null-out-crashes",
    "callback-never",
    "logon-same-handle",
    "logoff-unknown-ends-only-session",
    "email-close-one-protocol",
]
CORRECT = ["tokens-with-prefix", "reads-close-09-b", "email-reads-close-05-b"]


@dataclass
class Correct:
    """The reference, given out as a fault that breaks nothing."""

    name: str = "correct"
    family: str = "simple"
    breaks: tuple[str, ...] = ("SIMPLE-LOGOFF-04",)
    readings: dict[str, str] = field(default_factory=dict)
    factory: Callable[[], Adapter] = Reference
    deviates: frozenset[str] = frozenset()


def test_each_mutant_names_requirements_of_one_family_and_says_what_is_wrong() -> None:
    rows = catalogue().requirements
    for mutant in MUTANTS.values():
        assert {rows[name].family for name in mutant.breaks} == {mutant.family}
        assert mutant.summary.endswith(".")
        for name, letter in mutant.readings.items():
            assert letter in rows[name].readings


def test_every_decidable_requirement_has_a_mutant() -> None:
    aimed_at = {name for mutant in MUTANTS.values() for name in mutant.breaks}
    decidable = {
        row.id for family in BUILT for row in catalogue().family(family) if not row.undecidable
    }
    assert decidable - aimed_at == set()


def test_correct_variants_deviate_from_no_must() -> None:
    rows = catalogue().requirements
    for variant in BENIGN.values():
        assert all(rows[name].level == "should" for name in variant.deviates)


@pytest.mark.parametrize("name", EASY)
def test_a_fault_is_found_soon(name: str) -> None:
    found = hunt(1, MUTANTS[name], "smoke")
    assert found.killed_by
    assert found.calls < 12_000


def test_what_carries_over_from_sequence_to_sequence_does_not_reach_the_next_adapter() -> None:
    mutant = MUTANTS["logons-carried-over"]
    first, second = mutant.build(), mutant.build()
    assert first.simple_class is not second.simple_class


@pytest.mark.parametrize("name", CORRECT)
def test_a_correct_implementation_is_accused_of_nothing(name: str) -> None:
    assert trial(1, BENIGN[name]).accused_of == ()


def test_a_survivor_and_an_accusation_fail_the_selftest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    survivor = Correct()
    accused = Correct("wrong", factory=MUTANTS["logon-zero-handle"].factory)
    report = selftest([], [accused], seed=1)
    assert not report.passed
    assert "wrong is correct, and accused of" in text(report)
    found = hunt(1, survivor, "smoke")
    assert found.survived
    assert found.others == ()

    assert run([MUTANTS["logon-zero-handle"]], [], 1, json_file=str(tmp_path / "kills.json")) == 0
    assert "1 of 1 mutants killed" in capsys.readouterr().out
    kills = json.loads((tmp_path / "kills.json").read_text())
    assert kills["mutants"][0]["killed_by"] == ["SIMPLE-LOGON-01"]
    assert to_json(report)["passed"] is False


def test_processes_share_the_work_without_changing_it() -> None:
    faults = [MUTANTS["logon-zero-handle"], MUTANTS["open-flags-ignored"]]
    alone, together = selftest(faults, [], 3), selftest(faults, [], 3, jobs=2)
    assert alone.hunts == together.hunts
