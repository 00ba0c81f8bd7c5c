"""The pytest front: the same verdicts as the command, and no change to anybody else's tests."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.cli import main

HARNESS = Path(__file__).parents[1] / "harnesses" / "minimal.py"
RED = {"fail", "flaky", "error"}


def pytest_run(where: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """pytest in a process and a directory of its own, with plugins found as users have them."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(
        command, cwd=where, env=environment, capture_output=True, text=True, check=False
    )


def outcomes(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Each requirement's outcome, from the verbose lines of a run with or without workers."""
    found = {}
    for line in done.stdout.splitlines():
        name = re.search(r"test_requirement\[([A-Z0-9-]+)\]", line)
        word = re.search(r"\b(PASSED|FAILED|SKIPPED)\b", line)
        if name and word and " - " not in line:
            found[name[1]] = word[1]
    return found


def asked(*more: str) -> list[str]:
    options = ["--pyargs", "conformance", "--adapter", "stdio", "--profile", "smoke"]
    options += ["--families", "simple"]
    return [*options, "--seed", "7", "-v", "-rN", "--tb=no", *more, "--", *harness()]


def harness() -> list[str]:
    return [sys.executable, str(HARNESS), "dead handle"]


def verdicts(output: Path, *more: str) -> dict[str, str]:
    options = ["--adapter", "stdio", "--profile", "smoke", "--seed", "7", "--families", "simple"]
    assert main(["run", "--output", str(output), *options, *more, "--", *harness()]) == 1
    results = json.loads((output / "results.json").read_text())
    return {row["id"]: row["verdict"] for row in results["requirements"]}


def test_command_jobs_and_pytest_agree_on_every_verdict(tmp_path: Path) -> None:
    alone = verdicts(tmp_path / "alone")
    assert alone["SIMPLE-LOGOFF-02"] == "fail"
    assert verdicts(tmp_path / "jobs", "--jobs", "2") == alone

    colours = {
        name: "PASSED" if verdict == "pass" else "FAILED" if verdict in RED else "SKIPPED"
        for name, verdict in alone.items()
    }
    for more in ([], ["-n", "2"]):
        done = pytest_run(tmp_path, *asked(*more))
        assert done.returncode == 1, done.stdout + done.stderr
        assert outcomes(done) == colours


def test_the_counterexample_is_the_failure_text(tmp_path: Path) -> None:
    chosen = [each for each in asked() if each != "--tb=no"]
    at = chosen.index("--")
    chosen[at:at] = ["-k", "LOGOFF-02"]
    done = pytest_run(tmp_path, *chosen)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "MAPILogoff" in done.stdout
    assert "MAPI_E_INVALID_SESSION" in done.stdout
    assert "Traceback" not in done.stdout
    assert "seed 7" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--adapter", "nobody"],
        ["--adapter", "reference", "--families", "telex"],
        ["--adapter", "reference", "--reading", "IMSG-OPEN-99=A"],
    ],
)
def test_a_wrong_option_is_told_without_a_traceback(arguments: list[str], tmp_path: Path) -> None:
    done = pytest_run(tmp_path, "--pyargs", "conformance", "-x", *arguments)
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert "INTERNALERROR" not in done.stdout + done.stderr
    assert arguments[-1].split("=")[0] in done.stdout + done.stderr


TRIVIAL = """
import pytest

def test_passes(): pass

def test_fails(): assert 1 == 2

@pytest.mark.skip
def test_skips(): pass

@pytest.mark.parametrize("requirement", [1, 2])
def test_has_a_parameter_of_that_name(requirement): assert requirement
"""


def test_nothing_changes_in_a_run_that_does_not_ask(tmp_path: Path) -> None:
    (tmp_path / "test_trivial.py").write_text(TRIVIAL)
    off = ["-p", "no:mapi_conformance"]

    def told(*arguments: str) -> str:
        done = pytest_run(tmp_path, *arguments)
        text = re.sub(r"(?m)^plugins: .*$", "", done.stdout + done.stderr)
        return f"{done.returncode}\n{re.sub(r'in [0-9.]+s', '', text)}"

    assert told("--help") == told("--help", *off)
    assert told("-v") == told("-v", *off)
    (tmp_path / "conftest.py").write_text(
        "def pytest_addoption(parser):\n    parser.addoption('--seed')\n"
    )
    assert "5 passed" not in told("--seed", "3")
    assert told("--seed", "3") == told("--seed", "3", *off)
