"""The Python tests and trace files: they run, and fail as long as the violation shows."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.errors import AdapterError
from conformance.requirements.load import catalogue
from conformance.sequence import Sequence
from reports.reproducers import reproducers
from reports.reproducers.case import Case
from reports.reproducers.files import replay_command
from reports.reproducers.python import test_function as function_of


def found(mutant: str, requirement: str, folder: Path) -> Case:
    """The first violation of a requirement that a short run finds on a mutant."""
    output = folder / "run"
    family = "imsg" if requirement.startswith("IMSG") else "simple"
    arguments = ["run", "--adapter", f"mutant:{mutant}", "--families", family]
    main([*arguments, "--profile", "smoke", "--seed", "1", "--output", str(output)])
    results = json.loads((output / "results.json").read_text("utf-8"))
    row = next(row for row in results["requirements"] if row["id"] == requirement)
    violation = row["violations"][0]
    return Case(
        requirement,
        family,
        catalogue()[requirement].sentence,
        violation["trace"],
        violation["expected"],
        violation["observed"],
        f"mutant:{mutant}",
        capabilities=results["capabilities"][family],
    )


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return found("logoff-twice-succeeds", "SIMPLE-LOGOFF-02", tmp_path_factory.mktemp("found"))


def run_test(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = folder / "test_pasted.py"
    path.write_text(text, encoding="ascii")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(path)]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder)


def test_the_pasted_test_fails_on_the_implementation_that_has_the_fault(
    broken: Case, tmp_path: Path
) -> None:
    done = run_test(function_of(broken), tmp_path)
    assert done.returncode == 1, done.stdout
    assert "test_simple_logoff_02" in done.stdout
    assert "expected MAPI_E_INVALID_SESSION (19)" in done.stdout


def test_the_pasted_test_passes_once_the_fault_is_gone(broken: Case, tmp_path: Path) -> None:
    text = function_of(broken).replace(broken.adapter, "reference")
    done = run_test(text, tmp_path)
    assert done.returncode == 0, done.stdout


def test_the_trace_file_replays(
    broken: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command, made = reproducers(broken)
    (saved,) = (one for one in made if one.file.endswith(".json"))
    (tmp_path / saved.file).write_text(saved.text, encoding="ascii")
    words = command.replace(saved.file, str(tmp_path / saved.file)).split()
    assert words[0] == "mapi-conformance"
    assert main(words[1:]) == 1
    assert "FAILED  SIMPLE-LOGOFF-02" in capsys.readouterr().out


def test_the_command_of_a_harness_is_in_the_replay_command() -> None:
    case = Case("IMSG-OPEN-02", "imsg", "", (), "", "", "stdio", ("python", "my harness.py"))
    said = "replay IMSG-OPEN-02.json --adapter stdio -- python 'my harness.py'"
    assert replay_command(case) == f"mapi-conformance {said}"


def test_a_sequence_says_that_nothing_was_played() -> None:
    from adapters.reference import Reference

    sequence = Sequence(Reference(), "simple")
    sequence.call(
        "MAPILogoff", {"lhSession": "never", "ulUIParam": 0, "flFlags": 0, "ulReserved": 0}
    )
    with pytest.raises(AdapterError, match="never was not bound"):
        sequence.broken("SIMPLE-LOGOFF-02")


@pytest.mark.parametrize(
    "word", ['"""\nimport os', "\\", "'''", "\u202e\x00\ud800", "x" * 100_000, "{}%s\r\n"]
)
def test_hostile_words_stay_inside_the_text(word: str, tmp_path: Path) -> None:
    step: dict[str, Any] = {
        "method": word,
        "params": {word: [word]},
        "outcome": {"result": {word: 1}},
    }
    case = Case(word, word, word, [step, word], word, word, word, (word,), {word: word})
    text = function_of(case)
    text.encode("ascii")
    kinds = [type(node).__name__ for node in ast.parse(text).body]
    assert kinds == ["Expr", "ImportFrom", "ImportFrom", "Assign", "Assign", "FunctionDef"]
