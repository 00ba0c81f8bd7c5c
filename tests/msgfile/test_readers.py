"""What a reader has to ignore, and to leave alone: the halves of MSGF rows that no file shows."""

import base64
from typing import Any

import pytest

from adapters.reference import Reference
from conformance.explore.lent_files import lent_files
from conformance.findings import Broken, Held
from conformance.judge import judge
from conformance.msgfile.essence import OTHER_BITS, RESERVED, UNUSED, essence
from conformance.trace import Call, Outcome, Step

from .sample import capabilities

ROWS = {RESERVED: "MSGF-TOP-03", UNUSED: "MSGF-PROP-03", OTHER_BITS: "MSGF-UNI-02"}


def played(calls: list[Call]) -> list[Step]:
    reference = Reference()
    reference.perform(Call("begin", {"family": "imsg"}))
    reference.perform(Call("MAPIInitialize", {}))
    return [Step(call, reference.perform(call)) for call in calls]


def found(steps: list[Step]) -> tuple[set[str], set[str]]:
    initialise = Step(Call("MAPIInitialize", {}), Outcome("result", {"return": 0}))
    judged = judge((initialise, *steps), "imsg", capabilities())
    findings = [one for findings in judged for one in findings]
    held = {name for name, finding in findings if isinstance(finding, Held)}
    return held, {name for name, finding in findings if isinstance(finding, Broken)}


def answered(steps: list[Step], at: int, **result: Any) -> list[Step]:
    """The trace with another result of one step."""
    body = {**steps[at].outcome.body, **result}
    return [*steps[:at], Step(steps[at].call, Outcome("result", body)), *steps[at + 1 :]]


PAIRS = [calls for calls in lent_files() if calls[-1].method != "world.bytes"]
CHANGED = [calls for calls in lent_files() if calls[-1].method == "world.bytes"]


@pytest.mark.parametrize("calls", PAIRS)
def test_a_file_with_something_to_ignore_says_the_same(calls: list[Call]) -> None:
    plain, odd = (essence(call.params["base64"]) for call in calls if "base64" in call.params)
    assert plain is not None
    assert odd is not None
    assert plain.content == odd.content
    assert not plain.ignored
    (kind,) = odd.ignored
    steps = played(calls)
    held, broken = found(steps)
    assert ROWS[kind] in held
    assert not broken
    refused = answered(steps, -2, **{"return": 0x80004005, "out": {"lppMsg": None}})[:-1]
    assert found(refused)[1] == {ROWS[kind]}
    props = dict(steps[-1].outcome.body["props"])
    props["0x00170003"] += 1
    assert found(answered(steps, -1, props=props))[1] == {ROWS[kind]}


def test_nothing_is_said_where_the_plain_file_is_refused_too() -> None:
    steps = played(PAIRS[0])
    refused = {"return": 0x80004005, "out": {"lppMsg": None}}
    both = answered(answered(steps, 2, **refused), -2, **refused)
    assert not found([*both[:3], *both[4:-1]])[1]


@pytest.mark.parametrize("calls", CHANGED)
def test_the_class_of_the_caller_is_kept(calls: list[Call]) -> None:
    steps = played(calls)
    held, broken = found(steps)
    assert "MSGF-CLS-01" in held
    assert not broken
    content = base64.b64decode(steps[-1].outcome.body["base64"])
    given = essence(calls[1].params["base64"])
    assert given is not None
    other = base64.b64encode(content.replace(given.clsid, bytes(15) + b"\1")).decode()
    assert found(answered(steps, -1, base64=other))[1] == {"MSGF-CLS-01"}
