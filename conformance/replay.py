"""Replaying stored violations: FIXED, FAILED again, or ERRORED where nothing can be said."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from conformance.capabilities import Capabilities, wire_family
from conformance.errors import AdapterError, UsageError
from conformance.findings import Broken, Held
from conformance.judge import judge
from conformance.play import Performer, Player
from conformance.requirements.catalogue import Catalogue
from conformance.results import check_schema, read_json, read_results
from conformance.run import BUILT
from conformance.trace import LAPSED, Outcome, Trace, trace_from_json
from conformance.workspace import MAIL_SERVERS

FIXED: Final = "FIXED"
FAILED: Final = "FAILED"
ERRORED: Final = "ERRORED"
STATUS: Final = {FIXED: 0, FAILED: 1, ERRORED: 3}


@dataclass(frozen=True, slots=True)
class Stored:
    """A trace to replay, and the requirement it broke.

    Where it broke a choice of readings, `accepted` are those that were to be taken; `other` is the
    trace that took them, where the implementation took two at once.
    """

    requirement: str
    family: str
    trace: Trace
    accepted: frozenset[str] = frozenset()
    other: Trace = ()


@dataclass(frozen=True, slots=True)
class Replayed:
    """The answer for one stored trace."""

    stored: Stored
    answer: str
    detail: str


@dataclass(frozen=True, slots=True)
class StoredRun:
    """The traces of a file, and the adapter that they were found on, where the file says so."""

    traces: tuple[Stored, ...]
    adapter: str = ""
    command: tuple[str, ...] = ()
    mail_server: str = MAIL_SERVERS[0]
    isolate: bool = False


def read(path: Path, catalogue: Catalogue, only: str | None) -> StoredRun:
    """The stored violations of a trace file or a results file.

    Raises :class:`UsageError` where the file is neither, or shows no violation.
    """
    value = read_json(path, "a trace or results file")
    if isinstance(value, dict) and "requirements" in value:
        results = read_results(path)
        readings = results["run"].get("readings", {})
        found = [
            _stored(row, violation, catalogue, readings)
            for row in results["requirements"]
            for violation in row["violations"][:1]
        ]
        run = results["run"]
        stored = StoredRun(
            tuple(found),
            results["implementation"].get("adapter", ""),
            tuple(run.get("command", [])),
            run.get("mail_server", MAIL_SERVERS[0]),
            bool(run.get("isolate")),
        )
    elif isinstance(value, dict) and "trace" in value:
        check_schema(value, path)
        stored = StoredRun(tuple(_trace_file(value, path, catalogue)))
    else:
        raise UsageError(f"{path}: neither a trace file nor a results file")
    traces = tuple(one for one in stored.traces if only in (None, one.requirement))
    if not traces:
        which = f" of {only}" if only else ""
        raise UsageError(f"{path}: it shows no violation{which}, so there is nothing to replay")
    for one in traces:
        if one.family not in catalogue.homes or one.requirement not in catalogue.requirements:
            raise UsageError(f"{path}: no requirement is called {one.requirement}")
    return dataclasses.replace(stored, traces=traces)


def _stored(
    row: Mapping[str, Any],
    violation: Mapping[str, Any],
    catalogue: Catalogue,
    readings: Mapping[str, str],
) -> Stored:
    trace = trace_from_json(violation.get("trace"))
    known = catalogue.requirements.get(row["id"])
    traces = row.get("traces")
    if known is None or not traces:
        return Stored(row["id"], row["family"], trace)
    others = [trace_from_json(one) for one in traces.values() if one != violation["trace"]]
    chosen = readings.get(row["id"], known.default)
    accepted = frozenset() if others else frozenset({chosen})
    return Stored(row["id"], row["family"], trace, accepted, others[0] if others else ())


def _trace_file(value: Mapping[str, Any], path: Path, catalogue: Catalogue) -> list[Stored]:
    family, trace = value.get("family"), trace_from_json(value["trace"])
    if family not in BUILT:
        raise UsageError(f"{path}: the family {family!r} cannot be replayed")
    named, played = value.get("requirement"), wire_family(family)
    if isinstance(named, str):
        return [Stored(named, family, trace)]
    try:
        capabilities = Capabilities.from_json(value.get("capabilities"), played)
    except AdapterError as error:
        raise UsageError(f"{path}: {error.message}") from None
    try:
        findings = judge(trace, played, capabilities, catalogue.homes[played])
    except (AttributeError, KeyError, TypeError, ValueError):
        raise UsageError(f"{path}: the trace cannot be judged", "its calls are damaged") from None
    broken = [name for step in findings for name, found in step if isinstance(found, Broken)]
    return [Stored(name, family, trace) for name in dict.fromkeys(broken)]


def replay(adapter: Performer, stored: Stored, catalogue: Catalogue) -> Replayed:
    """Replay one trace in a fresh state."""
    played = wire_family(stored.family)
    if played not in adapter.offer:
        return Replayed(stored, ERRORED, f"the family {played} is not offered")
    try:
        accepted = stored.accepted
        if stored.other:
            taken, _ = _findings(adapter, stored, stored.other, catalogue)
            accepted = frozenset().union(*(one.readings for one in taken if isinstance(one, Held)))
        found, last = _findings(adapter, stored, stored.trace, catalogue)
    except AdapterError as error:
        return Replayed(stored, ERRORED, str(error))
    for one in found:
        if isinstance(one, Broken):
            return Replayed(stored, FAILED, f"expected {one.expected}, {one.observed}")
        if accepted and one.readings and not one.readings & accepted:
            letters = "/".join(sorted(one.readings))
            return Replayed(stored, FAILED, f"it still takes reading {letters}")
    if last.silent:
        return Replayed(stored, ERRORED, f"it could not be played: {last.body.get('message', '')}")
    return Replayed(stored, FIXED, "the trace no longer breaks it")


def _findings(
    adapter: Performer, stored: Stored, trace: Trace, catalogue: Catalogue
) -> tuple[list[Held | Broken], Outcome]:
    """What a trace shows of its requirement, and its last outcome."""
    played = wire_family(stored.family)
    player = Player(adapter, played, catalogue.homes[played])
    player.begin()
    found = []
    for step in trace:
        if player.over:
            break
        if player.perform(step.call) is LAPSED:
            raise AdapterError("; ".join(failed.message for failed in player.evidence.failures))
        found += [one for name, one in player.findings if name == stored.requirement]
    return found, player.steps[-1].outcome


def trace_file(
    requirement: str, family: str, capabilities: Mapping[str, Any], trace: list[Any]
) -> dict[str, Any]:
    """A violation as a trace file."""
    return {
        "schema": 1,
        "family": family,
        "capabilities": dict(capabilities),
        "requirement": requirement,
        "trace": trace,
    }
