"""Crashes, hangs and the error codes of the protocol: what is charged, and to which requirement."""

from __future__ import annotations

import pytest

from conformance.play import Player, play
from conformance.requirements.load import catalogue
from conformance.trace import Call, Outcome

from .fakes import (
    CRASH,
    HANG,
    IMSG,
    MALLOC,
    OFFERED,
    SIMPLE,
    Scripted,
    Story,
    error,
    logoff,
    logon,
    open_session,
    result,
)

BUILD = {
    "lpMsgSess": "s1",
    "lpAllocateBuffer": True,
    "lpAllocateMore": True,
    "lpFreeBuffer": True,
    "lpMalloc": "m1",
    "lpMapiSup": None,
    "lpStg": "t1",
    "lpfMsgCallRelease": None,
    "ulCallerData": 0,
    "ulFlags": 0,
    "lppMsg": "g1",
}
STORAGE = Call(
    "world.storage", {"name": "t1", "mode": "readwrite", "transacted": True, "base64": None}
)


@pytest.mark.parametrize("death", [CRASH, HANG, error(-32000), error(-32003)])
def test_ending_on_a_null_allocator_breaks_the_row_that_speaks_of_it(death: Outcome) -> None:
    assert Story("imsg").broken(open_session(malloc=None), death) == {"IMSG-OPEN-02"}


def test_a_crash_on_a_null_out_pointer_breaks_its_row() -> None:
    story = Story("imsg")
    story.tell(MALLOC, Outcome("result", {}))
    assert story.broken(open_session(out=None), CRASH) == {"IMSG-OPEN-03"}


def test_a_crash_on_a_plain_open_breaks_the_row_of_the_plain_open() -> None:
    story = Story("imsg")
    story.tell(MALLOC, Outcome("result", {}))
    assert story.broken(open_session(), CRASH) == {"IMSG-OPEN-01"}


@pytest.mark.parametrize("death", [CRASH, HANG, error(-32000)])
def test_ending_on_a_permitted_call_without_precondition_breaks_the_home_row(
    death: Outcome,
) -> None:
    story = Story("imsg").opened()
    story.tell(STORAGE, Outcome("result", {}))
    story.tell(Call("OpenIMsgOnIStg", BUILD), result(0, out={"lppMsg": "0x20"}))
    read = Call("IMessage.GetProps", {"this": "g1", "tags": ["0x66660003"]})
    assert story.broken(read, death) == {catalogue().homes["imsg"]["IMessage.GetProps"]}


def two_departures() -> list[Call]:
    odd = Call("OpenIMsgOnIStg", {**BUILD, "lpFreeBuffer": None, "ulFlags": 4})
    return [MALLOC, open_session(), STORAGE, odd]


def test_on_an_undefined_stimulus_nothing_is_charged_and_an_incident_is_kept() -> None:
    answers = {
        "OpenIMsgSession": [result(0, out={"lppMsgSess": "0x10"})],
        "OpenIMsgOnIStg": [CRASH],
    }
    player = Player(Scripted({"imsg": IMSG}, answers), "imsg", catalogue().homes["imsg"])
    trace = play(player, two_departures())

    assert player.over
    assert not [name for name, row in player.evidence.rows.items() if row.broken]
    (incident,) = player.evidence.incidents.values()
    assert (incident.method, incident.count) == ("OpenIMsgOnIStg", 1)
    assert "signal 11" in incident.observed
    assert incident.trace == trace


def test_a_charged_crash_is_no_incident_and_ends_the_trace() -> None:
    adapter = Scripted({"imsg": IMSG}, {"OpenIMsgSession": [CRASH]})
    player = Player(adapter, "imsg", catalogue().homes["imsg"])
    trace = play(player, [open_session(malloc=None), MALLOC, open_session()])

    assert [step.call.method for step in trace] == ["OpenIMsgSession"]
    assert not player.evidence.incidents
    assert player.evidence.rows["IMSG-OPEN-02"].broken == 1


@pytest.mark.parametrize("code", [-32601, -32001, -32002])
def test_a_call_that_reached_nobody_says_nothing_and_changes_nothing(code: int) -> None:
    story = Story("simple").logged_on()
    before = story.judge.state
    assert story.tell(logoff("h1"), error(code)) == {}
    assert story.judge.state == before
    assert story.broken(logoff("h1"), result(19)) == {"SIMPLE-LOGOFF-01"}


def test_an_error_of_the_binding_is_judged_like_an_answer() -> None:
    raised = Outcome("error", {"code": -32003, "data": {"type": "ValueError", "message": "no"}})
    found = Story("simple").logged_on().tell(logoff("h1"), raised)
    assert "ValueError" in getattr(found["SIMPLE-LOGOFF-01"], "observed", "")


def test_stubs_and_absent_functions_are_counted_by_function() -> None:
    adapter = Scripted({"simple": SIMPLE}, {"MAPILogon": [error(-32002)]})
    player = Player(adapter, "simple", catalogue().homes["simple"])
    play(player, [logon(), logon("h2"), Call("MAPIReadMail", {}), Call("observe", {})])

    assert player.evidence.stubs == {"MAPILogon": 2}
    assert player.evidence.absent == {"MAPIReadMail": 1}
    assert "MAPIReadMail" not in [call.method for call in adapter.calls]
    assert not player.evidence.rows


def test_a_name_that_was_never_bound_is_never_passed() -> None:
    adapter = Scripted({"simple": SIMPLE}, {"MAPILogon": [result(3, out={"lplhSession": None})]})
    player = Player(adapter, "simple", catalogue().homes["simple"])
    trace = play(player, [logon("h1"), logoff("h1")])

    assert [call.method for call in adapter.calls][-1] == "MAPILogon"
    assert trace[-1].outcome.code == -32001


def test_params_that_the_adapter_does_not_understand_are_its_failure() -> None:
    adapter = Scripted({"simple": SIMPLE}, {"MAPILogon": [error(-32602)]})
    player = Player(adapter, "simple", catalogue().homes["simple"])
    assert play(player, [logon(), logon("h2")]) == ()
    (failure,) = player.evidence.failures
    assert (failure.family, failure.method, failure.count) == ("simple", "MAPILogon", 1)
    assert "so said the harness" in failure.message
    assert [call["method"] for call in failure.calls] == ["MAPILogon"]
    # The requirements that a crash of the same call would have broken.
    assert set(failure.requirements) == Story("simple").broken(logon(), CRASH) != set()
    assert not player.evidence.rows


def test_every_home_row_is_known_for_every_function_of_a_family() -> None:
    for family, offered in OFFERED.items():
        assert offered.functions <= catalogue().homes[family].keys()
