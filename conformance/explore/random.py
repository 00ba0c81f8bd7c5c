"""Random exploration: Hypothesis runs the machines, and draws what the walkers start from.

A machine spends most of its time inside Hypothesis, so walkers get most of the budget.
Nothing is shrunk here: traces are minimised by conformance/minimise.py.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Final

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky, FlakyStrategyDefinition
from hypothesis.stateful import run_state_machine_as_test

from conformance.errors import ConformanceError
from conformance.explore.alphabet import alphabet_of
from conformance.explore.choose import (
    CROWDS,
    DEAD,
    ERRORS,
    LENGTHS,
    LOOKS,
    TASTES,
    Chooser,
    Personality,
    RandomSource,
    personality,
)
from conformance.explore.deaths import Deaths
from conformance.explore.draws import BACKEND
from conformance.explore.walk import walk
from conformance.machines import machine_of
from conformance.play import Player
from conformance.profiles import derived

WALKS_PER_EXAMPLE: Final = 20
_EXAMPLES: Final = 40

PERSONALITIES: Final = st.builds(
    Personality,
    length=st.sampled_from(LENGTHS),
    errors=st.sampled_from(ERRORS),
    dead=st.sampled_from(DEAD),
    looks=st.sampled_from(LOOKS),
    taste=st.sampled_from(TASTES),
    crowd=st.sampled_from(CROWDS),
    burst=st.sampled_from((0, 300, 700)),
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


def run_machine(player: Player, deaths: Deaths, seed: int, until: Callable[[], bool]) -> None:
    """Let the family's machine play until the budget is used."""
    player.found_by = "machine"
    failures: list[ConformanceError] = []
    attributes = {
        "player": player,
        "deaths": deaths,
        "until": staticmethod(until),
        "failures": failures,
    }
    rounds = 0
    while not until():
        kind = machine_of(player.family)
        machine: Any = type(kind.__name__, (kind,), attributes)
        hypothesis.seed(derived(seed, f"machine {rounds}"))(machine)
        _quietly(lambda chosen=machine: run_state_machine_as_test(chosen, settings=_settings(12)))  # type: ignore[misc]
        if failures:
            raise failures[0]
        rounds += 1


def run_walkers(player: Player, deaths: Deaths, seed: int, until: Callable[[], bool]) -> None:
    """Let walkers play until the budget is used: 20 sequences for each example Hypothesis draws."""
    player.found_by = "walker"
    alphabet = alphabet_of(player.family)
    methods = list(alphabet.letters)
    failures: list[ConformanceError] = []

    def example(draw_seed: int, first: Personality) -> None:
        # Hypothesis begins with the simplest values, whatever the seed of the run.
        source = RandomSource(Random(derived(seed, str(draw_seed))))  # noqa: S311 - reproducible, not secret
        for number in range(WALKS_PER_EXAMPLE):
            if failures or until():
                return
            character = first if number == 0 else personality(source, methods)
            choose = Chooser(source, character, player.capabilities.null_arguments)
            try:
                walk(player, alphabet, choose, deaths)
            except ConformanceError as error:
                # Kept from Hypothesis, which would run the example again.
                failures.append(error)

    rounds = 0
    while not until():
        test = hypothesis.given(st.integers(0, 2**64 - 1), PERSONALITIES)(example)
        test = hypothesis.seed(derived(seed, f"walkers {rounds}"))(_settings(_EXAMPLES)(test))
        _quietly(test)
        if failures:
            raise failures[0]
        rounds += 1


def _quietly(run: Callable[[], object]) -> None:
    """An implementation that answers differently each time is no error of a strategy."""
    try:
        run()
    except (Flaky, FlakyStrategyDefinition):
        return
