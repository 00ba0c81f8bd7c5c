"""One requirement on the page: its text from the catalogue, its verdict from the results."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.requirements.catalogue import Catalogue, Citation, Requirement, Source
from conformance.trace import trace_to_json
from reports.clean import block, line
from reports.html.evidence import Clean, Context, StepView, Subject, TraceView, Violation, steps_of
from reports.html.facts import number
from reports.verdicts import VERDICTS, Verdict, is_deviation, verdict_of

_WORDS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class SourceLink:
    """Where the rule stands; `address` is empty where it is no web address."""

    key: str
    title: str
    section: str
    address: str
    detail: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading of an ambiguous requirement, or what was seen of a set of readings."""

    letter: str
    text: str
    taken: bool


@dataclass(frozen=True, slots=True)
class Card:
    """Everything on one requirement; texts from the catalogue are empty for an unknown id."""

    id: str
    anchor: str
    family: str
    verdict: Verdict
    level: str
    binding: bool
    deviation: bool
    sentence: str
    why: str
    notes: tuple[str, ...]
    sources: tuple[SourceLink, ...]
    readings: tuple[Reading, ...]
    held_under: tuple[str, ...]
    exercised: int
    held: int
    broken: int
    reason: Clean
    blocked_by: str
    flaky: str
    violations: tuple[Violation, ...]
    by_reading: tuple[tuple[str, TraceView], ...]
    example: tuple[StepView, ...]

    @property
    def open(self) -> bool:
        """Broken requirements stand open, so that links lead to the evidence without a script."""
        return bool(self.violations or self.by_reading)

    @property
    def search(self) -> str:
        """What the filter box looks in, in lower case."""
        return line(f"{self.id} {self.level} {self.sentence}".lower(), 500)


def cards_of(
    rows: Iterable[Mapping[str, Any]], catalogue: Catalogue, context: Context
) -> list[Card]:
    """Make one card for each requirement id, in the order of the results; ids never repeat."""
    cards: dict[str, Card] = {}
    for row in rows:
        anchor = anchor_of(row.get("id"))
        if anchor not in cards:
            requirement = catalogue.requirements.get(str(row.get("id")))
            cards[anchor] = _card(row, anchor, requirement, context)
    return list(cards.values())


def anchor_of(requirement: object) -> str:
    """Make an HTML anchor of the id: unchanged for every id of the catalogue."""
    anchor = re.sub(r"[^A-Za-z0-9._-]", "-", line(requirement, 80))
    return anchor if anchor[:1].isupper() else f"R-{anchor}"


def _card(row: Mapping[str, Any], anchor: str, known: Requirement | None, context: Context) -> Card:
    family, name = str(row.get("family")), str(row.get("id"))
    verdict = VERDICTS[verdict_of(row)]
    flaky = row.get("flaky") or {}
    violations = sorted(row.get("violations") or (), key=lambda item: len(item["trace"]))
    subject = Subject(
        requirement=name,
        family=family,
        anchor=anchor,
        sentence=known.sentence if known else "",
        accepted=_accepted(row, known, context),
        traces=tuple((row.get("traces") or {}).values()),
    )
    stimulated = verdict.name in ("pass", "fail", "flaky", "expected-fail")
    example = () if known is None or stimulated else trace_to_json(known.example)
    return Card(
        id=line(name, 80),
        anchor=anchor,
        family=line(family, 40),
        verdict=verdict,
        level=line(row.get("level"), 20),
        binding=bool(row.get("binding")),
        deviation=is_deviation(row),
        sentence=known.sentence if known else "This requirement is not in the catalogue at hand.",
        why=known.why if known else "",
        notes=tuple(filter(None, (known.note, known.partial, known.undecidable))) if known else (),
        sources=_sources(known.citations) if known else (),
        readings=_readings(row, known),
        held_under=_held_under(row),
        exercised=row.get("exercised") or 0,
        held=row.get("held") or 0,
        broken=row.get("broken") or 0,
        reason=Clean(block(row.get("reason"), 2_000)),
        blocked_by=anchor_of(row["blocked_by"]) if row.get("blocked_by") else "",
        flaky=f"{line(flaky.get('broke'), 20)} of {line(flaky.get('of'), 20)}" if flaky else "",
        violations=tuple(
            context.violation(item, subject, number) for number, item in enumerate(violations, 1)
        ),
        by_reading=tuple(
            (line(letters, 20), context.trace(trace, subject, len(violations) + number))
            for number, (letters, trace) in enumerate((row.get("traces") or {}).items(), 1)
        ),
        example=steps_of(example, family),
    )


def _accepted(
    row: Mapping[str, Any], known: Requirement | None, context: Context
) -> frozenset[str]:
    """Give the reading that was not to be left, where the row broke a choice of readings."""
    if known is None or not row.get("traces"):
        return frozenset()
    chosen = context.readings.get(known.id, known.default)
    return frozenset({str(chosen)}) if chosen in known.readings else frozenset()


def _sources(citations: Iterable[Citation]) -> tuple[SourceLink, ...]:
    """Make one link for each document, with all the sections cited from it."""
    sections: dict[Source, list[str]] = {}
    for citation in citations:
        sections.setdefault(citation.source, []).append(citation.section)
    return tuple(_source(source, cited) for source, cited in sections.items())


def _source(source: Source, sections: Iterable[str]) -> SourceLink:
    web = source.address.startswith(("https://", "http://"))
    details = (source.publisher, source.edition, "" if web else source.address)
    return SourceLink(
        key=source.key,
        title=source.title,
        section="; ".join(filter(None, sections)),
        address=source.address if web else "",
        detail=", ".join(filter(None, details)),
    )


def _readings(row: Mapping[str, Any], known: Requirement | None) -> tuple[Reading, ...]:
    taken = row.get("reading")
    texts = known.readings if known else {}
    if taken and str(taken) not in texts:
        return (Reading(line(taken, 20), "", taken=True),)
    return tuple(Reading(letter, text, letter == taken) for letter, text in texts.items())


def _held_under(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Say what the run saw of each set of readings: `held 12 times under A or C`."""
    seen = []
    for item in row.get("readings") or ():
        aspect = f" ({line(item['aspect'], 80)})" if item.get("aspect") else ""
        letters = " or ".join(line(letter, 20) for letter in item.get("accepted") or ("none",))
        seen.append(f"held {number(item.get('held', 0))} times under {letters}{aspect}")
    return tuple(seen)
