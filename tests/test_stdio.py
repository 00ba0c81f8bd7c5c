"""Programs behind stdin and stdout: what is an outcome, and what a failure of the harness."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters import conversation
from adapters.stdio import Stdio
from conformance.errors import AdapterError, ProtocolError
from conformance.trace import Call, Outcome

HERE = Path(__file__).parent / "harnesses"
LOGON = Call(
    "MAPILogon",
    {
        "ulUIParam": 0,
        "lpszProfileName": None,
        "lpszPassword": None,
        "flFlags": 0,
        "ulReserved": 0,
        "lplhSession": "h1",
    },
)
BEGIN = Call("begin", {"family": "simple"})
Start = Callable[..., Stdio]
needs_posix = pytest.mark.skipif(os.name != "posix", reason="signals and fork are POSIX")


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a harness of tests/harnesses; all are ended with the test."""
    running: list[Stdio] = []

    def starter(name: str, *arguments: str, call_timeout: float = 5.0, **options: Any) -> Stdio:
        command = [sys.executable, str(HERE / f"{name}.py"), *arguments]
        running.append(Stdio(command, call_timeout=call_timeout, **options))
        return running[-1]

    yield starter
    for adapter in running:
        adapter.close()


def bad(start: Start, *arguments: str, call_timeout: float = 5.0) -> Stdio:
    adapter = start("misbehaving", *arguments, call_timeout=call_timeout)
    assert adapter.perform(BEGIN) == Outcome("result", {})
    return adapter


def logoff(handle: object, flags: int = 0) -> Call:
    return Call(
        "MAPILogoff", {"lhSession": handle, "ulUIParam": 0, "flFlags": flags, "ulReserved": 0}
    )


# --- a correct harness


def test_handshake_says_who_is_there_and_what_is_offered(start: Start) -> None:
    adapter = start("correct")
    assert (adapter.implementation.name, adapter.implementation.language) == ("correct", "Python")
    assert set(adapter.offer) == {"imsg", "simple"}
    assert "OpenIMsgSession" in adapter.offer["imsg"].functions
    assert adapter.offer["imsg"].checked_handles
    assert adapter.offer["simple"].observes == {"live"}


def test_simple_session_from_logon_to_second_logoff(start: Start) -> None:
    adapter = start("correct")
    adapter.perform(BEGIN)
    opened = adapter.perform(LOGON)
    assert opened.kind == "result"
    assert opened.body["return"] == 0
    assert int(opened.body["out"]["lplhSession"], 16) != 0
    seen = adapter.perform(Call("observe"))
    assert seen == Outcome("result", {"live": {"sessions": 1}})
    codes = [adapter.perform(logoff(h)).body["return"] for h in ({"literal": 0}, "h1", "h1")]
    assert codes == [19, 0, 19]


def message_session(adapter: Stdio) -> dict[str, Any]:
    """Open a session and a message in it, close the session; returns what is seen then."""
    open_message = {
        "lpMsgSess": "s",
        "lpAllocateBuffer": True,
        "lpAllocateMore": True,
        "lpFreeBuffer": True,
        "lpMalloc": "m",
        "lpMapiSup": None,
        "lpStg": "g",
        "lpfMsgCallRelease": True,
        "ulCallerData": 7,
        "ulFlags": 0,
        "lppMsg": "msg",
    }
    calls = [
        Call("begin", {"family": "imsg"}),
        Call("world.malloc", {"name": "m", "fail_after": None}),
        Call("world.storage", {"name": "g", "mode": "readwrite", "transacted": True}),
        Call("OpenIMsgSession", {"lpMalloc": "m", "ulFlags": 0, "lppMsgSess": "s"}),
        Call("OpenIMsgOnIStg", open_message),
        Call("CloseIMsgSession", {"lpMsgSess": "s"}),
    ]
    outcomes = [adapter.perform(call) for call in calls]
    assert [outcome.kind for outcome in outcomes] == ["result"] * 6
    assert [outcome.body.get("return") for outcome in outcomes[3:]] == [0, 0, None]
    body: dict[str, Any] = adapter.perform(Call("observe")).body
    assert [fired["message"] for fired in body["released"]] == [
        outcomes[4].body["out"]["lppMsg"]
    ] * len(body["released"])
    return body


def test_closing_a_message_session_gives_everything_back(start: Start) -> None:
    seen = message_session(start("correct"))
    assert seen["live"] == {"sessions": 0, "messages": 0}
    assert seen["mallocs"]["m"] == {"live": 0, "bytes": 0, "references": 1, "foreign_frees": 0}
    assert seen["storages"]["g"] == {"references": 1, "commits": 0, "calls_after_release": 0}
    assert [fired["ulCallerData"] for fired in seen["released"]] == [7]


@pytest.mark.parametrize(
    ("wrong", "look", "expected"),
    [
        ("leaks-allocator", lambda seen: seen["mallocs"]["m"]["references"], 2),
        ("keeps-messages", lambda seen: seen["live"]["messages"], 1),
        ("fires-twice", lambda seen: len(seen["released"]), 2),
    ],
)
def test_planted_fault_of_a_message_session_shows(
    start: Start, wrong: str, look: Callable[[Any], int], expected: int
) -> None:
    assert look(message_session(start("correct", f"--wrong={wrong}"))) == expected


def test_begin_drops_what_the_previous_sequence_left(start: Start) -> None:
    adapter = start("correct")
    for _ in range(2):
        adapter.perform(BEGIN)
        adapter.perform(LOGON)
        assert adapter.perform(Call("observe")).body == {"live": {"sessions": 1}}


def test_shutdown_is_a_call_and_begin_brings_the_harness_back(start: Start) -> None:
    adapter = start("correct")
    adapter.perform(BEGIN)
    assert adapter.perform(Call("shutdown")) == Outcome("result", {})
    assert adapter.perform(BEGIN) == Outcome("result", {})
    assert adapter.perform(LOGON).body["return"] == 0


# --- crashes and hangs are outcomes


@needs_posix
@pytest.mark.parametrize(
    ("mode", "outcome"),
    [
        ("status", Outcome("crash", {"status": 7})),
        ("signal", Outcome("crash", {"signal": 11})),
        ("half-a-line", Outcome("crash", {"status": 0})),
        ("hangs", Outcome("hang", 0.5)),
        ("ignores-sigterm", Outcome("hang", 0.5)),
        ("half-a-line-and-silence", Outcome("hang", 0.5)),
        ("closes-stdout", Outcome("hang", 0.5)),
    ],
)
def test_death_and_silence_in_a_call_are_outcomes_and_begin_restarts(
    start: Start, mode: str, outcome: Outcome
) -> None:
    adapter = bad(start, mode, call_timeout=0.5)
    for _ in range(3):  # as often as an implementation likes to crash
        assert adapter.perform(LOGON) == outcome
        assert adapter.perform(BEGIN) == Outcome("result", {})


@needs_posix
def test_harness_that_stops_reading_hangs_in_the_call_that_fills_the_pipe(start: Start) -> None:
    adapter = bad(start, "never-reads", call_timeout=0.5)
    megabyte = Call("MAPILogon", {**LOGON.params, "lpszProfileName": "x" * (1 << 20)})
    assert adapter.perform(megabyte) == Outcome("hang", 0.5)
    assert adapter.perform(BEGIN) == Outcome("result", {})


@needs_posix
def test_harness_that_closes_its_stdin_fails_outside_of_calls(start: Start) -> None:
    adapter = bad(start, "closes-stdin", call_timeout=0.5)
    running = adapter._running
    assert running is not None
    assert running._process.exit_code(0.5) is None  # by then stdin is closed, and it runs on
    assert adapter.perform(LOGON).silent
    adapter.perform(BEGIN)
    assert running is not adapter._running
    time.sleep(0.5)
    with pytest.raises(AdapterError, match=r"between requests .*failed twice"):
        adapter.perform(LOGON)


def test_answer_before_the_request_is_a_protocol_error(start: Start) -> None:
    adapter = bad(start, "answers-unasked")
    assert adapter._running is not None
    until = time.monotonic() + 10
    while not adapter._running._process.unasked(look=True):
        assert time.monotonic() < until, "the harness has said nothing"
        time.sleep(0.02)
    with pytest.raises(ProtocolError, match="more than its answer") as caught:
        adapter.perform(LOGON)
    assert caught.value.late
    assert adapter.perform(BEGIN) == Outcome("result", {})


@needs_posix
def test_child_left_behind_by_a_crash_neither_delays_it_nor_survives(
    start: Start, tmp_path: Path
) -> None:
    adapter = bad(start, "leaves-a-child", str(tmp_path / "group"), call_timeout=0.5)
    assert adapter.perform(LOGON) == Outcome("crash", {"status": 6})
    group = int((tmp_path / "group").read_text())
    assert gone(group)


@needs_posix
def test_close_ends_a_harness_that_ignores_everything(start: Start) -> None:
    adapter = bad(start, "ignores-sigterm", call_timeout=0.2)
    process = adapter._running._process._child  # type: ignore[union-attr]  # it runs
    adapter.close()
    adapter.close()
    assert process.returncode is not None
    assert gone(process.pid)


def gone(group: int) -> bool:
    for _ in range(100):  # the killed are reaped by whoever adopts them
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def test_timeout_of_parallel_is_the_sum_over_its_calls(start: Start) -> None:
    stamped = {"result": {"return": 0}, "start": 1, "end": 2}
    answer = {"threads": [[stamped], [stamped]]}
    adapter = bad(start, "parallel", json.dumps(answer), call_timeout=0.4)
    call = {"method": "MAPILogoff", "params": {"lhSession": {"literal": 1}}}
    both = Call("parallel", {"threads": [[call], [call]]})
    assert adapter.perform(both) == Outcome("result", answer)
    assert adapter.perform(Call("parallel", {"threads": [[call]]})) == Outcome("hang", 0.4)


def test_time_out_set_by_the_sequence_lengthens_the_call_timeout(start: Start) -> None:
    adapter = start("misbehaving", "none", call_timeout=0.3)
    count = Call("EmailGetCount", {"session": {"user": "u"}})
    adapter.perform(Call("begin", {"family": "email"}))
    assert adapter.perform(Call("EmailSetTimeOut", {"milliseconds": 100})).kind == "result"
    assert adapter.perform(count) == Outcome("result", {"return": 0})
    adapter.perform(Call("begin", {"family": "email"}))
    assert adapter.perform(count) == Outcome("hang", 0.3)


# --- what breaks the protocol


@pytest.mark.parametrize(
    ("mode", "text"),
    [
        ("garbage", "not JSON: hello\\x1b[31m world"),
        ("invalid-utf8", "not JSON"),
        ("wrong-id", "answered with the wrong id: 4 where 3 was asked"),
        ("both", "both of result and error"),
        ("neither", "neither of result and error"),
        ("endless-line", "over 16 MiB: xxxx"),
    ],
)
def test_broken_response_is_a_protocol_error_with_the_text(
    start: Start, mode: str, text: str
) -> None:
    adapter = bad(start, mode)
    with pytest.raises(ProtocolError) as caught:
        adapter.perform(LOGON)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
    assert adapter.perform(BEGIN) == Outcome("result", {})


def test_second_answer_to_one_request_shows_at_the_next(start: Start) -> None:
    adapter = bad(start, "two-answers")
    assert adapter.perform(LOGON).kind == "result"
    with pytest.raises(ProtocolError, match=r"more than its answer|wrong id") as caught:
        adapter.perform(logoff("h1"))
    assert caught.value.late


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ([], "is no object"),
        ({"out": {"lplhSession": "0x1"}}, "lacks `return`"),
        ({"return": -1, "out": {}}, "`return` of the wrong shape"),
        ({"return": True, "out": {}}, "`return` of the wrong shape"),
        ({"return": "0", "out": {}}, "`return` of the wrong shape"),
        ({"return": 2**32}, "`return` of the wrong shape"),
        ({"return": 0}, "lacks `lplhSession`"),
        ({"return": 0, "out": {"lplhSession": 1}}, "no object of strings and nulls"),
        ({"return": 0, "out": ["0x1"]}, "no object of strings and nulls"),
    ],
)
def test_result_of_the_wrong_shape_is_a_protocol_error(
    start: Start, result: object, text: str
) -> None:
    adapter = bad(start, "result", json.dumps(result))
    with pytest.raises(ProtocolError) as caught:
        adapter.perform(LOGON)
    assert text in str(caught.value)


def test_failed_call_may_leave_its_out_parameter_out(start: Start) -> None:
    adapter = bad(start, "result", json.dumps({"return": 2}))
    assert adapter.perform(LOGON) == Outcome("result", {"return": 2})


def test_blank_lines_carriage_returns_pieces_and_unknown_members_are_tolerated(
    start: Start,
) -> None:
    adapter = bad(start, "blank-lines")
    for _ in range(2):
        assert adapter.perform(LOGON).body["return"] == 0


@pytest.mark.parametrize("code", [-32601, -32602, -32000, -32001, -32002, -32003])
def test_errors_of_the_protocol_are_outcomes(start: Start, code: int) -> None:
    error = {"code": code, "message": "so", "data": {"type": "T", "message": "m"}}
    adapter = bad(start, "error", json.dumps(error))
    assert adapter.perform(LOGON) == Outcome("error", error)
    assert adapter.perform(BEGIN) == Outcome("result", {})


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        ({"code": -32603, "message": "oops"}, ProtocolError, "unknown error code -32603"),
        ({"message": "oops"}, ProtocolError, "without an integer code"),
    ],
)
def test_other_errors_are_failures_of_the_harness(
    start: Start, error: object, kind: type[AdapterError], text: str
) -> None:
    adapter = bad(start, "error", json.dumps(error))
    with pytest.raises(kind) as caught:
        adapter.perform(LOGON)
    assert text in str(caught.value)


# --- a harness that cannot be started, or does not stay


def test_missing_program_is_one_line_with_a_hint() -> None:
    with pytest.raises(AdapterError) as caught:
        Stdio(["no-such-harness-anywhere"])
    assert "no-such-harness-anywhere" in caught.value.message
    assert caught.value.hint
    assert "\n" not in str(caught.value)


def test_exit_in_initialize_twice_in_a_row_is_an_adapter_error(start: Start) -> None:
    with pytest.raises(AdapterError, match="ended in initialize with status 3"):
        start("misbehaving", "exits-at-once")


def test_exit_in_initialize_once_is_answered_by_a_restart(start: Start, tmp_path: Path) -> None:
    adapter = start("misbehaving", "exits-once", str(tmp_path / "state"))
    assert adapter.implementation.name == "misbehaving"


def test_silence_in_initialize_is_an_adapter_error(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "INITIALIZE_LIMIT", 0.3)
    with pytest.raises(AdapterError, match=r"did not answer initialize within 0\.3 s"):
        start("misbehaving", "silent")


def test_death_in_begin_is_an_adapter_error(start: Start) -> None:
    adapter = start("misbehaving", "dies-in-begin")
    with pytest.raises(AdapterError, match="ended in begin with status 4"):
        adapter.perform(BEGIN)


@needs_posix
def test_death_between_requests_says_nothing_once_and_ends_the_run_twice(start: Start) -> None:
    adapter = bad(start, "dies-between")
    assert ended(adapter) == 5
    for call in (LOGON, Call("observe")):
        assert adapter.perform(call).silent
    adapter.perform(BEGIN)
    assert ended(adapter) == 5
    with pytest.raises(AdapterError, match="between requests with status 5, and failed twice"):
        adapter.perform(LOGON)


def ended(adapter: Stdio) -> int | None:
    """Wait until the process behind the adapter has ended; returns its exit code."""
    running = adapter._running
    assert running is not None
    return running._process.exit_code(5)


@pytest.mark.parametrize("mode", ["dies-in-shutdown", "fails-after-shutdown"])
def test_bad_end_on_shutdown_is_tolerated_once(start: Start, mode: str) -> None:
    adapter = bad(start, mode)
    assert adapter.perform(Call("shutdown")).silent
    assert adapter.perform(BEGIN) == Outcome("result", {})


def test_begin_that_is_not_fresh_restarts_the_harness(start: Start) -> None:
    adapter = start("misbehaving", "stale")
    for _ in range(3):
        assert adapter.perform(BEGIN) == Outcome("result", {})


def test_begin_that_is_never_fresh_is_a_protocol_error(start: Start) -> None:
    adapter = start("misbehaving", "never-fresh")
    with pytest.raises(ProtocolError, match="just started"):
        adapter.perform(BEGIN)


def test_harness_that_offers_something_else_after_a_restart(start: Start, tmp_path: Path) -> None:
    adapter = start("misbehaving", "changes", str(tmp_path / "state"))
    adapter.perform(BEGIN)
    adapter.perform(Call("shutdown"))
    with pytest.raises(AdapterError, match="something else after a restart"):
        adapter.perform(BEGIN)


# --- standard error


@pytest.mark.parametrize("to_file", [False, True])
def test_flood_on_stderr_blocks_nothing_and_its_end_is_kept(start: Start, *, to_file: bool) -> None:
    adapter = start("misbehaving", "stderr-flood", stderr_to_file=to_file)
    adapter.perform(BEGIN)
    assert adapter.perform(LOGON).body["return"] == 0
    adapter.close()
    assert adapter.stderr.endswith("the last words\n")
    assert len(adapter.stderr) == 64 * 1024


def test_error_carries_the_standard_error_of_the_harness(tmp_path: Path) -> None:
    script = tmp_path / "harness.py"
    script.write_text("raise SystemExit('cannot load the library')")
    with pytest.raises(AdapterError) as caught:
        Stdio([sys.executable, str(script)])
    assert "cannot load the library" in caught.value.stderr
