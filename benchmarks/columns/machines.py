"""Running a Hypothesis machine on one fault, and counting its calls."""

from __future__ import annotations

from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from small.referee import Operation, Referee

from columns.common import Found, Row

STEPS = 50


class Spent(BaseException):
    """All calls are used up; no `Exception`, which Hypothesis would take for a failure."""


class Played:
    """The part of a machine that plays; `fault`, `budget` and `counts` come with the subclass."""

    part: str
    fault: Row
    budget: int
    counts: dict[str, int]

    def __init__(self) -> None:
        super().__init__()
        self.referee = Referee(self.part, self.fault)
        self.steps = 0

    def play(self, operation: Operation) -> int:
        """Play one operation; fails where the tested instance differs. Gives what it bound."""
        counts = self.counts
        if not counts["found"] and counts["spent"] >= self.budget:
            raise Spent
        counts["spent"] += 1
        self.steps += 1
        if self.referee.differs(operation):
            counts["found"] = counts["found"] or counts["spent"]
            counts["length"] = self.steps
            raise AssertionError(operation)
        made = {"open": "session", "create": "message", "logon": "handle"}.get(operation[0])
        live = self.referee.live[made] if made else []
        return live[-1] if live else -1


def hunt(machines: dict[str, Any], row: Row, seed: int, calls: int) -> Found:
    """Run the machine of the fault's part until it shows or the calls are used up.

    The last failing run that Hypothesis makes is that of its shrunk example.
    """
    counts = {"spent": 0, "found": 0, "length": 0}
    made = {"fault": row["fault"], "budget": calls, "counts": counts}
    machine = type("Machine", (machines[row["part"]],), made)
    chosen = settings(
        max_examples=max(100, calls),
        stateful_step_count=STEPS,
        database=None,
        derandomize=False,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=tuple(HealthCheck),
        print_blob=False,
        report_multiple_bugs=False,
        verbosity=hypothesis.Verbosity.quiet,
    )
    try:
        hypothesis.seed(seed)(machine)
        run_state_machine_as_test(machine, settings=chosen)
    except Spent:
        pass
    except Exception:
        pass
    found = bool(counts["found"])
    length = counts["length"] if found else None
    return Found(found, counts["found"] or counts["spent"], length, counts["spent"])
