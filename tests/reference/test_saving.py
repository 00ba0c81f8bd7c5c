from typing import Any

import pytest

S_OK = 0
W_ERRORS = 0x00040380
UNKNOWN_FLAGS = 0x80040106
OBJECT_DELETED = 0x8004010A
NOT_FOUND = 0x8004010F
NO_ACCESS = 0x80070005
UNICODE = 0x80000000
NO_COMMIT = 1
SUBJECT = "0x0037001F"


def test_saving_commits_unless_the_caller_does(on: Any) -> None:
    storage, own = on.storage(), on.storage()
    message = on.message(storage)
    on.set(message, {SUBJECT: "saved"})
    assert on.save(message) == S_OK
    assert on.lent(storage)["commits"] == 1
    assert on.get(on.message(on.reopen(storage)), SUBJECT) == {SUBJECT: "saved"}

    kept_back = on.message(own, ulFlags=NO_COMMIT)
    on.set(kept_back, {SUBJECT: "saved"})
    assert on.save(kept_back) == S_OK
    assert on.lent(own)["commits"] == 0
    assert on.call("world.elements", name=own) == {"elements": []}
    on.call("world.commit", name=own)
    assert on.lent(own)["commits"] == 0
    assert on.get(on.message(on.reopen(own)), SUBJECT) == {SUBJECT: "saved"}


def test_what_is_pending_goes_with_the_last_reference(on: Any) -> None:
    storage = on.storage()
    message = on.message(storage, ulFlags=NO_COMMIT)
    on.save(message)
    on.call("world.release", name=storage)
    on.release(message)
    assert on.lent(storage)["references"] == 0
    assert on.call("world.elements", name=storage) == {"elements": []}


def test_reopened_storages_are_apart(on: Any) -> None:
    storage = on.storage()
    message = on.message(storage)
    on.set(message, {SUBJECT: "one"})
    on.save(message)
    copy = on.reopen(storage)
    on.set(message, {SUBJECT: "two"})
    on.save(message)
    assert on.get(on.message(copy), SUBJECT) == {SUBJECT: "one"}


def test_unsaved_changes_are_lost_at_the_close(on: Any) -> None:
    storage, session = on.storage(), on.session()
    message = on.message(storage, session)
    on.set(message, {SUBJECT: "old"})
    on.save(message)
    on.set(message, {SUBJECT: "new"})
    on.close(session)
    assert on.get(on.message(on.reopen(storage)), SUBJECT) == {SUBJECT: "old"}


def test_elements_of_the_caller_stay(on: Any) -> None:
    storage = on.storage()
    on.call("world.create", name=storage, element="mine/inner", base64="aGVsbG8=")
    message = on.message(storage)
    on.attach(message)
    on.call("IMessage.ModifyRecipients", this=message, ulFlags=0, rows=[{SUBJECT: "r"}])
    assert on.save(message) == S_OK
    elements = on.call("world.elements", name=storage)["elements"]
    assert elements == sorted(elements)
    assert {"mine", "mine/inner"} < set(elements)
    assert all(name.startswith("__") for name in elements if not name.startswith("mine"))
    assert on.file(storage)["mine/inner"] == b"hello"


def test_saving_read_only_ends_writing(on: Any) -> None:
    message = on.message()
    assert on.save(message, 1) == S_OK
    assert on.set(message, {SUBJECT: "x"}) == NO_ACCESS
    assert on.save(message, 0x10) == UNKNOWN_FLAGS


@pytest.mark.parametrize("saved", ["attachment", "message", "both", "wrong order"])
def test_attachment_needs_its_own_save_and_the_messages(on: Any, saved: str) -> None:
    storage = on.storage()
    message = on.message(storage)
    attachment, number = on.attach(message)
    if saved == "wrong order":
        on.save(message)
    if saved != "message":
        assert on.save(attachment, kind="IAttach") == S_OK
    if saved in ("message", "both"):
        assert on.save(message) == S_OK
    expected = S_OK if saved == "both" else NOT_FOUND
    assert on.open_attach(message, number)[0] == expected
    again = on.message(on.reopen(storage))
    assert on.open_attach(again, 0)[0] == expected


def test_open_attachment_is_one_object_with_its_first_access(on: Any) -> None:
    storage = on.storage()
    message = on.message(storage)
    attachment, number = on.attach(message)
    on.save(attachment, kind="IAttach")
    on.save(message)
    on.release(attachment, "IAttach")
    _, first, a = on.open_attach(message, number)
    _, second, b = on.open_attach(message, number, 1)
    assert first == second
    assert on.set(b, {SUBJECT: "x"}, "IAttach") == NO_ACCESS
    assert on.release(a, "IAttach") == 1
    assert on.release(b, "IAttach") == 0
    _, third, c = on.open_attach(message, number, 1)
    assert third != first
    assert on.set(c, {SUBJECT: "x"}, "IAttach") == {}


def test_deleted_attachments_are_gone_after_the_save(on: Any) -> None:
    storage = on.storage()
    message = on.message(storage)
    for _ in range(2):
        attachment, _ = on.attach(message)
        on.save(attachment, kind="IAttach")
    on.save(message)
    deleted = on.call("IMessage.DeleteAttach", this=message, number=1, ulFlags=1)
    assert deleted == {"return": S_OK}
    assert on.save(attachment, kind="IAttach") == OBJECT_DELETED
    assert on.call("IMessage.DeleteAttach", this=message, number=1)["return"] == NOT_FOUND
    assert on.open_attach(message, 1)[0] == NOT_FOUND
    assert on.open_attach(on.message(on.reopen(storage)), 1)[0] == S_OK
    on.save(message)
    assert on.open_attach(on.message(on.reopen(storage)), 1)[0] == NOT_FOUND


def test_embedded_messages_are_saved_level_by_level(on: Any) -> None:
    storage = on.storage()
    message = on.message(storage, ulFlags=UNICODE, lpfMsgCallRelease=True)
    attachment, _ = on.attach(message)
    assert on.embed(attachment, create=False)[0] == NOT_FOUND
    code, token, embedded = on.embed(attachment)
    assert code == S_OK
    assert on.embed(attachment, create=False)[1] == token
    on.release(embedded)
    on.set(embedded, {SUBJECT: "inner"})
    assert [on.save(embedded), on.save(attachment, kind="IAttach"), on.save(message)] == [S_OK] * 3
    assert on.live()["messages"] == 1
    on.release(embedded)
    on.release(attachment, "IAttach")
    assert on.call("observe")["released"] == []
    again = on.message(on.reopen(storage))
    _, _, part = on.open_attach(again, 0)
    _, _, inner = on.embed(part, create=False)
    assert on.get(inner, SUBJECT) == {SUBJECT: "inner"}
    assert on.get(part, "0x37050003", kind="IAttach") == {"0x37050003": 5}


def test_attributes_are_kept_and_honoured(on: Any) -> None:
    storage = on.storage()
    message = on.message(storage)
    on.set(message, {SUBJECT: "x", "0x00170003": 1})
    attributes = {SUBJECT: 3, "0x00170003": 4}
    answer = on.call("SetAttribIMsgOnIStg", lpObject=message, attribs=attributes)
    assert answer == {"return": S_OK, "problems": {}}
    on.save(message)
    for this in (message, on.message(on.reopen(storage))):
        tags = ["0x00170003", SUBJECT]
        answer = on.call("GetAttribIMsgOnIStg", lpObject=this, tags=tags)
        assert answer == {"return": S_OK, "attribs": {"0x00170003": 4, SUBJECT: 3}}
        assert list(answer["attribs"]) == tags
        assert on.set(this, {SUBJECT: "changed"}) == {SUBJECT: NO_ACCESS}
        assert on.get(this, SUBJECT, "0x00170003") == {SUBJECT: "x"}
    answer = on.call("GetAttribIMsgOnIStg", lpObject=message, tags=[SUBJECT, "0x1000001F"])
    assert answer == {"return": W_ERRORS, "attribs": {SUBJECT: 3, "0x1000001F": 8}}
    answer = on.call("SetAttribIMsgOnIStg", lpObject=message, attribs={"0x1000001F": 6})
    assert answer == {"return": W_ERRORS, "problems": {"0x1000001F": NOT_FOUND}}
