"""Random exploration: Hypothesis runs the machines, and draws what the walkers start from.

A machine spends most of its time inside Hypothesis, so walkers get most of the budget.
Nothing is shrunk here: traces are minimised by conformance/minimise.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any, Final

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky, FlakyStrategyDefinition
from hypothesis.stateful import run_state_machine_as_test

from conformance.errors import ConformanceError
from conformance.explore.attention import Attention, Yields
from conformance.explore.choose import (
    CROWDS,
    DEAD,
    ENDINGS,
    ERRORS,
    LENGTHS,
    LOOKS,
    TASTES,
    Chooser,
    Personality,
    RandomSource,
    Source,
    personality,
)
from conformance.explore.deaths import Deaths
from conformance.explore.draws import BACKEND
from conformance.explore.kit import Kit
from conformance.explore.walk import NO_LEAD, walk
from conformance.play import Player
from conformance.profiles import derived

WALKS_PER_EXAMPLE: Final = 20
_EXAMPLES: Final = 40
LED: Final = "led walker"
MACHINE_SHARES: Final = (0.02, 0.08)
"""Of the calls of a round: a machine spends most of its time inside Hypothesis."""
WALKERS: Final = ("walker", LED)

PERSONALITIES: Final = st.builds(
    Personality,
    length=st.sampled_from(LENGTHS),
    errors=st.sampled_from(ERRORS),
    dead=st.sampled_from(DEAD),
    looks=st.sampled_from(LOOKS),
    taste=st.sampled_from(TASTES),
    crowd=st.sampled_from(CROWDS),
    burst=st.sampled_from((0, 300, 700)),
    ending=st.sampled_from(ENDINGS),
    parts_first=st.booleans(),
)


def _settings(examples: int, steps: int = 50) -> settings:
    """Every field set, so that no profile of the user's or of a CI service changes a run."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        database=None,
        derandomize=False,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=tuple(HealthCheck),
        print_blob=False,
        report_multiple_bugs=False,
        verbosity=hypothesis.Verbosity.quiet,
        backend=BACKEND,
    )


@dataclass(slots=True)
class RandomExplorer:
    """The random part of one shard: a Hypothesis machine, and walkers that Hypothesis seeds."""

    player: Player
    deaths: Deaths
    seed: int
    kit: Kit
    attention: Attention
    yields: Yields = field(init=False)
    _rounds: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.yields = Yields(self.player)

    def machine_share(self) -> float:
        """The part of the next round that the machine gets, by whether it yields as walkers do."""
        least, most = MACHINE_SHARES
        walkers = min(self.yields.rate(kind) for kind in WALKERS)
        return most if self.yields.rate("machine") >= walkers else least

    def run_machine(self, until: Callable[[], bool]) -> None:
        """Let the family's machine play until the budget is used."""
        if self.kit.machine is None:
            return
        self.player.found_by = "machine"
        failures: list[ConformanceError] = []
        attributes = {
            "player": self.player,
            "deaths": self.deaths,
            "until": staticmethod(until),
            "failures": failures,
        }
        self.yields.start()
        while not until():
            kind: Any = self.kit.machine
            machine: Any = type(kind.__name__, (kind,), attributes)
            hypothesis.seed(self._seed("machine"))(machine)
            _quietly(partial(run_state_machine_as_test, machine, settings=_settings(12)))
            if failures:
                raise failures[0]
        self.yields.note("machine")

    def run_walkers(self, until: Callable[[], bool]) -> None:
        """Let walkers play until the budget is used: 20 sequences an example of Hypothesis."""
        failures: list[ConformanceError] = []

        def example(draw_seed: int, first: Personality) -> None:
            # Hypothesis begins with the simplest values, whatever the seed of the run.
            source = RandomSource(Random(derived(self.seed, str(draw_seed))))  # noqa: S311 - reproducible, not secret
            for number in range(WALKS_PER_EXAMPLE):
                if failures or until():
                    return
                try:
                    self._walk(source, first if number == 0 else None)
                except ConformanceError as error:
                    # Kept from Hypothesis, which would run the example again.
                    failures.append(error)

        while not until():
            test = hypothesis.given(st.integers(0, 2**64 - 1), PERSONALITIES)(example)
            test = hypothesis.seed(self._seed("walkers"))(_settings(_EXAMPLES)(test))
            _quietly(test)
            if failures:
                raise failures[0]

    def _walk(self, source: Source, character: Personality | None) -> None:
        """One sequence, a free one or one that an example leads, as they have paid lately."""
        alphabet = self.kit.alphabet
        character = character or personality(source, list(alphabet.letters))
        choose = Chooser(source, character, self.player.capabilities.null_arguments)
        kind = self.yields.pick(source, WALKERS)
        led = kind == LED
        lead = self.attention.lead(choose, self.player.evidence) if led else NO_LEAD
        self.player.found_by = kind
        self.yields.start()
        walk(self.player, alphabet, choose, self.deaths, lead)
        self.yields.note(kind)

    def _seed(self, purpose: str) -> int:
        self._rounds += 1
        return derived(self.seed, f"{purpose} {self._rounds}")


def _quietly(run: Callable[[], object]) -> None:
    """An implementation that answers differently each time is no error of a strategy."""
    try:
        run()
    except (Flaky, FlakyStrategyDefinition):
        return
