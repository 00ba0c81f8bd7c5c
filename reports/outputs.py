"""The files that a run or a stored result can be written as, by the name of their option."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from conformance.requirements.catalogue import Catalogue
from conformance.results import write_atomically
from reports import badge, junit, markdown, sarif
from reports.html.render import render, render_matrix

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


def write(
    results: Results,
    catalogue: Catalogue,
    wanted: Mapping[str, str | None],
    baseline: Results | None = None,
) -> list[Path]:
    """Write each file that is wanted, atomically, and say which; None wants nothing.

    The HTML report says what changed since the `baseline`, where one is given. `badge` is an SVG
    picture, or JSON for a shields endpoint where the name ends in `.json`.
    Raises :class:`conformance.errors.UsageError` where a file cannot be written.
    """
    written = []
    for kind, name in wanted.items():
        if name:
            path = Path(name)
            write_atomically(path, _text(kind, path, results, catalogue, baseline))
            written.append(path)
    return written


def write_matrix(several: Sequence[Results], catalogue: Catalogue, path: Path) -> Path:
    """Write several results side by side, atomically.

    Raises :class:`conformance.errors.UsageError` where the file cannot be written.
    """
    write_atomically(path, render_matrix(several, catalogue))
    return path


def _text(
    kind: str, path: Path, results: Results, catalogue: Catalogue, baseline: Results | None
) -> str:
    if kind == "html":
        return render(results, catalogue, baseline)
    if kind == "badge":
        return badge.endpoint(results) if path.suffix == ".json" else badge.svg(results)
    return WRITERS[kind](results, catalogue)
