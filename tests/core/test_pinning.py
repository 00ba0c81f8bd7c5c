"""Runs on one core: each process with its harness, and only while it lasts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.pinning import pinned

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity"), reason="this system has no affinity"
)

RECORDING = """
import os, pathlib
from adapters.reference import Reference
folder = pathlib.Path(__file__).parent
def made():
    cores = sorted(os.sched_getaffinity(0))
    with (folder / "cores").open("a") as file:
        file.write(f"{os.getpid()} {cores}\\n")
    return Reference()
"""


def test_children_stay_on_the_core_and_we_come_back() -> None:
    ask = [sys.executable, "-c", "import os; print(len(os.sched_getaffinity(0)))"]
    before = os.sched_getaffinity(0)
    with pinned(3):
        inside = os.sched_getaffinity(0)
        child = subprocess.run(ask, capture_output=True, check=True, text=True).stdout
    assert len(inside) == 1
    assert inside <= before
    assert int(child) == 1
    assert os.sched_getaffinity(0) == before


def recorded(folder: Path, *more: str) -> list[set[str]]:
    """The cores that each process of a run had when it opened the adapter, the run's own first."""
    (folder / "recording.py").write_text(RECORDING, encoding="utf-8")
    command = [sys.executable, "-m", "conformance", "run", "--adapter", "python:recording:made"]
    command += ["--families", "simple", "--profile", "smoke", "--seed", "1"]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [*command, "--output", str(folder / "out"), *more],
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, set[str]] = {}
    for line in (folder / "cores").read_text("utf-8").splitlines():
        process, _, cores = line.partition(" ")
        found.setdefault(process, set()).add(cores)
    return list(found.values())


EVERYTHING = str(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ""


def test_one_process_is_pinned_for_the_whole_run(tmp_path: Path) -> None:
    (cores,) = recorded(tmp_path, "--pin")
    assert len(cores) == 1
    assert "," not in cores.pop()


def test_every_process_has_a_core_of_its_own(tmp_path: Path) -> None:
    own, *others = recorded(tmp_path, "--pin", "--jobs", "2")
    assert own == {EVERYTHING}, "the processes are started by one that is not pinned"
    assert others
    assert all(len(cores) == 1 and "," not in next(iter(cores)) for cores in others)
    used = {next(iter(cores)) for cores in others}
    assert len(used) == min(len(others), len(os.sched_getaffinity(0)))


def test_nothing_is_pinned_unasked(tmp_path: Path) -> None:
    assert recorded(tmp_path) == [{EVERYTHING}]
