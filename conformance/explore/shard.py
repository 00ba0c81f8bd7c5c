"""Running one shard: one explorer after another, on one adapter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, Protocol

from conformance.capabilities import wire_family
from conformance.errors import AdapterError
from conformance.evidence import Evidence
from conformance.explore.attention import Attention
from conformance.explore.concurrent import run_concurrent, run_races
from conformance.explore.deaths import CRASH_COST, Deaths
from conformance.explore.exhaustive import Exhaustive
from conformance.explore.kit import Kit, kit_of
from conformance.explore.prelude import prelude
from conformance.explore.random import RandomExplorer
from conformance.play import Performer, Player
from conformance.profiles import Shard
from conformance.requirements.catalogue import Catalogue, Requirement
from conformance.trace import Call

EXHAUSTIVE_SHARE: Final = 0.2
"""Of the budget, at most."""
CONCURRENT_SHARE: Final = 0.05
"""Of the budget, where `parallel` is declared."""
FIRST_CROWD: Final = 20
"""Larger crowds take many calls, so they wait until the first round is over."""
ROUNDS: Final = 4
"""After each the machine gets its share anew, by what it has found."""


class Closable(Performer, Protocol):
    """A performer that can be ended."""

    def close(self) -> None: ...


Progress = Callable[[Evidence], None]
"""Told the evidence so far, now and then."""

Known = Sequence[tuple[str, list[Call]]]
"""Sequences with the name of who found them."""

_TELL_EVERY: Final = 500
_IDLE: Final = 1000


def run_shard(
    adapter: Performer,
    shard: Shard,
    catalogue: Catalogue,
    progress: Progress,
    evidence: Evidence | None = None,
    known: Known = (),
) -> Evidence:
    """The evidence of one shard; `known` are sequences that the first one plays before its own.

    Raises :class:`AdapterError` where the adapter failed; what was found before stands
    in `evidence`.
    """
    evidence = evidence if evidence is not None else Evidence()
    player = Player(adapter, shard.family, catalogue.homes[shard.family], evidence)
    rows = [
        row for row in catalogue.requirements.values() if wire_family(row.family) == shard.family
    ]
    try:
        explore(player, shard, kit_of(shard.family), rows, progress, known)
    except AdapterError:
        progress(evidence)
        raise
    progress(evidence)
    return evidence


def explore(
    player: Player,
    shard: Shard,
    kit: Kit,
    rows: Sequence[Requirement],
    progress: Progress,
    known: Known = (),
) -> None:
    """Let the explorers play one after another until the budget of the shard is used."""
    spending = _Spending(player, shard, progress)
    if shard.index == 0:
        _play_prelude(player, spending, kit, rows, known)
        run_races(player, spending.deaths, shard.seed, spending.until(float("inf")))
    exhaustive = Exhaustive(player, spending.deaths, kit, shard.index, shard.of)
    start = spending.calls
    share = spending.until(start + EXHAUSTIVE_SHARE * shard.calls)
    guarantee = exhaustive.run(shard.depth, share)
    if guarantee is not None:
        player.evidence.note_guarantee(guarantee)
    attention = Attention.on(rows, kit.scenarios(), player)
    random = RandomExplorer(player, spending.deaths, shard.seed, kit, attention)
    racing = CONCURRENT_SHARE * shard.calls if player.capabilities.parallel else 0
    last = start + shard.calls - racing
    left, grown = last - spending.calls, 0
    for number in range(1, ROUNDS + 1):
        end = last + grown - left * (ROUNDS - number) / ROUNDS
        random.run_machine(spending.until(spending.calls + random.machine_share() * left / ROUNDS))
        random.run_walkers(spending.until(end))
        if number == 1 and shard.index == 0:
            before = spending.calls
            _play_growth(player, spending, kit)
            grown = spending.calls - before
    run_concurrent(player, spending.deaths, shard.seed, spending.until(start + shard.calls + grown))


@dataclass(slots=True)
class _Spending:
    """The budget of a shard: calls made, and what deaths and failures of the adapter cost."""

    player: Player
    shard: Shard
    progress: Progress
    deaths: Deaths = field(init=False)
    _told: int = 0
    _asked: int = 0

    def __post_init__(self) -> None:
        self.deaths = Deaths(self.shard.calls)

    @property
    def calls(self) -> int:
        return self.player.evidence.calls + self.cost

    @property
    def cost(self) -> int:
        return self.deaths.cost + CRASH_COST * self.player.evidence.failures.count

    def until(self, limit: float) -> Callable[[], bool]:
        """Whether the calls up to a limit are spent."""

        def spent() -> bool:
            self._asked += 1
            made = self.player.evidence.calls
            if made - self._told >= _TELL_EVERY:
                self._told = made
                self.progress(self.player.evidence)
            # Asked much more often than calls are made: then there is nothing left to call.
            idle = self._asked > _IDLE + 3 * self.shard.calls
            return idle or self.calls >= limit

        return spent


def _play_prelude(
    player: Player, spending: _Spending, kit: Kit, rows: Sequence[Requirement], known: Known
) -> None:
    crowd = min(FIRST_CROWD, spending.shard.crowd)
    sequences = prelude(rows, kit.sequences, crowd, _first(player))
    _play(player, spending, chain(known, sequences))


def _play_growth(player: Player, spending: _Spending, kit: Kit) -> None:
    """Open as many objects as the profile wants."""
    crowd, first = spending.shard.crowd, _first(player)
    if crowd > FIRST_CROWD:
        largest = ((n, calls) for n, calls in kit.sequences(crowd) if n == f"growth to {crowd}")
        _play(player, spending, ((name, [*first, *calls]) for name, calls in largest))


def _first(player: Player) -> list[Call]:
    return [Call("MAPIInitialize", {})] if player.initialises else []


def _play(player: Player, spending: _Spending, sequences: Iterable[tuple[str, list[Call]]]) -> None:
    deaths, tell = spending.deaths, spending.until(float("inf"))
    for name, calls in sequences:
        if tell() or spending.cost > spending.shard.calls:
            return
        player.found_by = name
        player.begin()
        for call in calls:
            if player.over:
                break
            if not deaths.expects(call):
                outcome = player.perform(call)
                deaths.note(player.charged, outcome, player.seconds)
