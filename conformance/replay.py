"""Replaying stored violations: FIXED, FAILED again, or ERRORED where nothing can be said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from conformance.capabilities import Capabilities
from conformance.confirm import Replayer
from conformance.errors import AdapterError, UsageError
from conformance.findings import Broken, Held
from conformance.judge import judge
from conformance.play import Performer
from conformance.requirements.catalogue import Catalogue
from conformance.results import check_schema, read_json, read_results
from conformance.trace import Trace, trace_from_json

FIXED: Final = "FIXED"
FAILED: Final = "FAILED"
ERRORED: Final = "ERRORED"
STATUS: Final = {FIXED: 0, FAILED: 1, ERRORED: 3}


@dataclass(frozen=True, slots=True)
class Stored:
    """A trace to replay, and the requirement it broke."""

    requirement: str
    family: str
    trace: Trace


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


def read(path: Path, catalogue: Catalogue, only: str | None) -> StoredRun:
    """The stored violations of a trace file or a results file.

    Raises :class:`UsageError` where the file is neither, or shows no violation.
    """
    value = read_json(path, "a trace or results file")
    if isinstance(value, dict) and "requirements" in value:
        results = read_results(path)
        found = [
            Stored(row["id"], row["family"], trace_from_json(violation.get("trace")))
            for row in results["requirements"]
            for violation in row["violations"][:1]
        ]
        command = results["run"].get("command", [])
        stored = StoredRun(
            tuple(found), results["implementation"].get("adapter", ""), tuple(command)
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
    return StoredRun(traces, stored.adapter, stored.command)


def _trace_file(value: Mapping[str, Any], path: Path, catalogue: Catalogue) -> list[Stored]:
    family, trace = value.get("family"), trace_from_json(value["trace"])
    if family not in ("imsg", "simple"):
        raise UsageError(f"{path}: the family {family!r} cannot be replayed")
    named = value.get("requirement")
    if isinstance(named, str):
        return [Stored(named, family, trace)]
    try:
        capabilities = Capabilities.from_json(value.get("capabilities"), family)
    except AdapterError as error:
        raise UsageError(f"{path}: {error.message}") from None
    try:
        findings = judge(trace, family, capabilities, catalogue.homes[family])
    except (AttributeError, KeyError, TypeError, ValueError):
        raise UsageError(f"{path}: the trace cannot be judged", "its calls are damaged") from None
    broken = [name for step in findings for name, found in step if isinstance(found, Broken)]
    return [Stored(name, family, trace) for name in dict.fromkeys(broken)]


def replay(adapter: Performer, stored: Stored, catalogue: Catalogue) -> Replayed:
    """Replay one trace in a fresh state."""

    def shown(name: str, found: Held | Broken) -> bool:
        return name == stored.requirement and isinstance(found, Broken)

    if stored.family not in adapter.offer:
        return Replayed(stored, ERRORED, f"the family {stored.family} is not offered")
    replayer = Replayer(adapter, stored.family, catalogue.homes[stored.family])
    try:
        again = replayer.first([step.call for step in stored.trace], shown)
    except AdapterError as error:
        return Replayed(stored, ERRORED, str(error))
    if again is not None and isinstance(again[1], Broken):
        return Replayed(stored, FAILED, f"expected {again[1].expected}, {again[1].observed}")
    return Replayed(stored, FIXED, "the trace no longer breaks it")


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
