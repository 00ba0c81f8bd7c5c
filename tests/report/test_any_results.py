"""Whatever results hold, the page parses, names every requirement once, and counts rightly."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import html5lib
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.errors import UsageError
from conformance.requirements.load import catalogue
from conformance.results import read_results
from reports.html import render, render_matrix
from reports.verdicts import VERDICTS

from .sample import NASTY, hostile, leak, results, second_logoff

texts = st.one_of(
    st.text(max_size=30),
    st.sampled_from([NASTY, "\u202eevil", "</style></script>", "x" * 5_000, "", "\x00\x1b[31m"]),
)
small = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
outcomes = st.one_of(
    st.builds(lambda value: {"result": value}, st.dictionaries(texts, small, max_size=3)),
    st.builds(lambda code: {"error": {"code": code}}, st.integers(-32700, -31000)),
    st.builds(lambda number: {"crash": {"signal": number}}, st.integers(0, 70)),
    st.builds(lambda seconds: {"hang": seconds}, st.floats(0, 100)),
)
methods = st.one_of(
    texts,
    st.sampled_from(["MAPILogon", "OpenIMsgSession", "observe", "parallel", "world.malloc"]),
)
steps = st.builds(
    lambda method, params, outcome: {"method": method, "params": params, "outcome": outcome},
    methods,
    st.dictionaries(texts | st.sampled_from(["lhSession", "this", "ulFlags"]), small, max_size=4),
    outcomes,
)
violations = st.one_of(
    st.sampled_from([second_logoff(), leak(), hostile(NASTY)]),
    st.builds(
        lambda trace, words: {
            "trace": trace,
            "expected": words[0],
            "observed": words[1],
            "found_by": words[2],
            "calls_to_find": 7,
        },
        st.lists(steps, max_size=4),
        st.tuples(texts, texts, texts),
    ),
)


@st.composite
def any_results(draw: st.DrawFn) -> dict[str, Any]:
    """Results of the form that the schema asks for, with anything that it allows in them."""
    value = results(draw(texts))
    chosen = draw(st.lists(st.sampled_from(value["requirements"]), min_size=0, max_size=12))
    rows = list({row["id"]: row for row in chosen}.values())
    for row in rows:
        row["verdict"] = draw(st.sampled_from(list(VERDICTS)))
        row["violations"] = draw(st.lists(violations, max_size=2))
        row["reason"] = draw(texts)
        row.pop("traces", None)
    return {**value, "requirements": rows}


def ids_and_verdicts(html: str) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """What a browser's parser sees: ids of elements, verdicts of cards, counts in the head."""
    assert "\x00" not in html
    document = html5lib.parse(html, namespaceHTMLElements=False)
    ids = Counter(at.get("id") for at in document.iter() if at.get("id"))
    cards = Counter(
        at.get("data-verdict") for at in document.iter("details") if at.get("data-verdict")
    )
    counts: Counter[str] = Counter()
    (listed,) = (at for at in document.iter("ul") if at.get("class") == "counts")
    for item in listed.iter("li"):
        number = item.find("b")
        assert number is not None
        counts[(item.get("class") or "").split()[0]] = int((number.text or "").replace(",", ""))
    return ids, cards, +counts


@settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(any_results())
def test_every_requirement_is_there_once_and_the_counts_come_back(value: dict[str, Any]) -> None:
    ids, cards, counts = ids_and_verdicts(render(value, catalogue()))

    told = Counter(row["verdict"] for row in value["requirements"])
    assert cards == told
    assert counts == told
    assert max(ids.values()) == 1
    for row in value["requirements"]:
        assert ids[row["id"]] == 1


@settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.lists(any_results(), min_size=1, max_size=3))
def test_the_matrix_has_every_requirement_once(several: list[dict[str, Any]]) -> None:
    document = html5lib.parse(render_matrix(several, catalogue()), namespaceHTMLElements=False)
    ids = Counter(at.get("id") for at in document.iter() if at.get("id"))
    known = {row["id"] for value in several for row in value["requirements"]}
    assert not ids or max(ids.values()) == 1
    assert {name for name in ids if re.fullmatch(r"[A-Z]+-[A-Z]+-\d\d", name)} == known
    rows = [at for at in document.iter("tr") if at.get("data-search")]
    assert [len(row.findall("td")) for row in rows] == [len(several)] * len(known)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values inside a value."""
    found = [path] if path else []
    if isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            found += places(item, (*path, key))
    return found


def small_results() -> dict[str, Any]:
    value = results()
    value["requirements"] = value["requirements"][:3]
    return value


PLACES = places(small_results())


def read_or_refuse(path: Path) -> dict[str, Any] | None:
    """The results, or None where the file was refused in one line that names it."""
    try:
        return read_results(path)
    except UsageError as refused:
        said = str(refused)
    assert "\n" not in said
    assert str(path) in said
    return None


@settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(place=st.sampled_from(PLACES), junk=small, gone=st.booleans())
def test_a_damaged_file_is_refused_in_one_line_or_still_makes_a_page(
    place: tuple[Any, ...], junk: Any, gone: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    value = small_results()
    at = value
    for key in place[:-1]:
        at = at[key]
    if gone:
        del at[place[-1]]
    else:
        at[place[-1]] = junk
    path = tmp_path_factory.mktemp("damaged") / "results.json"
    path.write_text(json.dumps(value), encoding="utf-8")

    read = read_or_refuse(path)
    if read is None:
        return
    html5lib.parse(render(read, catalogue(), read), namespaceHTMLElements=False)
    render_matrix([read, read], catalogue())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "no results file"),
        ('{"schema": 1, "family": "imsg", "trace": []}', "no results file"),
        ('{"schema": 2, "requirements": [], "run": {}}', "schema 2 is not known"),
        ('{"requirements": [], "run": {}}', "schema None is not known"),
        ("[" * 100_000, "nested too deeply"),
        ('{"schema": 1, "requirements": [{}], "run": {}}', "missing"),
    ],
)
def test_a_file_from_elsewhere_gets_one_clear_error(
    content: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from conformance.cli import main

    path = tmp_path / "other.json"
    path.write_text(content, encoding="utf-8")
    assert main(["report", str(path), "--html", str(tmp_path / "x.html")]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "x.html").exists()


def test_a_huge_file_is_refused_unread(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from conformance.cli import main

    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(65 * 2**20)
    assert main(["report", str(path), "--html", str(tmp_path / "x.html")]) == 2
    assert "too large" in capsys.readouterr().err
