"""The terminal summary: one screen of plain text, without colour codes."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any, Final

from conformance.requirements.catalogue import Catalogue
from reports.calls import number_of_calls
from reports.clean import columns_of, ends, fit, line
from reports.verdicts import VERDICTS, tally, to_fix, verdict_of

_HEADS: Final = {
    "pass": ("", "pass"),
    "fail": ("", "fail"),
    "flaky": ("", "flaky"),
    "expected-fail": ("expect", "fail"),
    "not-exercised": ("not", "exerc."),
    "not-offered": ("not", "offer."),
    "not-implemented": ("not", "impl."),
    "blocked": ("", "block"),
    "error": ("", "error"),
}
_LEAST_FIXES: Final = 1
_HEADLINE_LINES: Final = 4

Row = Mapping[str, Any]


def render(
    results: Mapping[str, Any], catalogue: Catalogue, width: int = 80, height: int = 24
) -> str:
    """Render the outcome of a run in `height` lines of `width` columns at most.

    The failures shown are those to fix first; the rest is counted.
    """
    rows: list[Row] = results.get("requirements") or []
    head = [*_headline(results, width), "", *_table(rows, width)]
    foot = ["", *_troubles(results, width), *_guarantees(results, width), _run(results, width)]
    fixes = _fixes(rows, catalogue, width, height - len(head) - len(foot))
    return "\n".join(text.rstrip() for text in (*head, *fixes, *foot))


def _headline(results: Mapping[str, Any], width: int) -> list[str]:
    """State the conclusion; of a long one the middle goes, since the counts stand at its end."""
    headline = (results.get("conclusion") or {}).get("headline") or "No conclusion was reached"
    text = ends(headline, (_HEADLINE_LINES - 1) * width)
    lines = [fit(part, width) for part in textwrap.wrap(text, width)[:_HEADLINE_LINES]]
    run = results.get("run") or {}
    if not run.get("complete"):
        stopped = f": {line(run['stopped'], 200)}" if run.get("stopped") else ""
        lines.append(fit(f"INCOMPLETE{stopped}", width))
    return lines


def _table(rows: list[Row], width: int) -> list[str]:
    """Write one line a family with the count of every verdict."""
    families: dict[str, list[Row]] = {}
    for row in rows:
        families.setdefault(line(row.get("family"), 20), []).append(row)
    parts = [*families.items(), ("all", rows)] if len(families) > 1 else list(families.items())
    lines = [
        _cells("", [upper for upper, _ in _HEADS.values()]),
        _cells("", [*(lower for _, lower in _HEADS.values()), "total"]),
    ]
    for family, members in parts:
        lines.append(_cells(family, [*map(str, tally(members).values()), str(len(members))]))
    return [fit(text, width) for text in lines]


def _cells(name: str, cells: list[str]) -> str:
    shown = fit(name, 8)
    return shown + " " * (8 - columns_of(shown)) + "".join(f"{cell:>7}" for cell in cells)


def _fixes(rows: list[Row], catalogue: Catalogue, width: int, space: int) -> list[str]:
    """List what to fix first, two lines each, as many as the space takes but one at least."""
    fixes = to_fix(rows)
    if not fixes:
        return []
    room = (space - 2) // 2
    if len(fixes) > room:
        room = max(_LEAST_FIXES, (space - 3) // 2)
    lines = ["", "Fix first:"]
    for row in fixes[:room]:
        lines += _fix(row, catalogue, width)
    if len(fixes) > room:
        lines.append(f"  … and {len(fixes) - room} more, see the report")
    return lines


def _fix(row: Row, catalogue: Catalogue, width: int) -> list[str]:
    known = catalogue.requirements.get(str(row.get("id")))
    sentence = known.sentence if known else ""
    title = f"  {line(row.get('id'), 40)}  {line(row.get('level'), 20)} {_verdict(row)}"
    violations = row.get("violations") or ()
    if not violations:
        return [
            fit(f"{title}: {sentence}", width),
            fit(f"    {line(row.get('reason'), 400)}", width),
        ]
    first = min(violations, key=lambda item: len(item["trace"]))
    number = number_of_calls(first["trace"])
    calls = f"{number} call{'' if number == 1 else 's'}"
    expected, observed = line(first.get("expected"), 400), line(first.get("observed"), 400)
    room = max(20, width - len("    expected , got "))
    expected = fit(expected, max(room // 2, room - columns_of(observed)))
    return [
        fit(f"{title} in {calls}: {sentence}", width),
        fit(f"    expected {expected}, got {observed}", width),
    ]


def _verdict(row: Row) -> str:
    label = VERDICTS[verdict_of(row)].label
    return label if row.get("binding") else f"{label} (not binding)"


def _troubles(results: Mapping[str, Any], width: int) -> list[str]:
    errors, incidents = results.get("errors") or [], results.get("incidents") or []
    lines = []
    if errors:
        more = f" (1 of {len(errors)})" if len(errors) > 1 else ""
        lines.append(f"Adapter error{more}: {line(errors[0].get('message'), 400)}")
        if errors[0].get("hint"):
            lines.append(f"  {line(errors[0]['hint'], 400)}")
    if incidents:
        count = f"{len(incidents)} incident{'s' if len(incidents) > 1 else ''}"
        lines.append(f"{count} on undocumented arguments, shown in the report and not judged")
    return [fit(text, width) for text in lines]


def _guarantees(results: Mapping[str, Any], width: int) -> list[str]:
    """Say what exhaustive exploration promises, one line a family."""
    known = (results.get("run") or {}).get("guarantees") or []
    return [fit(_promise(one), width) for one in known]


def _promise(guarantee: Row) -> str:
    sentence, _, _ = line(guarantee.get("text"), 400).partition(" (")
    return sentence if guarantee.get("complete") else f"{sentence} (cut off)"


def _run(results: Mapping[str, Any], width: int) -> str:
    run, suite = results.get("run") or {}, results.get("suite") or {}
    adapter = line((results.get("implementation") or {}).get("adapter"), 200)
    return fit(
        f"{line(suite.get('name'), 30)} {line(suite.get('version'), 20)}: "
        f"{_count(run.get('calls'))} calls, {_count(run.get('seconds'))} s, "
        f"profile {line(run.get('profile'), 20)}, seed {line(run.get('seed'), 30)}, {adapter}",
        width,
    )


def _count(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else line(value, 20)
