"""A harness written from the harness protocol alone, with one wrong answer at a time.

What each must be charged with follows from the sentences of the catalogue.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main

HARNESS = Path(__file__).parent / "harnesses" / "minimal.py"

WRONG = {
    "null allocator": "IMSG-OPEN-02",
    "null out pointer": "IMSG-OPEN-03",
    "flag 7": "IMSG-OPEN-04",
    "flags code": "IMSG-OPEN-05",
    "one session for all": "IMSG-OPEN-11",
    "message flags": "IMSG-MSG-09",
    "unicode mask": "IMSG-MSG-07",
    "write-only storage": "IMSG-MSG-04",
    "close returns a code": "IMSG-CLOSE-03",
    "close closes all": "IMSG-CLOSE-04",
    "callback data": "IMSG-REL-02",
    "callback twice": "IMSG-REL-01",
    "constant handle": "SIMPLE-LOGON-07",
    "logon code": "SIMPLE-LOGON-10",
    "new session flag": "SIMPLE-LOGON-06",
    "zero logs off": "SIMPLE-LOGOFF-03",
    "dead handle": "SIMPLE-LOGOFF-02",
    "logoff flags": "SIMPLE-LOGOFF-05",
    "logoff keeps": "SIMPLE-LOGOFF-01",
}


def run(tmp_path: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    output = tmp_path / "out"
    command = [sys.executable, str(HARNESS), *arguments]
    options = ["--adapter", "stdio", "--profile", "smoke", "--seed", "7", "--output", str(output)]
    status = main(["run", *options, "--", *command])
    return status, json.loads((output / "results.json").read_text())


def test_the_correct_harness_conforms(tmp_path: Path) -> None:
    status, results = run(tmp_path)

    assert status == 0
    assert [row["id"] for row in results["requirements"] if row["broken"]] == []
    assert results["conclusion"]["conforms"] is True


@pytest.mark.parametrize("wrong", list(WRONG))
def test_one_wrong_answer_fails_its_own_requirement(wrong: str, tmp_path: Path) -> None:
    status, results = run(tmp_path, wrong)

    failed = {row["id"] for row in results["requirements"] if row["verdict"] == "fail"}
    group = WRONG[wrong].rpartition("-")[0]
    assert WRONG[wrong] in failed
    assert {name.rpartition("-")[0] for name in failed} == {group}
    deviation = all(
        row["level"] == "should" for row in results["requirements"] if row["verdict"] == "fail"
    )
    assert status == (0 if deviation else 1)
