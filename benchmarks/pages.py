"""How long the pages of the report take, and how large they are.

    python benchmarks/pages.py

Prints, for the matrix of 30 implementations with 500 violations and for one page with every
requirement broken, the time in seconds and the size in bytes; the last column is the time in
multiples of the time that json takes to write and read the same results, which does not depend on
the machine.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from conformance.requirements.load import catalogue
from reports.html import render, render_matrix

IMPLEMENTATIONS, VIOLATIONS = 30, 500


def violation() -> dict[str, Any]:
    logon = {
        "ulUIParam": 0,
        "lpszProfileName": {"profile": "default"},
        "lpszPassword": {"profile": "default"},
        "flFlags": 0,
        "ulReserved": 0,
        "lplhSession": "h1",
    }
    logoff = {"lhSession": "h1", "ulUIParam": 0, "flFlags": 0, "ulReserved": 0}
    came = {"result": {"return": 0, "out": {"lplhSession": "0x1"}}}
    trace = [
        {"method": "MAPILogon", "params": logon, "outcome": came},
        {"method": "MAPILogoff", "params": logoff, "outcome": {"result": {"return": 0}}},
        {"method": "MAPILogoff", "params": logoff, "outcome": {"result": {"return": 0}}},
    ]
    words = {"expected": "MAPI_E_INVALID_SESSION (19)", "observed": "returned SUCCESS_SUCCESS (0)"}
    return {"trace": trace, **words, "found_by": "walker", "calls_to_find": 1234}


def results(number: int, broken: int) -> dict[str, Any]:
    """One run over the catalogue, of which `broken` requirements failed."""
    rows = []
    for at, known in enumerate(catalogue().requirements.values()):
        failed = at < broken
        counts = {"exercised": 100, "held": 99 if failed else 100, "broken": int(failed)}
        rows.append(
            {
                "id": known.id,
                "family": known.family,
                "level": known.level,
                "verdict": "fail" if failed else "pass",
                "binding": True,
                **counts,
                "violations": [violation()] if failed else [],
            }
        )
    return {
        "schema": 1,
        "suite": {"name": "mapi-conformance", "version": "0"},
        "implementation": {"name": f"mapi {number}", "version": "1.0", "adapter": "stdio"},
        "run": {"complete": True, "seed": number, "profile": "ci", "command": ["harness"]},
        "capabilities": {"simple": {"functions": ["MAPILogon"]}},
        "conclusion": {"conforms": not broken, "headline": f"mapi {number} does not conform"},
        "requirements": rows,
        "incidents": [],
        "errors": [],
        "stderr": "",
    }


def several() -> list[dict[str, Any]]:
    """The runs of the matrix."""
    each, rest = divmod(VIOLATIONS, IMPLEMENTATIONS)
    return [results(number, each + (number < rest)) for number in range(IMPLEMENTATIONS)]


def measure(what: str, values: Any, write: Callable[[], str]) -> None:
    write()  # loads the templates
    began = time.perf_counter()
    page = write()
    took = time.perf_counter() - began
    began = time.perf_counter()
    json.loads(json.dumps(values))
    unit = time.perf_counter() - began
    print(f"{what:32} {took:6.2f} s {len(page.encode()):>10,} bytes {took / unit:8.0f}")


def main() -> None:
    runs, rows = several(), catalogue()
    measure("matrix, 30 runs, 500 violations", runs, lambda: render_matrix(runs, rows))
    one = results(0, 120)
    measure("report, 120 violations", one, lambda: render(one, rows))


if __name__ == "__main__":
    main()
