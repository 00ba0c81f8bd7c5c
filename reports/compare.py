"""A comparison of two runs as text for a terminal, or as Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from conformance.compare import Change, Changed, Comparison
from conformance.requirements.catalogue import Catalogue
from reports.clean import line
from reports.markdown import cell

_HEADINGS: Final = {
    Change.BROKEN: "Newly broken",
    Change.UNDECIDED: "Undecided now, because the adapter failed",
    Change.GONE: "Gone: decided before, and not any more",
    Change.READING: "Another reading than before",
    Change.FIXED: "Fixed",
    Change.EXERCISED: "Newly exercised, and held",
}

Results = Mapping[str, Any]


def headline(comparison: Comparison, old: Results, new: Results) -> str:
    """Say in one sentence what the newer run did to the older one."""
    count = len(comparison.regressions)
    if count:
        says = f"{count} requirement{'s' if count > 1 else ''} newly broken"
    elif comparison.of(Change.UNDECIDED):
        says = "nothing newly broken, but the adapter failed and left some undecided"
    elif comparison.changes:
        says = "nothing newly broken"
    else:
        says = "no change"
    return f"{_name(old)} → {_name(new)}: {says}"


def text(comparison: Comparison, old: Results, new: Results, catalogue: Catalogue) -> str:
    """The comparison as plain text, without colour codes."""
    return "\n".join(_text(comparison, old, new, catalogue))


def _text(
    comparison: Comparison, old: Results, new: Results, catalogue: Catalogue
) -> Iterator[str]:
    yield headline(comparison, old, new)
    for note in comparison.notes:
        yield f"note: {line(note, 300)}"
    for change, heading in _HEADINGS.items():
        found = comparison.of(change)
        if found:
            yield f"\n{heading} ({len(found)}):"
        for one in found:
            yield f"  {line(one.requirement, 40)} ({line(one.level, 20)}): {_step(one)}"
            yield f"    {_sentence(one, catalogue)}"
            if one.detail:
                yield f"    {line(one.detail, 400)}"


def markdown(comparison: Comparison, old: Results, new: Results, catalogue: Catalogue) -> str:
    """The comparison as GitHub-flavoured Markdown: a pull-request comment."""
    parts = [f"### {cell(headline(comparison, old, new), 300)}"]
    parts += [f"> {cell(note, 300)}" for note in comparison.notes]
    for change, heading in _HEADINGS.items():
        found = comparison.of(change)
        if not found:
            continue
        rows = [
            f"| {cell(one.requirement, 40)} | {cell(one.level, 20)} | {cell(_step(one), 80)} "
            f"| {cell(_sentence(one, catalogue), 300)} | {cell(one.detail, 400)} |"
            for one in found
        ]
        table = ["| id | level | verdict | requirement | detail |", "|---|---|---|---|---|", *rows]
        parts.append(f"**{heading}** ({len(found)})\n\n" + "\n".join(table))
    return "\n\n".join(parts) + "\n"


def _step(one: Changed) -> str:
    return f"{line(one.before, 20) or 'unknown'} → {line(one.after, 20) or 'unknown'}"


def _sentence(one: Changed, catalogue: Catalogue) -> str:
    known = catalogue.requirements.get(one.requirement)
    return known.sentence if known else "unknown to this version of the suite"


def _name(results: Results) -> str:
    who = results["implementation"]
    return f"{line(who.get('name'), 60)} {line(who.get('version'), 40)}".strip()
