"""What the page shows of a trace: numbered lines, wire JSON to save, the replay command."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from conformance.capabilities import wire_family
from reports.calls import call_text, thread_lines
from reports.clean import block, bounded, line
from reports.outcomes import outcome_text

_MOST_STEPS: Final = 200


@dataclass(frozen=True, slots=True)
class Clean:
    """Text that is clean already and may be longer than a line usually is."""

    text: str


@dataclass(frozen=True, slots=True)
class StepView:
    """One call: what was called, what it came to, and the calls inside it if it was `parallel`."""

    call: Clean
    outcome: Clean
    threads: tuple[Clean, ...]


@dataclass(frozen=True, slots=True)
class TraceView:
    """A trace to read (`steps`), to save as a trace file (`wire`) and to run again (`command`)."""

    steps: tuple[StepView, ...]
    hidden: int
    wire: Clean
    shortened: bool
    file: str
    command: str


@dataclass(frozen=True, slots=True)
class Violation:
    """A counterexample: the trace, what the documents ask for, and what happened instead."""

    trace: TraceView
    expected: Clean
    observed: Clean
    found_by: str
    calls_to_find: int | None


@dataclass(frozen=True, slots=True)
class Context:
    """What the traces of one run share."""

    adapter: str
    capabilities: Mapping[str, Any]

    @classmethod
    def of(cls, results: Mapping[str, Any]) -> Context:
        implementation = results.get("implementation") or {}
        return cls(str(implementation.get("adapter", "")), results.get("capabilities") or {})

    def violation(
        self, item: Mapping[str, Any], family: str, requirement: str, suffix: str = ""
    ) -> Violation:
        return Violation(
            trace=self.trace(item.get("trace") or (), family, requirement, suffix),
            expected=Clean(block(item.get("expected"), 2_000)),
            observed=Clean(block(item.get("observed"), 2_000)),
            found_by=line(item.get("found_by"), 80),
            calls_to_find=item.get("calls_to_find"),
        )

    def trace(self, trace: Any, family: str, requirement: str = "", suffix: str = "") -> TraceView:
        """Show the trace of a requirement, or of an incident where `requirement` is empty."""
        steps = list(trace)
        wire, shortened = self._wire(steps, family, requirement)
        file = f"{line(requirement or 'incident', 80)}{suffix}.json"
        return TraceView(
            steps=tuple(_step(step, family) for step in steps[:_MOST_STEPS]),
            hidden=max(0, len(steps) - _MOST_STEPS),
            wire=Clean(wire),
            shortened=shortened,
            file=file,
            command=self._command(file),
        )

    def _wire(self, steps: list[Any], family: str, requirement: str) -> tuple[str, bool]:
        """Write a trace file as the `replay` command takes it, one step a line, in ASCII."""
        head: dict[str, Any] = {"schema": 1, "family": family}
        if requirement:
            head["requirement"] = requirement
        head["capabilities"] = self.capabilities.get(wire_family(family)) or {}
        head, cut = bounded(head)
        steps, shortened = bounded(steps)
        members = json.dumps(head)[1:-1]
        lines = ",\n  ".join(json.dumps(step) for step in steps)
        return f'{{{members}, "trace": [\n  {lines}\n]}}', cut or shortened

    def _command(self, file: str) -> str:
        rest = " -- COMMAND ..." if self.adapter == "stdio" else ""
        adapter = line(shlex.quote(self.adapter or "SPEC"), 300)
        return f"mapi-conformance replay {shlex.quote(file)} --adapter {adapter}{rest}"


def _step(step: Any, family: str) -> StepView:
    if not isinstance(step, Mapping):
        return StepView(Clean(line(step)), Clean(""), ())
    return StepView(
        Clean(call_text(step)),
        Clean(outcome_text(step, family)),
        tuple(Clean(text) for text in thread_lines(step, family)),
    )
