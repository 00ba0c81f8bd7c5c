"""The calls bound to a session: rows SIMPLE-CALL, SIMPLE-MEM and SIMPLE-CONV on traces by hand."""

from typing import Any

import pytest

from adapters.reference import Reference
from conformance.dependence import without
from conformance.explore.alphabet.simple import logoff, logon
from conformance.explore.alphabet.simple_mail import call_on, find_next, message_id
from conformance.play import Player, play
from conformance.symbols import literal
from conformance.trace import Call, Outcome, Step

from .steps import found, step

ZERO = literal(0)
UNKNOWN = literal(0x5AFEC0DE)


def answered(call: Call, code: int = 0, **result: Any) -> Step:
    return step(call.method, dict(call.params), code=code, **result)


def on(name: str, flags: int = 0) -> Step:
    return answered(logon(flags=flags, out=name), out={"lplhSession": f"0x{name[1:]}0"})


def off(name: str) -> Step:
    return answered(logoff(name))


def first(handle: str, text: str) -> Step:
    return answered(find_next(handle), lpszMessageID=text)


def read(handle: Any, of: str, subject: str | None, code: int = 0) -> Step:
    more: dict[str, Any] = {"lpszMessageID": message_id((of, 0)), "lppMessage": "b1"}
    out = {"lppMessage": None if code else "0x40"}
    return answered(call_on("MAPIReadMail", handle, **more), code, subject=subject, out=out)


def delete(handle: Any, of: str, code: int) -> Step:
    return answered(call_on("MAPIDeleteMail", handle, lpszMessageID=message_id((of, 0))), code)


def save(handle: Any, code: int = 0) -> Step:
    call = call_on("MAPISaveMail", handle, subject="s", lpszMessageID=None)
    return answered(call, code, lpszMessageID=None if code else "A1")


def send(handle: Any, code: int) -> Step:
    return answered(call_on("MAPISendMail", handle, subject="s"), code)


def look(sessions: int) -> Step:
    return step("observe", {}, live={"sessions": sessions})


@pytest.mark.parametrize(("code", "holds"), [(19, True), (2, True), (0, False)])
def test_finding_takes_no_zero_handle(code: int, holds: bool) -> None:
    held, broken = found("simple", answered(find_next(ZERO), code))
    assert ("SIMPLE-CALL-01" in held) is holds
    assert broken == (set() if holds else {"SIMPLE-CALL-01"})


@pytest.mark.parametrize(("code", "holds"), [(19, True), (17, False), (0, False)])
def test_a_dead_handle_reads_nothing(code: int, holds: bool) -> None:
    steps = [on("h1"), first("h1", "A1"), off("h1"), read("h1", "h1", None, code)]
    held, broken = found("simple", *steps)
    assert ("SIMPLE-CALL-02" in held) is holds
    assert broken == (set() if holds else {"SIMPLE-CALL-02"})


@pytest.mark.parametrize(
    ("bad", "row"), [("h2", "SIMPLE-CALL-02"), (ZERO, "SIMPLE-CALL-01")], ids=["dead", "zero"]
)
def test_a_refused_deletion_deletes_nothing(bad: Any, row: str) -> None:
    known = [on("h1"), on("h2", 2), first("h1", "A1"), read("h1", "h1", "Hello"), off("h2")]
    refused = [*known, delete(bad, "h1", 19)]
    assert row in found("simple", *refused, read("h1", "h1", "Hello"))[0]
    assert found("simple", *refused, read("h1", "h1", None, 17))[1] == {row}
    assert found("simple", *refused, read("h1", "h1", "Other"))[1] == {row}
    # Two refused calls of different kinds: either may be to blame.
    both = [*refused, delete(ZERO if bad == "h2" else "h2", "h1", 19)]
    assert found("simple", *both, read("h1", "h1", None, 17))[1] == set()


def test_the_session_of_a_call_is_gone_after_it() -> None:
    assert "SIMPLE-CALL-03" in found("simple", send(ZERO, 0), look(0))[0]
    assert found("simple", send(ZERO, 0), look(1))[1] == {"SIMPLE-CALL-03"}
    assert found("simple", save(ZERO), look(1))[1] == {"SIMPLE-CALL-03"}


def test_zero_is_refused_only_for_want_of_credentials() -> None:
    assert found("simple", send(ZERO, 3))[1] == set()
    assert found("simple", send(ZERO, 19))[1] == {"SIMPLE-CALL-03"}
    shared = [on("h1"), send("h1", 0)]
    assert found("simple", *shared, send(ZERO, 0))[1] == set()
    assert found("simple", *shared, send(ZERO, 2))[1] == {"SIMPLE-CALL-03"}


@pytest.mark.parametrize(
    ("code", "subject", "holds"),
    [(17, None, True), (0, "Hello", True), (0, "Other", False), (2, None, False)],
)
def test_an_old_identifier_is_no_other_message(code: int, subject: str | None, holds: bool) -> None:
    steps = [on("h1"), first("h1", "A1"), read("h1", "h1", "Hello"), off("h1"), on("h2")]
    held, broken = found("simple", *steps, read("h2", "h1", subject, code))
    assert ("SIMPLE-CALL-04" in held) is holds
    assert broken == (set() if holds else {"SIMPLE-CALL-04"})


def test_an_identifier_that_both_sessions_gave_is_no_old_one() -> None:
    steps = [on("h1"), first("h1", "1"), read("h1", "h1", "Hello"), off("h1"), on("h2")]
    again = [first("h2", "1"), read("h2", "h1", "Other")]
    assert found("simple", *steps, *again)[1] == set()


@pytest.mark.parametrize(("code", "holds"), [(19, True), (2, True), (0, False), (3, False)])
def test_sending_on_an_invalid_handle(code: int, holds: bool) -> None:
    held, broken = found("simple", send(UNKNOWN, code))
    assert ("SIMPLE-CALL-05" in held) is holds
    assert broken == (set() if holds else {"SIMPLE-CALL-05"})


def test_a_buffer_outlives_its_session() -> None:
    steps = [on("h1"), first("h1", "A1"), read("h1", "h1", "Hello"), off("h1")]
    free = Call("MAPIFreeBuffer", {"pv": "b1"})
    assert "SIMPLE-MEM-01" in found("simple", *steps, answered(free))[0]
    assert found("simple", *steps, answered(free, 2))[1] == {"SIMPLE-MEM-01"}
    crash = Step(free, Outcome("crash", {"signal": 11}))
    assert found("simple", *steps, crash)[1] == {"SIMPLE-MEM-01"}
    # Freeing twice is undefined.
    assert found("simple", *steps, answered(free), answered(free, 2))[1] == set()


@pytest.mark.parametrize(("code", "broken"), [(0, set()), (2, {"SIMPLE-MEM-02"})])
def test_freeing_null(code: int, broken: set[str]) -> None:
    assert found("simple", answered(Call("MAPIFreeBuffer", {"pv": None}), code))[1] == broken


@pytest.mark.parametrize(
    ("handle", "flags", "code", "holds"),
    [
        (UNKNOWN, 0, 0x80070057, True),
        (UNKNOWN, 0, 19, False),
        ("h1", 1, 0x80040106, True),
        ("h1", 1, 0, False),
        ("h1", 1, 2, False),
    ],
)
def test_converting_a_handle(handle: Any, flags: int, code: int, holds: bool) -> None:
    params = {"lhSession": handle, "ulFlags": flags, "lppMAPISession": "x1"}
    convert = step("ScMAPIXFromSMAPI", params, code=code, out={"lppMAPISession": "untouched"})
    held, broken = found("simple", on("h1"), convert)
    assert ("SIMPLE-CONV-01" in held) is holds
    assert broken == (set() if holds else {"SIMPLE-CONV-01"})


def test_message_identifiers_are_resolved_anew_in_every_run() -> None:
    calls = [logon(out="h1"), find_next("h1"), find_next("h1", message_id(("h1", 0)))]
    trace = play(Player(Reference(), "simple", {}), calls)
    given = [one.outcome.body.get("lpszMessageID") for one in trace]
    assert trace[2].outcome.resolved == {"lpszSeedMessageID": given[1]}
    assert given[2] not in (None, given[1])
    missing = play(Player(Reference(), "simple", {}), [calls[0], calls[2]])
    assert missing[1].outcome.silent
    assert without(calls, [0]) == []


def unsaved(subject: str, code: int = 19) -> Step:
    call = call_on("MAPISaveMail", "h2", subject=subject, lpszMessageID=None)
    return answered(call, code, lpszMessageID=None)


def found_again(subject: str) -> Step:
    more: dict[str, Any] = {"lpszMessageID": message_id(("h1", 1)), "lppMessage": "b2"}
    out = {"lppMessage": "0x50"}
    return answered(call_on("MAPIReadMail", "h1", **more), subject=subject, out=out)


def test_a_refused_call_saves_nothing_that_was_not_there_before() -> None:
    last = answered(find_next("h1", message_id(("h1", 0))), 16, lpszMessageID=None)
    new = answered(find_next("h1", message_id(("h1", 0))), lpszMessageID="B")
    dead = [on("h1"), on("h2", 2), off("h2"), first("h1", "A"), read("h1", "h1", "old")]
    whole = [*dead, last]
    assert found("simple", *whole, unsaved("x"), new, found_again("x"))[1] == {"SIMPLE-CALL-02"}
    assert found("simple", *whole, unsaved("x"), new, found_again("y"))[1] == set()
    # Not seen whole before, or seen with that very subject, or saved by a call that may.
    assert found("simple", *dead, unsaved("x"), new, found_again("x"))[1] == set()
    assert found("simple", *whole, unsaved("old"), new, found_again("old"))[1] == set()
    sent = answered(call_on("MAPISendMail", "h1", subject="x"))
    assert found("simple", *whole, unsaved("x"), sent, new, found_again("x"))[1] == set()


def test_a_refused_read_gives_no_message() -> None:
    refused = read("h1", "h1", None, 19)
    given = Step(refused.call, Outcome("result", {"return": 19, "out": {"lppMessage": "0x40"}}))
    before = [on("h1"), first("h1", "A"), off("h1")]
    assert found("simple", *before, refused)[1] == set()
    assert found("simple", *before, given)[1] == {"SIMPLE-CALL-02"}
