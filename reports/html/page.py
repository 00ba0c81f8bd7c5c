"""The page as values: what stands in the report, in order, before any markup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from conformance.requirements.catalogue import Catalogue
from reports.clean import block, ends, line, tail
from reports.html.bars import Section, sections_of
from reports.html.cards import Card, anchor_of, cards_of
from reports.html.evidence import Clean, Context, TraceView
from reports.html.facts import Fact, facts_of
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
class Page:
    """The whole report."""

    name: str
    conforms: bool
    headline: Clean
    suite: str
    facts: tuple[Fact, ...]
    incomplete: str
    nothing_judged: bool
    verdicts: tuple[tuple[Verdict, int], ...]
    sections: tuple[Section, ...]
    first: tuple[Card, ...]
    later: tuple[Card, ...]
    blocked: int
    groups: tuple[Group, ...]
    total: int
    incidents: tuple[Incident, ...]
    more_incidents: int
    errors: tuple[Failure, ...]
    stderr: Clean


def page_of(results: Mapping[str, Any], catalogue: Catalogue) -> Page:
    """Gather everything the templates show, cleaned where it came from outside."""
    rows: list[Mapping[str, Any]] = results.get("requirements") or []
    context = Context.of(results)
    implementation = results.get("implementation") or {}
    conclusion, suite = results.get("conclusion") or {}, results.get("suite") or {}
    cards = cards_of(rows, catalogue, context)
    by_anchor = {card.anchor: card for card in cards}
    fixes = tuple(dict.fromkeys(anchor_of(row.get("id")) for row in to_fix(rows)))
    counts = tally(rows)
    incidents = results.get("incidents") or []
    return Page(
        name=line(f"{implementation.get('name', '')} {implementation.get('version', '')}", 200),
        conforms=bool(conclusion.get("conforms")),
        headline=Clean(ends(conclusion.get("headline"), 400)),
        suite=line(f"{suite.get('name', '')} {suite.get('version', '')}", 100),
        facts=facts_of(results),
        incomplete=_incomplete(results.get("run") or {}),
        nothing_judged=not any(row.get("exercised") for row in rows),
        verdicts=tuple((VERDICTS[name], count) for name, count in counts.items()),
        sections=sections_of(rows),
        first=tuple(by_anchor[anchor] for anchor in fixes[:_FIRST]),
        later=tuple(by_anchor[anchor] for anchor in fixes[_FIRST:]),
        blocked=counts["blocked"],
        groups=_groups(cards),
        total=len(cards),
        incidents=tuple(_incident(item, context) for item in incidents[:_MOST_INCIDENTS]),
        more_incidents=max(0, len(incidents) - _MOST_INCIDENTS),
        errors=tuple(_failure(item) for item in results.get("errors") or ()),
        stderr=Clean(tail(results.get("stderr"))),
    )


def _incomplete(run: Mapping[str, Any]) -> str:
    if run.get("complete"):
        return ""
    reason = line(run.get("stopped"), 300)
    return f"This run is incomplete{f': {reason}' if reason else ''}."


def _groups(cards: Iterable[Card]) -> tuple[Group, ...]:
    grouped: dict[str, list[Card]] = {}
    for card in cards:
        grouped.setdefault(card.id.rpartition("-")[0] or card.id, []).append(card)
    return tuple(Group(name, tuple(members)) for name, members in grouped.items())


def _incident(item: Mapping[str, Any], context: Context) -> Incident:
    family = str(item.get("family"))
    return Incident(
        family=line(family, 40),
        method=line(item.get("method"), 120),
        observed=Clean(block(item.get("observed"), 1_000)),
        count=item.get("count") or 0,
        trace=context.trace(item.get("trace") or (), family),
    )


def _failure(item: Mapping[str, Any]) -> Failure:
    return Failure(
        family=line(item.get("family"), 40),
        message=Clean(block(item.get("message"), 4_000)),
        hint=Clean(block(item.get("hint"), 2_000)),
        stderr=Clean(tail(item.get("stderr"))),
    )
