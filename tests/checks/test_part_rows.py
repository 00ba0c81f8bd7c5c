"""Attachments, and closes of no open session: IMSG-MSG-16, ATTR-01, CLOSE-05 to -07."""

import pytest

from conformance.findings import Held
from conformance.judge import judge
from conformance.trace import Call, Outcome, Step

from .steps import capabilities, found, step
from .test_save_rows import FILE, elements, save, start

NO_ACCESS, INVALID_OBJECT, WARNING = 0x80070005, 0x80040108, 0x00040380


def attached(*more: Step) -> list[Step]:
    """A saved message with a saved attachment, closed again."""
    create = step("IMessage.CreateAttach", {"this": "g1", "lppAttach": "a1"}, number=0, out=_out(1))
    kept = step("IAttach.SaveChanges", {"this": "a1", "ulFlags": 2})
    return [*start(), create, kept, step("IAttach.Release", {"this": "a1"}), save(), *more]


def _out(number: int, param: str = "lppAttach") -> dict[str, str]:
    return {param: f"0xA{number}"}


def opened(name: str, flags: int) -> Step:
    params = {"this": "g1", "number": 0, "ulFlags": flags, "lppAttach": name}
    return step("IMessage.OpenAttach", params, out=_out(2))


def tried(code: int = 0, tag: str = "0x66050003") -> Step:
    params = {"this": "a2", "props": {tag: 7}}
    return step("IAttach.SetProps", params, code=code, problems={})


@pytest.mark.parametrize(
    ("before", "after", "broken"),
    [(0, 0, False), (NO_ACCESS, NO_ACCESS, False), (NO_ACCESS, 0, True), (0, NO_ACCESS, True)],
)
def test_the_second_open_leaves_the_access_mode_alone(
    before: int, after: int, *, broken: bool
) -> None:
    steps = attached(opened("a2", 0), tried(before), opened("a3", 1), tried(after))
    assert ("IMSG-MSG-16" in found("imsg", *steps)[1]) is broken


def test_access_is_not_compared_where_something_else_may_explain_it() -> None:
    renewed = step("IAttach.SaveChanges", {"this": "a2", "ulFlags": 2})
    text = tried(0x80040803, "0x3707001F")
    for between in (text, renewed):
        steps = attached(opened("a2", 0), between, opened("a3", 1), tried(NO_ACCESS))
        assert "IMSG-MSG-16" not in found("imsg", *steps)[1]
    never_again = attached(opened("a2", 0), tried(NO_ACCESS), tried())
    assert "IMSG-MSG-16" not in found("imsg", *never_again)[1]


@pytest.mark.parametrize(("code", "broken"), [(INVALID_OBJECT, 0), (WARNING, 0), (0, 1)])
def test_attributes_are_those_of_messages(code: int, broken: int) -> None:
    get = {"lpObject": "a2", "tags": ["0x0E210003"]}
    put_on = {"lpObject": "a2", "attribs": {"0x0E210003": 7}}
    for method, params in (("GetAttribIMsgOnIStg", get), ("SetAttribIMsgOnIStg", put_on)):
        steps = attached(opened("a2", 0), step(method, params, code=code, attribs={}))
        assert "IMSG-ATTR-01" in found("imsg", *steps)[broken]
        assert found("imsg", *steps)[1] == ({"IMSG-ATTR-01"} if broken else set())


def test_attachments_under_names_of_no_known_kind_are_not_missing() -> None:
    inner = "0/__properties_version1.0"
    listed = elements(*FILE, "attach0", f"attach{inner}")
    assert found("imsg", *attached(listed))[1] == {"IMSG-SAVE-03"}
    assert found("imsg", *attached(elements(*FILE)))[1] == {"IMSG-SAVE-05"}


def opens(name: str) -> Step:
    params = {"lpMalloc": "m1", "ulFlags": 0, "lppMsgSess": name}
    return step("OpenIMsgSession", params, out={"lppMsgSess": f"0x{name}"})


def closes(name: str | None) -> Step:
    return Step(Call("CloseIMsgSession", {"lpMsgSess": name}), Outcome("result", {"return": None}))


def look(sessions: int, messages: int = 1, freed: int = 0, commits: int = 0) -> Step:
    mallocs = {"m1": {"live": 0, "bytes": 9, "references": 1, "foreign_frees": freed}}
    storages = {"t1": {"references": 1, "commits": commits, "calls_after_release": 0}}
    live = {"sessions": sessions, "messages": messages}
    return step("observe", {}, live=live, mallocs=mallocs, storages=storages)


READ = {"this": "g1", "tags": ["0x340D0003"]}


@pytest.mark.parametrize(("again", "row"), [(None, "IMSG-CLOSE-05"), ("s1", "IMSG-CLOSE-06")])
def test_closing_what_is_no_session_harms_no_other(again: str | None, row: str) -> None:
    before = [*start(), opens("s1"), opens("s2"), closes("s1"), look(1), closes(again)]
    assert row in found("imsg", *before)[0]
    assert found("imsg", *before, look(1))[1] == set()
    assert found("imsg", *before, look(0))[1] == {row}
    assert found("imsg", *before, look(1, messages=0))[1] == {row}
    assert found("imsg", *before, look(1, freed=1))[1] == {row}
    dead = step("IMessage.GetProps", READ, code=INVALID_OBJECT, props={})
    fine = step("IMessage.GetProps", READ, props={"0x340D0003": 0})
    assert found("imsg", *before[:6], fine, closes(again), dead)[1] == {row}


def test_a_message_that_is_closed_and_writes_takes_two_readings() -> None:
    shell = [*owned(), closes("s1"), look(0, 0)]
    fails = step("IMessage.GetProps", READ, code=INVALID_OBJECT, props={})
    writes = step("IMessage.SaveChanges", {"this": "g1", "ulFlags": 2})
    lives = step("IMessage.GetProps", READ, props={"0x340D0003": 0})
    assert taken(*shell, fails, writes, look(0, 0, commits=1)) == set()
    assert "C" in taken(*shell, lives, writes, look(0, 0, commits=1))
    assert "B" in taken(*shell, fails, writes, look(0, 0))


def owned() -> list[Step]:
    """A message g1 on t1 in the session s1."""
    malloc, storage, build = start()
    mine = Call("OpenIMsgOnIStg", {**build.call.params, "lpMsgSess": "s1"})
    return [malloc, storage, opens("s1"), Step(mine, build.outcome)]


def taken(*steps: Step) -> set[str]:
    """The readings of IMSG-CLOSE-07 that explain all of a trace."""
    judged = judge(steps, "imsg", capabilities("imsg"))
    mine = [one for findings in judged for name, one in findings if name == "IMSG-CLOSE-07"]
    assert all(isinstance(one, Held) for one in mine)
    return set.intersection(*(set(one.readings) for one in mine if isinstance(one, Held)))
