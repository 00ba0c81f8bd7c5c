"""The command `selftest`: the kill matrix as text or JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from conformance.results import write_atomically
from conformance.selftest import Fault, Report, Variant, selftest

SEED: Final = 20_240_101
"""Fixed, so that a selftest that passed keeps passing."""


def run(
    faults: Sequence[Fault],
    variants: Sequence[Variant],
    seed: int = SEED,
    jobs: int = 1,
    json_file: str | None = None,
) -> int:
    """Run the selftest and print its matrix; 1 if a fault survived or somebody was accused."""

    def tell(name: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\033[K{name}", end="", file=sys.stderr, flush=True)

    report = selftest(faults, variants, seed, jobs, tell)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    if json_file:
        write_atomically(Path(json_file), json.dumps(to_json(report), indent=1) + "\n")
    print(text(report))
    return 0 if report.passed else 1


def text(report: Report) -> str:
    """The kill matrix, a line for each fault, and what was said of correct implementations."""
    width = max((len(hunt.name) for hunt in report.hunts), default=4)
    lines = [f"{'mutant':{width}}  {'calls':>7}  breaks, killed by"]
    for hunt in report.hunts:
        how = "SURVIVED" if hunt.survived else ", ".join(hunt.killed_by)
        beside = f"  (also {', '.join(hunt.others)})" if hunt.others else ""
        aimed = "" if hunt.breaks == hunt.killed_by else f"{', '.join(hunt.breaks)}: "
        lines.append(f"{hunt.name:{width}}  {hunt.calls:>7,}  {aimed}{how}{beside}")
    lines.append("")
    lines += [
        f"{one.name} is correct, and accused of {', '.join(one.accused_of)}"
        for one in report.accused
    ]
    killed = len(report.hunts) - len(report.survivors)
    lines.append(
        f"{killed} of {len(report.hunts)} mutants killed, "
        f"{len(report.accused)} of {len(report.trials)} correct implementations accused, "
        f"{report.seconds:.0f} s, seed {report.seed}"
    )
    return "\n".join(lines)


def to_json(report: Report) -> dict[str, Any]:
    """The same for programs."""
    return {
        "schema": 1,
        "passed": report.passed,
        "seed": report.seed,
        "seconds": round(report.seconds, 1),
        "mutants": [
            {
                "name": hunt.name,
                "breaks": list(hunt.breaks),
                "killed_by": list(hunt.killed_by),
                "also_reported": list(hunt.others),
                "calls": hunt.calls,
            }
            for hunt in report.hunts
        ],
        "correct": [
            {"name": one.name, "accused_of": list(one.accused_of), "calls": one.calls}
            for one in report.trials
        ],
    }
