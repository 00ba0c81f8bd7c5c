"""This suite: its own shards on the small API, its own judge, its own minimiser."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from small.adapter import Adapter

from columns.common import Found, Row, main
from conformance.confirm import confirm, shortest_for
from conformance.evidence import Evidence, Violation
from conformance.explore.shard import run_shard
from conformance.findings import Held
from conformance.profiles import PROFILES, shards
from conformance.replayer import Replayer
from conformance.requirements.catalogue import ANY
from conformance.requirements.load import catalogue


class Enough(BaseException):
    """The fault showed, or the calls are used up; no `Exception`, which Hypothesis would take."""


class Watched(Evidence):
    """Evidence that stops at the first violation, or when the budget is used up."""

    __slots__ = ("adapter", "budget", "first")

    def __init__(self, adapter: Adapter, budget: int) -> None:
        super().__init__()
        self.adapter, self.budget = adapter, budget
        self.first: tuple[str, int] | None = None

    def note_broken(self, requirement: str, violation: Violation) -> None:
        super().note_broken(requirement, violation)
        self.first = (requirement, self.adapter.calls)
        raise Enough

    def note_held(
        self, requirement: str, held: Held, trace: Iterable[Any], found_by: str = ""
    ) -> None:
        super().note_held(requirement, held, trace, found_by)
        default = catalogue()[requirement].default
        if held.readings and default not in (ANY, "") and default not in held.readings:
            self.first = (requirement, self.adapter.calls)
            raise Enough


def hunt(row: Row, seed: int, calls: int) -> Found:
    """Explore under profile `ci` until something is broken, and minimise that.

    Calls that lend the implementation an allocator or a storage are not counted: the other engines
    get these for nothing.
    """
    adapter = Adapter(row["part"], row["fault"])
    evidence = Watched(adapter, calls)

    def progress(_so_far: Evidence) -> None:
        if adapter.calls >= calls:
            raise Enough

    try:
        for shard in shards(PROFILES["ci"], [row["part"]], seed):
            run_shard(adapter, shard, catalogue(), progress, evidence)
    except Enough:
        pass
    if evidence.first is None:
        return Found(found=False, calls=adapter.calls, length=None, spent=adapter.calls)
    requirement, found_at = evidence.first
    family = row["part"]
    replayer = Replayer(adapter, family, catalogue().homes[family])
    row_found = evidence.rows[requirement]
    if row_found.violations:
        steps = confirm(replayer, requirement, row_found.violations).violation.trace
    else:
        *_, taken = row_found.taken.values()
        steps = shortest_for(replayer, requirement, taken)
    length = sum(not step.call.method.startswith("world.") for step in steps)
    return Found(found_at <= calls, found_at, length, adapter.calls)


if __name__ == "__main__":
    main(hunt)
