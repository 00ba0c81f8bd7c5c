"""Concurrent exploration: what is called, and that races are found, minimised and replayed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from adapters.mutants import BENIGN, MUTANTS
from adapters.reference import Reference
from conformance.branches import bound, fewer, parallel
from conformance.cli import main
from conformance.confirm import confirm
from conformance.dependence import without
from conformance.explore.alphabet.simple import logoff, logon
from conformance.explore.concurrent import run_concurrent, run_races
from conformance.explore.deaths import Deaths
from conformance.explore.races import RACES
from conformance.orders import calls_of
from conformance.play import Player
from conformance.replayer import Replayer
from conformance.requirements.load import catalogue
from conformance.selftest import hunt
from conformance.trace import Call, Outcome, size

FAMILIES = ("imsg", "simple")


class Listening(Reference):
    """The reference, and the calls that reached it."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []

    def perform(self, call: Call) -> Outcome:
        self.calls.append(call)
        return super().perform(call)


class Drawing(Player):
    """A player that keeps what it was asked to perform, whatever of it could be made."""

    drawn: ClassVar[list[Any]] = []

    def perform(self, call: Call) -> Outcome:
        self.drawn.append(_shape(call))
        return super().perform(call)


def raced(family: str, calls: int = 1500) -> tuple[Listening, Player]:
    reference = Listening()
    player = type("Own", (Drawing,), {"drawn": []})(reference, family, catalogue().homes[family])
    run_races(player, Deaths(calls), 1, lambda: False)
    known = player.evidence.calls
    run_concurrent(player, Deaths(calls), 1, lambda: player.evidence.calls >= known + calls)
    return reference, player


@pytest.mark.parametrize("family", FAMILIES)
def test_a_seed_makes_the_same_calls_and_the_reference_is_accused_of_nothing(family: str) -> None:
    first, player = raced(family)
    _, again = raced(family)
    assert isinstance(player, Drawing)
    assert isinstance(again, Drawing)
    assert player.drawn == again.drawn
    assert player.evidence.calls == again.evidence.calls
    assert not any(row.broken for row in player.evidence.rows.values())
    assert sum(call.method == "parallel" for call in first.calls) > 40


def _shape(call: Call) -> Any:
    """A call without the values of its run."""
    if call.method != "parallel":
        return call.method
    return [[inner.method for inner in thread] for thread in calls_of(call)]


def test_nothing_but_functions_is_called_on_threads_and_only_where_declared() -> None:
    reference, _ = raced("imsg", 300)
    inner = [one for call in reference.calls if call.method == "parallel" for one in calls_of(call)]
    methods = {call.method for thread in inner for call in thread}
    assert methods <= reference.offer["imsg"].functions
    silent = Listening()
    silent.offer = {"imsg": replace(silent.offer["imsg"], parallel=False)}
    player = Player(silent, "imsg", catalogue().homes["imsg"])
    run_races(player, Deaths(99), 1, lambda: False)
    run_concurrent(player, Deaths(99), 1, lambda: False)
    assert silent.calls == []
    assert player.perform(parallel([[]])).silent


def test_without_checked_handles_no_call_may_reach_what_another_has_ended() -> None:
    reference = Listening()
    reference.offer = {"imsg": replace(reference.offer["imsg"], checked_handles=False)}
    player = Player(reference, "imsg", catalogue().homes["imsg"])
    run_races(player, Deaths(99), 1, lambda: False)
    run_concurrent(player, Deaths(99), 1, lambda: player.evidence.calls > 4000)
    threads = [calls_of(call) for call in reference.calls if call.method == "parallel"]
    assert threads
    for closed in (_closed(calls) for calls in threads):
        assert len(closed) == len(set(closed))


def _closed(threads: list[list[Call]]) -> list[Any]:
    calls = [call for thread in threads for call in thread]
    return [one.params["lpMsgSess"] for one in calls if one.method == "CloseIMsgSession"]


@pytest.mark.parametrize("family", FAMILIES)
def test_races_written_by_hand_use_only_what_was_made_before(family: str) -> None:
    for before, threads in RACES[family]():
        made = {name for call in before for name in call.params.values() if isinstance(name, str)}
        for thread in threads:
            own = set(made)
            for call in thread:
                used = [call.params.get(key) for key in ("this", "lpMsgSess", "lpStg", "lhSession")]
                assert all(name in own for name in used if isinstance(name, str))
                own |= bound(parallel([[call]]))


@pytest.mark.parametrize(
    "name", [name for name in MUTANTS if name.startswith("race-")], ids=lambda name: name
)
def test_a_racing_fault_is_found(name: str) -> None:
    found = hunt(1, MUTANTS[name], "smoke")
    assert found.killed_by


def test_the_shortest_racing_trace_is_shown() -> None:
    mutant = MUTANTS["race-logoff-both-succeed"].build()
    player = Player(mutant, "simple", catalogue().homes["simple"])
    run_concurrent(player, Deaths(9999), 5, lambda: player.evidence.calls > 3000)
    kept = player.evidence.rows["SIMPLE-LOGOFF-02"].violations
    replayer = Replayer(mutant, "simple", catalogue().homes["simple"])
    confirmed = confirm(replayer, "SIMPLE-LOGOFF-02", kept)
    assert confirmed.broke >= 1
    first, raced = confirmed.violation.trace
    assert first.call.method == "MAPILogon"
    methods = [[call.method for call in thread] for thread in calls_of(raced.call)]
    assert methods == [["MAPILogoff"], ["MAPILogoff"]]
    assert size(confirmed.violation.trace) == 4


def test_a_race_that_goes_well_now_and_then_is_flaky() -> None:
    mutant = MUTANTS["race-logoff-both-succeed"].build()
    turns = iter(range(10**6))
    gap = mutant.simple_class.check_logoff

    def now_and_then(self: Any, handle: int, flags: int, reserved: int) -> int:
        if next(turns) % 7 < 4:
            return gap(self, handle, flags, reserved)
        return Reference.simple_class.check_logoff(self, handle, flags, reserved)

    mutant.simple_class.check_logoff = now_and_then  # type: ignore[method-assign]
    player = Player(mutant, "simple", catalogue().homes["simple"])
    run_races(player, Deaths(9999), 5, lambda: False)
    kept = player.evidence.rows["SIMPLE-LOGOFF-02"].violations
    replayer = Replayer(mutant, "simple", catalogue().homes["simple"])
    confirmed = confirm(replayer, "SIMPLE-LOGOFF-02", kept)
    assert confirmed.flaky
    assert 0 < confirmed.broke < confirmed.replays
    assert confirmed.replays >= 20


def test_fewer_calls_and_threads() -> None:
    call = parallel([[logon(out="h1"), logoff("h1")], [logoff("h2")], [logoff("h3")]])
    shapes = [[len(thread) for thread in calls_of(less)] for less in fewer(call)]
    assert shapes == [[1, 1], [2, 1], [2, 1], [1, 1, 1], [1, 1, 1]]
    assert bound(call) == {"h1"}
    kept = without([logon(out="h2"), call, logoff("h1")], [0])
    assert kept == []


def test_a_trace_file_with_threads_is_replayed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = ["--output", str(tmp_path)]
    fault = ["--adapter", "mutant:race-logon-same-handle"]
    assert main(["run", *fault, "--families", "simple", "--profile", "smoke", *output]) == 0
    results = json.loads((tmp_path / "results.json").read_text())
    row = next(row for row in results["requirements"] if row["id"] == "SIMPLE-LOGON-07")
    trace = row["violations"][0]["trace"]
    file = tmp_path / "trace.json"
    content = {"schema": 1, "family": "simple", "requirement": row["id"], "trace": trace}
    file.write_text(json.dumps(content))
    capsys.readouterr()
    assert main(["replay", str(file), *fault]) == 1
    assert main(["replay", str(file)]) == 0
    said = capsys.readouterr().out
    assert said.index("FAILED") < said.index("FIXED")


@pytest.mark.parametrize("name", ["locks-held-long", "threads-one-after-another"])
def test_correct_locks_are_accused_of_nothing(name: str) -> None:
    variant = BENIGN[name].factory()
    player = Player(variant, "simple", catalogue().homes["simple"])
    run_races(player, Deaths(9999), 2, lambda: False)
    assert not any(row.broken for row in player.evidence.rows.values())
