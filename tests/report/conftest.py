"""A real Chromium, and the pages of the report as files on disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Request, sync_playwright

from conformance.requirements.load import catalogue
from reports.html import render, render_matrix

from .sample import NASTY, baseline, results

ARGUMENTS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        assert not os.environ.get("MAPI_CONFORMANCE_CI"), "CI provides Chromium"
        pytest.skip("needs Chromium (Debian's package chromium)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield started
        started.close()


def first(values: dict[str, Any], count: int) -> dict[str, Any]:
    """The results of some requirements alone: axe-core takes its time on large tables."""
    return {**values, "requirements": values["requirements"][:count]}


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages by name."""
    folder, rows = tmp_path_factory.mktemp("pages"), catalogue()
    several = [results(), baseline(), {**results(), "requirements": []}]
    written = {
        "report": render(results(), rows, baseline()),
        "hostile": render(results(NASTY), rows, results(NASTY)),
        "empty": render({}, rows),
        "matrix": render_matrix(several, rows),
        "hostile-matrix": render_matrix([first(results(NASTY), 30), first(results(), 30)], rows),
        "wide-matrix": render_matrix([first(one, 30) for one in several] * 8, rows),
    }
    for name, text in written.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in written}


@pytest.fixture
def open_page(browser: Browser, pages: dict[str, Path]) -> Iterator[Open]:
    """Opens a page by name; whatever it asks for, says, or pops up fails the test."""
    contexts: list[BrowserContext] = []
    trouble: list[str] = []

    def note(what: str) -> None:
        trouble.append(what)

    def asked(request: Request, address: str) -> None:
        if request.url != address and not request.url.startswith("blob:"):
            note(request.url)

    def popped_up(dialog: Dialog) -> None:
        note("a dialog")
        dialog.dismiss()

    def open_one(name: str, width: int = 1280, scheme: str = "light", **options: Any) -> Page:
        address = pages[name].as_uri()
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked(request, address))
        page.on("console", lambda message: note(f"console: {message.text}"))
        page.on("pageerror", lambda error: note(f"error: {error}"))
        page.on("dialog", popped_up)
        page.goto(address)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert trouble == []
