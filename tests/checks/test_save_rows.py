"""What lasts in a storage, and attributes: rows IMSG-SAVE and IMSG-ATTR on traces by hand."""

from typing import Any

import pytest

from conformance.model.imsg.model import ImsgModel
from conformance.requirements.load import catalogue
from conformance.trace import Call, Step

from .steps import capabilities, found, step

NO_COMMIT = 1
UNICODE = 0x80000000
WARNING = 0x00040380
SUBJECT = "0x0037001E"
FILE = ["__properties_version1.0"]
BUILD = {
    "lpAllocateBuffer": True,
    "lpAllocateMore": True,
    "lpFreeBuffer": True,
    "lpMalloc": "m1",
    "lpMapiSup": None,
    "lpfMsgCallRelease": None,
    "ulCallerData": 0,
}


def build(name: str, storage: str, flags: int = 0) -> Step:
    params = {"lpMsgSess": None, "lpStg": storage, "ulFlags": flags, "lppMsg": name, **BUILD}
    return step("OpenIMsgOnIStg", params, out={"lppMsg": f"0x{name}"})


def start(flags: int = 0) -> list[Step]:
    mode = {"mode": "readwrite", "transacted": True, "base64": None}
    return [
        step("world.malloc", {"name": "m1", "fail_after": None}),
        step("world.storage", {"name": "t1", **mode}),
        build("g1", "t1", flags),
    ]


def put(value: str) -> Step:
    return step("IMessage.SetProps", {"this": "g1", "props": {SUBJECT: value}}, problems={})


def save(code: int = 0) -> Step:
    return step("IMessage.SaveChanges", {"this": "g1", "ulFlags": 2}, code=code)


def look(commits: int) -> Step:
    counts = {"references": 2, "commits": commits, "calls_after_release": 0}
    return step("observe", {}, storages={"t1": counts})


def elements(*names: str) -> Step:
    return step("world.elements", {"name": "t1"}, elements=sorted(names))


def reread(value: str | None) -> list[Step]:
    params = {"name": "t2", "from": "t1", "mode": "readwrite", "transacted": True}
    props = {} if value is None else {SUBJECT: value}
    code = WARNING if value is None else 0
    get = {"this": "g2", "tags": [SUBJECT]}
    return [
        step("world.reopen", params),
        build("g2", "t2"),
        step("IMessage.GetProps", get, props=props, code=code),
    ]


@pytest.mark.parametrize("family", ["imsg", "simple"])
def test_every_example_shows_its_own_row_and_breaks_none(family: str) -> None:
    for row in catalogue().family(family):
        if row.example:
            library = "MAPIInitialize" in row.functions
            held, broken = found(family, *row.example, library=library)
            assert row.id in held, row.id
            assert not broken, row.id


@pytest.mark.parametrize(("commits", "holds"), [(0, False), (1, True), (2, True)])
def test_a_save_commits_at_least_once(commits: int, holds: bool) -> None:
    held, broken = found("imsg", *start(), put("a"), save(), look(commits))
    assert ("IMSG-SAVE-01" in held) is holds
    assert broken == (set() if holds else {"IMSG-SAVE-01"})


def test_a_save_that_changes_nothing_need_not_commit() -> None:
    first = [*start(), put("a"), save(), look(1)]
    assert found("imsg", *first, put("a"), save(), look(1))[1] == set()
    assert found("imsg", *first, put("b"), save(), look(1))[1] == {"IMSG-SAVE-01"}


def test_a_failing_save_is_charged_to_the_row_of_its_flag() -> None:
    assert found("imsg", *start(), put("a"), save(0x80004005))[1] == {"IMSG-SAVE-01"}
    assert found("imsg", *start(NO_COMMIT), put("a"), save(0x80004005))[1] == {"IMSG-SAVE-02"}


def test_what_was_saved_is_read_from_a_copy() -> None:
    saved = [*start(), put("a"), save()]
    assert "IMSG-SAVE-01" in found("imsg", *saved, *reread("a"))[0]
    assert found("imsg", *saved, *reread(None))[1] == {"IMSG-SAVE-01"}
    assert found("imsg", *saved, *reread("other"))[1] == {"IMSG-SAVE-01"}


def test_the_flag_leaves_the_commit_to_the_caller() -> None:
    quiet = [*start(NO_COMMIT), look(0), put("a"), save()]
    assert "IMSG-SAVE-02" in found("imsg", *quiet, look(0))[0]
    assert found("imsg", *quiet, look(1))[1] == {"IMSG-SAVE-02"}
    assert found("imsg", *quiet, *reread("a"))[1] == {"IMSG-SAVE-02"}
    assert "IMSG-SAVE-02" in found("imsg", *quiet, *reread(None))[0]
    committed = [*quiet, step("world.commit", {"name": "t1"})]
    assert found("imsg", *committed, *reread("a"))[1] == set()
    assert found("imsg", *committed, *reread(None))[1] == {"IMSG-SAVE-02"}


def test_a_commit_that_may_belong_to_the_opening_accuses_nobody() -> None:
    assert found("imsg", *start(NO_COMMIT), put("a"), save(), look(1))[1] == set()


def test_storages_have_reserved_names() -> None:
    saved = [*start(), put("a"), save()]
    assert "IMSG-SAVE-03" in found("imsg", *saved, elements(*FILE))[0]
    assert found("imsg", *saved, elements(*FILE, "recip0", "recip0/x"))[1] == {"IMSG-SAVE-03"}
    # The promise speaks of storages only.
    assert found("imsg", *saved, elements(*FILE, "\x05SummaryInformation"))[1] == set()


def test_what_the_caller_wrote_stays() -> None:
    mine = step("world.create", {"name": "t1", "element": "mine/inner", "base64": ""})
    saved = [*start(), mine, put("a"), save()]
    assert found("imsg", *saved, elements(*FILE, "mine", "mine/inner"))[1] == set()
    assert found("imsg", *saved, elements(*FILE, "mine"))[1] == {"IMSG-SAVE-03"}


@pytest.mark.parametrize("ended", [True, False])
def test_what_was_not_saved_does_not_last(ended: bool) -> None:
    end = [step("IMessage.Release", {"this": "g1"}, code=0)] if ended else []
    changed = [*start(), put("old"), save(), put("new"), *end]
    assert "IMSG-SAVE-04" in found("imsg", *changed, *reread("old"))[0]
    assert found("imsg", *changed, *reread("new"))[1] == {"IMSG-SAVE-04"}
    never = [*start(), put("new"), *end]
    assert "IMSG-SAVE-04" in found("imsg", *never, *reread(None))[0]
    assert found("imsg", *never, *reread("new"))[1] == {"IMSG-SAVE-04"}
    assert found("imsg", *never, elements("__substg1.0_0037001E"))[1] == {"IMSG-SAVE-04"}


def test_a_commit_of_the_caller_may_take_unsaved_changes_along() -> None:
    taken = [*start(), put("new"), step("world.commit", {"name": "t1"})]
    assert found("imsg", *taken, *reread("new"))[1] == set()
    assert found("imsg", *taken, *reread(None))[1] == set()


def attach(*, own: bool, message: bool, number: int = 0) -> list[Step]:
    made = {"out": {"lppAttach": "0xa1"}, "number": number}
    steps = [step("IMessage.CreateAttach", {"this": "g1", "lppAttach": "a1"}, **made)]
    if own:
        steps.append(step("IAttach.SaveChanges", {"this": "a1", "ulFlags": 2}))
    return [*steps, save()] if message else steps


@pytest.mark.parametrize(("own", "message"), [(True, False), (False, True), (True, True)])
def test_an_attachment_takes_two_saves(own: bool, message: bool) -> None:
    steps = [*start(), *attach(own=own, message=message)]
    there, gone = elements(*FILE, "__attach_version1.0_#00000000"), elements(*FILE)
    right, wrong = (there, gone) if own and message else (gone, there)
    assert "IMSG-SAVE-05" in found("imsg", *steps, right)[0]
    assert found("imsg", *steps, wrong)[1] == {"IMSG-SAVE-05"}


def test_the_number_of_a_deleted_attachment_may_be_given_out_again() -> None:
    delete = {"this": "g1", "number": 0, "ulFlags": 0}
    first = attach(own=True, message=True)
    steps = [*start(), *first, step("IMessage.DeleteAttach", delete)]
    again = [attach(own=False, message=True)[0], save()]
    assert found("imsg", *steps, *again, elements(*FILE))[1] == set()
    assert found("imsg", *steps, *again, elements(*FILE, "__attach_version1.0_#00000000"))[1] == {
        "IMSG-SAVE-05"
    }


def test_attributes_are_read_by_position() -> None:
    props = {"0x66050003": 1, "0x66060003": 2}
    steps = [
        *start(),
        step("IMessage.SetProps", {"this": "g1", "props": props}, problems={}),
    ]
    given = {"lpObject": "g1", "attribs": {"0x66050003": 6, "0x66060003": 7}}
    steps.append(step("SetAttribIMsgOnIStg", given, problems={}))
    assert found("imsg", *steps, _got(6, 7))[1] == set()
    assert found("imsg", *steps, _got(7, 6))[1] == {"IMSG-ATTR-01"}


def _got(first: int, second: int) -> Step:
    tags = ["0x66050003", "0x66060003"]
    got = dict(zip(tags, (first, second), strict=True))
    return step("GetAttribIMsgOnIStg", {"lpObject": "g1", "tags": tags}, attribs=got)


@pytest.mark.parametrize(("code", "holds"), [(WARNING, True), (0, False), (0x8004010F, False)])
def test_a_missing_property_gives_a_warning(code: int, holds: bool) -> None:
    props = step("IMessage.SetProps", {"this": "g1", "props": {"0x66050003": 1}}, problems={})
    params = {"lpObject": "g1", "tags": ["0x66F00003", "0x66050003"]}
    get = step("GetAttribIMsgOnIStg", params, attribs={"0x66050003": 6}, code=code)
    held, broken = found("imsg", *start(), props, get)
    assert ("IMSG-ATTR-01" in held) is holds
    assert broken == (set() if holds else {"IMSG-ATTR-01"})


def test_attributes_may_outlive_the_value_that_they_hid() -> None:
    hide = step("SetAttribIMsgOnIStg", {"lpObject": "g1", "attribs": {SUBJECT: 4}}, problems={})
    get = step("IMessage.GetProps", {"this": "g1", "tags": [SUBJECT]}, code=WARNING, props={})
    assert found("imsg", *start(), put("x"), get)[1] == {"IMSG-MSG-01"}
    assert found("imsg", *start(), put("x"), hide, put("y"), get)[1] == set()


def test_an_element_of_the_caller_may_take_the_place_of_another() -> None:
    def create(element: str) -> Step:
        return step("world.create", {"name": "t1", "element": element, "base64": ""})

    saved = [*start(), put("x"), create("mine/inner"), save()]
    assert found("imsg", *saved, elements(*FILE, "mine"))[1] == {"IMSG-SAVE-03"}
    assert found("imsg", *saved, create("mine"), elements(*FILE, "mine"))[1] == set()
    assert found("imsg", *saved, create("mine"), elements(*FILE))[1] == {"IMSG-SAVE-03"}


@pytest.mark.parametrize(
    ("flags", "tag", "keeps"),
    [
        (0, "0x6671001E", True),
        (0, "0x6671001F", False),
        (0, "0x6671101E", True),
        (0, "0x6671101F", False),
        (UNICODE, "0x6671001F", True),
        (UNICODE, "0x6671101F", True),
        (UNICODE, "0x6671101E", False),
    ],
)
def test_strings_are_kept_in_the_width_of_their_message_be_they_one_or_many(
    flags: int, tag: str, *, keeps: bool
) -> None:
    many = tag[6] == "1"
    given, narrowed = (["a", "b"], ["a", "?"]) if many else ("ab", "a?")
    put_it = step("IMessage.SetProps", {"this": "g1", "props": {tag: given}}, problems={})
    got = step("IMessage.GetProps", {"this": "g1", "tags": [tag]}, props={tag: narrowed})
    _, broken = found("imsg", *start(flags), put_it, got)
    rows = {"IMSG-MSG-07" if flags else "IMSG-MSG-01"}
    assert broken == (rows if keeps else set())


def test_a_message_saved_for_good_is_called_no_more() -> None:
    model = ImsgModel()
    for flags, allowed in ((2, True), (2 | 4, True), (0, False), (1, False), (4, False)):
        state: Any = model.begin(capabilities("imsg"))
        for one in (*start(), step("IMessage.SaveChanges", {"this": "g1", "ulFlags": flags})):
            state = model.advance(state, one.call, one.outcome)
        assert model.permits(state, Call("IMessage.SetProps", {"this": "g1"})) is allowed
        assert model.permits(state, Call("IMessage.Release", {"this": "g1"}))
