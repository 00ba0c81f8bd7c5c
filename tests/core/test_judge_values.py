"""Tokens, out parameters and counts: what the judge concludes from them, and what it must not."""

from __future__ import annotations

import pytest

from conformance.findings import Broken, Held
from conformance.judge import judge
from conformance.trace import Outcome, Step

from .fakes import (
    FAIL,
    INVALID_PARAMETER,
    MALLOC,
    OBSERVE,
    SIMPLE,
    UNKNOWN_FLAGS,
    Story,
    close_session,
    logoff,
    logon,
    open_session,
    result,
    sessions,
)

FORGED = {"forged": {"of": "h1", "offset": 16}}


def sent(number: int, code: int) -> Outcome:
    return Outcome("result", {"return": code}, {"lhSession": {"literal": number}})


@pytest.mark.parametrize("code", [0, 2, 19])
def test_a_forged_value_that_is_a_live_token_says_nothing(code: int) -> None:
    story = Story("simple").logged_on("h1", "0x10").logged_on("h2", "0x20", flags=2)
    assert story.tell(logoff(FORGED), sent(0x20, code)) == {}


def test_a_forged_value_that_is_nobodys_must_be_refused() -> None:
    story = Story("simple").logged_on("h1", "0x10")
    assert story.broken(logoff(FORGED), sent(0x20, 0)) == {"SIMPLE-LOGOFF-04"}
    assert "SIMPLE-LOGOFF-04" not in story.broken(logoff(FORGED), sent(0x20, 19))


def test_a_dead_handle_whose_value_was_given_out_again_says_nothing() -> None:
    story = Story("simple").logged_on("h1", "0x10")
    story.tell(logoff("h1"), result(0))
    dead = Story("simple").logged_on("h1", "0x10")
    dead.tell(logoff("h1"), result(0))
    story.logged_on("h2", "0x10")

    assert dead.broken(logoff("h1"), result(0)) == {"SIMPLE-LOGOFF-02"}
    assert story.tell(logoff("h1"), result(0)) == {}


def test_a_closed_session_whose_pointer_was_given_out_again_says_nothing() -> None:
    story = Story("imsg").opened("s1", "0x10")
    story.tell(close_session("s1"), result(None))
    story.tell(open_session(out="s2"), result(0, out={"lppMsgSess": "0x10"}))
    assert story.tell(close_session("s1"), result(0)) == {}


def test_a_session_left_by_a_logoff_is_counted_once() -> None:
    story = Story("simple").logged_on()
    story.tell(OBSERVE, sessions(1))
    story.tell(logoff("h1"), result(0))
    assert story.broken(OBSERVE, sessions(1)) == {"SIMPLE-LOGOFF-01"}
    assert story.broken(OBSERVE, sessions(1)) == set()
    story.logged_on("h2", "0x20", flags=2)
    story.tell(OBSERVE, sessions(2))
    story.tell(logoff("h2"), result(0))
    assert story.broken(OBSERVE, sessions(2)) == {"SIMPLE-LOGOFF-01"}


def look(count: int) -> Outcome:
    malloc = {"live": 0, "bytes": 0, "references": 1, "foreign_frees": 0}
    live = {"sessions": count, "messages": 0}
    return Outcome("result", {"live": live, "released": [], "mallocs": {"m1": malloc}})


def test_a_session_left_by_a_failed_open_is_counted_once() -> None:
    story = Story("imsg")
    story.tell(MALLOC, Outcome("result", {}))
    story.tell(open_session(out=None), result(INVALID_PARAMETER, out={"lppMsgSess": None}))
    assert story.broken(OBSERVE, look(1)) == {"IMSG-OPEN-03"}
    assert story.broken(OBSERVE, look(1)) == set()


@pytest.mark.parametrize(
    ("token", "readings"), [("untouched", {"A"}), (None, {"A", "B"}), ("0x10", None)]
)
def test_the_out_pointer_after_a_failure(token: str | None, readings: set[str] | None) -> None:
    story = Story("imsg")
    story.tell(MALLOC, Outcome("result", {}))
    refused = result(UNKNOWN_FLAGS, out={"lppMsgSess": token})
    found = story.tell(open_session(flags=1), refused)["IMSG-OPEN-09"]
    if readings is None:
        assert isinstance(found, Broken)
    else:
        assert isinstance(found, Held)
        assert found.readings == readings


def test_null_is_not_untouched_where_the_harness_was_seen_to_preset_a_sentinel() -> None:
    story = Story("imsg")
    story.tell(MALLOC, Outcome("result", {}))
    story.tell(open_session(flags=1), result(UNKNOWN_FLAGS, out={"lppMsgSess": "untouched"}))
    found = story.tell(
        open_session(out="s2", flags=2), result(UNKNOWN_FLAGS, out={"lppMsgSess": None})
    )
    assert getattr(found["IMSG-OPEN-09"], "readings", None) == {"B"}


@pytest.mark.parametrize("token", ["untouched", None])
def test_success_without_a_handle_is_no_success(token: str | None) -> None:
    story = Story("simple")
    found = story.broken(logon(), result(0, out={"lplhSession": token}))
    assert "SIMPLE-LOGON-01" in found


@pytest.mark.parametrize(
    ("code", "readings"), [(UNKNOWN_FLAGS, "AC"), (INVALID_PARAMETER, "BC"), (FAIL, "C")]
)
def test_the_code_for_invalid_flags_tells_its_readings(code: int, readings: str) -> None:
    story = Story("imsg")
    story.tell(MALLOC, Outcome("result", {}))
    found = story.tell(open_session(flags=0x40), result(code, out={"lppMsgSess": None}))
    assert found["IMSG-OPEN-05"] == Held(frozenset(readings))


def test_a_stored_trace_judged_again_gives_the_same_answers() -> None:
    steps = (
        Step(logon("h1"), result(0, out={"lplhSession": "0x10"})),
        Step(logoff("h1"), result(0)),
        Step(logoff("h1"), result(0)),
        Step(OBSERVE, sessions(1)),
    )
    first = judge(steps, "simple", SIMPLE)
    assert judge(steps, "simple", SIMPLE) == first
    assert [name for name, one in first[2] if isinstance(one, Broken)] == ["SIMPLE-LOGOFF-02"]
