"""The command: every bad input gives one line and the right status, and never a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.requirements.load import catalogue

Captured = pytest.CaptureFixture[str]
MISBEHAVING = Path(__file__).parents[1] / "harnesses" / "misbehaving.py"


def refused(arguments: list[str], capsys: Captured) -> str:
    """The one line with which a command line is refused."""
    assert main(arguments) == 2, arguments
    captured = capsys.readouterr()
    lines = [line for line in captured.err.splitlines() if not line.startswith("seed ")]
    assert len(lines) == 1, captured.err
    assert lines[0].startswith("mapi-conformance: ")
    assert captured.out == ""
    return lines[0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "no command"),
        (["fly"], "fly"),
        (["--fly"], "--fly"),
        (["run", "--fly"], "--fly"),
        (["run", "extra"], "extra"),
        (["run", "--families", "telex"], "telex"),
        (["run", "--profile", "huge"], "huge"),
        (["run", "--seed", "-3"], "-3"),
        (["run", "--seed", "soon"], "soon"),
        (["run", "--jobs", "0"], "0"),
        (["run", "--reading", "IMSG-OPEN-99=A"], "IMSG-OPEN-99"),
        (["run", "--reading", "IMSG-OPEN-05=Q"], "no reading Q"),
        (["run", "--adapter", "nobody"], "nobody"),
        (["run", "--adapter", ""], "adapter"),
        (["run", "--adapter", "stdio"], "needs a command"),
        (["run", "--adapter", "stdio", "--"], "needs a command"),
        (["run", "--", "python"], "--adapter stdio"),
        (["run", "--adapter", "python:no_such_module:X"], "no_such_module"),
        (["run", "--adapter", "python:json"], "names no object"),
        (["run", "--adapter", "python:json:nothing"], "nothing"),
        (["report", "nothing.json", "--html", "x.html"], "nothing.json"),
        (["report"], "RESULTS.json"),
        (["report", "a.json", "--html", "x.html", "--", "python"], "--"),
        (["replay", "nothing.json"], "nothing.json"),
        (["requirements", "IMSG-OPEN-99"], "IMSG-OPEN-99"),
        (["requirements", "--", "python"], "--"),
    ],
)
def test_a_wrong_command_line_is_refused_by_name(
    arguments: list[str],
    says: str,
    tmp_path: Path,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert says in refused(arguments, capsys)
    assert not list(tmp_path.iterdir())


COMMANDS = ("run", "report", "compare", "replay", "requirements", "selftest", "check-msg")


@pytest.mark.parametrize("name", [*COMMANDS, "new-harness", "doctor"])
def test_every_command_refuses_an_option_that_does_not_exist(name: str, capsys: Captured) -> None:
    refused([name, "--no-such-option"], capsys)


def bad_files() -> dict[str, bytes]:
    empty: dict[str, object] = {"suite": {}, "implementation": {}, "run": {}}
    return {
        "empty": b"",
        "text": b"hello",
        "truncated": b'{"schema": 1, "requirements": [',
        "latin-1": b'{"schema": "\xe9"}',
        "deep": b"[" * 100_000,
        "list": b"[]",
        "number": b"1e999",
        "object": b"{}",
        "later": json.dumps({**empty, "schema": 2, "requirements": []}).encode(),
        "no sections": json.dumps({**empty, "schema": 1, "requirements": []}).encode(),
    }


@pytest.mark.parametrize("kind", list(bad_files()))
@pytest.mark.parametrize("command", ["report", "replay"])
def test_a_bad_file_is_refused_by_name(
    command: str, kind: str, tmp_path: Path, capsys: Captured
) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(bad_files()[kind])
    more = ["--html", str(tmp_path / "x.html")] if command == "report" else []
    assert "bad.json" in refused([command, str(path), *more], capsys)
    assert not (tmp_path / "x.html").exists()


def test_a_huge_file_is_not_even_read(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(100 * 2**30)
    assert "too large" in refused(["report", str(path), "--html", "x.html"], capsys)
    assert "too large" in refused(["replay", str(path)], capsys)


def test_an_output_that_cannot_be_written_is_refused(tmp_path: Path, capsys: Captured) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    output = ["--output", str(blocked / "deep")]
    line = refused(["run", "--profile", "smoke", "--families", "simple", *output], capsys)
    assert str(blocked) in line


def test_requirements_are_listed_and_explained(capsys: Captured) -> None:
    assert main(["requirements"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(catalogue().requirements)
    assert main(["requirements", "imsg-open-05"]) == 0
    told = capsys.readouterr().out
    assert "IMSG-OPEN-05 (ambiguous)" in told
    assert "D1" in told
    assert "Readings (default A)" in told
    assert main(["requirements", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in rows] == list(catalogue().requirements)
    assert main(["requirements", "IMSG-OPEN-05", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["readings"]) == {"A", "B", "C"}


def test_the_version_is_printed(capsys: Captured) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("mapi-conformance ")


@pytest.mark.parametrize(
    "command",
    [
        ["/no/such/program"],
        [sys.executable, "-c", "raise SystemExit(7)"],
        [sys.executable, "-c", "print('hello', flush=True); input()"],
        [sys.executable, str(MISBEHAVING), "exits-at-once"],
    ],
)
def test_a_harness_that_cannot_be_started_gives_status_3_and_results(
    command: list[str], tmp_path: Path, capsys: Captured
) -> None:
    options = ["--adapter", "stdio", "--profile", "smoke", "--output", str(tmp_path)]
    assert main(["run", *options, "--", *command]) == 3
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err + captured.out
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["errors"][0]["message"] in captured.err
    assert {row["verdict"] for row in results["requirements"] if row["family"] == "imsg"} == {
        "error"
    }
    assert (tmp_path / "report.html").exists()


def test_a_run_writes_what_it_is_asked_to(tmp_path: Path, capsys: Captured) -> None:
    html, copy = tmp_path / "a" / "r.html", tmp_path / "b" / "r.json"
    options = ["--families", "simple", "--profile", "smoke", "--seed", "9"]
    options += ["--output", str(tmp_path / "out"), "--html", str(html), "--json", str(copy)]
    assert main(["run", *options, "--reading", "SIMPLE-LOGOFF-03=A"]) == 0
    results = json.loads(copy.read_text())
    assert results == json.loads((tmp_path / "out" / "results.json").read_text())
    assert results["run"]["seed"] == 9
    assert results["run"]["readings"] == {"SIMPLE-LOGOFF-03": "A"}
    assert results["run"]["families"] == ["simple"]
    assert html.read_text() == (tmp_path / "out" / "report.html").read_text()
    assert "seed 9" in capsys.readouterr().err


def test_a_reading_that_the_reference_does_not_take_gives_status_1(tmp_path: Path) -> None:
    options = ["--families", "simple", "--profile", "smoke", "--seed", "9"]
    options += ["--output", str(tmp_path)]
    assert main(["run", *options, "--reading", "SIMPLE-LOGOFF-03=B"]) == 1
    assert main(["run", *options, "--reading", "SIMPLE-LOGOFF-03=any"]) == 0


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "fly"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
