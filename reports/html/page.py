"""The page as values: what stands in the report, in order, before any markup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from conformance.requirements.catalogue import Catalogue
from reports.clean import block, ends, line, tail
from reports.html.bars import Section, sections_of
from reports.html.cards import Card, anchor_of, cards_of
from reports.html.changes import Changes, changes_of
from reports.html.evidence import Clean, Context, Subject, TraceView
from reports.html.facts import Fact, facts_of, name_of, number
from reports.html.lifecycle import Diagram, diagrams_of
from reports.verdicts import VERDICTS, Verdict, tally, to_fix

_FIRST: Final = 12
_MOST_INCIDENTS: Final = 50


@dataclass(frozen=True, slots=True)
class Group:
    """The cards of one group of requirements, such as IMSG-OPEN."""

    name: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Incident:
    """A crash or hang on a stimulus that the documents leave undefined: shown, never judged."""

    family: str
    method: str
    observed: Clean
    count: int
    trace: TraceView


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure of the adapter, with the end of what it wrote to its standard error."""

    family: str
    message: Clean
    hint: Clean
    stderr: Clean


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What the exhaustive explorer went through in one family."""

    family: str
    text: Clean
    complete: bool


@dataclass(frozen=True, slots=True)
class Page:
    """The whole report; `headline` is the verdict in words, `counts` what stands behind it."""

    name: str
    conforms: bool
    headline: Clean
    counts: Clean
    suite: str
    facts: tuple[Fact, ...]
    incomplete: str
    nothing_judged: bool
    verdicts: tuple[tuple[Verdict, int], ...]
    sections: tuple[Section, ...]
    first: tuple[Card, ...]
    later: tuple[Card, ...]
    blocked: int
    changes: Changes | None
    guarantees: tuple[Guarantee, ...]
    lives: tuple[Diagram, ...]
    groups: tuple[Group, ...]
    total: int
    incidents: tuple[Incident, ...]
    more_incidents: int
    errors: tuple[Failure, ...]
    stderr: Clean


def page_of(
    results: Mapping[str, Any], catalogue: Catalogue, baseline: Mapping[str, Any] | None = None
) -> Page:
    """Gather everything the templates show, cleaned where it came from outside."""
    rows: list[Mapping[str, Any]] = results.get("requirements") or []
    context = Context.of(results)
    conclusion, suite = results.get("conclusion") or {}, results.get("suite") or {}
    headline, _, rest = str(conclusion.get("headline") or "").partition("; ")
    cards = cards_of(rows, catalogue, context)
    by_anchor = {card.anchor: card for card in cards}
    fixes = tuple(dict.fromkeys(anchor_of(row.get("id")) for row in to_fix(rows)))
    counts = tally(rows)
    incidents = results.get("incidents") or []
    return Page(
        name=name_of(results),
        conforms=bool(conclusion.get("conforms")),
        headline=Clean(ends(headline.strip() or "No conclusion was reached", 300)),
        counts=Clean(ends(rest, 400)),
        suite=line(f"{suite.get('name', '')} {suite.get('version', '')}", 100),
        facts=facts_of(results),
        incomplete=_incomplete(results.get("run") or {}),
        nothing_judged=not any(row.get("exercised") for row in rows),
        verdicts=tuple((VERDICTS[name], count) for name, count in counts.items()),
        sections=sections_of(rows),
        first=tuple(by_anchor[anchor] for anchor in fixes[:_FIRST]),
        later=tuple(by_anchor[anchor] for anchor in fixes[_FIRST:]),
        blocked=counts["blocked"],
        changes=changes_of(baseline, results, catalogue) if baseline is not None else None,
        guarantees=_guarantees(results.get("run") or {}),
        lives=diagrams_of(rows),
        groups=_groups(cards),
        total=len(cards),
        incidents=tuple(
            _incident(item, context, number)
            for number, item in enumerate(incidents[:_MOST_INCIDENTS], 1)
        ),
        more_incidents=max(0, len(incidents) - _MOST_INCIDENTS),
        errors=tuple(_failure(item) for item in results.get("errors") or ()),
        stderr=Clean(tail(results.get("stderr"))),
    )


def _incomplete(run: Mapping[str, Any]) -> str:
    if run.get("complete"):
        return ""
    reason = line(run.get("stopped"), 300)
    return f"This run is incomplete{f': {reason}' if reason else ''}."


def _guaranteed(one: Mapping[str, Any]) -> str:
    """Give the words of a guarantee without its family, which stands before them."""
    text = str(one.get("text") or "").removeprefix(f"{one.get('family')}: ")
    counts = (f"{name} {number(one.get(name))}" for name in ("sequences", "classes", "depth"))
    return line(text or ", ".join(counts), 1_000)


def _guarantees(run: Mapping[str, Any]) -> tuple[Guarantee, ...]:
    listed = run.get("guarantees")
    return tuple(
        Guarantee(
            family=line(one.get("family"), 40),
            text=Clean(_guaranteed(one)),
            complete=bool(one.get("complete")),
        )
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, Mapping)
    )


def _groups(cards: Iterable[Card]) -> tuple[Group, ...]:
    grouped: dict[str, list[Card]] = {}
    for card in cards:
        grouped.setdefault(card.id.rpartition("-")[0] or card.id, []).append(card)
    return tuple(Group(name, tuple(members)) for name, members in grouped.items())


def _incident(item: Mapping[str, Any], context: Context, number: int) -> Incident:
    family = str(item.get("family"))
    return Incident(
        family=line(family, 40),
        method=line(item.get("method"), 120),
        observed=Clean(block(item.get("observed"), 1_000)),
        count=item.get("count") or 0,
        trace=context.trace(item.get("trace") or (), Subject("", family, "incident"), number),
    )


def _failure(item: Mapping[str, Any]) -> Failure:
    return Failure(
        family=line(item.get("family"), 40),
        message=Clean(block(item.get("message"), 4_000)),
        hint=Clean(block(item.get("hint"), 2_000)),
        stderr=Clean(tail(item.get("stderr"))),
    )
