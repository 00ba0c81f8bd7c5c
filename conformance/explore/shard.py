"""Running one shard: prelude, machines, walkers, on one adapter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Final, Protocol

from conformance.capabilities import wire_family
from conformance.errors import AdapterError
from conformance.evidence import Evidence
from conformance.explore.deaths import Deaths
from conformance.explore.prelude import prelude
from conformance.explore.random import run_machine, run_walkers
from conformance.play import Performer, Player
from conformance.profiles import Shard
from conformance.requirements.catalogue import Catalogue
from conformance.trace import Call

MACHINE_SHARE: Final = 0.05


class Closable(Performer, Protocol):
    """A performer that can be ended."""

    def close(self) -> None: ...


Progress = Callable[[Evidence], None]
"""Told the evidence so far, now and then."""

_TELL_EVERY: Final = 500
_IDLE: Final = 1000


def run_shard(
    adapter: Performer,
    shard: Shard,
    catalogue: Catalogue,
    progress: Progress,
    evidence: Evidence | None = None,
    known: Sequence[tuple[str, list[Call]]] = (),
) -> Evidence:
    """The evidence of one shard; `known` are sequences that the first one plays before its own.

    Raises :class:`AdapterError` where the adapter failed; what was found before stands
    in `evidence`.
    """
    evidence = evidence if evidence is not None else Evidence()
    player = Player(adapter, shard.family, catalogue.homes[shard.family], evidence)
    deaths = Deaths(shard.calls)
    told, asked = [0], [0]

    def spent(limit: float) -> bool:
        asked[0] += 1
        if evidence.calls - told[0] >= _TELL_EVERY:
            told[0] = evidence.calls
            progress(evidence)
        # Asked much more often than calls are made: then there is nothing left to call.
        idle = asked[0] > _IDLE + 3 * shard.calls
        return idle or evidence.calls + deaths.cost >= limit

    try:
        if shard.index == 0:
            _play_prelude(player, deaths, shard, catalogue, spent, known)
        start = evidence.calls + deaths.cost
        machine_end = start + MACHINE_SHARE * shard.calls
        run_machine(player, deaths, shard.seed, lambda: spent(machine_end))
        run_walkers(player, deaths, shard.seed, lambda: spent(start + shard.calls))
    except AdapterError:
        progress(evidence)
        raise
    progress(evidence)
    return evidence


def _play_prelude(
    player: Player,
    deaths: Deaths,
    shard: Shard,
    catalogue: Catalogue,
    spent: Callable[[float], bool],
    known: Sequence[tuple[str, list[Call]]],
) -> None:
    rows = [
        row for row in catalogue.requirements.values() if wire_family(row.family) == shard.family
    ]
    initialises = "MAPIInitialize" in player.capabilities.functions
    first = [Call("MAPIInitialize", {})] if initialises else []
    for name, calls in chain(known, prelude(shard.family, rows, shard.crowd, first)):
        if spent(float("inf")) or deaths.cost > shard.calls:
            return
        player.found_by = name
        player.begin()
        for call in calls:
            if player.over:
                break
            if not deaths.expects(call):
                deaths.note(call, player.perform(call))
