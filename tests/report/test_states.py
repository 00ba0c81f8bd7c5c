"""The state of the model in words, and the life of a session as a diagram."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from conformance.explore.alphabet.email import by_name, close, fault, start_both, time_out
from conformance.requirements.load import catalogue
from conformance.trace import Call
from reports.html.lifecycle import WIDTH, diagrams_of, lifecycles
from reports.states import before_and_after

FUNCTIONS = {"functions": ["MAPILogon", "MAPILogoff", "OpenIMsgSession", "CloseIMsgSession"]}


def logon(name: str, token: str) -> dict[str, Any]:
    params = {"lpszProfileName": "p", "flFlags": 0, "ulReserved": 0, "lplhSession": name}
    outcome = {"result": {"return": 0, "out": {"lplhSession": token}}}
    shared = {"ulUIParam": 0, "lpszPassword": None}
    return {"method": "MAPILogon", "params": {**params, **shared}, "outcome": outcome}


def logoff(name: str, outcome: dict[str, Any]) -> dict[str, Any]:
    params = {"lhSession": name, "ulUIParam": 0, "flFlags": 0, "ulReserved": 0}
    return {"method": "MAPILogoff", "params": params, "outcome": outcome}


def test_the_last_call_stands_between_the_two_states() -> None:
    trace = [logon("h1", "0x5"), logoff("h1", {"result": {"return": 0}})]
    before, after = before_and_after(trace, "simple", FUNCTIONS)
    assert "handle h1 (0x5): logged on" in before
    assert "handle h1 (0x5): logged off" in after
    assert "handle h1 (0x5): logged on" not in after


def test_nothing_changed_is_said() -> None:
    trace = [logon("h1", "0x5"), logoff("h1", {"result": {"return": 5}})]
    before, after = before_and_after(trace, "simple", FUNCTIONS)
    assert before[0] == "handle h1 (0x5): logged on"
    assert after == ("as before",)


def test_a_crash_ends_the_process() -> None:
    trace = [logon("h1", "0x5"), logoff("h1", {"crash": {"signal": 11}})]
    _, after = before_and_after(trace, "simple", FUNCTIONS)
    assert after == ("the process of the implementation has ended",)


def test_message_sessions_are_told_by_name() -> None:
    lent = {"name": "m1", "fail_after": 3}
    opened = {"lpMalloc": "m1", "ulFlags": 0, "lppMsgSess": "s1"}
    trace = [
        {"method": "world.malloc", "params": lent, "outcome": {"result": {}}},
        {
            "method": "OpenIMsgSession",
            "params": opened,
            "outcome": {"result": {"return": 0, "out": {"lppMsgSess": "0x10"}}},
        },
        {
            "method": "CloseIMsgSession",
            "params": {"lpMsgSess": "s1"},
            "outcome": {"result": {"return": None}},
        },
    ]
    before, after = before_and_after(trace, "imsg", FUNCTIONS)
    assert before == ("allocator m1: lent, out of memory after 3 blocks", "session s1: open")
    assert after == ("session s1: gone",)


MAIL = {
    "functions": ["EmailStartSession", "EmailCloseSession"],
    "protocols": ["pop3", "smtp"],
}


def told(call: Call, result: dict[str, Any]) -> dict[str, Any]:
    """A step of a trace in which the call has this result."""
    return {**call.to_json(), "outcome": {"result": result}}


def test_mail_sessions_are_told_by_protocol_and_user() -> None:
    ann, ben = by_name("ann"), by_name("ben")
    trace = [
        told(start_both(ann), {"return": True}),
        told(start_both(ben), {"return": True}),
        told(close(ann), {"return": None}),
    ]
    before, after = before_and_after(trace, "email", MAIL)
    assert before == (
        "pop3 session of user ann: open",
        "smtp session of user ann: open",
        "pop3 session of user ben: open",
        "smtp session of user ben: open",
        "connections of ann on the pop3 server: 1",
        "connections of ann on the smtp server: 1",
        "connections of ben on the pop3 server: 1",
        "connections of ben on the smtp server: 1",
    )
    assert after == ("sessions of user ann: ended",)


def test_faults_of_servers_and_the_end_of_the_program_are_told() -> None:
    trace = [
        told(time_out(2000), {"return": None}),
        told(fault("pop3", "silent"), {}),
        told(Call("shutdown", {}), {}),
    ]
    before, after = before_and_after(trace, "email", MAIL)
    assert before == ("the pop3 server plays silent", "time out: 2,000 ms")
    assert after == ("the program has ended",)


@pytest.mark.parametrize(
    "trace", [[], [1], [{}], [{"method": "MAPILogon"}], "text", None, [logon("h1", "0x5"), 3]]
)
def test_damaged_traces_have_no_state(trace: Any) -> None:
    assert before_and_after(trace, "simple", FUNCTIONS) == ((), ())


@pytest.mark.parametrize("family", ["imsg", "simple", "email"])
def test_each_requirement_stands_at_exactly_one_transition(family: str) -> None:
    drawn = Counter(
        name for one in lifecycles()[family]["transition"] for name in one["requirements"]
    )
    known = {row.id for row in catalogue().requirements.values() if row.family == family}
    assert drawn == Counter(known)


def rows(**verdicts: str) -> list[dict[str, Any]]:
    return [
        {"id": row.id, "verdict": verdicts.get(row.id.replace("-", "_"), "pass")}
        for row in catalogue().requirements.values()
        if row.family != "email"
    ]


def test_exactly_the_broken_transitions_are_marked() -> None:
    diagrams = diagrams_of(rows(SIMPLE_LOGOFF_02="fail", IMSG_CLOSE_10="flaky"))
    assert [one.family for one in diagrams] == ["imsg", "simple"], "email is not in the results"
    broken = {
        (life.family, one.call): [name for name, *_ in one.rows]
        for life in diagrams
        for one in life.transitions
        if one.mark == "broken"
    }
    assert broken == {
        ("imsg", "CloseIMsgSession"): ["IMSG-CLOSE-03", "IMSG-CLOSE-10"],
        ("simple", "calls with the ended handle"): ["SIMPLE-LOGOFF-02", "SIMPLE-CALL-02"],
    }


def test_nothing_of_a_diagram_lies_outside_it_or_on_top_of_another() -> None:
    for life in diagrams_of(
        {"id": row.id, "verdict": "pass"} for row in catalogue().requirements.values()
    ):
        spots = [(one.x, one.y) for one in life.transitions]
        for x, y in spots:
            assert 19 <= x <= WIDTH - 19
            assert 11 <= y <= life.height - 11
        for at, (x, y) in enumerate(spots):
            for other_x, other_y in spots[at + 1 :]:
                assert abs(x - other_x) >= 38 or abs(y - other_y) >= 22
        for one in life.transitions:
            numbers = [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?", one.path)]
            assert all(0 <= number <= max(WIDTH, life.height) for number in numbers)
