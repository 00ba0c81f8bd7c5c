"""The HTML report: complete, self-contained, and safe whatever the implementation says."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from importlib import resources
from typing import Any

import pytest

from conformance.requirements.load import catalogue
from reports.html import render
from reports.verdicts import VERDICTS

from .sample import NASTY, leak, results


class Page(HTMLParser):
    """What a browser would see of the page: elements, ids, texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def ids(self) -> list[str]:
        return [attrs["id"] for _, attrs in self.elements if "id" in attrs]

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(render(results(), catalogue()))


def test_every_requirement_is_an_anchor_exactly_once(page: Page) -> None:
    ids = page.ids()
    assert len(ids) == len(set(ids))
    assert set(catalogue().requirements) <= set(ids)
    cards = [attrs["id"] for tag, attrs in page.elements if tag == "details" and "id" in attrs]
    assert len(cards) == 120


def test_every_link_inside_the_page_has_its_target(page: Page) -> None:
    inside = {attrs["href"][1:] for tag, attrs in page.elements if attrs.get("href", "")[:1] == "#"}
    assert inside <= set(page.ids())
    assert "IMSG-OPEN-01" in inside


def test_the_page_loads_nothing(page: Page) -> None:
    for tag, attrs in page.elements:
        assert tag not in ("img", "link", "iframe", "object", "embed", "base", "video", "audio")
        assert "src" not in attrs
        assert "style" not in attrs, "the policy forbids style attributes"
        assert not [name for name in attrs if name.startswith("on")]
        assert tag == "a" or "href" not in attrs
    style = (resources.files("reports.html") / "templates" / "style.css").read_text("utf-8")
    assert not re.search(r"url\(|@import", style)


def test_the_policy_admits_exactly_the_style_and_the_script_of_the_page() -> None:
    html = render(results(), catalogue())
    policy = next(
        attrs["content"]
        for tag, attrs in Page(html).elements
        if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (text,) = re.findall(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_the_parts_stand_in_order(page: Page) -> None:
    order = [
        *("run", "distribution", "fix-first", "requirements", "IMSG-OPEN-01"),
        *("incidents", "errors", "lifecycle", "how-to-read"),
    ]
    ids = page.ids()
    places = [ids.index(name) for name in order]
    assert places == sorted(places)


def test_the_page_says_what_was_found(page: Page) -> None:
    for words in (
        "Does not conform",
        "plain does not conform",
        "9 of 76 broken",
        "98,765 calls",
        "4711",
        "OpenIMsgSession(lpMalloc=NULL, ulFlags=0, lppMsgSess=&s1)",
        "CRASH (signal 11, SIGSEGV)",
        "blocks as before the session",
        "1 more block(s) live",
        "3 of 20 times",
        "so this is a deviation",
        "Calls that take reading B",
        "held 9 times under A or B",
        "mapi-conformance replay IMSG-OPEN-02.json --adapter native:plain",
    ):
        assert words in page.text
    for known in catalogue().requirements.values():
        assert " ".join(known.sentence.split()) in page.text


def test_the_trace_to_save_is_a_trace_file() -> None:
    html = render(results(), catalogue())
    inside = re.search(r'data-file="IMSG-OPEN-02\.json">\s*<pre[^>]*>(.*?)</pre>', html, re.S)
    assert inside
    saved = json.loads(Page(inside[1]).texts[0])
    assert saved["schema"] == 1
    assert (saved["family"], saved["requirement"]) == ("imsg", "IMSG-OPEN-02")
    assert saved["capabilities"] == {
        "functions": ["plain"],
        "observes": ["plain"],
        "parallel": True,
    }
    assert saved["trace"] == leak()["trace"]


def test_every_verdict_is_defined_and_named_beside_its_colour(page: Page) -> None:
    for verdict in VERDICTS.values():
        assert verdict.meaning in page.text
        assert f"{verdict.glyph} {verdict.label}" in page.text


def test_an_incomplete_run_says_so() -> None:
    values = results()
    values["run"] |= {"complete": False, "stopped": "interrupted by the user"}
    text = Page(render(values, catalogue())).text
    assert "This run is incomplete: interrupted by the user." in text


def test_hostile_words_create_no_element_and_reach_the_page_only_escaped(page: Page) -> None:
    html = render(results(NASTY), catalogue())
    hostile = Page(html)
    assert hostile.count("img") == 0
    assert hostile.count("script") == page.count("script") == 1
    harmless = Page(render(results("plain"), catalogue()))
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in harmless.elements]
    assert not set(html) & set("\u202e\x00\ud800")
    assert "\\u202e\\x00\\ud800\\u200b&amp;{{ 7*7 }}" in hostile.text
    html.encode()


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "https://a\u202e/"])
def test_a_homepage_that_is_no_clean_web_address_is_no_link(address: str) -> None:
    values = results()
    values["implementation"]["homepage"] = address
    links = [
        attrs["href"] for tag, attrs in Page(render(values, catalogue())).elements if tag == "a"
    ]
    assert all(link.startswith(("#", "https://", "http://")) for link in links)
    assert not [link for link in links if "example.org" in link or "https://a" in link]


def test_huge_and_deep_values_are_shortened_visibly() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    values = results("W" * 1_000_000)
    step = values["requirements"][1]["violations"][0]["trace"][1]
    step["params"] = {"deep": deep, "number": 10**5_000}
    step["outcome"] = {"result": {"return": deep, "props": deep}}
    html = render(values, catalogue())
    assert "more characters]" in html
    assert "levels left out]" in html
    assert "does not conform<" in html
    assert "9 of 76 broken" in html
    assert len(html) < 4_000_000


def test_ids_from_outside_are_anchors_that_cannot_collide() -> None:
    values = results()
    for name in (NASTY, "requirements", "IMSG-OPEN-01"):
        values["requirements"].append({"id": name, "family": "imsg", "verdict": "odd"})
    ids = Page(render(values, catalogue())).ids()
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in ids)


def test_results_without_anything_still_make_a_page() -> None:
    assert "Nothing was judged" in Page(render({}, catalogue())).text


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_have_the_contrast_that_wcag_aa_asks_for(scheme: str) -> None:
    style = (resources.files("reports.html") / "templates" / "style.css").read_text("utf-8")
    light, dark = re.findall(r":root \{([^}]*--ink[^}]*)\}", style)
    colours = dict(re.findall(r"--([\w-]+): (#\w{6});", light if scheme == "light" else dark))
    pairs = [(ink, ground) for ink in ("ink", "quiet", *VERDICTS) for ground in ("page", "surface")]
    pairs += [(verdict, f"{verdict}-tint") for verdict in VERDICTS]
    for ink, ground in pairs:
        brighter, darker = sorted(map(luminance, (colours[ink], colours[ground])), reverse=True)
        assert (brighter + 0.05) / (darker + 0.05) >= 4.5, (ink, ground)
