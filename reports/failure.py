"""A broken requirement as plain text: what a test item of the pytest front shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.confirm import Confirmed
from conformance.trace import trace_to_json
from conformance.verdicts import Ruling
from reports.calls import step_line, thread_lines
from reports.clean import line


def text(ruling: Ruling, confirmed: Confirmed | None, conflict: Mapping[str, Any]) -> str:
    """The requirement, what was expected and observed, and the counterexample call by call."""
    return "\n".join(_lines(ruling, confirmed, conflict))


def _lines(
    ruling: Ruling, confirmed: Confirmed | None, conflict: Mapping[str, Any]
) -> Iterator[str]:
    row = ruling.requirement
    yield f"{row.id} ({row.level}, {ruling.verdict}): {row.sentence}"
    if ruling.reason:
        yield line(ruling.reason, 400)
    for citation in row.citations:
        yield f"  source: {citation.source.title}, {citation.section or 'whole'}"
    if confirmed is not None:
        violation = confirmed.violation
        yield f"expected: {line(violation.expected, 400)}"
        yield f"observed: {line(violation.observed, 400)}"
        yield from _trace(trace_to_json(violation.trace), row.family)
    for letters, trace in conflict.items():
        if isinstance(trace, list):
            yield f"reading {line(letters, 40)}:"
            yield from _trace(trace, row.family)


def _trace(trace: list[dict[str, Any]], family: str) -> Iterator[str]:
    for number, step in enumerate(trace, 1):
        yield f"  {number}. {step_line(step, family)}"
        yield from (f"     {text}" for text in thread_lines(step, family))
