"""Judging calls on several threads, on traces by hand."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.capabilities import Capabilities
from conformance.explore.alphabet.imsg import close_session, malloc, open_session
from conformance.explore.alphabet.simple import logoff, logon
from conformance.findings import Broken, Held
from conformance.judge import Judge, judge
from conformance.requirements.load import catalogue
from conformance.trace import Call, Outcome, Step

SIMPLE = Capabilities(
    functions=frozenset({"MAPILogon", "MAPILogoff"}),
    observes=frozenset({"live"}),
    parallel=True,
)
FUNCTIONS = frozenset({"OpenIMsgSession", "CloseIMsgSession"})
NEW = 2
DEAD = 19

Answered = tuple[Call, dict[str, Any], int, int]


def on(name: str, token: str, flags: int = 0) -> tuple[Call, dict[str, Any]]:
    return logon(flags=flags, out=name), {"return": 0, "out": {"lplhSession": token}}


def off(name: str, code: int = 0) -> tuple[Call, dict[str, Any]]:
    return logoff(name), {"return": code}


def at(pair: tuple[Call, dict[str, Any]], start: int, end: int) -> Answered:
    return (*pair, start, end)


def parallel(*threads: list[Answered]) -> Step:
    calls = [[one[0].to_json() for one in thread] for thread in threads]
    answers = [
        [{"result": result, "start": start, "end": end} for _, result, start, end in thread]
        for thread in threads
    ]
    return Step(Call("parallel", {"threads": calls}), Outcome("result", {"threads": answers}))


def alone(pair: tuple[Call, dict[str, Any]]) -> Step:
    return Step(pair[0], Outcome("result", pair[1]))


def look(sessions: int) -> Step:
    return Step(Call("observe"), Outcome("result", {"live": {"sessions": sessions}}))


def broken(*steps: Step) -> set[str]:
    findings = judge(steps, "simple", SIMPLE, catalogue().homes["simple"])
    return {name for step in findings for name, one in step if isinstance(one, Broken)}


def test_of_two_logoffs_of_one_handle_one_succeeds() -> None:
    for first, second in ((0, DEAD), (DEAD, 0)):
        raced = parallel([at(off("h1", first), 0, 2)], [at(off("h1", second), 1, 3)])
        assert broken(alone(on("h1", "0x10")), raced, look(0)) == set()
    both = parallel([at(off("h1"), 0, 2)], [at(off("h1"), 1, 3)])
    assert broken(alone(on("h1", "0x10")), both) == {"SIMPLE-LOGOFF-02"}


def test_stamps_rule_orders_out() -> None:
    late = parallel([at(off("h1", DEAD), 0, 1)], [at(off("h1"), 2, 3)])
    assert broken(alone(on("h1", "0x10")), late) == {"SIMPLE-LOGOFF-01"}


def test_a_value_that_was_free_in_some_order_may_be_given_again() -> None:
    again = parallel([at(off("h1"), 0, 2)], [at(on("h2", "0x10", NEW), 1, 3)])
    assert broken(alone(on("h1", "0x10")), again) == set()
    twice = parallel([at(on("h2", "0x20"), 0, 2)], [at(on("h3", "0x20"), 1, 3)])
    assert broken(alone(on("h1", "0x10")), twice) == {"SIMPLE-LOGON-07"}


def test_what_happened_may_show_later_only() -> None:
    raced = parallel([at(on("h1", "0x10"), 0, 2)], [at(on("h2", "0x20"), 1, 3)])
    assert broken(raced, look(1), alone(off("h1")), alone(off("h2")), look(0)) == set()
    assert broken(raced, look(2)) == {"SIMPLE-LOGON-06"}


def test_calls_that_were_not_made_say_nothing() -> None:
    raced = parallel([at(off("h1"), 0, 2)], [at(off("h1"), 1, 3)])
    answers = raced.outcome.body["threads"]
    error = {"error": {"code": -32001, "message": "not bound"}, "start": 1, "end": 3}
    outcome = Outcome("result", {"threads": [answers[0], [error]]})
    assert broken(alone(on("h1", "0x10")), Step(raced.call, outcome), look(0)) == set()


def test_states_are_followed_side_by_side_until_there_are_too_many() -> None:
    one = Judge("simple", SIMPLE)
    threads = [[at(on(f"h{n}{m}", f"0x{n}{m}", NEW), n, 99) for m in range(3)] for n in range(3)]
    raced = parallel(*threads)
    found = one.step(raced.call, raced.outcome)
    assert found
    assert all(isinstance(finding, Held) for _, finding in found)
    wrong = alone(off("h00", 7))
    assert one.step(wrong.call, wrong.outcome) == []
    one.begin()
    lonely = alone(on("h1", "0x10"))
    assert one.step(lonely.call, lonely.outcome)
    wrong = alone(off("h1", 7))
    assert isinstance(one.step(wrong.call, wrong.outcome)[0][1], Broken)


@pytest.mark.parametrize(
    ("threads", "row"),
    [
        ([open_session("m1", "s2")], "IMSG-OPEN-01"),
        ([close_session("s1")], "IMSG-CLOSE-01"),
        ([close_session("s1"), close_session("s1")], None),
        ([close_session(None)], None),
    ],
)
def test_a_crash_is_charged_where_every_order_of_the_calls_is_allowed(
    threads: list[Call], row: str | None
) -> None:
    capabilities = Capabilities(functions=FUNCTIONS, parallel=True, checked_handles=True)
    one = Judge("imsg", capabilities, catalogue().homes["imsg"])
    one.step(malloc("m1"), Outcome("result", {}))
    opened = {"return": 0, "out": {"lppMsgSess": "0x10"}}
    one.step(open_session("m1", "s1"), Outcome("result", opened))
    calls = {"threads": [[call.to_json()] for call in threads]}
    found = one.step(Call("parallel", calls), Outcome("crash", {"signal": 11}))
    assert [name for name, _ in found] == ([row] if row else [])
    assert not any(isinstance(finding, Held) for _, finding in found)
