"""MSGF-RT-01 and MSGF-PROP-04 on traces of calls, and the files that `world.bytes` shows."""

from typing import Any

import pytest

from adapters.reference import Reference
from conformance.trace import Call, Outcome

from .sample import SUBJECT, UNICODE, VALUES, Session, broken, held

RT, FLAGS = "MSGF-RT-01", "MSGF-PROP-04"
LONG = "0x00170003"


class Changing(Reference):
    """The reference with other answers to one method."""

    def __init__(self, method: str, change: Any) -> None:
        super().__init__()
        self.changed, self.change = method, change

    def perform(self, call: Call) -> Outcome:
        if call.method == self.changed:
            call = self.change(call)
        return super().perform(call)


def without(tag: str) -> Any:
    """Calls that leave out a property."""

    def change(call: Call) -> Call:
        props = {name: value for name, value in call.params["props"].items() if name != tag}
        return Call(call.method, {**call.params, "props": props})

    return change


def saved(adapter: Reference | None = None, flags: int = UNICODE) -> Session:
    """A message with an attachment, saved and looked at; then opened again and read."""
    session = Session(adapter)
    message = session.open(session.storage("s"), "msg", flags)
    session.set(message, VALUES)
    part = session.attach(message, "part")
    session.set(part, {SUBJECT: "of the part"}, "IAttach")
    session.save(part, "IAttach")
    session.save(message)
    session.file("s")
    session.call("world.reopen", name="again", mode="read", transacted=True, **{"from": "s"})
    copy = session.open("again", "copy", flags)
    session.call("IMessage.GetProps", this=copy, tags=list(VALUES))
    return session


@pytest.mark.parametrize("flags", [0, UNICODE])
def test_what_was_saved_is_in_the_file_and_comes_back(flags: int) -> None:
    session = saved(flags=flags)
    assert broken(session) == set()
    assert RT in held(session)


@pytest.mark.parametrize("tag", sorted(set(VALUES) - {"0x0E1F000B"}))
def test_a_property_that_is_dropped_breaks_it(tag: str) -> None:
    assert broken(saved(Changing("IMessage.SetProps", without(tag)))) == {RT}


def test_a_property_of_an_attachment_that_is_dropped_breaks_it() -> None:
    assert broken(saved(Changing("IAttach.SetProps", without(SUBJECT)))) == {RT}


def test_another_value_breaks_it() -> None:
    def change(call: Call) -> Call:
        props = {**call.params["props"], LONG: 7}
        return Call(call.method, {**call.params, "props": props})

    session = saved(Changing("IMessage.SetProps", change))
    assert broken(session) == {RT}


def test_what_was_not_saved_is_not_asked_for() -> None:
    session = Session()
    message = session.open(session.storage("s"), "msg")
    session.set(message, {LONG: 1})
    session.file("s")
    assert (broken(session), held(session)) == (set(), set())


def test_what_the_caller_did_not_commit_is_not_asked_for() -> None:
    session = Session()
    message = session.open(session.storage("s"), "msg", UNICODE | 1)
    session.set(message, {LONG: 1})
    session.save(message)
    session.file("s")
    assert held(session) == set()
    session.call("world.commit", name="s")
    session.file("s")
    assert broken(session) == set()
    assert RT in held(session)


def test_a_deleted_attachment_is_not_asked_for() -> None:
    session = Session()
    message = session.open(session.storage("s"), "msg")
    for name in ("one", "two"):
        part = session.attach(message, name)
        session.set(part, {SUBJECT: name}, "IAttach")
        session.save(part, "IAttach")
        session.call("IAttach.Release", this=part)
    assert session.call("IMessage.DeleteAttach", this=message, number=0)["return"] == 0
    session.save(message)
    session.file("s")
    assert broken(session) == set()
    assert RT in held(session)


@pytest.mark.parametrize("how", ["second message", "release", "own stream", "old file"])
def test_nothing_is_said_where_little_is_known(how: str) -> None:
    session = Session()
    storage = session.storage("s")
    message = session.open(storage, "msg")
    session.set(message, {LONG: 1})
    session.save(message)
    if how == "second message":
        session.open(storage, "other")
    elif how == "release":
        session.call("IMessage.Release", this=message)
        session.steps.append(
            (Call("IMessage.SaveChanges", {"this": message}), Outcome("result", {"return": 0}))
        )
    elif how == "own stream":
        session.call("world.create", name=storage, element="__mine", base64="")
    else:
        encoded = session.call("world.bytes", name=storage)["base64"]
        session.steps.clear()
        session.call("world.storage", name="t", mode="read", transacted=False, base64=encoded)
        storage = "t"
    session.file(storage)
    assert (broken(session), held(session)) == (set(), set())


def attributed(flags: int, adapter: Reference | None = None) -> Session:
    """A property gets flags, is set again, and read."""
    session = Session(adapter)
    message = session.open(session.storage("s"), "msg")
    session.set(message, {LONG: 1, SUBJECT: "x"})
    answer = session.call("SetAttribIMsgOnIStg", lpObject=message, attribs={LONG: flags})
    assert answer["return"] == 0
    session.call("IMessage.SetProps", this=message, props={LONG: 2, SUBJECT: "y"})
    session.call("IMessage.GetProps", this=message, tags=[LONG, SUBJECT])
    session.save(message)
    session.file("s")
    return session


@pytest.mark.parametrize("flags", [0, 2, 4, 6])
def test_flags_bind_in_the_reference(flags: int) -> None:
    session = attributed(flags)
    assert broken(session) == set()
    assert (FLAGS in held(session)) == (flags != 6)


@pytest.mark.parametrize("flags", [0, 2, 4])
def test_flags_that_are_stored_and_not_enforced_break_it(flags: int) -> None:
    class Lax(Reference):
        def perform(self, call: Call) -> Outcome:
            if call.method == "SetAttribIMsgOnIStg":
                call = Call(call.method, {**call.params, "attribs": {}})
            return super().perform(call)

    assert FLAGS in broken(attributed(flags, Lax()))
