"""Pages in use: filters, tabs, copying, links, the keyboard, and life without JavaScript."""

from __future__ import annotations

from .conftest import Open
from .sample import results

SHOWN = "[data-search]:not([hidden])"
TABS = "details[open] .tabs:has(.pane[data-file$='.c'])"


def test_words_and_verdicts_filter_the_requirements(open_page: Open) -> None:
    page = open_page("report")
    assert page.locator(SHOWN).count() == 120
    page.fill("input[type=search]", "IMSG-CLOSE should")
    expected = [
        row
        for row in results()["requirements"]
        if row["id"].startswith("IMSG-CLOSE") and row["level"] == "should"
    ]
    assert page.locator(SHOWN).count() == len(expected) > 0
    assert page.inner_text("form output") == f"{len(expected)} of 120 shown"
    page.fill("input[type=search]", "")
    page.uncheck("input[value=pass]")
    passed = sum(row["verdict"] == "pass" for row in results()["requirements"])
    assert page.locator(SHOWN).count() == 120 - passed
    assert page.locator("[data-verdict=pass]:visible").count() == 0


def test_a_link_unfolds_and_uncovers_its_requirement(open_page: Open) -> None:
    page = open_page("report")
    page.fill("input[type=search]", "nothing has these words")
    assert page.locator(SHOWN).count() == 0
    page.evaluate("location.hash = '#IMSG-OPEN-01'")
    page.wait_for_selector("#IMSG-OPEN-01[open]")
    assert page.locator("#IMSG-OPEN-01").is_visible()


def test_tabs_work_by_mouse_and_by_keyboard(open_page: Open) -> None:
    page = open_page("report")
    group = page.locator(TABS).first
    group.scroll_into_view_if_needed()
    tabs, panels = group.get_by_role("tab"), group.get_by_role("tabpanel")
    labels = tabs.all_inner_texts()
    assert labels == ["C program", "Python test", "Wire JSON", "Replay"]
    assert panels.count() == 1, "one panel is shown"
    tabs.nth(2).click()
    assert tabs.nth(2).get_attribute("aria-selected") == "true"
    assert '"schema": 1' in panels.first.inner_text()
    page.keyboard.press("ArrowRight")
    assert "mapi-conformance replay" in panels.first.inner_text()
    page.keyboard.press("ArrowRight")
    assert tabs.nth(0).get_attribute("aria-selected") == "true"
    assert "int main(" in panels.first.locator("pre").inner_text()
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.textContent") == "Replay"
    stops = [tabs.nth(at).get_attribute("tabindex") for at in range(4)]
    assert stops == ["-1", "-1", "-1", "0"], "the tab key stops once"


def test_copy_puts_the_whole_text_on_the_clipboard(open_page: Open) -> None:
    page = open_page("report", permissions=["clipboard-read", "clipboard-write"])
    group = page.locator(TABS).first
    for at in range(4):
        group.get_by_role("tab").nth(at).click()
        panel = group.get_by_role("tabpanel").first
        panel.get_by_role("button", name="Copy").click()
        page.wait_for_selector(".said:not(:empty)")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == panel.locator("pre").text_content()
        page.wait_for_selector(".said:empty", state="attached")


def test_copy_works_where_the_clipboard_is_refused(open_page: Open) -> None:
    page = open_page("report")
    refuse = "Object.defineProperty(navigator, 'clipboard', { value: undefined })"
    page.evaluate(refuse)
    panel = page.locator(TABS).first.get_by_role("tabpanel").first
    panel.get_by_role("button", name="Copy").click()
    page.wait_for_selector("text=Copied")
    whole = panel.locator("pre").text_content() or ""
    page.locator("input[type=search]").focus()
    page.keyboard.press("Control+V")
    assert page.input_value("input[type=search]").split() == whole.split()


def test_save_offers_the_file_under_its_name(open_page: Open) -> None:
    page = open_page("report")
    panel = page.locator(TABS).first.get_by_role("tabpanel").first
    with page.expect_download() as waiting:
        panel.get_by_role("button", name="Save").click()
    assert waiting.value.suggested_filename.endswith(".c")
    assert waiting.value.path().read_text("utf-8") == panel.locator("pre").text_content()


def test_the_first_stop_of_the_keyboard_skips_to_what_to_fix(open_page: Open) -> None:
    page = open_page("report")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.wait_for_url("**#fix-first")
    box = page.locator("#fix-first").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 900


def test_without_javascript_everything_is_there(open_page: Open) -> None:
    page = open_page("report", java_script_enabled=False)
    assert page.locator("form.filter").is_hidden()
    assert page.locator("details.card").count() == 121  # requirements and an incident
    broken = page.locator("#IMSG-OPEN-02")
    assert broken.locator(".replay").first.is_visible()
    program = broken.locator(".tab", has_text="C program").first
    program.locator("summary").click()
    assert "int main(" in program.locator("pre").inner_text()
    passed = page.locator("#IMSG-OPEN-01")
    passed.locator("summary").first.click()
    assert passed.locator(".detail").is_visible()


def test_the_matrix_filters_and_shows_only_differences(open_page: Open) -> None:
    page = open_page("matrix")
    assert page.locator(SHOWN).count() == 120
    page.check("input[name=differ]")
    shown = page.locator(SHOWN)
    assert shown.count() == page.locator("[data-differs]").count() > 0
    page.uncheck("input[name=differ]")
    page.fill("input[type=search]", "simple-logoff")
    assert page.locator(SHOWN).count() == 11


def test_headers_of_the_matrix_stay_in_sight(open_page: Open) -> None:
    page = open_page("wide-matrix", 768)
    scroll = page.locator(".scroll")
    scroll.scroll_into_view_if_needed()
    frame = scroll.bounding_box()
    scroll.evaluate("at => at.scrollTo(at.scrollWidth, 2000)")
    name = page.locator(".matrix thead th.corner").bounding_box()
    first = page.locator(".matrix tbody tr[data-search] > th").nth(15).bounding_box()
    assert frame is not None
    assert name is not None
    assert first is not None
    assert abs(name["x"] - frame["x"]) < 3
    assert abs(name["y"] - frame["y"]) < 3
    assert abs(first["x"] - frame["x"]) < 3


def test_cells_lead_to_their_evidence(open_page: Open) -> None:
    page = open_page("matrix")
    page.locator("#IMSG-OPEN-02 td a").first.click()
    page.wait_for_selector("#i1-IMSG-OPEN-02[open]")
    assert page.locator("#i1-IMSG-OPEN-02 .calls").is_visible()
    page.locator("#i1-IMSG-OPEN-02 a", has_text="Row of the matrix").click()
    page.wait_for_url("**#IMSG-OPEN-02")
