"""The files that a run or a stored result can be written as, by the name of their option."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from conformance.requirements.catalogue import Catalogue
from conformance.results import write_atomically
from reports import badge, junit, markdown, sarif
from reports.html.render import render

Results = Mapping[str, Any]
Writer = Callable[[Results, Catalogue], str]

WRITERS: Final[Mapping[str, Writer]] = {
    "html": render,
    "json": lambda results, _catalogue: json.dumps(results, indent=1) + "\n",
    "junit": junit.junit,
    "sarif": sarif.sarif,
    "markdown": markdown.summary,
}
"""What each option writes; a badge depends on the file's name, see :func:`write`."""


def write(results: Results, catalogue: Catalogue, wanted: Mapping[str, str | None]) -> list[Path]:
    """Write each file that is wanted, atomically, and say which; None wants nothing.

    `badge` is an SVG picture, or JSON for a shields endpoint where the name ends in `.json`.
    Raises :class:`conformance.errors.UsageError` where a file cannot be written.
    """
    written = []
    for kind, name in wanted.items():
        if name:
            path = Path(name)
            write_atomically(path, _text(kind, path, results, catalogue))
            written.append(path)
    return written


def _text(kind: str, path: Path, results: Results, catalogue: Catalogue) -> str:
    if kind == "badge":
        return badge.endpoint(results) if path.suffix == ".json" else badge.svg(results)
    return WRITERS[kind](results, catalogue)
