"""In-process adapters in a process of their own: what they do to it is an outcome."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.find import open_adapter
from conformance import profiles
from conformance.cli import main
from conformance.profiles import Profile
from conformance.trace import Call, Outcome

BEGIN = Call("begin", {"family": "simple"})
ZERO = {"lhSession": {"literal": 0}, "ulUIParam": 0, "flFlags": 0, "ulReserved": 0}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        profiles.PROFILES, "smoke", Profile("smoke", calls=600, shards=1, crowd=4, depth=1)
    )
    monkeypatch.syspath_prepend(str(Path(__file__).parent))


def run(spec: str, output: Path, *more: str) -> tuple[int, dict[str, Any]]:
    arguments = ["run", "--adapter", spec, "--families", "simple", "--profile", "smoke"]
    arguments += ["--seed", "1", "--call-timeout", "1", "--output", str(output)]
    status = main([*arguments, *more])
    return status, json.loads((output / "results.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "kind", "body"), [("Exits", "crash", {"status": 5}), ("Sleeps", "hang", 1.0)]
)
def test_the_end_of_the_child_is_the_outcome_of_the_call(name: str, kind: Any, body: Any) -> None:
    adapter = open_adapter(f"python:wild:{name}", call_timeout=1.0, isolate=True)
    try:
        for _ in range(2):
            assert adapter.perform(BEGIN) == Outcome("result", {})
            assert adapter.perform(Call("MAPILogoff", ZERO)) == Outcome(kind, body)
    finally:
        adapter.close()


def test_a_run_says_what_it_ran_and_a_replay_isolates_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, results = run("python:wild:Exits", tmp_path, "--isolate")
    assert status == 1
    assert results["implementation"]["adapter"] == "python:wild:Exits"
    assert results["run"]["isolate"] is True
    rows = {row["id"]: row for row in results["requirements"]}
    assert rows["SIMPLE-LOGOFF-03"]["verdict"] == "fail"
    last = rows["SIMPLE-LOGOFF-03"]["violations"][0]["trace"][-1]
    assert last["outcome"] == {"crash": {"status": 5}}
    assert rows["SIMPLE-LOGOFF-01"]["verdict"] == "pass"
    capsys.readouterr()
    assert main(["replay", str(tmp_path / "results.json")]) == 1
    assert "FAILED  SIMPLE-LOGOFF-03" in capsys.readouterr().out


def test_what_an_adapter_raises_by_mistake_is_its_failure_in_process_or_not(tmp_path: Path) -> None:
    found = []
    for more in ((), ("--isolate",)):
        status, results = run("python:wild:Raises", tmp_path, *more)
        assert status == 3
        assert "by mistake" in results["errors"][0]["message"]
        found.append({row["id"]: row["verdict"] for row in results["requirements"]})
    assert found[0] == found[1]
    assert found[0]["SIMPLE-LOGOFF-03"] == "error"
    assert found[0]["SIMPLE-LOGOFF-01"] == "pass"


def test_isolation_changes_no_verdict_of_a_correct_implementation(tmp_path: Path) -> None:
    rows = [run("reference", tmp_path, *more)[1]["requirements"] for more in ((), ("--isolate",))]
    assert rows[0] == rows[1]


@pytest.mark.parametrize(
    ("spec", "status", "text"),
    [
        ("python:wild:unusable", 3, "no server to talk to"),
        ("python:wild:nothing", 2, "nothing callable named nothing"),
        ("python:no_such_module:X", 2, "cannot import no_such_module"),
        ("nobody", 2, "no adapter is called nobody"),
    ],
)
def test_what_cannot_be_opened_is_said_as_without_isolation(
    spec: str, status: int, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for more in ((), ("--isolate",)):
        arguments = ["run", "--adapter", spec, "--output", str(tmp_path), "--families", "simple"]
        assert main([*arguments, *more]) == status
        assert text in capsys.readouterr().err
