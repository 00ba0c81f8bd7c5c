"""Attention: where exploring still pays, and which requirements it has neglected.

The budget is counted in calls and shared by what each kind of sequence still yields: a step is new
where its method and answer never followed those of the step before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from conformance.evidence import Evidence
from conformance.explore.choose import Chooser, Source
from conformance.explore.walk import NO_LEAD, Lead
from conformance.model.email.stimulus import makes_slow
from conformance.play import Player
from conformance.requirements.catalogue import Requirement
from conformance.trace import Call

_MEMORY: Final = 0.9
"""How much of a yield still counts one sequence later."""
_LEAST: Final = 150
"""Of a thousand sequences, those that each kind gets whatever it yields."""
_SCENARIOS: Final = 200
"""Of a thousand leads, those that are a scenario."""
_NEGLECTED: Final = 4
"""One in so many requirements counts as neglected."""


@dataclass(slots=True)
class Yields:
    """How much each kind of sequences has brought lately, in new steps for each call."""

    player: Player
    new: dict[str, float] = field(default_factory=dict)
    calls: dict[str, float] = field(default_factory=dict)
    _start: tuple[int, int] = (0, 0)

    def rate(self, kind: str) -> float:
        """The recent yield of one kind; that of an untried one is high."""
        return (self.new.get(kind, 1.0) + 0.01) / (self.calls.get(kind, 1.0) + 1.0)

    def pick(self, source: Source, kinds: Sequence[str]) -> str:
        """Choose a kind in proportion to its yield, but none too seldom."""
        rates = [self.rate(kind) for kind in kinds]
        total = sum(rates)
        free = 1000 - _LEAST * len(kinds)
        shares = [_LEAST + int(free * rate / total) for rate in rates]
        drawn = source.below(sum(shares))
        for kind, share in zip(kinds, shares, strict=True):
            if drawn < share:
                return kind
            drawn -= share
        return kinds[-1]

    def start(self) -> None:
        """A sequence, or several of one kind, begin now."""
        self._start = (self.player.novelty, self.player.evidence.calls)

    def note(self, kind: str) -> None:
        """What was begun is over, and was of this kind."""
        new, calls = self._start
        for sums, more in (
            (self.new, self.player.novelty - new),
            (self.calls, self.player.evidence.calls - calls),
        ):
            sums[kind] = sums.get(kind, 0.0) * _MEMORY + more


@dataclass(slots=True)
class Attention:
    """The requirements that this run can decide, and how to lead a sequence to one of them."""

    rows: Sequence[Requirement]
    scenarios: Sequence[Sequence[Call]] = ()

    @classmethod
    def on(
        cls, rows: Sequence[Requirement], scenarios: Iterable[Sequence[Call]], player: Player
    ) -> Attention:
        """Look after the rows whose examples the implementation can be asked, in no great time.

        A walk that goes on under a silent mail server would wait at each of its starts.
        """

        def leads(calls: Iterable[Call]) -> bool:
            return all(player.offered(call.method) and not makes_slow(call) for call in calls)

        known = [row for row in rows if row.example and leads(step.call for step in row.example)]
        return cls(known, [calls for calls in scenarios if leads(calls)])

    def lead(self, choose: Chooser, evidence: Evidence) -> Lead:
        """A part of a scenario, or of an example, of a neglected requirement every second time.

        Neglected are those whose preconditions were met least.
        """
        if self.scenarios and (not self.rows or choose.chance(_SCENARIOS)):
            calls = choose.pick(self.scenarios)
            return Lead(self._part(choose, calls), frozenset(call.method for call in calls))
        if not self.rows:
            return NO_LEAD
        rows = self.rows
        if choose.chance(500):
            rows = sorted(rows, key=lambda row: self._met(evidence, row))
            rows = rows[: max(1, len(rows) // _NEGLECTED)]
        row = choose.pick(rows)
        calls = [step.call for step in row.example]
        return Lead(self._part(choose, calls), frozenset(row.functions))

    @staticmethod
    def _part(choose: Chooser, calls: Sequence[Call]) -> Sequence[Call]:
        return calls if choose.chance(500) else calls[: 1 + choose.source.below(len(calls))]

    @staticmethod
    def _met(evidence: Evidence, row: Requirement) -> int:
        known = evidence.rows.get(row.id)
        return known.exercised if known else 0
