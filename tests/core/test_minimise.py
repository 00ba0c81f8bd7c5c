"""The minimiser against brute force: nothing more can go, and it never asks too often."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from conformance.dependence import needed, numbered, without
from conformance.minimise import Budget, minimise
from conformance.trace import Call, Outcome, Step, Trace

PLENTY = 100_000


def traced(calls: Sequence[Call]) -> Trace:
    return tuple(Step(call, Outcome("result", {})) for call in calls)


@st.composite
def sequences(draw: st.DrawFn) -> list[Call]:
    """Calls marked by their flags, many of which use what earlier ones bound."""
    calls: list[Call] = []
    names: list[str] = []
    for mark in range(draw(st.integers(2, 12))):
        used = draw(st.sampled_from([None, *names]))
        kind = draw(st.integers(0, 3))
        flags = mark * 16 + 5
        if kind == 0 and used:
            forged = {"forged": {"of": used, "offset": 7}}
            calls.append(Call("MAPILogoff", {"lhSession": forged, "flFlags": flags}))
        elif kind == 1:
            calls.append(Call("CloseIMsgSession", {"lpMsgSess": used, "ulFlags": flags}))
        else:
            name = f"s{mark}"
            params: dict[str, Any] = {"lpMalloc": used, "ulFlags": flags, "lppMsgSess": name}
            calls.append(Call("OpenIMsgSession", params))
            names.append(name)
    return calls


def mark_of(call: Call) -> Any:
    return call.params.get("ulFlags", call.params.get("flFlags"))


class Planted:
    """Shown once all the needed calls were made, and for a fussy one only at an even length."""

    def __init__(self, needed: Sequence[Call], fussy: bool) -> None:
        self.needed, self.fussy, self.asked = {mark_of(call) for call in needed}, fussy, 0

    def __call__(self, calls: Sequence[Call]) -> Trace | None:
        self.asked += 1
        made: set[Any] = set()
        for count, call in enumerate(calls, 1):
            made.add(mark_of(call))
            if made >= self.needed and (count % 2 == 0 or not self.fussy):
                return traced(calls[:count])
        return None


def texts(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {text for part in value.values() for text in texts(part)}
    return {value} if isinstance(value, str) else set()


def less(calls: Sequence[Call], index: int) -> list[Call]:
    """The calls without one of them and without whatever mentions, at any remove, what it bound."""
    dead = {str(calls[index].params.get("lppMsgSess"))}
    kept = list(calls[:index])
    for call in calls[index + 1 :]:
        mentioned = texts({k: v for k, v in call.params.items() if k != "lppMsgSess"})
        if mentioned & dead:
            dead.add(str(call.params.get("lppMsgSess")))
        else:
            kept.append(call)
    return kept


@given(sequences(), st.data(), st.booleans())
def test_no_single_call_can_go_from_a_minimal_trace(
    calls: list[Call], data: st.DataObject, fussy: bool
) -> None:
    needed = data.draw(st.lists(st.sampled_from(calls), min_size=1, max_size=3))
    shows = Planted(needed, fussy)
    start = shows(calls)
    if start is None:
        return
    minimal = [step.call for step in minimise(start, shows, Budget(PLENTY))]

    assert shows(minimal) == traced(minimal)
    for index in range(len(minimal)):
        assert shows(less(minimal, index)) is None, index


@given(sequences(), st.integers(0, 30))
def test_the_budget_bounds_the_replays_and_the_result_still_shows_it(
    calls: list[Call], replays: int
) -> None:
    shows = Planted([calls[-1]], fussy=False)
    start = shows(calls)
    assert start is not None
    shows.asked = 0
    minimal = minimise(start, shows, Budget(replays))

    assert shows.asked <= replays
    assert shows([step.call for step in minimal]) == minimal
    assert len(minimal) <= len(start)


def test_dropping_a_call_drops_what_was_bound_through_it() -> None:
    calls = [
        Call("world.malloc", {"name": "m1"}),
        Call("OpenIMsgSession", {"lpMalloc": "m1", "lppMsgSess": "s1"}),
        Call("CloseIMsgSession", {"lpMsgSess": "s1"}),
        Call("OpenIMsgSession", {"lpMalloc": None, "lppMsgSess": "s2"}),
    ]
    asked: list[list[str]] = []

    def shows(kept: Sequence[Call]) -> Trace | None:
        asked.append([call.method for call in kept])
        null = [call for call in kept if call.params.get("lpMalloc", "") is None]
        return traced(kept) if null else None

    alone = Call("OpenIMsgSession", {"lpMalloc": None, "lppMsgSess": "s1"})
    assert [step.call for step in minimise(traced(calls), shows)] == [alone]
    for methods in asked:
        assert "CloseIMsgSession" not in methods or "OpenIMsgSession" in methods[:-1]


def test_arguments_become_as_simple_as_the_thing_allows() -> None:
    forged = {"forged": {"of": "h1", "offset": 0x100}}
    calls = [
        Call("MAPILogon", {"lplhSession": "h1", "flFlags": 0x22, "ulReserved": 9}),
        Call("MAPILogoff", {"lhSession": forged, "flFlags": 0xF0F0}),
        Call("IMessage.SetProps", {"this": "h1", "props": {"0x1": "a", "0x2": "b", "0x3": "c"}}),
    ]

    def shows(kept: Sequence[Call]) -> Trace | None:
        flags = [
            call.params.get("flFlags", 0)
            for call in kept
            if call.method == "MAPILogoff" and "forged" in call.params["lhSession"]
        ]
        props = [call.params["props"] for call in kept if call.method == "IMessage.SetProps"]
        both = any(value & 0xC0 for value in flags)
        return traced(kept) if both and any("0x2" in given for given in props) else None

    simple = [step.call.params for step in minimise(traced(calls), shows)]
    assert simple[0] == {"lplhSession": "h1", "flFlags": 0, "ulReserved": 0}
    assert simple[1] == {"lhSession": {"forged": {"of": "h1", "offset": 1}}, "flFlags": 0x40}
    assert simple[2] == {"this": "h1", "props": {"0x2": "b"}}


def test_a_trace_that_no_replay_shows_stays_as_it_is() -> None:
    trace = traced([Call("MAPILogon", {"lplhSession": "h1"}), Call("observe", {})])
    assert minimise(trace, lambda _calls: None) == trace


LOGON = Call("MAPILogon", {"lplhSession": "h1"})


def logoff(handle: object) -> Call:
    return Call("MAPILogoff", {"lhSession": handle})


def test_a_later_object_is_replaced_by_an_earlier_one_whose_creation_then_suffices() -> None:
    """The second logoff of any handle shows it: two logons are not needed."""
    calls = [
        LOGON,
        Call("MAPILogon", {"lplhSession": "h2"}),
        logoff("h1"),
        logoff("h2"),
        Call("observe", {}),
    ]

    def shows(kept: Sequence[Call]) -> Trace | None:
        bound: set[Any] = set()
        ended = 0
        for count, call in enumerate(kept, 1):
            bound.add(call.params.get("lplhSession"))
            given = call.params.get("lhSession")
            ended += isinstance(given, str) and given in bound
            if ended == 2:
                return traced(kept[:count])
        return None

    start = shows(calls)
    assert start is not None
    assert [step.call for step in minimise(start, shows)] == [LOGON, logoff("h1"), logoff("h1")]


def test_calls_that_only_go_together_are_dropped_as_a_pair() -> None:
    """Shown at an even number of calls before the look only, so that no single one can go."""
    calls = [LOGON, *(Call("MAPIResolveName", {"n": n}) for n in range(4)), Call("observe", {})]

    def shows(kept: Sequence[Call]) -> Trace | None:
        looks = kept[-1].method == "observe" and LOGON in kept
        return traced(kept) if looks and len(kept) % 2 == 0 else None

    assert len(minimise(traced(calls), shows)) == 2


def test_a_stimulus_that_needs_no_object_is_preferred() -> None:
    calls = [LOGON, logoff({"forged": {"of": "h1", "offset": 64}})]

    def shows(kept: Sequence[Call]) -> Trace | None:
        wrong = kept[-1].method == "MAPILogoff" and type(kept[-1].params["lhSession"]) is dict
        return traced(kept) if wrong else None

    assert [step.call for step in minimise(traced(calls), shows)] == [logoff({"literal": 0})]


def test_objects_are_numbered_in_the_order_of_creation_in_each_part_of_a_trace() -> None:
    begin = Call("begin", {"family": "simple"})
    calls = [
        Call("MAPILogon", {"lplhSession": "h7"}),
        logoff({"forged": {"of": "h7", "offset": 1}}),
        Call("MAPILogon", {"lplhSession": "h3"}),
        begin,
        Call("MAPILogon", {"lplhSession": "h9"}),
        logoff("h9"),
    ]
    assert numbered(calls) == [
        Call("MAPILogon", {"lplhSession": "h1"}),
        logoff({"forged": {"of": "h1", "offset": 1}}),
        Call("MAPILogon", {"lplhSession": "h2"}),
        begin,
        Call("MAPILogon", {"lplhSession": "h1"}),
        logoff("h1"),
    ]


def test_a_name_that_is_bound_again_after_a_begin_is_another_object() -> None:
    begin = Call("begin", {"family": "simple"})
    calls = [LOGON, logoff("h1"), begin, LOGON, logoff("h1")]
    assert without(calls, {0}) == [begin, LOGON, logoff("h1")]
    assert without(calls, {3}) == [LOGON, logoff("h1"), begin]
    assert needed(calls) == [LOGON, logoff("h1")]


@given(sequences(), st.data(), st.booleans())
def test_no_single_argument_can_be_made_simpler(
    calls: list[Call], data: st.DataObject, fussy: bool
) -> None:
    chosen = data.draw(st.lists(st.sampled_from(calls), min_size=1, max_size=3))
    shows = Planted(chosen, fussy)
    start = shows(calls)
    if start is None:
        return
    minimal = [step.call for step in minimise(start, shows, Budget(PLENTY))]
    for index, call in enumerate(minimal):
        for key in ("lpMsgSess", "ulFlags", "flFlags"):
            plainer = {"lpMsgSess": None}.get(key, 0)
            if call.params.get(key) not in (None, plainer):
                changed = Call(call.method, {**call.params, key: plainer})
                assert shows([*minimal[:index], changed, *minimal[index + 1 :]]) is None
