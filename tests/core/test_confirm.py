"""Confirming: a violation is minimised and replayed, and said to be flaky where it is."""

from __future__ import annotations

import pytest

from conformance.confirm import Confirmed, confirm, shortest_for
from conformance.evidence import Evidence, Violation
from conformance.play import Player, play
from conformance.replayer import Replayer
from conformance.requirements.load import catalogue
from conformance.trace import Call, Outcome

from .fakes import CRASH, HANG, OBSERVE, SIMPLE, Scripted, Twisted, logoff, logon, result

ROW = "SIMPLE-LOGOFF-02"
NOISY = [
    OBSERVE,
    logon("h1", flags=2),
    logon("h2", flags=2),
    OBSERVE,
    logoff("h2"),
    logoff("h1"),
    logoff("h1"),
]


class Flaky(Twisted):
    """Answers the first logoff of a dead handle as it must not, and then each nth one."""

    def __init__(self, nth: int) -> None:
        super().__init__(answers=[self._sometimes])
        self.nth, self.seen = nth, 0

    def _sometimes(self, call: Call, outcome: Outcome) -> Outcome:
        if call.method != "MAPILogoff" or outcome.body.get("return") != 19:
            return outcome
        self.seen += 1
        return result(0) if (self.seen - 1) % self.nth == 0 else outcome


def found_on(adapter: Twisted) -> list[Violation]:
    player = Player(adapter, "simple", catalogue().homes["simple"], Evidence(), "walker")
    play(player, NOISY)
    return player.evidence.rows[ROW].violations


def confirmed(adapter: Twisted) -> Confirmed:
    kept = found_on(adapter)
    return confirm(Replayer(adapter, "simple", catalogue().homes["simple"]), ROW, kept)


def test_a_sure_violation_is_minimal_and_certain() -> None:
    one = confirmed(Flaky(1))
    assert not one.flaky
    assert one.broke == one.replays >= 3
    assert [step.call.method for step in one.violation.trace] == ["MAPILogon", *["MAPILogoff"] * 2]
    assert one.violation.found_by == "walker"
    assert one.violation.observed == "returned SUCCESS_SUCCESS (0)"


@pytest.mark.parametrize("nth", [2, 3, 7])
def test_a_violation_that_shows_now_and_then_carries_m_of_n(nth: int) -> None:
    one = confirmed(Flaky(nth))
    assert one.flaky
    assert one.replays >= 20
    assert one.replays / nth - 2 <= one.broke <= one.replays / nth + 2


def test_a_violation_that_never_shows_again_was_still_seen_once() -> None:
    one = confirmed(Flaky(10_000))
    assert one.flaky
    assert one.broke == 1
    assert one.violation.trace[-1].outcome == result(0)


def test_a_replay_that_missed_once_is_not_forgotten() -> None:
    class MissesOnce(Twisted):
        seen = 0

        def perform(self, call: Call) -> Outcome:
            outcome = super().perform(call)
            if call.method == "MAPILogoff" and outcome.body.get("return") == 19:
                self.seen += 1
                return outcome if self.seen == 2 else result(0)
            return outcome

    assert confirmed(MissesOnce()).flaky


def test_a_hang_is_not_replayed_more_often_than_needed() -> None:
    adapter = Scripted({"simple": SIMPLE}, {"MAPILogon": [HANG]})
    replayer = Replayer(adapter, "simple", catalogue().homes["simple"])
    trace = play(Player(adapter, "simple", catalogue().homes["simple"]), [logon()])
    kept = [Violation(trace, "", "", "", 1)]
    one = confirm(replayer, "SIMPLE-LOGON-01", kept)
    assert not one.flaky
    assert replayer.replays <= 12


def test_a_crash_is_confirmed_by_replay() -> None:
    def dies(call: Call, outcome: Outcome) -> Outcome:
        return CRASH if call.method == "MAPILogoff" else outcome

    adapter = Twisted(answers=[dies])
    player = Player(adapter, "simple", catalogue().homes["simple"])
    play(player, [OBSERVE, logon("h1"), OBSERVE, logoff("h1"), OBSERVE])
    kept = player.evidence.rows["SIMPLE-LOGOFF-01"].violations
    replayer = Replayer(adapter, "simple", catalogue().homes["simple"])
    one = confirm(replayer, "SIMPLE-LOGOFF-01", kept)
    assert [step.call.method for step in one.violation.trace] == ["MAPILogon", "MAPILogoff"]
    assert "signal 11" in one.violation.observed


def test_the_trace_of_a_reading_is_minimal_too() -> None:
    adapter = Twisted()
    player = Player(adapter, "simple", catalogue().homes["simple"])
    play(player, [OBSERVE, logon("h1"), OBSERVE, logoff({"literal": 0})])
    (taken,) = player.evidence.rows["SIMPLE-LOGOFF-03"].taken.values()
    replayer = Replayer(adapter, "simple", catalogue().homes["simple"])
    trace = shortest_for(replayer, "SIMPLE-LOGOFF-03", taken)
    assert (taken.readings, taken.aspect, taken.held) == (frozenset("A"), "", 1)
    assert [step.call for step in trace] == [logoff({"literal": 0})]
