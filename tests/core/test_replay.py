"""Replay: FIXED, FAILED or ERRORED, for trace files and results files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.replay import read
from conformance.requirements.load import catalogue

from .test_trace import FINE

HARNESS = Path(__file__).parents[1] / "harnesses" / "minimal.py"


def harness(*arguments: str) -> list[str]:
    return ["--adapter", "stdio", "--", sys.executable, str(HARNESS), *arguments]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a broken harness, with its trace files beside the results."""
    output = tmp_path_factory.mktemp("broken")
    options = ["--families", "simple", "--profile", "smoke", "--seed", "3", "--output", str(output)]
    status = main(["run", *options, "--save-traces", str(output), *harness("dead handle")])
    assert status == 1
    return output


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_a_results_file_remembers_its_adapter(
    broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", str(broken / "results.json")]) == 1
    lines = said(capsys).splitlines()
    assert {line.split()[0] for line in lines} == {"FAILED"}
    assert any("SIMPLE-LOGOFF-02" in line for line in lines)


def test_a_trace_file_is_fixed_on_a_correct_implementation(
    broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = str(broken / "SIMPLE-LOGOFF-02.json")
    assert main(["replay", trace, *harness("dead handle")]) == 1
    assert said(capsys).startswith("FAILED  SIMPLE-LOGOFF-02: expected")
    assert main(["replay", trace, *harness()]) == 0
    assert said(capsys).startswith("FIXED  SIMPLE-LOGOFF-02")
    assert main(["replay", trace]) == 0


def test_one_requirement_can_be_asked_for(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = str(broken / "results.json")
    assert main(["replay", results, "--requirement", "SIMPLE-LOGOFF-02"]) == 1
    assert len(said(capsys).splitlines()) == 1
    assert main(["replay", results, "--requirement", "SIMPLE-LOGON-01"]) == 2


def test_a_trace_file_without_a_requirement_is_judged_anew(
    broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    value = json.loads((broken / "SIMPLE-LOGOFF-02.json").read_text())
    del value["requirement"]
    path = tmp_path / "trace.json"
    path.write_text(json.dumps(value))
    assert main(["replay", str(path), *harness("dead handle")]) == 1
    assert "SIMPLE-LOGOFF-02" in said(capsys)


def test_an_adapter_that_fails_is_an_error(
    broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = str(broken / "SIMPLE-LOGOFF-02.json")
    program = "import sys; sys.exit(9)"
    assert main(["replay", trace, "--adapter", "stdio", "--", sys.executable, "-c", program]) == 3
    missing = ["--adapter", "stdio", "--", "/no/such/program"]
    assert main(["replay", trace, *missing]) == 3
    assert "Traceback" not in capsys.readouterr().err


def test_a_family_that_is_not_offered_is_an_error(
    broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mode = str(Path(__file__).parents[1] / "harnesses" / "misbehaving.py")
    steps = [FINE]
    value = {"schema": 1, "family": "imsg", "capabilities": {"functions": []}, "trace": steps}
    path = tmp_path / "trace.json"
    path.write_text(json.dumps({**value, "requirement": "IMSG-OPEN-01"}))
    status = main(["replay", str(path), "--adapter", "stdio", "--", sys.executable, mode, "fine"])
    assert status == 3
    assert said(capsys).startswith("ERRORED  IMSG-OPEN-01")


def damaged(**change: Any) -> dict[str, Any]:
    base = {"schema": 1, "family": "simple", "capabilities": {"functions": []}, "trace": [FINE]}
    return {**base, **change}


def step(outcome: object, **params: object) -> list[dict[str, Any]]:
    return [{"method": "MAPILogoff", "params": params, "outcome": outcome}]


DAMAGED = {
    "no violation": damaged(),
    "later schema": damaged(schema=2),
    "no schema": {"trace": []},
    "neither": {"hello": 1},
    "list": [],
    "family": damaged(family="telex"),
    "family list": damaged(family=["simple"]),
    "requirement": damaged(requirement="IMSG-OPEN-99"),
    "requirement number": damaged(requirement=5),
    "capabilities": damaged(capabilities=None),
    "trace": damaged(trace=5),
    "out": damaged(trace=step({"result": {"return": 0, "out": 5}}, lhSession="h1")),
    "out list": damaged(trace=[{**FINE, "outcome": {"result": {"live": [], "released": 7}}}]),
    "literal": damaged(trace=step({"result": {"return": 0}}, lhSession={"literal": "zz"})),
    "unhashable": damaged(trace=step({"result": {"return": 0}}, lhSession=[{}])),
    "data": damaged(trace=step({"error": {"code": -32003, "data": 5}}, lhSession="h1")),
    "crash": damaged(trace=step({"crash": {}}, lhSession="h1")),
    "odd flags": damaged(
        trace=[{**FINE, "method": "MAPILogon", "params": {"flFlags": "x", "lplhSession": 5}}]
    ),
}


@pytest.mark.parametrize("kind", list(DAMAGED))
def test_a_damaged_file_is_refused_in_one_line(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "trace.json"
    path.write_text(json.dumps(DAMAGED[kind]))
    assert main(["replay", str(path)]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert str(path) in told or "step" in told


@pytest.mark.parametrize(
    "params",
    [
        {"lhSession": {"forged": 5}},
        {"lhSession": {"literal": "zz"}},
        {"lhSession": [{}]},
        {"flFlags": "x", "lhSession": {"literal": 0}},
        {},
    ],
)
def test_odd_calls_of_a_stored_trace_never_end_in_a_traceback(
    params: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "trace.json"
    trace = step({"result": {"return": 0}}, **params)
    path.write_text(json.dumps(damaged(requirement="SIMPLE-LOGOFF-01", trace=trace)))
    assert main(["replay", str(path)]) in (0, 2, 3)
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err + captured.out


def test_a_results_file_remembers_its_mail_server(broken: Path, tmp_path: Path) -> None:
    value = json.loads((broken / "results.json").read_text(encoding="utf-8"))
    assert value["run"]["mail_server"] == "embedded"
    value["run"]["mail_server"] = "dovecot"
    other = tmp_path / "results.json"
    other.write_text(json.dumps(value), encoding="utf-8")
    assert read(other, catalogue(), None).mail_server == "dovecot"
    del value["run"]["mail_server"]  # results of a version that knew no other
    other.write_text(json.dumps(value), encoding="utf-8")
    assert read(other, catalogue(), None).mail_server == "embedded"
