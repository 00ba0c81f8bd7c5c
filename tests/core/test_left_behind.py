"""A suite that is killed in the middle leaves results that can be read, and no process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conformance.cli import main

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")

HARNESS = """
import os, subprocess, sys
sleep = [sys.executable, "-c", "import time; time.sleep(600)", sys.argv[1]]
subprocess.Popen(sleep)                                # a grandchild in the harness's group
subprocess.Popen(sleep, start_new_session=True)        # and one that has left it
from adapters.reference import Reference
from adapters.serve import serve
import time
class Slow(Reference):
    def perform(self, call):
        time.sleep(0.002)
        return super().perform(call)
serve(Slow(), sys.stdin.buffer, sys.stdout.buffer)
time.sleep(600)                                        # the end of its input does not end it
"""


def started(folder: Path, jobs: int) -> subprocess.Popen[str]:
    """A slow run in a process group of its own, as a terminal has it, under way."""
    script = folder / "harness.py"
    script.write_text(HARNESS)
    command = [sys.executable, "-m", "conformance", "run", "--adapter", "stdio"]
    command += ["--families", "simple", "--profile", "ci", "--seed", "2", "--jobs", str(jobs)]
    command += ["--output", str(folder), "--", sys.executable, str(script), str(folder)]
    process = subprocess.Popen(
        command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    for _ in range(1200):
        path = folder / "results.json"
        if path.exists() and json.loads(path.read_text())["run"]["calls"] > 0:
            return process
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    raise AssertionError("no results were written")


def left(folder: Path) -> list[str]:
    """The command lines that name the folder: the suite's, its workers', all below them."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().decode().split("\0")
        except OSError:
            continue
        if str(folder) in line:
            found.append(" ".join(line))
    return found


def children(pid: int) -> set[int]:
    """The processes that a process has started: its workers, where it has some."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
        if parent == pid:
            found.add(int(entry.parent.name))
    return found


def nothing_is_left(folder: Path, pids: set[int]) -> bool:
    """Wait until it is so; a worker of --jobs takes some seconds to notice that it is alone."""
    for _ in range(400):
        if not left(folder) and not any(alive(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def alive(pid: int) -> bool:
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())  # empty where it waits to be reaped
    except OSError:
        return False


@pytest.mark.parametrize("jobs", [1, 2])
def test_killed_with_sigkill(tmp_path: Path, jobs: int) -> None:
    process = started(tmp_path, jobs)
    below = children(process.pid)
    assert len(left(tmp_path)) >= 4
    assert below
    process.kill()
    process.communicate(timeout=30)
    assert nothing_is_left(tmp_path, below), left(tmp_path)
    page = tmp_path / "again.html"
    assert main(["report", str(tmp_path / "results.json"), "--html", str(page)]) == 0
    assert json.loads((tmp_path / "results.json").read_text())["run"]["complete"] is False
    assert "SIMPLE-LOGOFF-02" in page.read_text()


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c(tmp_path: Path, jobs: int) -> None:
    process = started(tmp_path, jobs)
    below = children(process.pid)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    _, told = process.communicate(timeout=60)
    assert process.returncode == 4, told
    assert "Traceback" not in told
    assert nothing_is_left(tmp_path, below), left(tmp_path)
    results = json.loads((tmp_path / "results.json").read_text())
    assert "interrupted" in results["run"]["stopped"]
