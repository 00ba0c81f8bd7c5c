"""The outcome of a run as Markdown: for a job summary, or a comment of a bot.

Everything that an implementation says is data: what would be markup is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from conformance.requirements.catalogue import Catalogue
from reports.calls import step_line
from reports.clean import line
from reports.verdicts import VERDICTS, is_deviation, tally, to_fix, verdict_of

_MARKUP: Final = re.compile(r"([\\`*_\[\]<>#|~$])")
_FIXES: Final = 20
_CALLS: Final = 30


def cell(value: object, limit: int) -> str:
    """The value as one line that no Markdown reader takes for markup, an image or a mention."""
    text = _MARKUP.sub(r"\\\1", line(value, limit)).replace("&", "&amp;")
    # Mentions are made of the finished text: no escape stops them, an invisible space does.
    return text.replace("@", "@&#8203;")


def summary(results: Mapping[str, Any], catalogue: Catalogue) -> str:
    """The conclusion, the counts by family, and what to fix first with its call sequence."""
    return "\n".join(_summary(results, catalogue)) + "\n"


def _summary(results: Mapping[str, Any], catalogue: Catalogue) -> Iterator[str]:
    rows = results["requirements"]
    glyph = "✅" if results["conclusion"].get("conforms") else "❌"
    yield f"## {glyph} {cell(results['conclusion'].get('headline'), 400)}"
    yield ""
    yield from _counts(rows)
    fixes = to_fix(rows)
    if fixes:
        yield "\n### What to fix first\n"
    for row in fixes[:_FIXES]:
        yield from _fix(row, catalogue)
    if len(fixes) > _FIXES:
        yield f"\n… and {len(fixes) - _FIXES} more: see the report.\n"
    yield from _foot(results)


def _counts(rows: list[Mapping[str, Any]]) -> Iterator[str]:
    """A table with a column for each verdict that occurs."""
    families: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        families.setdefault(row["family"], []).append(row)
    used = [name for name, count in tally(rows).items() if count]
    yield f"| family | {' | '.join(VERDICTS[name].label for name in used)} | total |"
    yield f"|---|{'---:|' * (len(used) + 1)}"
    for family, members in families.items():
        counts = tally(members)
        cells = " | ".join(str(counts[name]) for name in used)
        yield f"| {cell(family, 20)} | {cells} | {len(members)} |"


def _fix(row: Mapping[str, Any], catalogue: Catalogue) -> Iterator[str]:
    known = catalogue.requirements.get(row["id"])
    verdict = "deviation" if is_deviation(row) else VERDICTS[verdict_of(row)].label
    violation = next(iter(row["violations"]), None)
    sentence = known.sentence if known else ""
    yield f"<details><summary>{_html(row['id'])}: {_html(sentence)}</summary>"
    yield f"\n**{cell(row['id'], 40)}** ({cell(row['level'], 20)}, {verdict})"
    if violation is None:
        yield f"\n{cell(row.get('reason'), 400)}"
    else:
        yield f"\nExpected {cell(violation.get('expected'), 400)}"
        yield f"\nObserved {cell(violation.get('observed'), 400)}\n"
        for step in violation["trace"][:_CALLS]:
            # Indented code: nothing in it is markup, and no fence can be closed by it.
            yield f"    {step_line(step, row['family'])}"
    yield "\n</details>\n"


def _html(value: object) -> str:
    text = line(value, 300)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _foot(results: Mapping[str, Any]) -> Iterator[str]:
    run, suite, who = results["run"], results["suite"], results["implementation"]
    said = (
        f"{suite.get('name')} {suite.get('version')}: {who.get('name')} {who.get('version')}",
        f"adapter {who.get('adapter')}",
        f"profile {run.get('profile')}",
        f"seed {run.get('seed')}",
        f"{run.get('calls')} calls",
    )
    yield "\n" + ", ".join(cell(part, 200) for part in said)
