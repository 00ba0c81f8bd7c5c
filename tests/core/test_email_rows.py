"""The rows of `email`, judged on traces told by hand: what holds, breaks, or says nothing."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.capabilities import PROTOCOLS, Capabilities
from conformance.explore.alphabet.email import (
    by_name,
    by_variable,
    close,
    count,
    fault,
    send,
    server,
    start,
    start_both,
    start_tls,
    time_out,
)
from conformance.findings import Broken, Held
from conformance.trace import Call, Outcome

from .fakes import CRASH, HANG, Story, error, result

ANN, BEN = by_name("ann"), by_name("ben")
V1, V2 = by_variable("v1", "ann"), by_variable("v2", "ann")
LOOK, OBSERVE = Call("servers.observe", {}), Call("observe", {})
INFO, END = Call("ErrorInfo", {}), Call("shutdown", {})
YES, NO = Outcome("result", {"return": True}), Outcome("result", {"return": False})
NULL, DONE = result(None), Outcome("result", {})
RAISED = error(-32003)
TWO_MAILS = result(2)
ALL = frozenset(
    {
        "EmailStartSession",
        "EmailStartPOP3Session",
        "EmailStartIMAPSession",
        "EmailStartSMTPSession",
        "EmailStartNotesSession",
        "EmailStartOutlookSession",
        "EmailCloseSession",
        "EmailSetTimeOut",
        "EmailGetCount",
        "EmailSendMessage",
        "ErrorInfo",
    }
)
MAIL = frozenset({"pop3", "smtp", "imap"})


def story(protocols: frozenset[str] = MAIL) -> Story:
    able = Capabilities(ALL, frozenset({"live"}), protocols=protocols, tls=True)
    return Story("email", able)


def seen(delivered: Any = 0, said: Any = None, **live: Any) -> Outcome:
    """What a look at the servers shows."""
    nothing: dict[str, Any] = {"pop3": {}, "smtp": {}, "imap": {}}
    farewells = {**nothing, **(said or {})}
    body = {"live": {**nothing, **live}, "farewells": farewells, "delivered": delivered}
    return Outcome("result", body)


def held(number: int) -> Outcome:
    return Outcome("result", {"live": {"sessions": number}})


def told(message: str, *, occurred: bool) -> Outcome:
    return Outcome("result", {"occurred": occurred, "message": message})


def start_client(name: str, variable: str) -> Call:
    params = {"session": by_variable(variable, ""), "profile": "", "password": ""}
    return Call(f"EmailStart{name}Session", params)


def started(*calls: Call, protocols: frozenset[str] = MAIL) -> Story:
    """A story in which these starts succeed."""
    one = story(protocols)
    for call in calls:
        one.tell(call, YES)
    return one


A, B = {"ann": 1}, {"ben": 1}


def test_a_good_start_returns_true_and_is_live() -> None:
    assert story().tell(start("pop3", ANN), YES) == {"EMAIL-START-01": Held()}
    assert story().broken(start("pop3", ANN), NO) == {"EMAIL-START-01"}
    assert story().broken(start("imap", ANN), RAISED) == {"EMAIL-START-01"}
    assert story().broken(start("smtp", ANN), CRASH) == {"EMAIL-START-01"}
    assert started(start("pop3", ANN)).broken(LOOK, seen()) == {"EMAIL-START-01"}
    assert not started(start("pop3", ANN)).broken(LOOK, seen(pop3=A))


def test_a_session_that_took_leave_at_once_may_connect_for_each_use() -> None:
    one = started(start("pop3", ANN))
    assert not one.broken(LOOK, seen(said={"pop3": A}))
    assert not one.broken(OBSERVE, held(0))


def test_the_harness_alone_does_not_show_that_a_session_is_missing() -> None:
    assert not started(start("pop3", ANN)).broken(OBSERVE, held(0))


@pytest.mark.parametrize("protocol", ["pop3", "imap"])
def test_a_session_that_reads_counts_the_mails(protocol: str) -> None:
    assert not started(start(protocol, ANN)).broken(count(ANN), TWO_MAILS)
    for wrong in (result(0), result(3), NULL, RAISED, CRASH, HANG):
        found = started(start(protocol, ANN)).broken(count(ANN), wrong)
        assert found == {"EMAIL-START-01", "EMAIL-START-03"}


def test_a_mail_that_was_sent_reaches_the_server() -> None:
    one = started(start("smtp", ANN))
    one.tell(send(ANN), YES)
    assert one.broken(LOOK, seen(0, smtp=A)) == {"EMAIL-START-01"}
    assert not one.broken(LOOK, seen(1, smtp=A))


BAD = [
    start("pop3", ANN, "wrong"),
    start("pop3", by_name("nobody")),
    start("imap", ANN, at=server("closed")),
    start("smtp", ANN, at="nowhere.invalid:110"),
]


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_start_returns_false(bad: Call) -> None:
    assert story().tell(bad, NO) == {"EMAIL-START-02": Held()}
    for wrong in (YES, RAISED, CRASH):
        assert story().broken(bad, wrong) == {"EMAIL-START-02"}


def test_a_name_service_may_take_its_time() -> None:
    assert not story().broken(BAD[3], HANG)
    assert story().broken(BAD[2], HANG) == {"EMAIL-START-02"}


@pytest.mark.parametrize("mode", ["refuse", "drop", "nonsense"])
def test_a_server_that_fails_makes_the_start_fail(mode: str) -> None:
    one = story()
    one.tell(fault("pop3", mode), DONE)
    assert one.broken(start("pop3", ANN), YES) == {"EMAIL-START-02"}
    assert not one.broken(start("imap", ANN), YES)


@pytest.mark.parametrize(
    ("answer", "fine"),
    [
        (told("refused", occurred=True), True),
        (told("refused", occurred=False), False),
        (told("", occurred=True), False),
        (told(" \n", occurred=True), False),
        (CRASH, False),
    ],
)
def test_a_failed_start_is_told_by_error_info(answer: Outcome, fine: bool) -> None:
    one = story()
    one.tell(BAD[0], NO)
    assert one.broken(INFO, answer) == (set() if fine else {"EMAIL-START-02"})


def test_error_info_speaks_of_the_last_call_only() -> None:
    one = story()
    one.tell(BAD[0], NO)
    one.tell(count(BEN), NULL)
    assert not one.tell(INFO, told("", occurred=False))


def test_a_failed_start_leaves_nothing_and_ends_nothing() -> None:
    for left in (seen(pop3=A), seen(pop3={"": 1})):
        one = story()
        one.tell(BAD[0], NO)
        assert one.broken(LOOK, left) == {"EMAIL-START-02"}
    one = started(start("pop3", BEN))
    one.tell(LOOK, seen(pop3=B))
    one.tell(BAD[0], NO)
    assert one.broken(LOOK, seen()) == {"EMAIL-START-02"}
    one = started(start("pop3", BEN))
    one.tell(BAD[0], NO)
    assert one.broken(count(BEN), NULL) == {"EMAIL-START-02"}


def test_a_name_whose_start_failed_can_be_started() -> None:
    one = story()
    one.tell(BAD[0], NO)
    assert one.broken(start("pop3", ANN), NO) == {"EMAIL-START-02"}


def test_what_else_stands_under_the_name_of_a_failed_start_is_left_open() -> None:
    one = started(start("imap", ANN))
    one.tell(LOOK, seen(imap=A))
    one.tell(BAD[0], NO)
    assert not one.broken(LOOK, seen())
    assert not one.broken(count(ANN), NULL)


@pytest.mark.parametrize("name", ["ANN", "an", "anna", "nobody", " ann"])
def test_another_name_is_another_session(name: str) -> None:
    one = started(start("pop3", ANN))
    assert one.broken(count(by_name(name)), TWO_MAILS) == {"EMAIL-START-03"}
    assert not one.broken(count(by_name(name)), NULL)
    assert not one.broken(count(by_name(name)), RAISED)


def test_a_name_in_other_letters_closes_nothing() -> None:
    one = started(start("pop3", ANN))
    one.tell(LOOK, seen(pop3=A))
    one.tell(close(by_name("ANN")), NULL)
    assert one.broken(LOOK, seen()) == {"EMAIL-START-03"}


def test_reading_and_sending_are_different_sessions() -> None:
    assert started(start("pop3", ANN)).broken(send(ANN), YES) == {"EMAIL-START-04"}
    assert started(start("imap", ANN)).broken(send(ANN), YES) == {"EMAIL-START-04"}
    assert started(start("smtp", ANN)).broken(count(ANN), result(0)) == {"EMAIL-START-04"}
    for failure in (NO, RAISED):
        assert not started(start("pop3", ANN)).broken(send(ANN), failure)


def test_the_other_direction_opens_and_sends_nothing() -> None:
    one = started(start("pop3", ANN))
    assert one.broken(LOOK, seen(pop3=A, smtp=A)) == {"EMAIL-START-04"}
    one = started(start("pop3", ANN))
    one.tell(LOOK, seen(pop3=A))
    one.tell(send(ANN), NO)
    assert one.broken(LOOK, seen(1, pop3=A)) == {"EMAIL-START-04"}


def test_the_combined_start_needs_both() -> None:
    assert story().tell(start_both(ANN), YES) == {"EMAIL-START-06": Held()}
    assert story().broken(start_both(ANN), NO) == {"EMAIL-START-06"}
    assert started(start_both(ANN)).broken(LOOK, seen(pop3=A)) == {"EMAIL-START-06"}
    half = start_both(ANN, smtp=server("closed"))
    assert "EMAIL-START-06" in story().broken(half, YES)
    one = story()
    one.tell(half, NO)
    assert one.broken(LOOK, seen(pop3=A)) == {"EMAIL-START-02"}
    assert not started(start_both(ANN, smtp="")).broken(LOOK, seen(pop3=A))


def test_a_variable_is_its_session() -> None:
    by_both = start_both(V1, smtp="")
    assert story().tell(by_both, YES) == {"EMAIL-START-07": Held()}
    assert story().broken(by_both, NO) == {"EMAIL-START-07"}
    assert "EMAIL-START-07" in started(by_both).broken(count(V1), NULL)
    one = started(by_both)
    one.tell(close(V1), NULL)
    one.tell(LOOK, seen())
    one.tell(start_both(by_variable("v1", "ben"), smtp=""), YES)
    assert one.broken(LOOK, seen(pop3=A)) == {"EMAIL-START-07"}


def test_outlook_may_change_the_directory() -> None:
    outlook = Call(
        "EmailStartOutlookSession",
        {"session": by_variable("v1", ""), "profile": "", "password": ""},
    )
    assert "EMAIL-START-08" in story(PROTOCOLS).tell(outlook, result(7))
    assert story(PROTOCOLS).broken(outlook, CRASH) == {"EMAIL-START-08"}


@pytest.mark.parametrize("mode", ["silent", "drip"])
def test_a_slow_server_is_waited_for_as_long_as_was_said(mode: str) -> None:
    for answer, broken in ((NO, False), (YES, True), (HANG, True), (RAISED, True)):
        one = story()
        one.tell(time_out(200), NULL)
        one.tell(fault("imap", mode), DONE)
        assert ("EMAIL-START-09" in one.broken(start("imap", ANN), answer)) is broken


def test_a_silent_server_is_met_after_a_timeout_only() -> None:
    one = story()
    one.tell(fault("imap", "silent"), DONE)
    assert not one.judge.permits(start("imap", ANN))
    assert one.judge.permits(start("pop3", ANN))
    one.tell(time_out(600_000), NULL)
    assert not one.judge.permits(start("imap", ANN))
    one.tell(time_out(200), NULL)
    assert one.judge.permits(start("imap", ANN))


def test_a_good_start_in_little_time_may_fail() -> None:
    one = story()
    one.tell(time_out(200), NULL)
    assert not one.broken(start("pop3", ANN), NO)


def test_a_certificate_may_be_distrusted() -> None:
    assert not story().broken(start_tls("pop3", ANN), NO)
    assert started(start_tls("pop3", ANN)).broken(LOOK, seen()) == {"EMAIL-START-01"}


def test_an_integer_or_the_variable_identifies_a_client_session() -> None:
    notes = start_client("Notes", "v1")
    readings = {
        answer: story(PROTOCOLS).tell(notes, result(answer)).get("EMAIL-START-10")
        for answer in (7, True, False, 0)
    }
    assert readings[7] == Held(frozenset("A"), "notes")
    assert readings[True] == Held(frozenset("B"), "notes")
    assert readings[False] is None


def closed(*calls: Call, by: Any = ANN, answer: Outcome = NULL) -> Story:
    """A story in which these are started, looked at, and closed."""
    one = started(*calls)
    live: dict[str, dict[str, int]] = {}
    for (_, protocol), session in one.judge.state.sessions.items():
        live.setdefault(protocol, {})[session.user] = 1
    one.tell(LOOK, seen(**live))
    one.tell(OBSERVE, held(sum(len(users) for users in live.values())))
    one.tell(close(by), answer)
    return one


def test_a_close_by_name_ends_the_session() -> None:
    assert closed(start("pop3", ANN)).broken(LOOK, seen(pop3=A)) == {"EMAIL-CLOSE-01"}
    assert closed(start("pop3", ANN)).broken(OBSERVE, held(1)) == {"EMAIL-CLOSE-01"}
    assert not closed(start("pop3", ANN)).broken(LOOK, seen())
    for answer in (RAISED, CRASH, HANG):
        assert started(start("pop3", ANN)).broken(close(ANN), answer) == {"EMAIL-CLOSE-01"}


EVERY = [start("pop3", ANN), start("smtp", ANN), start("imap", ANN)]


@pytest.mark.parametrize("left", ["pop3", "smtp", "imap"])
def test_a_close_by_name_ends_all_three(left: str) -> None:
    assert closed(*EVERY).broken(LOOK, seen(**{left: A})) == {"EMAIL-CLOSE-02"}


def test_a_close_by_variable_ends_its_session() -> None:
    for protocol in MAIL:
        one = closed(start(protocol, V1), by=V1)
        assert one.broken(LOOK, seen(**{protocol: A})) == {"EMAIL-CLOSE-03"}
    assert started(start("imap", V1)).broken(close({"variable": "v1"}), RAISED) == {
        "EMAIL-CLOSE-03"
    }


def readings_of(one: Story, look: Outcome, row: str) -> frozenset[str]:
    found = one.tell(LOOK, look)[row]
    assert isinstance(found, Held)
    return found.readings


def test_a_variable_may_end_the_others_of_its_user_or_not() -> None:
    pair = (start("pop3", V1), start("smtp", V2))
    assert readings_of(closed(*pair, by=V1), seen(smtp=A), "EMAIL-CLOSE-04") == {"A"}
    assert readings_of(closed(*pair, by=V1), seen(), "EMAIL-CLOSE-04") == {"B"}
    three = (*pair, start("imap", by_variable("v3", "ann")))
    assert closed(*three, by=V1).broken(LOOK, seen(smtp=A)) == {"EMAIL-CLOSE-04"}


def test_imap_alone_may_end_by_name_or_not() -> None:
    assert readings_of(closed(start("imap", ANN)), seen(), "EMAIL-CLOSE-05") == {"A"}
    assert readings_of(closed(start("imap", ANN)), seen(imap=A), "EMAIL-CLOSE-05") == {"B"}
    beside = closed(start("imap", ANN), start("pop3", ANN))
    found = beside.tell(LOOK, seen(imap=A))["EMAIL-CLOSE-05"]
    assert isinstance(found, Held)
    assert found.readings == {"B"}
    assert found.aspect
    assert started(start("imap", ANN)).broken(close(ANN), CRASH) == {"EMAIL-CLOSE-05"}
    assert not started(start("imap", ANN)).broken(close(ANN), RAISED)


@pytest.mark.parametrize(
    ("name", "row"), [("Outlook", "EMAIL-CLOSE-06"), ("Notes", "EMAIL-CLOSE-07")]
)
@pytest.mark.parametrize("by", [by_variable("v1", ""), {"identifier": {"of": "v1"}}])
def test_a_client_session_ends_alone(name: str, row: str, by: Any) -> None:
    def closing() -> Story:
        one = started(start("pop3", ANN), protocols=PROTOCOLS)
        for variable, number in (("v1", 7), ("v2", 8)):
            one.tell(start_client(name, variable), result(number))
        one.tell(OBSERVE, held(3))
        one.tell(LOOK, seen(pop3=A))
        one.tell(close(by), NULL)
        return one

    assert not closing().broken(OBSERVE, held(2))
    assert closing().broken(OBSERVE, held(3)) == {row}
    assert closing().broken(OBSERVE, held(1)) == {row}
    assert closing().broken(LOOK, seen()) == {row}
    assert closing().broken(count(by_variable("v1", "")), result(0)) == {row}


NOTHING = ["nobody", "", "past"]


@pytest.mark.parametrize("name", NOTHING)
def test_to_close_nothing_has_no_effect_or_is_an_error(name: str) -> None:
    def after() -> Story:
        one = started(start("pop3", BEN), start("pop3", ANN))
        one.tell(close(ANN), NULL)
        one.tell(LOOK, seen(pop3=B))
        return one

    nothing = close(ANN if name == "past" else by_name(name))
    row = "EMAIL-CLOSE-08"
    for answer, letters in ((NULL, "AB"), (RAISED, "B")):
        found = after().tell(nothing, answer)[row]
        assert isinstance(found, Held)
        assert found.readings == set(letters)
    for occurred, letter in ((True, "B"), (False, "A")):
        one = after()
        one.tell(nothing, NULL)
        found = one.tell(INFO, told("", occurred=occurred))[row]
        assert isinstance(found, Held)
        assert found.readings == {letter}
    assert after().broken(nothing, CRASH) == {row}
    for later, outcome in ((LOOK, seen()), (count(BEN), NULL)):
        one = after()
        one.tell(count(BEN), TWO_MAILS)
        one.tell(nothing, NULL)
        assert one.broken(later, outcome) == {row}


def test_a_closed_name_cannot_be_used_and_can_be_started() -> None:
    row = "EMAIL-CLOSE-09"
    assert closed(start("pop3", ANN)).broken(count(ANN), TWO_MAILS) == {row}
    assert closed(start("smtp", ANN)).broken(send(ANN), YES) == {row}
    for failure in (NULL, RAISED):
        assert closed(start("pop3", ANN)).tell(count(ANN), failure) == {row: Held()}
    assert closed(start("pop3", ANN)).broken(start("pop3", ANN), NO) == {row}
    one = closed(start("pop3", ANN))
    one.tell(LOOK, seen())
    one.tell(count(ANN), NULL)
    assert one.broken(LOOK, seen(pop3=A)) == {row}


def test_a_close_leaves_the_sessions_of_others() -> None:
    pair = (start("pop3", ANN), start("pop3", BEN))
    assert closed(*pair).broken(LOOK, seen()) == {"EMAIL-CLOSE-10"}
    assert closed(*pair).broken(count(BEN), NULL) == {"EMAIL-CLOSE-10"}
    assert not closed(*pair).broken(LOOK, seen(pop3=B))


def test_the_program_ends_its_sessions_once() -> None:
    def ended() -> Story:
        one = started(start("pop3", ANN))
        one.tell(LOOK, seen(pop3=A))
        one.tell(END, DONE)
        return one

    once, twice = {"pop3": {"ann": 1}}, {"pop3": {"ann": 2}}
    assert ended().tell(LOOK, seen(said=once)) == {"EMAIL-END-01": Held()}
    assert ended().tell(LOOK, seen()) == {"EMAIL-END-01": Held()}
    assert ended().broken(LOOK, seen(pop3=A)) == {"EMAIL-END-01"}
    assert ended().broken(LOOK, seen(said=twice)) == {"EMAIL-END-01"}
    assert not ended().judge.permits(count(ANN))


def test_a_start_of_what_there_is_not_is_refused() -> None:
    plain = frozenset({"pop3", "smtp"})
    imap = start("imap", ANN)
    assert story(plain).judge.permits(imap)
    assert not story(frozenset({"pop3", "outlook"})).judge.permits(imap)
    for answer in (NO, RAISED):
        assert story(plain).tell(imap, answer) == {"EMAIL-PLAT-01": Held()}
    assert started(imap, protocols=plain).broken(LOOK, seen()) == {"EMAIL-PLAT-01"}
    assert not started(imap, protocols=plain).broken(LOOK, seen(imap=A))


@pytest.mark.parametrize("later", [seen(), seen(pop3=A), seen(pop3={"ann": 2})])
def test_nothing_is_concluded_from_a_second_start_of_a_live_name(later: Outcome) -> None:
    for answer in (YES, NO):
        one = started(start("pop3", ANN))
        assert not one.broken(start("pop3", ANN), answer)
        assert not one.broken(LOOK, later)
        assert not one.broken(count(ANN), NULL)
        assert not one.broken(close(ANN), RAISED)


def test_nothing_is_concluded_of_a_live_variable_whose_name_was_changed() -> None:
    renamed = by_variable("v1", "an")
    one = started(start("pop3", V1))
    one.tell(start("pop3", by_name("nobody")), NO)
    assert not one.broken(start("pop3", renamed), NO)
    assert not one.broken(count(renamed), NULL)
    assert not one.broken(LOOK, seen())


def test_nothing_is_concluded_about_sessions_whose_server_failed() -> None:
    one = started(start("pop3", ANN))
    one.tell(LOOK, seen(pop3=A))
    one.tell(fault("pop3", "drop"), DONE)
    assert not one.broken(count(ANN), NULL)
    assert not one.broken(LOOK, seen())
    assert not one.broken(close(ANN), RAISED)


def test_one_leak_is_counted_once() -> None:
    one = closed(start("pop3", ANN))
    assert one.broken(LOOK, seen(pop3=A)) == {"EMAIL-CLOSE-01"}
    assert not one.broken(LOOK, seen(pop3=A))


def test_two_suspects_are_none() -> None:
    one = started(start("pop3", ANN))
    one.tell(LOOK, seen(pop3=A))
    one.tell(BAD[0], NO)
    one = closed(start("pop3", BEN), by=BEN)
    one.tell(start("pop3", BEN, "wrong"), NO)
    found = one.tell(LOOK, seen(pop3=B))
    assert not [name for name, what in found.items() if isinstance(what, Broken)]


def test_nothing_is_known_of_a_name_that_did_not_end_its_imap_session() -> None:
    one = closed(start("imap", ANN))
    one.tell(LOOK, seen(imap=A))
    assert not one.broken(count(ANN), NULL)
    one.tell(close(ANN), NULL)
    assert not one.broken(start("imap", ANN), NO)
    assert not one.broken(LOOK, seen(imap=A))


def test_a_session_that_may_be_dead_may_vanish_between_two_looks() -> None:
    one = started(start("smtp", V1), start("pop3", BEN))
    one.tell(LOOK, seen(smtp=A, pop3=B))
    one.tell(OBSERVE, held(2))
    one.tell(fault("smtp", "drop"), DONE)
    one.tell(LOOK, seen(smtp=A, pop3=B))
    one.tell(OBSERVE, held(2))
    one.tell(close(BEN), NULL)
    assert not one.broken(LOOK, seen())
    assert not one.broken(OBSERVE, held(0))


def test_a_start_again_that_took_leave_at_once_is_no_violation() -> None:
    one = closed(start("pop3", ANN))
    one.tell(LOOK, seen(said={"pop3": A}))
    one.tell(start("pop3", ANN), YES)
    assert not one.broken(LOOK, seen(said={"pop3": {"ann": 2}}))


def test_what_is_lacking_and_works_all_the_same_says_nothing() -> None:
    one = started(start("imap", ANN), protocols=frozenset({"pop3", "smtp"}))
    for answer in (TWO_MAILS, NULL):
        assert not one.broken(count(ANN), answer)
    one = story(frozenset({"pop3", "smtp"}))
    one.tell(start("imap", ANN), NO)
    assert not one.broken(INFO, told("", occurred=False))


def test_a_pretended_session_that_was_closed_is_not_missed() -> None:
    one = started(start("imap", ANN), protocols=frozenset({"pop3", "smtp"}))
    one.tell(close(ANN), NULL)
    assert not one.broken(LOOK, seen())
