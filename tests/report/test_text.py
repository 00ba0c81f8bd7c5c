"""Clean text, readable calls, and the order of what to fix: what every report builds on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.calls import call_text, step_line, thread_lines
from reports.clean import block, bounded, columns_of, compact, ends, fit, line, tail
from reports.outcomes import outcome_text
from reports.verdicts import VERDICTS, tally, to_fix

BAD = "\x00\x1b\x7f\x9b\u061c\u200b\u200e\u202a\u202e\u2066\u2069\u2028\ufeff\ufffe\ud800\udfff"


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def step(method: str, params: dict[str, Any], outcome: dict[str, Any]) -> dict[str, Any]:
    return {"method": method, "params": params, "outcome": outcome}


def test_every_invisible_character_becomes_an_escape() -> None:
    assert line("a\u202eb\x00c\ud800") == "a\\u202eb\\x00c\\ud800"
    assert not set(line(BAD)) & set(BAD)


def test_a_line_has_no_line_breaks_and_a_block_keeps_them() -> None:
    assert line("a\r\nb\tc") == "a\\r\\nb\\tc"
    assert block("a\r\nb\tc\rd") == "a\nb\tc\\rd"


def test_readable_text_of_other_languages_stays() -> None:
    assert line("Größe 大きさ שלום 👍") == "Größe 大きさ שלום 👍"


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_can_be_encoded_after_cleaning(text: str) -> None:
    line(text).encode()
    block(text).encode()


def test_cuts_say_how_much_is_missing() -> None:
    assert line("x" * 1_000_010, 10) == "x" * 10 + "… [1,000,000 more characters]"
    assert tail("x" * 90 + "the end", 7) == "[90 earlier characters left out] … the end"
    assert ends("a" * 500 + "z" * 500, 10) == "aaaaa … [990 characters left out] … zzzzz"


@given(st.text(), st.integers(5, 90))
def test_fit_never_exceeds_its_columns(text: str, columns: int) -> None:
    assert columns_of(fit(text, columns)) <= columns


def test_wide_characters_take_two_columns() -> None:
    assert fit("大大大大", 5) == "大大…"


def test_bounded_keeps_small_values_as_they_are() -> None:
    value = {"a": [1, 2.5, None, True, "x"], "b": {"c": []}}
    assert bounded(value) == (value, False)


@pytest.mark.parametrize(
    "value",
    [nested(100_000), "x" * 10**6, list(range(10**5)), 10**5_000],
    ids=["deep", "long", "wide", "large"],
)
def test_bounded_makes_anything_encodable_and_says_so(value: Any) -> None:
    copy, shortened = bounded(value)
    assert shortened
    assert len(json.dumps(copy)) < 100_000
    assert "left out" in json.dumps(copy)


def test_a_call_and_its_outcome_on_one_line() -> None:
    params = {"lpMalloc": None, "ulFlags": 0, "lppMsgSess": "s1"}
    shown = step_line(step("OpenIMsgSession", params, {"result": {"return": 0x80070057}}), "imsg")
    assert shown == (
        "OpenIMsgSession(lpMalloc=NULL, ulFlags=0, lppMsgSess=&s1)"
        " -> MAPI_E_INVALID_PARAMETER (0x80070057)"
    )


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("ulFlags", 0x80000000, "ulFlags=0x80000000"),
        ("lpszName", "s1", 'lpszName="s1"'),
        ("this", "g1", "this=g1"),
        ("lpFreeBuffer", True, "lpFreeBuffer=function"),
        ("create", True, "create=true"),
        ("lhSession", {"literal": 0}, "lhSession=0"),
        ("lpszPassword", {"profile": "default"}, "lpszPassword=<default profile>"),
        ("number", {"number": {"of": "a1"}}, "number=number(a1)"),
        ("lhSession", {"forged": {"of": "h1", "offset": -1}}, "lhSession=forged(h1-1)"),
    ],
)
def test_arguments_are_written_as_their_kind_asks(name: str, value: Any, shown: str) -> None:
    assert call_text(step("F", {name: value}, {})) == f"F({shown})"


def test_a_forged_handle_shows_the_value_that_was_passed() -> None:
    made = step(
        "MAPILogoff",
        {"lhSession": {"forged": {"of": "h1", "offset": 1}}},
        {"result": {"return": 19}, "resolved": {"lhSession": {"literal": 17}}},
    )
    assert step_line(made, "simple") == (
        "MAPILogoff(lhSession=forged(h1+1, that is 17)) -> MAPI_E_INVALID_SESSION (19)"
    )


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ({"crash": {"signal": 11}}, "CRASH (signal 11, SIGSEGV)"),
        ({"crash": {"status": 0xC0000005}}, "CRASH (exit status 0xC0000005)"),
        ({"hang": 5.0}, "HANG (no answer within 5.0 s)"),
        ({"error": {"code": -32601}}, "not offered"),
        ({"error": {"code": -32000, "data": {"code": 0xC0000005}}}, "CRASH inside the call"),
        ({"error": {"code": -32003, "data": {"type": "E", "message": "m"}}}, "raised E: m"),
        ({"result": {"return": 0, "out": {"lppMsg": "untouched"}}}, "lppMsg untouched"),
        ({"result": {"return": 0, "out": {"lppMsg": None}}}, "S_OK (0x00000000), lppMsg=NULL"),
        ({}, "no outcome recorded"),
    ],
)
def test_outcomes_in_words(outcome: dict[str, Any], words: str) -> None:
    assert words in outcome_text(step("OpenIMsgOnIStg", {}, outcome), "imsg")


def test_a_reference_count_is_no_result_code() -> None:
    assert outcome_text(step("IMessage.Release", {}, {"result": {"return": 0}}), "imsg") == "0"


def test_observe_shows_what_is_there() -> None:
    seen = {
        "mallocs": {"m1": {"live": 2, "bytes": 0, "references": 1, "foreign_frees": 0}},
        "released": [{}, {}],
        "live": {"sessions": 0, "messages": 0},
    }
    shown = outcome_text(step("observe", {}, {"result": seen}), "imsg")
    assert shown == "m1: live 2, references 1; released: 2; live: all 0"


def test_the_calls_of_parallel_threads_come_one_a_line() -> None:
    call = {"method": "MAPILogoff", "params": {"lhSession": "h1"}}
    answer = {"result": {"return": 0}, "start": 1, "end": 2}
    made = step("parallel", {"threads": [[call], []]}, {"result": {"threads": [[answer], []]}})
    assert list(thread_lines(made, "simple")) == [
        "thread 1: MAPILogoff(lhSession=h1) -> SUCCESS_SUCCESS (0) [1..2]"
    ]
    assert call_text(made) == "parallel(2 threads)"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
METHODS = st.sampled_from(["observe", "parallel", "world.malloc", "OpenIMsgSession", "\x00"])


@given(METHODS, JSON, JSON, st.sampled_from(["result", "error", "crash", "hang", "x"]))
def test_no_answer_breaks_the_writer(method: str, params: Any, body: Any, kind: str) -> None:
    made = {"method": method, "params": params, "outcome": {kind: body, "resolved": params}}
    assert "\n" not in step_line(made, "imsg")
    assert all("\n" not in text for text in thread_lines(made, "imsg"))
    compact(body).encode()


def test_to_fix_puts_binding_first_then_level_then_the_shortest_trace() -> None:
    def row(name: str, level: str, calls: int, *, binding: bool) -> dict[str, Any]:
        violations: list[Any] = [{"trace": [{}] * calls}]
        facts = {"level": level, "verdict": "fail", "binding": binding}
        return {"id": name, "violations": violations, **facts}

    rows = [
        row("loose", "must", 1, binding=False),
        row("deviation", "should", 1, binding=False),
        row("long", "must", 9, binding=True),
        row("short", "must", 2, binding=True),
        row("read", "ambiguous", 1, binding=True),
        {"id": "blocked", "verdict": "blocked", "binding": True},
        {"id": "good", "verdict": "pass", "binding": True},
    ]
    names = [item["id"] for item in to_fix(rows)]
    assert names == ["short", "long", "read", "loose", "deviation"]


def test_the_tally_has_all_nine_verdicts() -> None:
    assert tally([{"verdict": "pass"}, {"verdict": "nonsense"}]) == {
        "pass": 1,
        "fail": 0,
        "flaky": 0,
        "expected-fail": 0,
        "not-exercised": 0,
        "not-offered": 0,
        "not-implemented": 0,
        "blocked": 0,
        "error": 1,
    }


def test_no_two_verdicts_share_a_glyph() -> None:
    assert len({verdict.glyph for verdict in VERDICTS.values()}) == len(VERDICTS) == 9
