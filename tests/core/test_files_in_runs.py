"""The family `msgfile` is played on the calls of `imsg`, and ruled on by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.mutants import BENIGN, MUTANTS
from conformance.capabilities import wire_family
from conformance.cli import main
from conformance.judge import Judge
from conformance.model.imsg.state import Imsg
from conformance.selftest import hunt, trial

from .fakes import IMSG

GUILTY = "mutant:file-recipients-in-tens"


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of files only, on an implementation that numbers recipients in tens."""
    place = tmp_path_factory.mktemp("files")
    options = ["--families", "msgfile", "--profile", "smoke", "--seed", "1"]
    places = ["--output", str(place), "--save-traces", str(place)]
    assert main(["run", *options, *places, "--adapter", GUILTY]) == 1
    return place


@pytest.fixture(scope="module")
def rows(output: Path) -> dict[str, Any]:
    value = json.loads((output / "results.json").read_text())
    assert value["run"]["families"] == ["msgfile"]
    return {row["id"]: row for row in value["requirements"]}


def test_a_fault_of_the_file_is_found_by_calls_of_message_sessions(rows: dict[str, Any]) -> None:
    guilty = rows["MSGF-RCP-01"]
    assert guilty["verdict"] == "fail"
    methods = [step["method"] for step in guilty["violations"][0]["trace"]]
    assert methods[-1] == "world.bytes"
    assert "IMessage.ModifyRecipients" in methods
    others = {name for name, row in rows.items() if row["verdict"] == "fail"}
    assert others == {"MSGF-RCP-01"}


def test_families_that_were_not_asked_for_are_not_ruled_on(rows: dict[str, Any]) -> None:
    row = rows["IMSG-OPEN-01"]
    assert (row["verdict"], row["exercised"]) == ("not-exercised", 0)
    assert row["reason"] == "the family imsg was not run"
    assert rows["MSGF-TOP-01"]["verdict"] == "pass"


def test_its_traces_replay(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = str(output / "MSGF-RCP-01.json")
    assert json.loads(Path(trace).read_text())["family"] == "msgfile"
    assert main(["replay", trace]) == 0
    assert capsys.readouterr().out.startswith("FIXED  MSGF-RCP-01")
    assert main(["replay", trace, "--adapter", GUILTY]) == 1
    assert main(["replay", str(output / "results.json")]) == 1


def test_explorers_see_the_state_of_message_sessions() -> None:
    assert wire_family("msgfile") == wire_family("imsg") == "imsg"
    assert isinstance(Judge("imsg", IMSG).state, Imsg)


def test_a_broken_row_of_message_sessions_is_not_charged_to_the_file() -> None:
    found = hunt(1, MUTANTS["save-without-commit"], "smoke")
    assert found.killed_by == ("IMSG-SAVE-01",)


def test_a_harness_that_gives_no_bytes_is_accused_of_nothing() -> None:
    variant = BENIGN["harness-without-bytes"]
    assert trial(1, variant).accused_of == ()
