"""What the documents leave open accuses nobody, found by an independent implementation."""

import pytest

from conformance.explore.alphabet.simple import logoff, logon
from conformance.model.imsg.state import Imsg, Life, Session

from .steps import found, step
from .test_save_rows import start

MASK, COMPUTED, INVALID_OBJECT, WARNING = "0x340D0003", 0x8004011A, 0x80040108, 0x00040380


def test_setting_the_mask_may_refuse_the_whole_call() -> None:
    """D7, Remarks: an attempt to set it returns MAPI_E_COMPUTED."""
    tried = step("IMessage.SetProps", {"this": "g1", "props": {MASK: 0}}, code=COMPUTED)
    held, broken = found("imsg", *start(), tried)
    assert "IMSG-MSG-18" in held
    assert not broken
    other = step("IMessage.SetProps", {"this": "g1", "props": {"0x66050003": 0}}, code=COMPUTED)
    assert found("imsg", *start(), other)[1] == {"IMSG-MSG-01"}


@pytest.mark.parametrize("released", [False, True])
def test_a_part_may_go_with_the_last_reference_of_its_message(*, released: bool) -> None:
    create = step(
        "IMessage.CreateAttach",
        {"this": "g1", "lppAttach": "a1"},
        number=0,
        out={"lppAttach": "0xA1"},
    )
    embed = step(
        "IAttach.OpenMessage",
        {"this": "a1", "create": True, "lppMsg": "e1"},
        out={"lppMsg": "0xE1"},
    )
    last = [step("IMessage.Release", {"this": "g1"})] if released else []
    read = step("IMessage.GetProps", {"this": "e1", "tags": [MASK]}, code=INVALID_OBJECT)
    broken = found("imsg", *start(), create, embed, *last, read)[1]
    assert broken == (set() if released else {"IMSG-MSG-01"})


def test_the_computed_mask_may_have_no_attributes() -> None:
    """It is not stored (IMSG-MSG-18), so that attributes may not be kept for it."""
    read = step("IMessage.GetProps", {"this": "g1", "tags": [MASK]}, props={MASK: 0x0E79})
    asked = step(
        "GetAttribIMsgOnIStg", {"lpObject": "g1", "tags": [MASK]}, code=WARNING, attribs={MASK: 8}
    )
    assert not found("imsg", *start(), read, asked)[1]


@pytest.mark.parametrize(("flags", "broken"), [(4, set()), (None, {"SIMPLE-LOGON-07"})])
def test_a_handle_may_have_ended_in_a_logoff_that_failed(
    flags: int | None, broken: set[str]
) -> None:
    """X-05: whether a session survives wrong flags is left open, so that its value may be free."""
    between = (
        []
        if flags is None
        else [step("MAPILogoff", dict(logoff("h1", flFlags=flags).params), code=2)]
    )
    first, again = (
        step("MAPILogon", dict(logon(out=name).params), out={"lplhSession": "0x1"})
        for name in ("h1", "h2")
    )
    assert found("simple", first, *between, again)[1] == broken


@pytest.mark.parametrize("life", [Life.LAWLESS, Life.ENDED, Life.OPEN])
def test_the_name_of_an_ended_session_reaches_what_may_have_its_value_now(life: Life) -> None:
    things = {"s1": Session("0x1", 0, "m1", Life.GONE), "s2": Session("0x1", 0, "m1", life)}
    state = Imsg(things=things, names={"s1": "s1", "s2": "s2"})
    assert state.thing("s1") == ("s2", things["s2"])
    assert state.reused("s1")
    assert not state.reused("s2")


@pytest.mark.parametrize(("attributes", "broken"), [(4, set()), (6, {"IMSG-MSG-01"})])
def test_attributes_may_outlast_the_value_that_they_were_given_to(
    attributes: int, broken: set[str]
) -> None:
    """XM 2.4.2.1: what is not readable is not read, and it may stay so when it is set again."""
    tag, other = "0x00170003", "0x00360003"
    put, again = (
        step("IMessage.SetProps", {"this": "g1", "props": {tag: value, other: value}}, problems={})
        for value in (1, 2)
    )
    attribs = {"lpObject": "g1", "attribs": {tag: attributes}}
    hide = step("SetAttribIMsgOnIStg", attribs, problems={})
    read = {"this": "g1", "tags": [tag, other]}
    got = step("IMessage.GetProps", read, code=WARNING, props={other: 2})
    assert found("imsg", *start(), put, hide, again, got)[1] == broken


@pytest.mark.parametrize(("sessions", "broken"), [(1, set()), (2, {"SIMPLE-LOGON-02"})])
@pytest.mark.parametrize("code", [5, 8])
def test_a_refused_logon_leaves_no_session(code: int, sessions: int, broken: set[str]) -> None:
    first = step("MAPILogon", dict(logon(flags=2, out="h1").params), out={"lplhSession": "0x1"})
    more = step("MAPILogon", dict(logon(flags=2, out="h2").params), code=code, out={})
    before, after = (step("observe", {}, live={"sessions": count}) for count in (1, sessions))
    short = step("world.fail_allocation", {"count": 1})
    steps = [first, before, *([short] if code == 5 else []), more, after]
    assert found("simple", *steps)[1] == broken
