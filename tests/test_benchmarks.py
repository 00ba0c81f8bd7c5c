"""The small API of the benchmarks: ports agree, faults show, the correct one is clean."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from conformance.requirements.load import catalogue
from reports.html import render_matrix

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
SMALL = BENCHMARKS / "small"


def table(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((SMALL / name).read_text("utf-8"))
    return rows


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=BENCHMARKS)


@pytest.mark.parametrize(("port", "program"), [("JavaScript", "node"), ("Erlang", "escript")])
def test_the_ports_answer_as_python_does(port: str, program: str) -> None:
    if shutil.which(program) is None:
        assert not os.environ.get("MAPI_CONFORMANCE_CI"), f"CI installs {program}"
        pytest.skip(f"{program} is not installed")
    done = run("small/crosscheck.py", "--sequences", "520")

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{port}: 520 of 520 sequences agree" in done.stdout


def test_the_tables_are_large_enough_and_name_each_fault_once() -> None:
    chosen, unseen = table("faults.json"), table("unseen.json")

    assert len(chosen) >= 26
    assert len(unseen) >= 200
    faults = [json.dumps(row["fault"]) for row in chosen + unseen]
    assert len(set(faults)) == len(faults)


def test_every_chosen_fault_shows_and_a_correct_instance_never_differs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    differs = importlib.import_module("small.referee").differs
    walk = importlib.import_module("small.walks").walk

    random = Random(1)
    walks = {part: [walk(part, random) for _ in range(300)] for part in ("imsg", "simple")}
    for part, sequences in walks.items():
        assert not any(differs(part, {}, one) for one in sequences)
    for row in table("faults.json"):
        lengths = [differs(row["part"], row["fault"], one) for one in walks[row["part"]]]
        shown = [length for length in lengths if length]
        assert shown, row["name"]
        assert min(shown) >= row["shortest"], row["name"]


def test_the_column_of_the_suite_finds_a_fault_in_the_fewest_calls() -> None:
    done = run("columns/product.py", "--seeds", "1", "--only", "allocator leaks")

    (line,) = done.stdout.splitlines()
    found = json.loads(line)
    assert found["found"] is True
    assert found["length"] == 3


def test_thirty_implementations_with_five_hundred_violations_stay_under_five_megabytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    pages = importlib.import_module("pages")
    runs = pages.several()
    broken = sum(len(row["violations"]) for run in runs for row in run["requirements"])

    page = render_matrix(runs, catalogue())

    assert (len(runs), broken) == (30, 500)
    assert page.count('class="replay kept"') == 500, "every counterexample is on the page"
    assert len(page.encode()) < 5_000_000
