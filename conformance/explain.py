"""The catalogue as text: the list of requirements, and the explanation of one."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any

from conformance.requirements.catalogue import Catalogue, Requirement
from conformance.trace import trace_to_json

_WIDTH = 100


def listing(catalogue: Catalogue) -> str:
    """One line for each requirement."""
    rows = list(catalogue.requirements.values())
    width = max(len(row.id) for row in rows)
    lines = [f"{row.id:<{width}}  {row.level:<9}  {row.sentence}" for row in rows]
    return "\n".join(lines)


def explanation(row: Requirement) -> str:
    """Sentence, reason, sources, readings and example of one requirement."""
    return "\n".join(_lines(row))


def _lines(row: Requirement) -> Iterator[str]:
    yield f"{row.id} ({row.level})"
    yield from _paragraph(row.sentence)
    yield ""
    yield from _paragraph(f"Why: {row.why}")
    for text in (row.note, row.partial, row.undecidable):
        if text:
            yield from _paragraph(f"Note: {text}")
    yield ""
    yield "Sources:"
    for citation in row.citations:
        source = citation.source
        where = f", {citation.section}" if citation.section else ""
        yield f"  {source.key}  {source.title}{where} ({source.publisher}, {source.edition})"
        if source.address:
            yield f"      {source.address}"
    if row.readings:
        yield ""
        yield f"Readings (default {row.default}):"
        for letter, text in row.readings.items():
            yield f"  {letter}  {text}"
    if row.needs:
        yield ""
        yield f"Needs: {', '.join(row.needs)}"
    yield ""
    yield "Example:" if row.example else "Example: none"
    for number, step in enumerate(row.example, 1):
        params = ", ".join(f"{key}={json.dumps(value)}" for key, value in step.call.params.items())
        yield f"  {number}. {step.call.method}({params})"
        yield f"     -> {json.dumps(step.outcome.body)}"


def _paragraph(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH)


def as_json(row: Requirement) -> dict[str, Any]:
    """One requirement as plain data."""
    return {
        "id": row.id,
        "family": row.family,
        "level": row.level,
        "sentence": row.sentence,
        "why": row.why,
        "sources": [
            {
                "key": citation.source.key,
                "title": citation.source.title,
                "section": citation.section,
                "address": citation.source.address,
                "edition": citation.source.edition,
            }
            for citation in row.citations
        ],
        "functions": list(row.functions),
        "needs": list(row.needs),
        "readings": dict(row.readings),
        "default": row.default,
        "example": trace_to_json(row.example),
    }
