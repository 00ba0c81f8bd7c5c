"""Keeping a process, and the harness that it waits for, on one core.

The two never work at the same time, and waking a process on another core costs more than a short
call does (docs/benchmarks.md).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


def pin(number: int) -> None:
    """Keep this process, and what it starts from now on, on one core.

    Processes with the same parent and different numbers get different cores as far as there are
    enough. Does nothing on a system that cannot.
    """
    if not hasattr(os, "sched_setaffinity"):
        return
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[(os.getppid() + number) % len(cores)]})


@contextmanager
def pinned(number: int) -> Iterator[None]:
    """Pin within the block only; what was started in it stays where it is."""
    before = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    pin(number)
    try:
        yield
    finally:
        if before:
            os.sched_setaffinity(0, before)
