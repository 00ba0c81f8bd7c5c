"""What comes together: permitted arguments, messages of a session, parts of what is closed."""

import pytest

from adapters.reference import Reference
from conformance.explore.alphabet.imsg import build, close_session, malloc, open_session, storage
from conformance.explore.gatherings import gatherings
from conformance.trace import Call, Outcome, Step

from .steps import found

SEQUENCES = list(gatherings())
observe = Call("observe", {})


def played(calls: list[Call]) -> list[Step]:
    reference = Reference()
    reference.perform(Call("begin", {"family": "imsg"}))
    reference.perform(Call("MAPIInitialize", {}))
    return [Step(call, reference.perform(call)) for call in calls]


def refused(step: Step, code: int = 0x80004005) -> Step:
    return Step(step.call, Outcome("result", {"return": code, "out": {"lppMsg": None}}))


@pytest.mark.parametrize("calls", SEQUENCES)
def test_the_reference_is_accused_of_nothing(calls: list[Call]) -> None:
    assert not found("imsg", *played(calls))[1]


def test_permitted_arguments_are_permitted_together() -> None:
    steps = played(SEQUENCES[0])
    builds = [at for at, step in enumerate(steps) if step.call.method == "OpenIMsgOnIStg"]
    # In the order of the scenario: plain twice, each feature, each pair, all three.
    pair = steps[: builds[6] + 1]
    assert found("imsg", *pair[:-1], refused(pair[-1]))[1] == {"IMSG-MSG-03", "IMSG-MSG-05"}
    alone = [*steps[: builds[4]], *pair[builds[6] - 1 :]]
    assert not found("imsg", *alone[:-1], refused(alone[-1]))[1]


def test_a_session_takes_a_further_message() -> None:
    steps = played(SEQUENCES[0])
    second = [at for at, step in enumerate(steps) if step.call.method == "OpenIMsgOnIStg"][1]
    broken = found("imsg", *steps[:second], refused(steps[second]))[1]
    assert broken == {"IMSG-MSG-01", "IMSG-MSG-02"}


def test_a_part_that_outlives_its_message_was_not_closed() -> None:
    calls = next(one for one in SEQUENCES if one[-2].method == "IAttach.GetProps")
    steps = played(calls)
    assert "IMSG-CLOSE-02" in found("imsg", *steps)[0]
    alive = Step(steps[-2].call, Outcome("result", {"return": 0, "props": {}}))
    assert found("imsg", *steps[:-2], alive)[1] == {"IMSG-CLOSE-02"}
    unread = [
        step
        for step in steps[:-2]
        if step.call.params.get("this") != "g1" or "tags" not in step.call.params
    ]
    assert not found("imsg", *unread, alive)[1]


@pytest.mark.parametrize(("left", "broken"), [(1, set()), (0, {"IMSG-CLOSE-04", "IMSG-MSG-03"})])
def test_a_close_leaves_a_message_without_a_session(left: int, broken: set[str]) -> None:
    first = [malloc("m1"), storage("t1"), open_session("m1", "s1"), build(None, "m1", "t1", "g1")]
    *steps, last = played([*first, observe, close_session("s1"), observe])
    live = {"live": {"sessions": 0, "messages": left}}
    seen = Step(last.call, Outcome("result", {**last.outcome.body, **live}))
    assert found("imsg", *steps, seen)[1] == broken
