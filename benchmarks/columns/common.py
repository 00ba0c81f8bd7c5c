"""What a column is: a command that hunts faults under seeds, and prints a JSON line for each hunt.

    python -m columns.NAME --table faults.json --seeds 10 --calls 20000

    {"fault": NAME, "seed": N, "found": true, "calls": N, "length": N, "seconds": S, "spent": N}

`calls` is the number of calls until the fault showed, `length` that of the counterexample that the
engine shows (null where it shows none), `spent` all calls that were made, those of shrinking
included.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SMALL = Path(__file__).parent.parent / "small"
Row = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """The outcome of one hunt."""

    found: bool
    calls: int
    length: int | None
    spent: int


def main(hunt: Callable[[Row, int, int], Found]) -> None:
    """Hunt each fault of a table under each seed, with a bounded number of calls."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--table", default="faults.json")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    rows: list[Row] = json.loads((SMALL / options.table).read_text(encoding="utf-8"))
    for row in rows:
        if options.only and options.only != row["name"]:
            continue
        for seed in range(options.seeds):
            start = time.perf_counter()
            found = hunt(row, seed, options.calls)
            seconds = time.perf_counter() - start
            print(
                json.dumps(
                    {
                        "fault": row["name"],
                        "seed": seed,
                        "found": found.found,
                        "calls": found.calls,
                        "length": found.length,
                        "seconds": round(seconds, 4),
                        "spent": found.spent,
                    }
                ),
                flush=True,
            )
