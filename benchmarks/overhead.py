"""What one judged call costs, part by part, beside one step of Hypothesis in the same run.

    python benchmarks/overhead.py --calls 20000

The same walks are played over and over with more and more of the suite, so that each part is what
it adds.
Microseconds belong to the machine; the last columns are ratios and travel.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from adapters.reference import Reference
from conformance.explore.alphabet import alphabet_of
from conformance.explore.choose import Chooser, RandomSource, personality
from conformance.explore.deaths import Deaths
from conformance.explore.walk import walk
from conformance.judge import Judge
from conformance.model import model_of
from conformance.play import Player
from conformance.requirements.load import catalogue
from conformance.trace import Call, Outcome, Step

FAMILIES = ("imsg", "simple")
STEPS = 50


@dataclass(frozen=True)
class Walked:
    """What walking and judging together took, and the sequences that came of it."""

    seconds: float
    sequences: Sequence[Sequence[Step]]

    @property
    def calls(self) -> int:
        return sum(map(len, self.sequences))


def player_of(family: str) -> Player:
    return Player(Reference(), family, catalogue().homes[family])


def walked(family: str, calls: int) -> Walked:
    """Let walkers play on the reference until they have made that many calls."""
    player, alphabet = player_of(family), alphabet_of(family)
    source = RandomSource(Random(1))
    sequences = []
    start = time.process_time()
    while player.evidence.calls < calls:
        character = personality(source, list(alphabet.letters))
        walk(player, alphabet, Chooser(source, character), Deaths())
        sequences.append(player.steps)
    return Walked(time.process_time() - start, sequences)


def timed(work: Callable[[], object]) -> float:
    """Seconds of processor time; the better of two, because others may use the machine."""
    took = []
    for _ in range(2):
        start = time.process_time()
        work()
        took.append(time.process_time() - start)
    return min(took)


def modelled(family: str, sequences: Iterable[Sequence[Step]]) -> None:
    """Only the family's own model follows."""
    model, capabilities = model_of(family), Reference().offer[family]
    for steps in sequences:
        state = model.begin(capabilities)
        for step in steps:
            if step.call.method == "begin":
                state = model.begin(capabilities)
            elif step.outcome.kind == "result":
                state = model.advance(state, step.call, step.outcome)


def judged(family: str, sequences: Iterable[Sequence[Step]]) -> None:
    """All models follow, and all checks are asked."""
    judge = Judge(family, Reference().offer[family], catalogue().homes[family])
    for steps in sequences:
        judge.begin()
        for step in steps:
            judge.step(step.call, step.outcome)


class Known:
    """An implementation that costs nothing: its answers are known beforehand."""

    def __init__(self, family: str, sequences: Iterable[Sequence[Step]]) -> None:
        reference = Reference()
        self.offer = reference.offer
        self.profile = reference
        reference.perform(Call("begin", {"family": family}))
        self.outcomes = iter([step.outcome for steps in sequences for step in steps])
        self.started = False

    def perform(self, call: Call) -> Outcome:
        if call.method in ("begin", "world.profile"):
            return self.profile.perform(call)
        return next(self.outcomes)


def recorded(family: str, sequences: Sequence[Sequence[Step]]) -> None:
    """Played, judged and recorded: all that the suite does for a call that is given."""
    homes = catalogue().homes[family]
    plain = [[step for step in steps if step.call.method != "begin"] for steps in sequences]
    player = Player(Known(family, plain), family, homes)
    for steps in plain:
        player.begin()
        for step in steps:
            player.perform(step.call)


class Idle(RuleBasedStateMachine):
    """A machine as plain as can be, with four rules that do nothing."""

    made = 0

    def step(self) -> None:
        type(self).made += 1

    @rule(flags=st.integers(0, 2**32 - 1))
    def one(self, flags: int) -> None:  # noqa: ARG002 - drawn, as a machine would
        self.step()

    @rule(which=st.integers(0, 9), flags=st.sampled_from((0, 1, 2)))
    def two(self, which: int, flags: int) -> None:  # noqa: ARG002 - drawn, as a machine would
        self.step()

    @rule(which=st.integers(0, 9))
    def three(self, which: int) -> None:  # noqa: ARG002 - drawn, as a machine would
        self.step()

    @rule()
    def look(self) -> None:
        self.step()


def hypothesis_step(calls: int) -> float:
    """Microseconds of one step of a machine that calls nothing and judges nothing."""
    chosen = settings(
        max_examples=max(20, calls // 20 // STEPS),
        stateful_step_count=STEPS,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=tuple(HealthCheck),
    )
    Idle.made = 0
    hypothesis.seed(1)(Idle)
    start = time.process_time()
    run_state_machine_as_test(Idle, settings=chosen)
    return (time.process_time() - start) / Idle.made * 1e6


def table(family: str, calls: int, step: float) -> list[str]:
    """The lines of one family."""
    walk_once = walked(family, calls)
    sequences, made = walk_once.sequences, walk_once.calls
    model = timed(lambda: modelled(family, sequences)) / made * 1e6
    judge = timed(lambda: judged(family, sequences)) / made * 1e6
    suite = timed(lambda: recorded(family, sequences)) / made * 1e6
    whole = walk_once.seconds / made * 1e6
    parts = (
        ("model", model),
        ("checks", max(0.0, judge - model)),
        ("recording", max(0.0, suite - judge)),
        ("model, judge and recording", suite),
        ("choosing, and the reference", max(0.0, whole - suite)),
        ("everything", whole),
    )
    return [
        f"{family:7} {name:28} {cost:9.1f} {cost / step:9.2f} {1e6 / cost if cost else 0:12,.0f}"
        for name, cost in parts
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000)
    calls = parser.parse_args().calls
    step = hypothesis_step(calls)
    print(f"{'family':7} {'part':28} {'µs a call':>9} {'of a step':>9} {'calls a second':>14}")
    print(f"{'':7} {'one step of Hypothesis':28} {step:9.1f} {1:9.2f} {1e6 / step:12,.0f}")
    for family in FAMILIES:
        print("\n".join(table(family, calls, step)), flush=True)


if __name__ == "__main__":
    main()
