"""Comparing two runs: every pair of verdicts has its meaning, and a regression its status."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.compare import Change, compare
from conformance.requirements.load import catalogue
from conformance.verdicts import Verdict
from reports.compare import markdown, text

BAD = ("fail", "flaky", "expected-fail", "not-implemented", "blocked")
OUTSIDE = ("not-exercised", "not-offered", "")


def results(verdicts: dict[str, str], readings: dict[str, str] | None = None) -> dict[str, Any]:
    """A results file of these verdicts; "" leaves a requirement out."""
    rows = [
        {
            "id": name,
            "family": "imsg",
            "level": "must",
            "verdict": verdict,
            "exercised": 1,
            "held": 1,
            "broken": 0,
            "violations": [{"trace": [], "expected": "S_OK", "observed": "a crash"}]
            if verdict in ("fail", "flaky")
            else [],
            "reading": (readings or {}).get(name, ""),
        }
        for name, verdict in verdicts.items()
        if verdict
    ]
    return {
        "schema": 1,
        "suite": {"name": "mapi-conformance", "version": "0.1.0"},
        "implementation": {"name": "Acme", "version": "2", "adapter": "stdio"},
        "run": {"profile": "ci", "families": ["imsg"], "readings": {}, "strict": False},
        "capabilities": {},
        "conclusion": {},
        "requirements": rows,
        "incidents": [],
        "errors": [],
    }


def change(before: str, after: str) -> Change | None:
    name = "IMSG-OPEN-01"
    found = compare(results({name: before}), results({name: after})).changes
    assert len(found) <= 1
    return found[0].change if found else None


@pytest.mark.parametrize(
    ("befores", "afters", "expected"),
    [
        (("pass", "error", *OUTSIDE), BAD, Change.BROKEN),
        (BAD, ("pass",), Change.FIXED),
        (("error", *OUTSIDE), ("pass",), Change.EXERCISED),
        (("pass", *BAD), OUTSIDE, Change.GONE),
        (("pass", *BAD, *OUTSIDE), ("error",), Change.UNDECIDED),
        (BAD, BAD, None),
        (OUTSIDE, OUTSIDE, None),
        (("pass",), ("pass",), None),
        (("error",), ("error", *OUTSIDE), None),
    ],
)
def test_every_pair_of_verdicts_has_its_meaning(
    befores: tuple[str, ...], afters: tuple[str, ...], expected: Change | None
) -> None:
    for before, after in itertools.product(befores, afters):
        assert change(before, after) is expected, (before, after)


def test_the_table_above_names_every_pair() -> None:
    assert {*BAD, *OUTSIDE, "pass", "error"} - {""} == {str(verdict) for verdict in Verdict}


def test_only_what_is_newly_broken_and_not_expected_is_a_regression() -> None:
    old = results({"IMSG-OPEN-01": "pass", "IMSG-OPEN-02": "pass", "IMSG-OPEN-03": "fail"})
    new = results({"IMSG-OPEN-01": "fail", "IMSG-OPEN-02": "expected-fail", "IMSG-OPEN-03": "pass"})
    comparison = compare(old, new)

    assert [one.requirement for one in comparison.regressions] == ["IMSG-OPEN-01"]
    assert comparison.exit_status == 1
    assert compare(new, new).exit_status == 0
    assert compare(new, old).exit_status == 1


def test_a_row_that_the_adapter_left_open_is_no_success() -> None:
    comparison = compare(results({"IMSG-OPEN-01": "pass"}), results({"IMSG-OPEN-01": "error"}))

    assert comparison.exit_status == 3


def test_another_reading_is_told_and_breaks_nothing() -> None:
    one, name = {"IMSG-OPEN-06": "pass"}, "IMSG-OPEN-06"
    comparison = compare(results(one, {name: "A"}), results(one, {name: "B"}))

    (found,) = comparison.of(Change.READING)
    assert (found.before, found.after) == ("A", "B")
    assert comparison.exit_status == 0


def test_runs_that_did_not_do_the_same_are_noted() -> None:
    old, new = results({}), results({})
    new["run"] |= {"profile": "smoke", "complete": False}

    notes = compare(old, new).notes
    assert any("ci and smoke" in note for note in notes)
    assert any("did not end" in note for note in notes)


def write(path: Path, value: dict[str, Any]) -> str:
    path.write_text(json.dumps(value), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_the_command_says_what_broke_in_each_form(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = write(tmp_path / "old.json", results({"IMSG-OPEN-02": "pass"}))
    new = write(tmp_path / "new.json", results({"IMSG-OPEN-02": "fail"}))

    assert main(["compare", old, new, "--format", form]) == 1
    said = capsys.readouterr().out
    assert "IMSG-OPEN-02" in said
    assert "a crash" in said
    if form == "json":
        value = json.loads(said)
        assert value["exit"] == 1
        assert value["changes"][0]["change"] == "newly broken"
    else:
        assert "pass → fail" in said
    assert main(["compare", new, old, "--format", form]) == 0


def test_a_hostile_name_is_no_markup() -> None:
    old, new = results({"IMSG-OPEN-02": "pass"}), results({"IMSG-OPEN-02": "fail"})
    new["implementation"]["name"] = "<script>|@all\u202e\n# [x](http://y)"
    comparison = compare(old, new)

    said = markdown(comparison, old, new, catalogue())
    assert "<script>" not in said.replace("\\<script\\>", "")
    assert "\u202e" not in said
    assert "\n# " not in said
    assert "@all" not in said
    assert "\u202e" not in text(comparison, old, new, catalogue())


def test_a_file_that_is_none_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write(tmp_path / "good.json", results({}))
    assert main(["compare", good, str(tmp_path / "none.json")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
