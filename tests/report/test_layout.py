"""Pages in a real browser: nothing loaded, nothing clipped, nothing that keeps people out."""

from __future__ import annotations

from importlib import resources

import pytest

from .conftest import Open

PAGES = ("report", "hostile", "empty", "matrix", "hostile-matrix", "wide-matrix")
A4_IN_PIXELS = 718  # 210 mm less the margins of 10 mm

CLIPPED = """() => {
  const scrolls = (at) => ["auto", "scroll"].includes(getComputedStyle(at).overflowX);
  const inside = (at) => {
    for (let up = at.parentElement; up; up = up.parentElement) if (scrolls(up)) return true;
    return false;
  };
  const unseen = (at) => at.closest(".tag, .skip, legend, thead, [hidden]")
    || !at.checkVisibility({ contentVisibilityAuto: true });
  const found = [];
  for (const at of document.body.querySelectorAll("*")) {
    if (unseen(at) || at.closest("svg") !== null && at.tagName !== "svg") continue;
    const box = at.getBoundingClientRect(), style = getComputedStyle(at);
    if (box.width <= 1 || box.height <= 1) continue; // for screen readers only
    const what = `${at.tagName}.${at.className} ${at.textContent.trim().slice(0, 40)}`;
    if (!inside(at) && (box.right > innerWidth + 1 || box.left < -1)) found.push(`out: ${what}`);
    const wide = style.overflowX === "hidden" && at.scrollWidth > at.clientWidth + 1;
    const high = style.overflowY === "hidden" && at.scrollHeight > at.clientHeight + 1;
    if (wide || high) found.push(`cut: ${what}`);
    if (style.textOverflow === "ellipsis") found.push(`ellipsis: ${what}`);
  }
  return found.slice(0, 20);
}"""


@pytest.mark.parametrize("width", [320, 768, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_clipped_and_the_page_does_not_scroll_sideways(
    name: str, width: int, open_page: Open
) -> None:
    page = open_page(name, width)
    page.evaluate("for (const at of document.querySelectorAll('details')) at.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CLIPPED) == []


@pytest.mark.parametrize("name", PAGES)
def test_print_shows_every_requirement_and_clips_nothing(name: str, open_page: Open) -> None:
    page = open_page(name, A4_IN_PIXELS)
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= A4_IN_PIXELS
    assert page.evaluate(CLIPPED) == []
    unprinted = """() => [...document.querySelectorAll(".card .body")]
      .filter((at) => !at.checkVisibility()).length"""
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(unprinted) == 0
    assert len(page.pdf(format="A4")) > 10_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(name: str, scheme: str, open_page: Open) -> None:
    axe = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    page = open_page(name, scheme=scheme)
    page.evaluate(axe)
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    said = [
        f"{one['id']}: {one['help']}: {[node['html'][:200] for node in one['nodes'][:3]]}"
        for one in found["violations"]
    ]
    assert said == []


@pytest.mark.parametrize("name", ["hostile", "hostile-matrix"])
def test_hostile_words_make_no_element_and_run_nothing(name: str, open_page: Open) -> None:
    page = open_page(name)
    assert page.locator("script").count() == 1
    assert page.locator("img").count() == 0
    assert "<script>alert(1)</script>" in page.inner_text("body")
