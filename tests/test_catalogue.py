"""The requirement catalogue against an independent list of rows, and what the loader refuses."""

import re
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

import pytest

from conformance.errors import CatalogueError
from conformance.requirements.catalogue import Catalogue, Requirement
from conformance.requirements.load import catalogue, load

IDS = {
    "imsg": """
        IMSG-OPEN-01 IMSG-OPEN-02 IMSG-OPEN-03 IMSG-OPEN-04 IMSG-OPEN-05 IMSG-OPEN-06 IMSG-OPEN-07
        IMSG-OPEN-08 IMSG-OPEN-09 IMSG-OPEN-10 IMSG-OPEN-11 IMSG-OPEN-12 IMSG-OPEN-13
        IMSG-MSG-01 IMSG-MSG-02 IMSG-MSG-03 IMSG-MSG-04 IMSG-MSG-05 IMSG-MSG-06 IMSG-MSG-07
        IMSG-MSG-08 IMSG-MSG-09 IMSG-MSG-10 IMSG-MSG-11 IMSG-MSG-12 IMSG-MSG-13 IMSG-MSG-14
        IMSG-MSG-15 IMSG-MSG-16 IMSG-MSG-17 IMSG-MSG-18
        IMSG-SAVE-01 IMSG-SAVE-02 IMSG-SAVE-03 IMSG-SAVE-04 IMSG-SAVE-05
        IMSG-CLOSE-01 IMSG-CLOSE-02 IMSG-CLOSE-03 IMSG-CLOSE-04 IMSG-CLOSE-05 IMSG-CLOSE-06
        IMSG-CLOSE-07 IMSG-CLOSE-08 IMSG-CLOSE-09 IMSG-CLOSE-10
        IMSG-REL-01 IMSG-REL-02 IMSG-REL-03 IMSG-REL-04 IMSG-REL-05 IMSG-REL-06
        IMSG-ATTR-01
    """,
    "simple": """
        SIMPLE-LOGON-01 SIMPLE-LOGON-02 SIMPLE-LOGON-03 SIMPLE-LOGON-04 SIMPLE-LOGON-05
        SIMPLE-LOGON-06 SIMPLE-LOGON-07 SIMPLE-LOGON-08 SIMPLE-LOGON-09 SIMPLE-LOGON-10
        SIMPLE-LOGOFF-01 SIMPLE-LOGOFF-02 SIMPLE-LOGOFF-03 SIMPLE-LOGOFF-04 SIMPLE-LOGOFF-05
        SIMPLE-LOGOFF-06 SIMPLE-LOGOFF-07 SIMPLE-LOGOFF-08 SIMPLE-LOGOFF-09 SIMPLE-LOGOFF-10
        SIMPLE-LOGOFF-11
        SIMPLE-CALL-01 SIMPLE-CALL-02 SIMPLE-CALL-03 SIMPLE-CALL-04 SIMPLE-CALL-05
        SIMPLE-MEM-01 SIMPLE-MEM-02 SIMPLE-CONV-01
    """,
    "email": """
        EMAIL-START-01 EMAIL-START-02 EMAIL-START-03 EMAIL-START-04 EMAIL-START-05 EMAIL-START-06
        EMAIL-START-07 EMAIL-START-08 EMAIL-START-09 EMAIL-START-10
        EMAIL-CLOSE-01 EMAIL-CLOSE-02 EMAIL-CLOSE-03 EMAIL-CLOSE-04 EMAIL-CLOSE-05 EMAIL-CLOSE-06
        EMAIL-CLOSE-07 EMAIL-CLOSE-08 EMAIL-CLOSE-09 EMAIL-CLOSE-10
        EMAIL-END-01 EMAIL-PLAT-01
    """,
    "msgfile": """
        MSGF-TOP-01 MSGF-TOP-02 MSGF-TOP-03 MSGF-TOP-04 MSGF-RCP-01 MSGF-ATT-01 MSGF-ATT-02
        MSGF-PROP-01 MSGF-PROP-02 MSGF-PROP-03 MSGF-PROP-04 MSGF-UNI-01 MSGF-UNI-02 MSGF-NAME-01
        MSGF-CLS-01 MSGF-RT-01
    """,
}
COUNTS = {
    "imsg": {"must": 28, "should": 11, "ambiguous": 14},
    "simple": {"must": 17, "should": 5, "ambiguous": 7},
    "email": {"must": 16, "should": 2, "ambiguous": 4},
    "msgfile": {"must": 15, "should": 1, "ambiguous": 0},
}
SHOULD = """
    IMSG-OPEN-07 IMSG-OPEN-08 IMSG-OPEN-10 IMSG-OPEN-11 IMSG-MSG-08 IMSG-MSG-09 IMSG-MSG-12
    IMSG-MSG-16 IMSG-MSG-17 IMSG-CLOSE-08 IMSG-CLOSE-10 SIMPLE-LOGON-07 SIMPLE-LOGON-10
    SIMPLE-LOGOFF-10 SIMPLE-CALL-04 SIMPLE-MEM-02 EMAIL-CLOSE-09 EMAIL-CLOSE-10 MSGF-CLS-01
"""
AMBIGUOUS = """
    IMSG-OPEN-05 IMSG-OPEN-06 IMSG-OPEN-09 IMSG-OPEN-12 IMSG-OPEN-13 IMSG-MSG-06 IMSG-MSG-10
    IMSG-MSG-11 IMSG-CLOSE-05 IMSG-CLOSE-06 IMSG-CLOSE-07 IMSG-CLOSE-09 IMSG-REL-05 IMSG-REL-06
    SIMPLE-LOGON-05 SIMPLE-LOGON-08 SIMPLE-LOGON-09 SIMPLE-LOGOFF-06 SIMPLE-LOGOFF-08
    SIMPLE-LOGOFF-09 SIMPLE-CALL-05 EMAIL-START-10 EMAIL-CLOSE-04 EMAIL-CLOSE-05 EMAIL-CLOSE-08
"""
THREE_READINGS = {"IMSG-OPEN-05", "IMSG-CLOSE-07"}
SOURCES = """
    D1 D2 D2es D2fr D3 D4 D5 D6 D7 D8 D9 D10 D11 D12 D13 D14 D15 D16 D17 D18 D19 D20 D21 D22
    H1 H2 H3 H4 H5 H6 H7 L1 L2 L3 L4 L5 L6 L7 L8 L9 L10 P1 P2 P3 P4 P5 P6 P7 P8
    W1 W2 W3 W4 W5 W6 W7 W8 W9 W10 W11 W13 XM F1 K1 B1 C1 C2 C3 C4 C5 C6 C7 C8 C9 C10 S1
"""
METHODS = {
    "imsg": """
        MAPIInitialize MAPIUninitialize OpenIMsgSession CloseIMsgSession OpenIMsgOnIStg
        IMessage.AddRef IMessage.Release IMessage.GetProps IMessage.SetProps IMessage.SaveChanges
        IMessage.CreateAttach IMessage.OpenAttach IMessage.DeleteAttach IMessage.ModifyRecipients
        IMessage.SubmitMessage IMessage.GetIDsFromNames IAttach.Release IAttach.SetProps
        IAttach.GetProps IAttach.SaveChanges IAttach.OpenMessage GetAttribIMsgOnIStg
        SetAttribIMsgOnIStg
    """,
    "simple": """
        MAPILogon MAPILogoff MAPIFindNext MAPIReadMail MAPIDeleteMail MAPISaveMail MAPISendMail
        MAPIResolveName MAPIFreeBuffer ScMAPIXFromSMAPI
    """,
    "email": """
        EmailStartSession EmailStartPOP3Session EmailStartIMAPSession EmailStartSMTPSession
        EmailStartNotesSession EmailStartOutlookSession EmailCloseSession EmailSetTimeOut
        EmailGetCount EmailSendMessage ErrorInfo
    """,
}
HARNESS = re.compile(r"(world|servers)\.[a-z_]+|observe|shutdown")


@pytest.fixture(name="rows")
def all_rows() -> tuple[Requirement, ...]:
    return tuple(catalogue().requirements.values())


@pytest.mark.parametrize("family", COUNTS)
def test_every_documented_requirement_is_there_once_and_in_order(family: str) -> None:
    assert [row.id for row in catalogue().family(family)] == IDS[family].split()


@pytest.mark.parametrize("family", COUNTS)
def test_the_levels_are_those_of_the_documents(family: str) -> None:
    levels = [row.level for row in catalogue().family(family)]
    assert {level: levels.count(level) for level in ("must", "should", "ambiguous")} == COUNTS[
        family
    ]


def test_each_row_has_its_own_level(rows: tuple[Requirement, ...]) -> None:
    assert [row.id for row in rows if row.level == "should"] == SHOULD.split()
    assert [row.id for row in rows if row.level == "ambiguous"] == AMBIGUOUS.split()


def test_ambiguous_rows_have_readings(rows: tuple[Requirement, ...]) -> None:
    with_readings = {row.id for row in rows if row.readings}
    assert with_readings == {*AMBIGUOUS.split(), "SIMPLE-LOGOFF-03"}
    for row in rows:
        if row.readings:
            assert "".join(row.readings) == ("ABC" if row.id in THREE_READINGS else "AB"), row.id


def test_what_the_project_aims_at_binds_by_default(rows: tuple[Requirement, ...]) -> None:
    bound = {row.id: row.default for row in rows if row.default not in ("", "any")}
    assert bound == {"IMSG-OPEN-05": "A", "SIMPLE-LOGOFF-03": "A"}


@pytest.mark.parametrize(
    ("requirement", "reading", "number"),
    [
        ("IMSG-OPEN-05", "A", "0x80040106"),
        ("IMSG-OPEN-05", "B", "0x80070057"),
        ("IMSG-OPEN-12", "A", "0x80040605"),
        ("IMSG-OPEN-13", "A", "0x80070057"),
        ("SIMPLE-LOGOFF-03", "A", "(19)"),
        ("SIMPLE-LOGOFF-03", "B", "(2)"),
        ("SIMPLE-LOGOFF-09", "A", "(19)"),
        ("SIMPLE-LOGOFF-09", "B", "(2)"),
        ("SIMPLE-CALL-05", "A", "(19)"),
    ],
)
def test_readings_name_their_code(requirement: str, reading: str, number: str) -> None:
    assert number in catalogue()[requirement].readings[reading]


def test_the_documents_are_those_of_the_list() -> None:
    assert list(catalogue().sources) == SOURCES.split()


def test_every_citation_leads_to_a_document(rows: tuple[Requirement, ...]) -> None:
    sources = catalogue().sources
    for row in rows:
        assert row.citations, row.id
        for citation in row.citations:
            assert sources[citation.source.key] is citation.source


def test_sources_have_public_addresses_unless_unidentified() -> None:
    without = {key for key, source in catalogue().sources.items() if not source.address}
    assert without == {"C4", "C5", "C8", "C9"}
    for key, source in catalogue().sources.items():
        assert key in without or re.match(r"https?://[a-z.]+/?", source.address), key


def test_rows_on_excerpts_alone_say_so(rows: tuple[Requirement, ...]) -> None:
    for row in rows:
        if all(citation.source.evidence == "excerpt" for citation in row.citations):
            assert row.partial, row.id


def test_contradictions_are_numbered(rows: tuple[Requirement, ...]) -> None:
    numbers = {f"X-{number:02}" for number in range(1, 22)}
    assert {row.contradiction for row in rows if row.contradiction} <= numbers
    assert catalogue()["IMSG-OPEN-05"].contradiction == "X-01"
    assert catalogue()["SIMPLE-LOGOFF-03"].contradiction == "X-06"


def test_sentences_are_sentences(rows: tuple[Requirement, ...]) -> None:
    texts = [row.sentence for row in rows]
    assert len(set(texts)) == len(texts)
    for row in rows:
        for text in (row.sentence, row.why, *filter(None, [row.note])):
            assert re.fullmatch(r"[A-Z].*\.", text), text
            assert "..." not in text
            assert "\N{HORIZONTAL ELLIPSIS}" not in text


def test_functions_are_methods_of_the_protocol(rows: tuple[Requirement, ...]) -> None:
    for row in rows:
        family = "imsg" if row.family == "msgfile" else row.family
        assert set(row.functions) <= set(METHODS[family].split()), row.id


@pytest.mark.parametrize("family", METHODS)
def test_every_function_has_a_home(family: str) -> None:
    assert set(catalogue().homes[family]) == set(METHODS[family].split())


def test_a_file_has_no_functions_of_its_own() -> None:
    assert catalogue().homes["msgfile"] == {}


def test_null_and_zero_arguments_need_no_session() -> None:
    alone = (
        "IMSG-OPEN-02 IMSG-OPEN-03 IMSG-CLOSE-05 SIMPLE-LOGOFF-03 SIMPLE-LOGOFF-04 SIMPLE-MEM-02"
    )
    for requirement in alone.split():
        assert catalogue()[requirement].needs == ()


def test_what_needs_a_session_is_reached_through_its_opening() -> None:
    assert "IMSG-OPEN-01" in needed("IMSG-SAVE-05")
    assert "IMSG-MSG-01" in needed("MSGF-ATT-02")
    assert "SIMPLE-LOGON-01" in needed("SIMPLE-LOGOFF-02")
    assert "EMAIL-START-01" in needed("EMAIL-CLOSE-02")


def needed(requirement: str) -> set[str]:
    direct = catalogue()[requirement].needs
    return set(direct).union(*(needed(name) for name in direct))


def test_few_rows_cannot_be_decided_from_outside(rows: tuple[Requirement, ...]) -> None:
    undecidable = {row.id for row in rows if row.undecidable}
    assert undecidable == {"IMSG-REL-06", "EMAIL-START-05"}


def test_decidable_rows_of_calls_have_examples(rows: tuple[Requirement, ...]) -> None:
    without = {row.id for row in rows if not row.example and row.family != "msgfile"}
    assert without == {"IMSG-REL-06", "EMAIL-START-05"}


def test_examples_call_only_what_their_row_asks_for(rows: tuple[Requirement, ...]) -> None:
    for row in rows:
        called = {step.call.method for step in row.example}
        functions = {method for method in called if not HARNESS.fullmatch(method)}
        spared = {"MAPIInitialize"} if row.id == "IMSG-OPEN-12" else set()
        if row.example:
            assert functions == set(row.functions) - spared, row.id


def test_examples_bind_a_name_before_they_use_it(rows: tuple[Requirement, ...]) -> None:
    taken = ("lpMalloc", "lpMsgSess", "lpStg", "this", "lpObject", "from")
    for row in rows:
        bound: set[object] = {None}
        for step in row.example:
            params = step.call.params
            names = {params[key] for key in taken if key in params}
            if isinstance(params.get("lhSession"), str):
                names.add(params["lhSession"])
            assert names <= bound, row.id
            if step.call.method.startswith("world."):
                bound.add(params.get("name"))
            out = step.outcome.body.get("out", {})
            bound |= {params[key] for key, token in out.items() if token != "untouched"}


def test_examples_are_outcomes_of_calls_that_returned(rows: tuple[Requirement, ...]) -> None:
    assert all(step.outcome.kind == "result" for row in rows for step in row.example)


def test_a_forged_handle_keeps_its_resolved_value() -> None:
    step = catalogue()["SIMPLE-LOGOFF-04"].example[1]
    assert step.call.params["lhSession"] == {"forged": {"of": "h1", "offset": 1}}
    assert step.outcome.resolved == {"lhSession": {"literal": 17}}


def test_groups_are_ids_without_their_number() -> None:
    assert catalogue()["IMSG-OPEN-01"].group == "IMSG-OPEN"


def test_the_files_stay_small_enough_to_be_read_at_every_start() -> None:
    # Their size stands for the time: a bound in seconds would depend on the machine.
    place = files("conformance.requirements")
    sizes = [len(file.read_bytes()) for file in place.iterdir() if file.name.endswith(".toml")]
    assert len(sizes) == 5
    assert sum(sizes) < 250_000


SOURCE = """
[D1]
title = "A page"
publisher = "Someone"
address = "https://example.org/"
edition = "1"
evidence = "full"
"""
ROW = """
[[requirement]]
id = "IMSG-OPEN-01"
level = "must"
sentence = "It opens."
why = "Nothing else works."
sources = [{ doc = "D1", section = "Return value" }]
functions = ["OpenIMsgSession"]
"""
STEP = '{"method": "observe", "params": {}, "outcome": {"result": {}}}'


def written(place: Path, imsg: str, sources: str = SOURCE, simple: str = "") -> Path:
    texts = {"sources": sources, "imsg": imsg, "simple": simple, "email": "", "msgfile": ""}
    for name, text in texts.items():
        (place / f"{name}.toml").write_text(text, encoding="utf-8")
    return place


def refusal(place: Path) -> str:
    with pytest.raises(CatalogueError) as caught:
        load(place)
    return str(caught.value)


def test_a_small_catalogue_is_read(tmp_path: Path) -> None:
    text = f"{ROW}example = '''\n{STEP}\n'''\n"
    small: Catalogue = load(written(tmp_path, f'[homes]\nOpenIMsgSession = "IMSG-OPEN-01"\n{text}'))
    row = small["IMSG-OPEN-01"]
    assert (row.family, row.level, row.functions) == ("imsg", "must", ("OpenIMsgSession",))
    assert [(c.source.title, c.section) for c in row.citations] == [("A page", "Return value")]
    assert [step.call.method for step in row.example] == ["observe"]
    assert small.homes["imsg"] == {"OpenIMsgSession": "IMSG-OPEN-01"}


def changed(old: str, new: str) -> str:
    assert old in ROW
    return ROW.replace(old, new)


def numbered(*needs: Iterable[str]) -> str:
    """Rows 01, 02, ... each with what it needs."""
    return "".join(
        changed("IMSG-OPEN-01", f"IMSG-OPEN-{number:02}") + f"needs = {list(names)!r}\n"
        for number, names in enumerate(needs, 1)
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (ROW + ROW, "twice"),
        (changed("IMSG-OPEN-01", "SIMPLE-LOGON-01"), "no id of the family imsg"),
        (changed('"must"', '"may"'), "unknown level 'may'"),
        (changed('"D1"', '"D99"'), "unknown source 'D99'"),
        (changed("section", "page"), "unknown key page"),
        (ROW + 'remark = "?"\n', "unknown key remark"),
        (changed('sentence = "It opens."', ""), "no sentence"),
        (changed('"Nothing else works."', '""'), "no why"),
        (changed('[{ doc = "D1", section = "Return value" }]', "[]"), "no sources"),
        (changed('["OpenIMsgSession"]', '"OpenIMsgSession"'), "wrong type"),
        (ROW + 'observes = ["moods"]\n', "unknown 'moods' in observes"),
        (ROW + 'capabilities = ["wings"]\n', "unknown 'wings' in capabilities"),
        (numbered(["IMSG-OPEN-09"]), "needs the unknown IMSG-OPEN-09"),
        (numbered(["IMSG-OPEN-02"], ["IMSG-OPEN-01"]), "need each other"),
        (changed('"must"', '"ambiguous"'), "ambiguous and has no readings"),
        (ROW + 'default = "C"\n[requirement.readings]\nA = "one"\nB = "two"\n', "default 'C'"),
        (ROW + '[requirement.readings]\nA = "one"\nB = "two"\n', "default ''"),
        (ROW + 'default = "A"\n', "a default and no readings"),
        (ROW + "example = '{\"method\"'\n", "step 1 is no JSON"),
        (ROW + 'example = \'{"method": "observe"}\'\n', "the outcome of step 1"),
    ],
)
def test_a_bad_row_is_refused_by_name(tmp_path: Path, text: str, complaint: str) -> None:
    message = refusal(written(tmp_path, text))
    assert complaint in message
    assert message.startswith("imsg.toml: ")
    assert re.search(r"[A-Z]+-[A-Z]+-\d\d", message)


def test_a_row_without_id_is_refused(tmp_path: Path) -> None:
    text = changed('id = "IMSG-OPEN-01"', "")
    assert "a requirement without id has no id" in refusal(written(tmp_path, text))


@pytest.mark.parametrize("home", ["IMSG-OPEN-02", "SIMPLE-LOGON-01"])
def test_a_home_must_be_a_row_of_the_same_file(tmp_path: Path, home: str) -> None:
    simple = changed("IMSG-OPEN-01", "SIMPLE-LOGON-01")
    place = written(tmp_path, f'[homes]\nOpenIMsgSession = "{home}"\n{ROW}', simple=simple)
    assert f"the home of OpenIMsgSession, {home}" in refusal(place)


def test_a_source_is_complete(tmp_path: Path) -> None:
    short = SOURCE.replace('edition = "1"\n', "")
    assert "sources.toml: D1 must have exactly" in refusal(written(tmp_path, ROW, sources=short))
    hearsay = SOURCE.replace('"full"', '"hearsay"')
    assert "unknown evidence 'hearsay'" in refusal(written(tmp_path, ROW, sources=hearsay))


def test_unreadable_files_are_refused(tmp_path: Path) -> None:
    assert "imsg.toml cannot be read" in refusal(written(tmp_path, "no = [toml"))
    (tmp_path / "imsg.toml").unlink()
    assert "imsg.toml cannot be read" in refusal(tmp_path)


def test_unknown_tables_are_refused(tmp_path: Path) -> None:
    assert "unknown table requirements" in refusal(written(tmp_path, "[[requirements]]\n"))


def test_an_example_that_shows_nothing_is_refused(tmp_path: Path) -> None:
    place = written(tmp_path, f"{ROW}example = '''\n{STEP}\n'''\n")
    asked: list[str] = []

    def exercises(row: Requirement) -> bool:
        asked.append(row.id)
        return len(row.example) > 1

    with pytest.raises(CatalogueError, match=r"imsg\.toml: IMSG-OPEN-01 has an example"):
        load(place, exercises)
    assert asked == ["IMSG-OPEN-01"]


def test_a_row_without_example_is_not_asked_about(tmp_path: Path) -> None:
    assert load(written(tmp_path, ROW), lambda _row: False)["IMSG-OPEN-01"].example == ()
