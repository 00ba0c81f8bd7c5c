"""Round trips through `stdio`, as parts of a ping-pong in C over two pipes.

    python benchmarks/pipes.py --calls 20000

The limit is a C program that exchanges lines of 100 bytes with a copy of itself. Against it stand
the transport with lines that are only sent back, and whole requests: encoded, answered by a harness
in C, decoded and checked. Each is measured with both processes pinned to one core and on all of
them, in rounds that take turns so that what else the machine does meets all; the medians count.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from adapters.process import Process
from adapters.stdio import Stdio
from conformance.trace import Call

SOURCE = Path(__file__).with_suffix(".c")
LINE = b"x" * 99 + b"\n"
LOGOFF = Call("MAPILogoff", {"lhSession": {"literal": 1}, "ulUIParam": 0, "flFlags": 0})


def limit(program: str, calls: int) -> float:
    """Rounds per second of the C program with itself."""
    command = [program, str(calls), str(len(LINE))]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def lines(program: str, calls: int) -> float:
    """Lines per second through the transport alone."""
    process = Process([program])
    try:
        return rate(lambda: process.ask(LINE, 5.0), calls)
    finally:
        process.end()


def requests(program: str, calls: int) -> float:
    """Whole requests per second."""
    adapter = Stdio([program, "-j"])
    try:
        adapter.perform(Call("begin", {"family": "simple"}))
        return rate(lambda: adapter.perform(LOGOFF), calls)
    finally:
        adapter.close()


def rate(action: Callable[[], object], calls: int) -> float:
    """Times per second that something is done."""
    action()
    started = time.perf_counter()
    for _ in range(calls):
        action()
    return calls / (time.perf_counter() - started)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000, help="in each round")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    cores = os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory() as folder:
        program = str(Path(folder, "pipes"))
        subprocess.run(["cc", "-O2", "-o", program, str(SOURCE)], check=True)
        print("cores    C lines/s   stdio lines/s  ratio  requests/s  ratio")
        for name, allowed in (("one", {min(cores)}), ("all", cores)):
            os.sched_setaffinity(0, allowed)
            rounds = [
                [load(program, options.calls) for load in (limit, lines, requests)]
                for _ in range(options.rounds)
            ]
            c, raw, whole = (statistics.median(column) for column in zip(*rounds, strict=True))
            print(
                f"{name:<5} {c:>12,.0f}    {raw:>12,.0f}  {raw / c:>5.2f}"
                f"  {whole:>10,.0f}  {whole / c:>5.2f}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
