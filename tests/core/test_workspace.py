"""The workspace: each part is worked on by one process only, and the dead are noticed."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from conformance.errors import AdapterError
from conformance.workspace import Workspace


def test_a_part_is_claimed_once(tmp_path: Path) -> None:
    assert Workspace(tmp_path).claim("imsg-0")
    assert not Workspace(tmp_path).claim("imsg-0")
    assert Workspace(tmp_path).claim("imsg-1")


def test_an_answer_is_worked_out_once_and_shared(tmp_path: Path) -> None:
    asked: list[int] = []

    def work() -> object:
        asked.append(1)
        time.sleep(0.05)
        return {"answer": 42}

    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(Workspace(tmp_path).answer("part", work)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [{"answer": 42}] * 8
    assert len(asked) == 1


def test_what_is_known_so_far_gives_way_to_the_answer(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert workspace.so_far("part") is None
    workspace.write("part", {"calls": 1}, done=False)
    assert workspace.so_far("part") == {"calls": 1}
    assert workspace.read("part") is None
    workspace.write("part", {"calls": 2})
    assert workspace.so_far("part") == workspace.read("part") == {"calls": 2}


def test_a_part_whose_process_died_is_an_error_and_not_waited_for(tmp_path: Path) -> None:
    program = "import sys, pathlib; from conformance.workspace import Workspace; "
    program += "Workspace(pathlib.Path(sys.argv[1])).claim('part')"
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)
    with pytest.raises(AdapterError, match="part"):
        Workspace(tmp_path).answer("part", dict)
