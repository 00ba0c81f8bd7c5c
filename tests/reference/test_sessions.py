from typing import Any

import pytest

S_OK = 0
UNKNOWN_FLAGS = 0x80040106
INVALID_OBJECT = 0x80040108
NO_MEMORY = 0x8007000E
INVALID_PARAMETER = 0x80070057
UNICODE = 0x80000000
MASK = "0x340D0003"
REST = {"live": 0, "bytes": 0, "references": 1, "foreign_frees": 0}
SUBJECT = "0x0037001F"


def test_sessions_are_distinct_and_leave_nothing_behind(on: Any) -> None:
    code_a, token_a, a = on.open_session()
    code_b, token_b, b = on.open_session()
    assert (code_a, code_b) == (S_OK, S_OK)
    assert token_a != token_b
    assert on.live()["sessions"] == 2
    assert on.lent("m")["references"] == 3
    assert on.close(a) == {"return": None}
    assert on.close(b) == {"return": None}
    assert on.live() == {"sessions": 0, "messages": 0}
    assert on.lent("m") == REST


@pytest.mark.parametrize(
    ("malloc", "flags", "out", "code"),
    [
        (None, 0, "", INVALID_PARAMETER),
        ("m", 0, None, INVALID_PARAMETER),
        (None, 0, None, INVALID_PARAMETER),
        (None, 0x40, None, INVALID_PARAMETER),
        *[("m", 1 << bit, "", UNKNOWN_FLAGS) for bit in range(31)],
        ("m", 0x80000001, "", UNKNOWN_FLAGS),
        ("m", 0xFFFFFFFF, "", UNKNOWN_FLAGS),
        ("m", UNICODE, "", S_OK),
    ],
)
def test_arguments_of_open_session(
    on: Any, malloc: str | None, flags: int, out: str | None, code: int
) -> None:
    got, token, _ = on.open_session(malloc, flags, out)
    assert got == code
    assert on.live()["sessions"] == (code == S_OK)
    if code != S_OK:
        assert token == ("untouched" if out == "" else None)
        assert on.lent("m") == REST


@pytest.mark.parametrize("successes", range(8))
def test_lack_of_memory_leaks_nothing(on: Any, successes: int) -> None:
    on.malloc("scarce", successes)
    storage = on.storage()
    codes = []
    code, _, session = on.open_session("scarce")
    codes.append(code)
    if code == S_OK:
        code, _, message = on.build(storage, session, lpMalloc="scarce")
        codes.append(code)
        if code == S_OK:
            on.set(message, {SUBJECT: "x"})
            codes.append(on.save(message))
            name = on.name()
            answer = on.call("IMessage.CreateAttach", this=message, lppAttach=name)
            codes.append(answer["return"])
            if answer["return"] == S_OK:
                codes.append(on.embed(name)[0])
        on.close(session)
    assert set(codes) <= {S_OK, NO_MEMORY}
    assert (NO_MEMORY in codes) == (successes < 6)
    assert on.lent("scarce") == REST
    assert on.lent(storage)["references"] == 1
    assert on.live() == {"sessions": 0, "messages": 0}


def test_session_keeps_its_allocator(on: Any) -> None:
    session = on.session()
    assert on.call("world.release", name="m") == {"return": 1}
    on.malloc("other")
    message = on.message(session=session, lpMalloc="other")
    assert on.set(message, {SUBJECT: "x"}) == {}
    on.close(session)
    assert on.lent("m") == REST | {"references": 0}


@pytest.mark.parametrize("argument", [None, "m", "closed"])
def test_closing_what_is_no_open_session_has_no_effect(on: Any, argument: str | None) -> None:
    closed = on.session()
    on.close(closed)
    session = on.session()
    message = on.message(session=session)
    assert on.close(closed if argument == "closed" else argument) == {"return": None}
    assert on.live() == {"sessions": 1, "messages": 1}
    assert on.get(message, MASK) == {MASK: 0}


def test_close_ends_the_messages_of_that_session_only(on: Any) -> None:
    first, second = on.session(), on.session()
    storages = [on.storage() for _ in range(4)]
    mine = [on.message(storage, first) for storage in storages[:2]]
    others = [on.message(storages[2], second), on.message(storages[3])]
    attachment, _ = on.attach(mine[0])
    _, _, embedded = on.embed(attachment)
    on.close(first)
    assert on.live() == {"sessions": 1, "messages": 2}
    assert [on.lent(storage)["references"] for storage in storages] == [1, 1, 2, 2]
    for dead in (*mine, embedded):
        assert on.get(dead, MASK) == INVALID_OBJECT
        assert on.release(dead) == 0
    assert on.get(attachment, SUBJECT, kind="IAttach") == INVALID_OBJECT
    assert on.release(attachment, "IAttach") == 0
    for message in others:
        assert on.get(message, MASK) == {MASK: 0}
        assert on.release(message) == 0
    on.close(second)
    assert on.lent("m") == REST


def test_closed_session_takes_no_message(on: Any) -> None:
    session = on.session()
    on.close(session)
    assert on.build(on.storage(), session)[0] == INVALID_PARAMETER
    assert on.live()["messages"] == 0


@pytest.mark.parametrize("references", [1, 2])
def test_callback_comes_at_the_close_of_the_session(on: Any, references: int) -> None:
    session, storage = on.session(), on.storage()
    _, token, message = on.build(storage, session, lpfMsgCallRelease=True, ulCallerData=7)
    if references == 2:
        on.call("IMessage.AddRef", this=message)
    on.close(session)
    expected = [{"ulCallerData": 7, "message": token}]
    assert on.call("observe")["released"] == expected
    assert on.release(message) == references - 1
    assert on.call("observe")["released"] == expected
    assert on.lent(storage) == {"references": 1, "commits": 0, "calls_after_release": 0}


def test_initialisation_is_counted_and_not_demanded(on: Any) -> None:
    assert on.open_session()[0] == S_OK
    assert on.call("MAPIInitialize") == {"return": S_OK}
    assert on.call("MAPIUninitialize") == {"return": None}


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("IMessage.CopyTo", {}, -32601),
        ("MAPILogon", {}, -32601),
        ("OpenIMsgSession", {"lpMalloc": "m", "lppMsgSess": "s"}, -32602),
        ("OpenIMsgSession", {"lpMalloc": "nobody", "ulFlags": 0, "lppMsgSess": "s"}, -32602),
        ("OpenIMsgSession", {"lpMalloc": "m", "ulFlags": -1, "lppMsgSess": "s"}, -32602),
        ("OpenIMsgSession", {"lpMalloc": "m", "ulFlags": 2**32, "lppMsgSess": "s"}, -32602),
        ("OpenIMsgSession", {"lpMalloc": "m", "ulFlags": True, "lppMsgSess": "s"}, -32602),
        ("IMessage.Release", {"this": "m"}, -32602),
        ("world.storage", {"name": "t", "mode": "append", "transacted": True}, -32602),
        ("world.storage", {"name": "t", "mode": "read", "base64": "QUJD"}, -32001),
        ("begin", {"family": "telex"}, -32602),
    ],
)
def test_calls_that_cannot_be_made(on: Any, method: str, params: dict[str, Any], code: int) -> None:
    outcome = on.perform(method, **params)
    assert (outcome.kind, outcome.code) == ("error", code)


def test_begin_drops_everything(on: Any) -> None:
    session = on.session()
    on.call("begin", family="imsg")
    empty = {"mallocs": {}, "storages": {}, "released": [], "live": {"sessions": 0, "messages": 0}}
    assert on.call("observe") == empty | {"buffers": {"live": 0, "foreign_frees": 0}}
    assert on.perform("CloseIMsgSession", lpMsgSess=session).code == -32602


def test_exceptions_of_an_implementation_are_outcomes(
    on: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object, session: object) -> None:
        raise OverflowError("too much")

    monkeypatch.setattr("adapters.reference.imsg.Imsg.close_session", fail)
    outcome = on.perform("CloseIMsgSession", lpMsgSess=None)
    assert outcome.raised
    assert outcome.body["data"] == {"type": "OverflowError", "message": "too much"}
