"""The method `parallel` of the reference."""

from typing import Any

import pytest

from adapters.mutants import MUTANTS
from adapters.reference import Reference
from adapters.shapes import check
from conformance.explore.alphabet.simple import logoff, logon
from conformance.explore.alphabet.simple_mail import find_next
from conformance.trace import Call

CREDENTIALS = {"lpszProfileName": "default", "lpszPassword": "secret"}


def on(name: str) -> Call:
    call = logon(out=name)
    return Call(call.method, {**call.params, **CREDENTIALS})


def parallel(*threads: list[Call]) -> Call:
    return Call("parallel", {"threads": [[one.to_json() for one in thread] for thread in threads]})


@pytest.fixture
def simple() -> Reference:
    reference = Reference()
    reference.perform(Call("begin", {"family": "simple"}))
    return reference


def test_every_call_is_answered_in_its_place_with_stamps_that_grow(simple: Reference) -> None:
    call = parallel([on("h1"), logoff("h1")], [on("h2"), logoff("h2")])
    outcome = simple.perform(call)
    check(call, outcome.body, simple.offer["simple"])
    threads: list[list[dict[str, Any]]] = outcome.body["threads"]
    assert [[one["result"]["return"] for one in thread] for thread in threads] == [[0, 0]] * 2
    stamps = [one[when] for thread in threads for one in thread for when in ("start", "end")]
    assert len(set(stamps)) == 8
    for first, second in threads:
        assert first["start"] < first["end"] < second["start"] < second["end"]
    # The threads run at the same time: their first calls overlap.
    assert max(t[0]["start"] for t in threads) < min(t[0]["end"] for t in threads)


def test_a_name_that_is_not_bound_is_no_mistake_of_the_suite_there(simple: Reference) -> None:
    answers = simple.perform(parallel([find_next("h9")], [on("h1")])).body["threads"]
    assert answers[0][0]["error"]["code"] == -32001
    assert answers[1][0]["result"]["return"] == 0
    assert simple.perform(find_next("h9")).code == -32602


def test_one_of_two_logoffs_at_the_same_time_succeeds(simple: Reference) -> None:
    simple.perform(on("h1"))
    for _ in range(20):
        simple.perform(Call("begin", {"family": "simple"}))
        simple.perform(on("h1"))
        answers = simple.perform(parallel([logoff("h1")], [logoff("h1")])).body["threads"]
        assert sorted(thread[0]["result"]["return"] for thread in answers) == [0, 19]


def test_a_crash_on_a_thread_is_the_outcome_of_all() -> None:
    crashing = MUTANTS["race-logoff-crashes"].factory()
    crashing.perform(Call("begin", {"family": "simple"}))
    crashing.perform(on("h1"))
    assert crashing.perform(parallel([logoff("h1")], [logoff("h1")])).kind == "crash"


@pytest.mark.parametrize("params", [{}, {"threads": 1}, {"threads": [1]}, {"threads": [[{}]]}])
def test_damaged_threads_are_a_mistake_of_the_suite(
    simple: Reference, params: dict[str, Any]
) -> None:
    assert simple.perform(Call("parallel", params)).code == -32602
