"""Engines side by side: the same faults of one small session API, under the same seeds.

    python benchmarks/engines.py --seeds 10 --calls 5000
    python benchmarks/engines.py --table unseen.json --seeds 1 --calls 100000 --columns product

Prints a line for each engine, as soon as it is done: faults found in all hunts, found under every
seed, never found; median and 90th percentile of the calls until a fault showed; how many of the
counterexamples have the shortest length; calls a second. fast-check needs Node.js and
`npm install --prefix benchmarks`, PropEr Debian's erlang-proper-dev; an engine that is not
installed is named and left out.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Column:
    """One engine: the command that hunts with it, and what has to be there for it."""

    title: str
    command: tuple[str, ...]
    needs: tuple[str, ...] = ()

    @property
    def missing(self) -> str:
        for need in self.needs:
            if shutil.which(need) is None and not (HERE / need).exists():
                return need
        return ""


def _python(name: str) -> tuple[str, ...]:
    return (sys.executable, str(HERE / "columns" / f"{name}.py"))


FAST_CHECK = ("node", str(HERE / "columns" / "fastcheck.mjs"))
NODE = ("node", "node_modules/fast-check")
COLUMNS = {
    "product": Column("mapi-conformance", _python("product")),
    "plain": Column("Hypothesis, plain", _python("hypothesis_plain")),
    "tuned": Column("Hypothesis, tuned", _python("hypothesis_tuned")),
    "fast-check-plain": Column("fast-check, plain", (*FAST_CHECK, "--plain"), NODE),
    "fast-check": Column("fast-check, tuned", FAST_CHECK, NODE),
    "proper-plain": Column("PropEr, plain", (*_python("proper"), "--plain"), ("escript",)),
    "proper": Column("PropEr, tuned", _python("proper"), ("escript",)),
}


def hunts(column: Column, options: argparse.Namespace) -> list[dict[str, Any]]:
    """What the engine's command printed; raises CalledProcessError where it failed."""
    given = ["--table", options.table, "--seeds", options.seeds, "--calls", options.calls]
    done = subprocess.run(
        [*column.command, *map(str, given)], stdout=subprocess.PIPE, text=True, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def summary(rows: list[dict[str, Any]], shortest: dict[str, int]) -> list[str]:
    """The cells of one engine."""
    found = [row for row in rows if row["found"]]
    by_fault: dict[str, list[bool]] = {}
    for row in rows:
        by_fault.setdefault(row["fault"], []).append(row["found"])
    calls = sorted(row["calls"] for row in found)
    lengths = [row for row in found if row["length"] is not None]
    exact = sum(row["length"] <= shortest[row["fault"]] for row in lengths)
    seconds = sum(row["seconds"] for row in rows)
    return [
        f"{len(found)} of {len(rows)}",
        f"{sum(all(one) for one in by_fault.values())} of {len(by_fault)}",
        str(sum(not any(one) for one in by_fault.values())),
        f"{statistics.median(calls):,.0f}" if calls else "-",
        f"{calls[int(0.9 * (len(calls) - 1))]:,}" if calls else "-",
        f"{exact} of {len(lengths)}",
        f"{sum(row['spent'] for row in rows) / seconds:,.0f}" if seconds else "-",
    ]


HEADS = ["engine", "found", "by every seed", "never", "median calls", "90 %", "shortest", "calls/s"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", default="faults.json")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--calls", type=int, default=5_000)
    parser.add_argument("--columns", default=",".join(COLUMNS))
    options = parser.parse_args()
    rows = json.loads((HERE / "small" / options.table).read_text(encoding="utf-8"))
    shortest = {row["name"]: row["shortest"] for row in rows}
    print(f"{len(rows)} faults, {options.seeds} seeds, {options.calls} calls at most\n")
    print(f"| {' | '.join(HEADS)} |\n|---|{'---:|' * (len(HEADS) - 1)}", flush=True)
    for name in options.columns.split(","):
        column = COLUMNS[name]
        if column.missing:
            print(f"| {column.title} | left out: {column.missing} is not installed |", flush=True)
            continue
        cells = summary(hunts(column, options), shortest)
        print(f"| {' | '.join([column.title, *cells])} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
