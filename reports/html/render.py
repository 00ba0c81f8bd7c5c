"""From results to one HTML file: page values into templates, escaped without exception.

The page loads nothing: its style and script stand in it, and its content security policy admits
just these two, by their digests.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from conformance.requirements.catalogue import Catalogue
from reports.clean import line
from reports.html.evidence import Clean
from reports.html.matrix import matrix_of
from reports.html.page import page_of


def render(
    results: Mapping[str, Any], catalogue: Catalogue, baseline: Mapping[str, Any] | None = None
) -> str:
    """Render the report on one results file as a complete HTML document.

    `baseline` are the results of an earlier run, to say what changed since.
    """
    page = page_of(results, catalogue, baseline)
    return _environment().get_template("report.html.j2").render(page=page)


def render_matrix(several: Sequence[Mapping[str, Any]], catalogue: Catalogue) -> str:
    """Render several results side by side, one row a requirement."""
    matrix = matrix_of(several, catalogue)
    return _environment().get_template("matrix.html.j2").render(page=matrix)


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("reports.html", "templates"),
        autoescape=True,
        finalize=_visible,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["n"] = _number
    style, script = _asset("style.css"), _asset("script.js")
    environment.globals.update(style=Markup(style), script=Markup(script))  # noqa: S704 - our own files
    environment.globals["policy"] = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return environment


def _visible(value: object) -> object:
    """Clean every value that a template shows, so that none can be forgotten."""
    if isinstance(value, Clean):
        return value.text
    return line(value) if type(value) is str else value


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, (int, float)) else line(value, 40)


def _asset(name: str) -> str:
    return (resources.files("reports.html") / "templates" / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
