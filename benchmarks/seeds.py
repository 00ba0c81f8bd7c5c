"""The correct reference under many seeds: nothing accused, nothing left out.

    python benchmarks/seeds.py --seeds 20 --profile ci --jobs 2

Prints a line for each seed and the figures for docs/benchmarks.md; exits 1 if any row was broken,
or one that can be decided was not exercised.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from conformance.requirements.load import catalogue

FAMILIES = "imsg,simple,msgfile"


def run(seed: int, profile: str, jobs: int) -> dict[str, Any]:
    """The results of one run, in a process of its own."""
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "conformance", "run", "--families", FAMILIES]
        command += ["--profile", profile, "--seed", str(seed), "--jobs", str(jobs)]
        subprocess.run([*command, "--output", directory], check=False, capture_output=True)
        value: dict[str, Any] = json.loads((Path(directory) / "results.json").read_text())
        return value


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--profile", default="ci")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    decidable = {row.id for row in catalogue().requirements.values() if not row.undecidable}
    calls, seconds, wrong = 0, 0.0, 0
    print("seed      calls  seconds  broken  not exercised")
    for seed in range(1, options.seeds + 1):
        results = run(seed, options.profile, options.jobs)
        rows = [row for row in results["requirements"] if row["family"] in FAMILIES]
        broken = [row["id"] for row in rows if row["verdict"] not in ("pass", "not-exercised")]
        idle = [row["id"] for row in rows if row["id"] in decidable and not row["exercised"]]
        took = results["run"]
        calls, seconds = calls + took["calls"], seconds + took["seconds"]
        wrong += bool(broken or idle)
        print(
            f"{seed:>4}  {took['calls']:>9,}  {took['seconds']:>7.1f}  "
            f"{','.join(broken) or '-'}  {','.join(idle) or '-'}",
            flush=True,
        )
    print(f"{options.seeds} seeds, {calls:,} calls, {calls / seconds:,.0f} calls/s, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
