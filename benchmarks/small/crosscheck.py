"""Plays the same random sequences on the Python, the JavaScript and the Erlang port.

    python benchmarks/small/crosscheck.py --sequences 2000

Exits 1 where a port answers otherwise than Python, and shows the first such sequence. A port whose
language is not installed is named and left out.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from small import terms  # noqa: E402
from small.referee import Instance  # noqa: E402
from small.walks import walk  # noqa: E402

Case = dict[str, Any]


def javascript(cases: list[Case]) -> list[Any]:
    return _lines(["node", str(HERE / "replay.mjs")], "".join(json.dumps(c) + "\n" for c in cases))


def erlang(cases: list[Case]) -> list[Any]:
    with tempfile.NamedTemporaryFile("w", suffix=".terms", encoding="utf-8") as file:
        for case in cases:
            fault, operations = terms.fault(case["fault"]), terms.operations(case["operations"])
            file.write(f"{{{case['part']}, {fault}, {operations}}}.\n")
        file.flush()
        return _lines(["escript", str(HERE / "replay.escript"), file.name], "")


def _lines(command: list[str], given: str) -> list[Any]:
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


PORTS = {"JavaScript": ("node", javascript), "Erlang": ("escript", erlang)}


def answer(case: dict[str, Any]) -> list[Any]:
    instance = Instance(case["part"], case["fault"])
    results: list[Any] = []
    for operation in case["operations"]:
        try:
            results.append(instance.perform(operation))
        except (LookupError, ValueError):
            results.append("lost")
            break
    return results


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sequences", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random = Random(options.seed)
    faults = [
        row
        for name in ("faults.json", "unseen.json")
        for row in json.loads((HERE / name).read_text(encoding="utf-8"))
    ]
    faults += [{"part": part, "fault": {}} for part in ("imsg", "simple")]
    cases = []
    for number in range(options.sequences):
        row = faults[number % len(faults)]
        operations = walk(row["part"], random)
        cases.append({"part": row["part"], "fault": row["fault"], "operations": operations})
    expected = [answer(case) for case in cases]
    status = 0
    for port, (program, play) in PORTS.items():
        if shutil.which(program) is None:
            print(f"{port}: left out, {program} is not installed")
            continue
        answers = play(cases)
        wrong = [
            i for i, pair in enumerate(zip(expected, answers, strict=True)) if pair[0] != pair[1]
        ]
        print(f"{port}: {len(cases) - len(wrong)} of {len(cases)} sequences agree")
        for index in wrong[:1]:
            print(json.dumps(cases[index]), expected[index], answers[index], sep="\n")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
