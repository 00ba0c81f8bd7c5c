"""What an implementation carries over from an earlier sequence is shown together with it."""

from __future__ import annotations

from adapters.mail.served import Served
from adapters.reference import Reference
from conformance.confirm import Confirmed, confirm
from conformance.evidence import Evidence, Violation
from conformance.explore.alphabet.email import by_name, start
from conformance.play import Player, play
from conformance.profiles import Shard
from conformance.recall import recall
from conformance.replayer import Replayer
from conformance.requirements.load import catalogue
from conformance.symbols import literal
from conformance.trace import Call, Outcome

from .fakes import OBSERVE, Twisted, logoff, logon, result

ROW = "SIMPLE-LOGOFF-03"
HOMES = catalogue().homes["simple"]
ZERO = literal(0)
EARLIER = [[logon("h1"), OBSERVE, logoff("h1")], [OBSERVE], [logon("h1"), logon("h2"), OBSERVE]]


class Poisoned(Twisted):
    """After a number of logons of the process, zero is a good handle; `begin` changes nothing."""

    def __init__(self, logons: int) -> None:
        super().__init__(answers=[self._count])
        self.left = logons

    def _count(self, call: Call, outcome: Outcome) -> Outcome:
        self.left -= call.method == "MAPILogon"
        zero = call.method == "MAPILogoff" and call.params["lhSession"] == ZERO
        return result(0) if zero and self.left <= 0 else outcome


def violation(adapter: Poisoned) -> Violation:
    """What the last of several sequences breaks."""
    player = Player(adapter, "simple", HOMES, Evidence(), "walker")
    for calls in (*EARLIER, [OBSERVE, logoff(ZERO)]):
        play(player, calls)
    (found,) = player.evidence.rows[ROW].violations
    return found


def confirmed(logons: int, sequences: list[list[Call]]) -> Confirmed:
    replayer = Replayer(Poisoned(logons), "simple", HOMES, lambda: Poisoned(logons))
    return confirm(replayer, ROW, [violation(Poisoned(logons))], lambda _name: sequences)


def test_the_trace_holds_what_the_earlier_sequences_left_behind_and_no_more() -> None:
    one = confirmed(2, [*EARLIER, [OBSERVE, logoff(ZERO)]])
    assert not one.flaky
    methods = [step.call.method for step in one.violation.trace]
    assert methods == ["MAPILogon", "MAPILogon", "MAPILogoff"]


def test_a_begin_stays_where_the_fault_needs_it() -> None:
    class OverBegin(Twisted):
        """A session that a `begin` found open makes zero a good handle."""

        def __init__(self) -> None:
            super().__init__(answers=[self._spoil])
            self.open = self.spoilt = 0

        def _spoil(self, call: Call, outcome: Outcome) -> Outcome:
            if call.method == "begin":
                self.spoilt, self.open = self.spoilt or self.open, 0
            self.open += call.method == "MAPILogon"
            zero = call.method == "MAPILogoff" and call.params["lhSession"] == ZERO
            return result(0) if zero and self.spoilt else outcome

    kept = violation(OverBegin())  # type: ignore[arg-type]
    replayer = Replayer(OverBegin(), "simple", HOMES, OverBegin)
    one = confirm(replayer, ROW, [kept], lambda _name: [*EARLIER, [logoff(ZERO)]])
    methods = [step.call.method for step in one.violation.trace]
    assert methods == ["MAPILogon", "begin", "MAPILogoff"]
    assert not one.flaky


def test_a_violation_that_nothing_explains_is_flaky() -> None:
    one = confirmed(3, [[OBSERVE], [logoff(ZERO)]])
    assert one.flaky
    assert one.broke == 1


def test_exploring_again_tells_what_came_before_a_violation() -> None:
    logons = 4
    sequences = recall(lambda: Poisoned(logons), [Shard("simple", 0, 500, 4, 1)], catalogue(), ROW)
    assert sequences[-1][-1].params["lhSession"] == ZERO
    player = Player(Poisoned(logons), "simple", HOMES, Evidence(), "walker")
    for calls in sequences:
        play(player, calls)
    assert player.evidence.rows[ROW].broken == 1
    assert sum(call.method == "MAPILogon" for calls in sequences for call in calls) >= logons


def test_a_requirement_that_does_not_break_again_is_not_recalled() -> None:
    shards = [Shard("simple", 1, 200, 4, 1)]
    assert recall(lambda: Poisoned(10**9), shards, catalogue(), ROW) == []


def test_a_begin_within_a_sequence_follows_a_shutdown_as_well() -> None:
    served = Served(Reference())
    player = Player(served, "email", catalogue().homes["email"], Evidence())
    begin, look = Call("begin", {"family": "email"}), Call("servers.observe", {})
    try:
        play(player, [Call("shutdown", {}), look, begin, start("pop3", by_name("ann"))])
    finally:
        served.close()
    assert [step.outcome.kind for step in player.steps] == ["result"] * 4
    assert player.evidence.absent == {}
