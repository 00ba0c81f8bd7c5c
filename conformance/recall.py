"""Recalling what led to a violation that its own trace does not show again.

A seed means the same calls, so the exploration is done once more, in a new process, until the
requirement breaks again; what was played before is then known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from conformance.capabilities import wire_family
from conformance.explore.kit import kit_of
from conformance.explore.shard import Known, explore
from conformance.findings import Broken
from conformance.orders import Findings
from conformance.play import Performer, Player
from conformance.profiles import Shard
from conformance.requirements.catalogue import Catalogue
from conformance.trace import Call, Step

MOST_CALLS: Final = 60_000
"""Calls that are made again at most."""


class _Found(BaseException):
    """The requirement broke; no `Exception`, which Hypothesis would take for a failing example."""


@dataclass(slots=True)
class _Recorder(Player):
    """A player that keeps its sequences until one breaks a requirement, or too many calls."""

    requirement: str = ""
    most: int = MOST_CALLS
    sequences: list[list[Step]] = field(default_factory=list)

    def begin(self) -> None:
        Player.begin(self)
        if self.evidence.calls > self.most:
            self.sequences.clear()
            raise _Found
        self.sequences.append(self.steps)

    def note(self, findings: Findings) -> None:
        Player.note(self, findings)
        for requirement, found in findings:
            if requirement == self.requirement and isinstance(found, Broken):
                raise _Found


def recall(
    reopen: Callable[[], Performer],
    shards: Sequence[Shard],
    catalogue: Catalogue,
    requirement: str,
    known: Callable[[Shard], Known] = lambda _shard: (),
) -> list[list[Call]]:
    """The sequences that one process plays until a requirement breaks, that one the last.

    `reopen` gives each shard a new process.
    Empty where it does not break again within :data:`MOST_CALLS`.
    """
    family = wire_family(catalogue[requirement].family)
    rows = [row for row in catalogue.requirements.values() if wire_family(row.family) == family]
    made = 0
    for shard in shards:
        if shard.family == family and made < MOST_CALLS:
            player = _Recorder(
                reopen(),
                family,
                catalogue.homes[family],
                requirement=requirement,
                most=MOST_CALLS - made,
            )
            try:
                explore(player, shard, kit_of(family), rows, lambda _evidence: None, known(shard))
            except _Found:
                return [[step.call for step in steps] for steps in player.sequences]
            made += player.evidence.calls
    return []
