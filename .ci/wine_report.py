"""Reads the report of Wine's mapi32.dll as a stranger would, and builds and runs its C programs.

    python .ci/wine_report.py report.html mapi32.dll

Prints every broken requirement with its first call and what was expected; fails unless the C
program of each shows the violation.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path

from adapters.native.wine import Wine

BROKEN = ("fail", "flaky")


class Report(HTMLParser):
    """The texts of a report that a reader of counterexamples looks for, by requirement."""

    def __init__(self) -> None:
        super().__init__()
        self.cards: dict[str, dict[str, str]] = {}
        self._card: dict[str, str] = {}
        self._into = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "details" and given.get("data-verdict") in BROKEN:
            self._card = self.cards.setdefault(given["id"], {})
        elif tag == "details" and "id" in given:
            self._card = {}
        elif tag == "div" and given.get("data-file", "").endswith(".c"):
            self._into = "program"
        elif tag == "code" and given.get("class") == "call":
            self._into = "call"
        elif tag == "dd" and "program" not in self._card and "call" in self._card:
            self._into = "expected"

    def handle_data(self, data: str) -> None:
        if self._into and data.strip() and data.strip() not in ("Copy",):
            self._card.setdefault(self._into, data)
            self._into = ""


def shows(program: str, dll: Path, wine: Wine, folder: Path) -> bool:
    """Whether the program, built and run under Wine, says that the violation shows."""
    source, built = folder / "program.c", folder / "program.exe"
    source.write_text(program, encoding="ascii")
    compiler = shutil.which("x86_64-w64-mingw32-gcc") or "x86_64-w64-mingw32-gcc"
    subprocess.run([compiler, str(source), "-o", str(built)], check=True)
    command = [wine.program, str(built), wine.windows_path(dll)]
    return subprocess.run(command, env=dict(wine.env), check=False, timeout=120).returncode == 1


def main(page: str, dll: str) -> int:
    report = Report()
    report.feed(Path(page).read_text(encoding="utf-8"))
    wine = Wine()
    try:
        with tempfile.TemporaryDirectory() as folder:
            for name, card in report.cards.items():
                print(f"== {name}: first {card['call']}; expected {card['expected']}", flush=True)
                if not shows(card["program"], Path(dll), wine, Path(folder)):
                    print(f"{name}: its C program does not show the violation")
                    return 1
    finally:
        wine.close()
    return 0 if report.cards else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
