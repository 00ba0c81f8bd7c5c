"""What the page shows of a trace: numbered calls, the state around the last, ways to run it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from reports.calls import call_text, thread_lines
from reports.clean import block, line
from reports.outcomes import outcome_text
from reports.reproducers import Reproducer, reproducers
from reports.reproducers.case import Case
from reports.states import before_and_after, capabilities_of

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
class TabView:
    """One way to run a trace again, as text to copy or to save as `file`."""

    label: str
    file: str
    text: Clean
    note: str


@dataclass(frozen=True, slots=True)
class TraceView:
    """A trace to read, and to run again; `anchor` makes the ids of its parts."""

    anchor: str
    steps: tuple[StepView, ...]
    hidden: int
    before: tuple[str, ...]
    after: tuple[str, ...]
    command: str
    tabs: tuple[TabView, ...]


@dataclass(frozen=True, slots=True)
class Violation:
    """A counterexample: the trace, what the documents ask for, and what happened instead."""

    trace: TraceView
    expected: Clean
    observed: Clean
    found_by: str
    calls_to_find: int | None


@dataclass(frozen=True, slots=True)
class Subject:
    """The requirement that a trace is about; the id is "" for an incident.

    `accepted` and `traces` are those of a broken choice of readings.
    """

    requirement: str
    family: str
    anchor: str
    sentence: str = ""
    accepted: frozenset[str] = frozenset()
    traces: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What the traces of one run share."""

    adapter: str
    command: tuple[str, ...]
    capabilities: Mapping[str, Any]
    readings: Mapping[str, Any]

    @classmethod
    def of(cls, results: Mapping[str, Any]) -> Context:
        implementation, run = results.get("implementation") or {}, results.get("run") or {}
        return cls(
            str(implementation.get("adapter", "")),
            tuple(str(part) for part in run.get("command") or ()),
            results.get("capabilities") or {},
            run.get("readings") or {},
        )

    def violation(self, item: Mapping[str, Any], subject: Subject, number: int = 1) -> Violation:
        return Violation(
            trace=self.trace(item.get("trace") or (), subject, number, item),
            expected=Clean(block(item.get("expected"), 2_000)),
            observed=Clean(block(item.get("observed"), 2_000)),
            found_by=line(item.get("found_by"), 80),
            calls_to_find=item.get("calls_to_find"),
        )

    def trace(
        self, trace: Any, subject: Subject, number: int = 1, item: Mapping[str, Any] | None = None
    ) -> TraceView:
        """Show a trace; `item` is the violation that it belongs to, where there is one."""
        steps = list(trace)
        offered = capabilities_of(self.capabilities, subject.family)
        others = [one for one in subject.traces if not _same(one, steps)]
        case = Case(
            requirement=subject.requirement,
            family=subject.family,
            sentence=subject.sentence,
            steps=steps,
            expected=str((item or {}).get("expected") or ""),
            observed=str((item or {}).get("observed") or ""),
            adapter=self.adapter,
            command=self.command,
            capabilities=offered,
            accepted=frozenset() if others else subject.accepted,
            other=others[0] if others else (),
            number=number,
        )
        before, after = before_and_after(steps, subject.family, offered)
        command, made = reproducers(case, whole=item is not None)
        return TraceView(
            anchor=f"{subject.anchor}_{number}",
            steps=steps_of(steps, subject.family),
            hidden=max(0, len(steps) - _MOST_STEPS),
            before=before,
            after=after,
            command=command,
            tabs=tuple(_tab(one) for one in made),
        )


def _same(one: object, other: object) -> bool:
    try:
        return one == other
    except RecursionError:
        return False


def steps_of(steps: Any, family: str) -> tuple[StepView, ...]:
    """Show the calls of a trace, as many as anybody reads."""
    return tuple(_step(step, family) for step in list(steps)[:_MOST_STEPS])


def _tab(one: Reproducer) -> TabView:
    return TabView(one.label, one.file, Clean(one.text), one.note)


def _step(step: Any, family: str) -> StepView:
    if not isinstance(step, Mapping):
        return StepView(Clean(line(step)), Clean(""), ())
    return StepView(
        Clean(call_text(step)),
        Clean(outcome_text(step, family)),
        tuple(Clean(text) for text in thread_lines(step, family)),
    )
