"""A badge: the conclusion in a few words, as an SVG picture or as JSON for a shields endpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any, Final

from reports.verdicts import VERDICTS, tally

_LABEL: Final = "MAPI conformance"
_GREEN, _RED, _GREY = "#1a7f37", "#b3261e", "#57606a"
_CHARACTER: Final = 6.6
_PADDING: Final = 12

Results = Mapping[str, Any]


def endpoint(results: Results) -> str:
    """The badge in the form that a shields.io endpoint serves (schemaVersion 1)."""
    message, colour = _said(results)
    value = {"schemaVersion": 1, "label": _LABEL, "message": message, "color": colour}
    return json.dumps(value, indent=1) + "\n"


def svg(results: Results) -> str:
    """The badge as a picture that needs no font, no script and no service."""
    message, colour = _said(results)
    left, right = (round(len(text) * _CHARACTER) + _PADDING for text in (_LABEL, message))
    title = escape(f"{_LABEL}: {message}")

    def text(at: float, value: str, width: int) -> str:
        fit = f'textLength="{width - _PADDING}" lengthAdjust="spacingAndGlyphs"'
        return f'<text x="{at}" y="14" {fit}>{escape(value)}</text>'

    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" '
        f'aria-label="{title}"><title>{title}</title>'
        f'<rect width="{left + right}" height="20" rx="3" fill="#24292f"/>'
        f'<path d="M{left} 0h{right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H{left}z" fill="{colour}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" '
        'text-anchor="middle">'
        f"{text(left / 2, _LABEL, left)}{text(left + right / 2, message, right)}</g></svg>\n"
    )


def _said(results: Results) -> tuple[str, str]:
    """The words and the colour; every count stands with its denominator."""
    rows = results["requirements"]
    scope = [row for row in rows if row["verdict"] != "not-offered"]
    counts = tally(scope)
    if results["errors"] or results["run"].get("complete") is False:
        return "not decided", _GREY
    breaking = [row for row in scope if row.get("binding") and row["verdict"] in _BREAKING]
    if breaking:
        return f"{len(breaking)} of {len(scope)} broken", _RED
    if not results["conclusion"].get("conforms"):
        return "nothing exercised", _GREY
    return f"conforms, {counts['pass']} of {len(scope)} passed", _GREEN


_BREAKING: Final = frozenset(VERDICTS) & {"fail", "flaky", "error", "blocked", "not-implemented"}
