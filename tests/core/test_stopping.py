"""Runs that are stopped in the middle leave results that can be read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.results import read_results

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")

HERE = Path(__file__).parent


def started(output: Path) -> subprocess.Popen[str]:
    """A slow run that has found something."""
    command = [sys.executable, "-m", "conformance", "run", "--adapter", "python:slow:Slow"]
    command += ["--families", "simple", "--profile", "ci", "--seed", "2", "--output", str(output)]
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    process = subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    for _ in range(600):
        path = output / "results.json"
        if path.exists() and json.loads(path.read_text())["run"]["calls"] > 0:
            return process
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.kill()
    raise AssertionError("no results were written")


def left(output: Path) -> dict[str, Any]:
    results = read_results(output / "results.json")
    assert results["run"]["complete"] is False
    assert results["run"]["calls"] > 0
    assert results["conclusion"]["exit"] == 4
    assert results["conclusion"]["conforms"] is False
    assert any(row["broken"] for row in results["requirements"])
    return results


def test_a_killed_run_leaves_results_that_report_reads(tmp_path: Path) -> None:
    process = started(tmp_path)
    process.kill()
    process.communicate(timeout=30)
    results = left(tmp_path)
    assert results["run"]["stopped"]
    page = tmp_path / "again.html"
    assert main(["report", str(tmp_path / "results.json"), "--html", str(page)]) == 0
    assert "SIMPLE-LOGOFF-02" in page.read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_with_status_4_and_says_so(
    number: signal.Signals, tmp_path: Path
) -> None:
    process = started(tmp_path)
    process.send_signal(number)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 4
    assert "Traceback" not in told
    results = left(tmp_path)
    assert "interrupted" in results["run"]["stopped"]
    assert (tmp_path / "report.html").exists()
