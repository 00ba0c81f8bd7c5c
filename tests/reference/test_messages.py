from typing import Any

import pytest

S_OK = 0
W_ERRORS = 0x00040380
NO_SUPPORT = 0x80040102
BAD_CHARWIDTH = 0x80040103
UNKNOWN_FLAGS = 0x80040106
COMPUTED = 0x8004011A
NO_ACCESS = 0x80070005
INVALID_PARAMETER = 0x80070057
UNICODE = 0x80000000
NO_COMMIT = 1
MASK = "0x340D0003"
REST = {"live": 0, "bytes": 0, "references": 1, "foreign_frees": 0}
SUBJECT = "0x0037001F"
SUBJECT_A = "0x0037001E"


def test_message_without_session_ends_with_its_last_release(on: Any) -> None:
    storage = on.storage()
    message = on.message(storage)
    on.close(on.session())
    assert on.call("IMessage.AddRef", this=message) == {"return": 2}
    assert on.release(message) == 1
    assert on.get(message, MASK) == {MASK: 0}
    assert on.release(message) == 0
    assert on.live()["messages"] == 0
    assert on.lent(storage)["references"] == 1
    assert on.lent("m") == REST
    assert on.release(message) == 0


def test_message_lives_until_its_attachments_are_released(on: Any) -> None:
    storage = on.storage()
    message = on.message(storage, lpfMsgCallRelease=True)
    attachment, _ = on.attach(message)
    assert on.release(message) == 0
    assert on.lent(storage)["references"] == 2
    assert on.call("observe")["released"] == []
    assert on.release(attachment, "IAttach") == 0
    assert on.lent(storage)["references"] == 1
    assert len(on.call("observe")["released"]) == 1


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"lpMalloc": None}, INVALID_PARAMETER),
        ({"lpStg": None}, INVALID_PARAMETER),
        ({"lppMsg": None}, INVALID_PARAMETER),
        ({"lpAllocateBuffer": None}, INVALID_PARAMETER),
        ({"lpAllocateMore": None}, INVALID_PARAMETER),
        ({"lpFreeBuffer": None}, INVALID_PARAMETER),
        *[({"ulFlags": 1 << bit}, UNKNOWN_FLAGS) for bit in range(1, 31)],
        ({"ulFlags": UNICODE | NO_COMMIT}, S_OK),
    ],
)
def test_arguments_of_open_message(on: Any, params: dict[str, Any], code: int) -> None:
    storage = on.storage()
    got, token, _ = on.build(storage, **params)
    assert got == code
    if code != S_OK:
        assert token in ("untouched", None)
        assert on.lent("m") == REST
        assert on.lent(storage)["references"] == 1


@pytest.mark.parametrize(
    ("mode", "transacted", "allowed"),
    [
        ("readwrite", True, True),
        ("readwrite", False, False),
        ("read", False, True),
        ("read", True, True),
        ("write", False, False),
        ("write", True, False),
    ],
)
def test_modes_of_storage(on: Any, mode: str, transacted: bool, allowed: bool) -> None:
    code, _, message = on.build(on.storage(mode, transacted))
    assert (code == S_OK) == allowed
    assert allowed or code & 0x80000000
    if mode == "read":
        assert on.set(message, {SUBJECT: "x"}) == NO_ACCESS
        assert on.save(message) == NO_ACCESS


@pytest.mark.parametrize(
    ("session_flags", "flags", "mask"),
    [(0, 0, 0), (0, UNICODE, 0x40000), (UNICODE, 0, 0x40000), (UNICODE, UNICODE, 0x40000)],
)
def test_support_mask_tells_the_width(on: Any, session_flags: int, flags: int, mask: int) -> None:
    message = on.message(session=on.session(flags=session_flags), ulFlags=flags)
    assert on.get(message, MASK)[MASK] & 0x40000 == mask
    assert on.set(message, {MASK: 0xFFFFFFFF, SUBJECT: "y"}) == {MASK: COMPUTED}
    assert on.get(message, MASK)[MASK] & 0x40000 == mask
    assert on.get(message, SUBJECT) == {SUBJECT: "y"}


def test_text_of_either_width_is_found_by_the_other(on: Any) -> None:
    wide, narrow = on.message(ulFlags=UNICODE), on.message()
    for message in (wide, narrow):
        assert on.set(message, {SUBJECT: "caf\u00e9"}) == {}
        assert on.get(message, SUBJECT_A) == {SUBJECT_A: "caf\u00e9"}
    assert on.get(wide, "0x00370000") == {SUBJECT: "caf\u00e9"}
    assert on.get(narrow, "0x00370000") == {SUBJECT_A: "caf\u00e9"}
    assert on.set(wide, {SUBJECT: "\u65e5\u672c"}) == {}
    assert on.get(wide, SUBJECT) == {SUBJECT: "\u65e5\u672c"}
    assert on.set(narrow, {SUBJECT: "\u65e5\u672c"}) == {SUBJECT: BAD_CHARWIDTH}
    assert on.get(narrow, SUBJECT) == {SUBJECT: "caf\u00e9"}


def test_absent_properties_are_left_out_with_a_warning(on: Any) -> None:
    message = on.message()
    answer = on.call("IMessage.GetProps", this=message, tags=[MASK, SUBJECT])
    assert answer == {"return": W_ERRORS, "props": {MASK: 0}}


def test_buffers_come_from_the_routines_and_are_freed(on: Any) -> None:
    message = on.message()
    on.set(message, {SUBJECT: "x", MASK: 1})
    on.get(message, SUBJECT, MASK)
    on.call("GetAttribIMsgOnIStg", lpObject=message, tags=[SUBJECT])
    assert on.call("observe")["buffers"] == {"live": 0, "foreign_frees": 0}


def test_callback_comes_once_at_the_last_release(on: Any) -> None:
    message = on.message(lpfMsgCallRelease=True, ulCallerData=0x80000001)
    on.call("IMessage.AddRef", this=message)
    assert on.release(message) == 1
    assert on.call("observe")["released"] == []
    on.release(message)
    on.release(message)
    (released,) = on.call("observe")["released"]
    assert released["ulCallerData"] == 0x80000001


def test_storage_may_be_released_right_away(on: Any) -> None:
    storage, session = on.storage(), on.session()
    message = on.message(storage, session, lpfMsgCallRelease=True)
    assert on.call("world.release", name=storage) == {"return": 1}
    on.set(message, {SUBJECT: "x"})
    assert on.save(message) == S_OK
    on.release(message)
    on.close(session)
    assert on.lent(storage) == {"references": 0, "commits": 1, "calls_after_release": 0}
    assert on.get(on.message(on.reopen(storage)), SUBJECT) == {SUBJECT: "x"}


@pytest.mark.parametrize("foreign", ["m", "session", "storage", None])
def test_attributes_are_refused_on_other_objects(on: Any, foreign: Any) -> None:
    names = {"session": on.session(), "storage": on.storage()}
    target = names.get(foreign, foreign)
    read = on.call("GetAttribIMsgOnIStg", lpObject=target, tags=[SUBJECT])
    written = on.call("SetAttribIMsgOnIStg", lpObject=target, attribs={SUBJECT: 6})
    assert read["return"] & written["return"] & 0x80000000


def test_submitting_is_not_supported(on: Any) -> None:
    assert on.call("IMessage.SubmitMessage", this=on.message(), ulFlags=0)["return"] == NO_SUPPORT
