"""Explorers: the reference is never accused, every check is met, and one alphabet serves all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import cast

import pytest

from conformance.capabilities import wire_family
from conformance.checks.registry import registries
from conformance.evidence import Evidence
from conformance.explore.alphabet import alphabet_of
from conformance.explore.attention import Attention
from conformance.explore.choose import Chooser, RandomSource, personality
from conformance.explore.deaths import Deaths
from conformance.explore.kit import kit_of
from conformance.explore.prelude import prelude, sequences_of
from conformance.explore.random import RandomExplorer
from conformance.explore.shard import run_shard
from conformance.explore.walk import Lead, walk
from conformance.machines import machine_of
from conformance.play import Player, play
from conformance.profiles import PROFILES, Shard, shards
from conformance.requirements.load import catalogue
from conformance.trace import Call, Outcome, Step

from .fakes import CRASH, HANG, Recorder, Twisted, logoff, logon, open_session

FAMILIES = ("imsg", "simple")
OWN = {"begin", "observe", "shutdown"}


def player_on(adapter: Recorder | Twisted, family: str) -> Player:
    return Player(adapter, family, catalogue().homes[family])


def explorer(player: Player, seed: int) -> RandomExplorer:
    kit = kit_of(player.family)
    attention = Attention.on(catalogue().family(player.family), kit.scenarios(), player)
    return RandomExplorer(player, Deaths(), seed, kit, attention)


class Everything:
    """A player whose implementation has every function."""

    def offered(self, _method: str) -> bool:
        return True


def test_no_walk_is_led_to_a_silent_server() -> None:
    rows, scenarios = catalogue().family("email"), list(kit_of("email").scenarios())
    attention = Attention.on(rows, scenarios, cast("Player", Everything()))
    led = [*attention.scenarios, *([step.call for step in row.example] for row in attention.rows)]
    modes = {call.params["mode"] for calls in led for call in calls if "mode" in call.params}
    assert modes == {"none", "refuse", "drop", "nonsense"}
    silent = [calls for calls in scenarios if any("silent" in c.params.values() for c in calls)]
    assert silent
    assert len(attention.rows) > len(rows) / 2


def accused(evidence: Evidence) -> dict[str, list[Step]]:
    return {n: list(r.violations[0].trace) for n, r in evidence.rows.items() if r.broken}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("seed", [1, 22, 333])
def test_the_reference_is_never_accused(family: str, seed: int) -> None:
    shard = Shard(family, 0, 2500, 9, seed)
    evidence = run_shard(Recorder(), shard, catalogue(), lambda _evidence: None)
    assert evidence.calls >= 2500
    assert accused(evidence) == {}
    assert evidence.incidents == {}


@pytest.mark.parametrize("family", FAMILIES)
def test_smoke_meets_the_precondition_of_every_check(family: str) -> None:
    (shard,) = shards(PROFILES["smoke"], [family], 4)
    evidence = run_shard(Recorder(), shard, catalogue(), lambda _evidence: None)
    played = [registry for name, registry in registries().items() if wire_family(name) == family]
    checks = {name for registry in played for name in registry.by_id}
    checked = {name for name in checks if not catalogue()[name].undecidable}
    assert checked - evidence.rows.keys() == set()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_makes_the_same_calls_and_another_seed_others(family: str) -> None:
    def calls(seed: int) -> list[Call]:
        adapter = Recorder()
        shard = Shard(family, 1, 800, 5, seed)
        run_shard(adapter, shard, catalogue(), lambda _evidence: None)
        return adapter.calls

    first = calls(7)
    assert calls(7) == first
    assert calls(8) != first


def test_the_calls_of_a_seed_do_not_depend_on_the_modules_that_are_loaded(tmp_path: Path) -> None:
    numbers = ", ".join(map(str, range(400)))
    (tmp_path / "numbers_of_the_user.py").write_text(f"NUMBERS = [{numbers}]\n")
    program = """
import hashlib, sys
if len(sys.argv) > 1:
    sys.path.insert(0, sys.argv[1])
    import numbers_of_the_user
from adapters.reference import Reference
from conformance.explore.shard import run_shard
from conformance.profiles import Shard
from conformance.requirements.load import catalogue
made = []
class Recorder(Reference):
    def perform(self, call):
        made.append(call)
        return super().perform(call)
for family in ("imsg", "simple"):
    run_shard(Recorder(), Shard(family, 1, 1500, 5, 3), catalogue(), lambda _evidence: None)
print(hashlib.sha256(repr(made).encode()).hexdigest())
"""
    answers = {
        subprocess.check_output([sys.executable, "-c", program, *more], text=True)
        for more in ([], [str(tmp_path)])
    }
    assert len(answers) == 1


@pytest.mark.parametrize("family", FAMILIES)
def test_a_machine_makes_calls_of_the_alphabet_that_any_player_replays(family: str) -> None:
    adapter = Recorder()
    player = player_on(adapter, family)
    longest: list[tuple[Step, ...]] = [()]

    def enough() -> bool:
        if len(player.steps) > len(longest[0]):
            longest[0] = tuple(player.steps)
        return player.evidence.calls >= 600

    explorer(player, 3).run_machine(enough)
    made = {call.method for call in adapter.calls} - OWN
    known = alphabet_of(family).letters.keys() | {"world.profile", "MAPIInitialize"}
    lent = {"world.malloc", "world.storage", "world.reopen", "world.elements"}
    assert made <= known | lent
    assert len(longest[0]) > 5
    again = play(player_on(Recorder(), family), [step.call for step in longest[0]])
    assert again == longest[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_walk_replays_step_by_step(family: str) -> None:
    alphabet = alphabet_of(family)
    for seed in range(20):
        player = player_on(Recorder(), family)
        source = RandomSource(Random(seed))
        choose = Chooser(source, personality(source, list(alphabet.letters)))
        walk(player, alphabet, choose, Deaths())
        trace = tuple(player.steps)
        assert trace[-1].call.method == "observe"
        assert play(player_on(Recorder(), family), [step.call for step in trace]) == trace


@pytest.mark.parametrize("family", FAMILIES)
def test_a_walk_begins_with_its_prefix(family: str) -> None:
    prefix = {
        "imsg": [Call("world.malloc", {"name": "own", "fail_after": 0}), open_session("own", "sx")],
        "simple": [logon("hx"), logoff("hx")],
    }[family]
    player = player_on(Recorder(), family)
    source = RandomSource(Random(1))
    choose = Chooser(source, personality(source, []))
    walk(player, alphabet_of(family), choose, Deaths(), Lead(prefix))
    calls = [step.call for step in player.steps]
    start = calls.index(prefix[0])
    assert calls[start : start + len(prefix)] == prefix


@pytest.mark.parametrize("family", FAMILIES)
def test_the_prelude_plays_every_example_and_every_undefined_flag_bit(family: str) -> None:
    sequences = list(prelude(catalogue().family(family), sequences_of(family), 20))
    names = {name for name, _ in sequences}
    examples = {f"example of {row.id}" for row in catalogue().family(family) if row.example}
    opening = {"imsg": "OpenIMsgSession", "simple": "MAPILogon"}[family]
    flags = {"imsg": "ulFlags", "simple": "flFlags"}[family]
    made = [call for _, calls in sequences for call in calls if call.method == opening]
    bits = {call.params[flags] for call in made}

    assert examples <= names
    assert any(sum(call.method == opening for call in calls) >= 20 for _, calls in sequences)
    if family == "imsg":
        assert {1 << bit for bit in range(32)} <= bits
    else:
        assert {1 << bit for bit in (7, 8, 9, 10, 11, 14, 19, 24, 30)} <= bits


def test_a_stimulus_that_always_kills_is_not_repeated_for_ever() -> None:
    def dies(call: Call, outcome: Outcome) -> Outcome:
        return CRASH if call.method == "MAPILogoff" else outcome

    adapter = Twisted(answers=[dies])
    evidence = run_shard(adapter, Shard("simple", 0, 3000, 5, 1), catalogue(), lambda _e: None)
    assert evidence.rows["SIMPLE-LOGOFF-01"].broken >= 1
    assert evidence.rows["SIMPLE-LOGON-01"].held > 20
    assert adapter.performed < 20_000


def test_a_hang_costs_more_of_the_budget_than_a_call() -> None:
    def hangs(call: Call, outcome: Outcome) -> Outcome:
        return HANG if call.method == "MAPIFindNext" else outcome

    adapter = Twisted(answers=[hangs])
    evidence = run_shard(adapter, Shard("simple", 0, 3000, 5, 1), catalogue(), lambda _e: None)
    hung = sum(row.broken for name, row in evidence.rows.items() if "CALL" in name)
    assert 1 <= hung <= 12


@pytest.mark.parametrize("run", [RandomExplorer.run_machine, RandomExplorer.run_walkers])
def test_an_explorer_never_raises_on_a_violation(
    run: Callable[[RandomExplorer, Callable[[], bool]], None],
) -> None:
    def wrong(call: Call, outcome: Outcome) -> Outcome:
        odd = call.method == "MAPILogoff" and outcome.kind == "result"
        return Outcome("result", {"return": 28}) if odd else outcome

    player = player_on(Twisted(answers=[wrong]), "simple")
    run(explorer(player, 5), lambda: player.evidence.calls >= 400)
    assert player.evidence.calls >= 400
    assert sum(row.broken for row in player.evidence.rows.values()) > 3


def test_machines_are_real_classes_of_their_family() -> None:
    assert {machine_of(family).family for family in FAMILIES} == set(FAMILIES)
