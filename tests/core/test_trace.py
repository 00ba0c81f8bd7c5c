"""Traces are plain data: they survive JSON, and what is no trace is refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import UsageError
from conformance.trace import Call, Outcome, Step, trace_from_json, trace_to_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(), JSON, max_size=4)
OUTCOMES = st.one_of(
    st.builds(Outcome, st.just("result"), OBJECTS, st.none() | OBJECTS.filter(bool)),
    st.builds(
        Outcome,
        st.just("error"),
        st.builds(lambda code, rest: {**rest, "code": code}, st.integers(), OBJECTS),
    ),
    st.builds(Outcome, st.just("crash"), st.fixed_dictionaries({"signal": st.integers(1, 64)})),
    st.builds(Outcome, st.just("hang"), st.floats(0.1, 3600)),
)
TRACES = st.lists(st.builds(Step, st.builds(Call, st.text(), OBJECTS), OUTCOMES), max_size=5)


@given(TRACES)
def test_any_trace_survives_json(steps: list[Step]) -> None:
    trace = tuple(steps)
    text = json.dumps(trace_to_json(trace))
    assert trace_from_json(json.loads(text)) == trace


def test_a_step_is_written_as_the_contract_says() -> None:
    step = Step(Call("MAPILogoff", {"lhSession": GIVEN}), Outcome("result", {"return": 19}, WIRE))
    assert trace_to_json((step,)) == [
        {
            "method": "MAPILogoff",
            "params": {"lhSession": GIVEN},
            "outcome": {"result": {"return": 19}, "resolved": WIRE},
        }
    ]


GIVEN = {"forged": {"of": "h1", "offset": 1}}
WIRE = {"lhSession": {"literal": 17}}
FINE: dict[str, Any] = {"method": "observe", "params": {}, "outcome": {"result": {}}}


@pytest.mark.parametrize(
    "bad",
    [
        None,
        {},
        "trace",
        [FINE, None],
        [FINE, {}],
        [FINE, {**FINE, "method": 5}],
        [FINE, {**FINE, "params": []}],
        [FINE, {"method": "observe", "params": {}}],
        [FINE, {**FINE, "outcome": {}}],
        [FINE, {**FINE, "outcome": {"result": {}, "crash": {}}}],
        [FINE, {**FINE, "outcome": {"result": 0}}],
        [FINE, {**FINE, "outcome": {"error": {}}}],
        [FINE, {**FINE, "outcome": {"error": {"code": "-32000"}}}],
        [FINE, {**FINE, "outcome": {"hang": "long"}}],
        [FINE, {**FINE, "outcome": {"hang": True}}],
        [FINE, {**FINE, "outcome": {"result": {}, "resolved": 5}}],
    ],
)
def test_what_is_no_trace_is_refused_in_one_line(bad: object) -> None:
    with pytest.raises(UsageError) as refused:
        trace_from_json(bad)
    assert "\n" not in str(refused.value)
    if isinstance(bad, list):
        assert "step 2" in str(refused.value)


def test_crash_hang_and_the_crash_code_end_a_trace() -> None:
    ends = [Outcome("crash", {"status": 3}), Outcome("hang", 5), Outcome("error", {"code": -32000})]
    goes_on = [Outcome("result", {}), *(Outcome("error", {"code": c}) for c in (-32001, -32003))]
    assert all(outcome.died for outcome in ends)
    assert not any(outcome.died for outcome in goes_on)


def test_only_a_call_that_never_reached_the_implementation_is_silent() -> None:
    codes = (-32601, -32001, -32002, -32003, -32000)
    silent = [Outcome("error", {"code": code}).silent for code in codes]
    assert silent == [True, True, True, False, False]
