"""The results of a run as JSON: the one file that reports, comparisons and replays read.

Its form is fixed by conformance/schemas/results.schema.json and its number `schema`.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from conformance.capabilities import wire_family
from conformance.conclusion import Conclusion, conclude
from conformance.confirm import Confirmed
from conformance.errors import UsageError
from conformance.evidence import Evidence, Row, Taken
from conformance.expectations import stale
from conformance.failures import Failure
from conformance.results_form import problem_of
from conformance.run import Run
from conformance.trace import trace_to_json
from conformance.verdicts import Ruling

SCHEMA: Final = 1
LARGEST: Final = 64 * 2**20
"""Bytes of a results or trace file that is read; ours stay far below."""


def suite() -> dict[str, str]:
    """The name and version of this suite."""
    return {"name": "mapi-conformance", "version": _version("mapi-conformance")}


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "unknown"


def results(
    run: Run,
    evidence: Evidence,
    failures: list[Failure],
    rulings: Mapping[str, Ruling],
    confirmed: Mapping[str, Confirmed],
    conflicts: Mapping[str, Any],
    *,
    seconds: float,
    stopped: str = "",
    complete: bool = True,
    stderr: str = "",
) -> tuple[dict[str, Any], Conclusion]:
    """The results, and the conclusion that stands in them; `stopped` says why a run ended early."""
    settings = run.settings
    unmet = stale(rulings, settings.expectations)
    failures = [*failures, *evidence.failures]
    conclusion = conclude(
        rulings,
        run.implementation.name,
        strict=settings.strict,
        complete=complete and not stopped,
        errors=bool(failures),
        stale=unmet,
    )
    value = {
        "schema": SCHEMA,
        "suite": suite(),
        "implementation": {**run.implementation.to_json(), "adapter": settings.adapter},
        "run": {
            "seed": settings.seed,
            "profile": settings.profile,
            "started": datetime.fromtimestamp(run.started, UTC).isoformat(timespec="seconds"),
            "seconds": round(seconds, 3),
            "calls": evidence.calls,
            "sequences": evidence.sequences,
            "complete": complete and not stopped,
            "guarantees": [
                guarantee.to_json()
                for name, guarantee in evidence.guarantees.items()
                if name in {wire_family(family) for family in run.families}
            ],
            "families": list(run.families),
            "readings": dict(settings.readings),
            "strict": settings.strict,
            "jobs": settings.jobs,
            "isolate": settings.isolate,
            "command": list(settings.command),
            "mail_server": settings.mail_server,
            "python": platform.python_version(),
            "hypothesis": _version("hypothesis"),
            "platform": platform.platform(),
            **({"stopped": stopped} if stopped else {}),
        },
        "capabilities": {name: offered.to_json() for name, offered in run.offer.items()},
        "conclusion": conclusion.to_json(),
        "expectations": {
            "listed": [one.requirement for one in settings.expectations],
            "stale": list(unmet),
        },
        "requirements": [
            _ruling(ruling, confirmed.get(name), conflicts.get(name, {}))
            for name, ruling in rulings.items()
        ],
        "incidents": [incident.to_json() for incident in evidence.incidents.values()],
        "errors": [failure.to_json() for failure in failures],
        "stderr": stderr,
    }
    return value, conclusion


def _ruling(
    ruling: Ruling, confirmed: Confirmed | None, conflict: Mapping[str, Any]
) -> dict[str, Any]:
    requirement, row = ruling.requirement, ruling.row
    value: dict[str, Any] = {
        "id": requirement.id,
        "family": requirement.family,
        "level": requirement.level,
        "verdict": str(ruling.verdict),
        "binding": ruling.binding,
        "exercised": row.exercised,
        "held": row.held,
        "broken": row.broken,
        "violations": _violations(row, confirmed),
    }
    if ruling.conflict:
        against = sum(taken.held for taken in against_the_choice(ruling))
        value["held"], value["broken"] = row.held - against, row.broken + against
        value["violations"] = value["violations"] or [_against(ruling, conflict)]
    if ruling.reason:
        value["reason"] = ruling.reason
    if ruling.reading:
        value["reading"] = ruling.reading
    if row.taken:
        value["readings"] = [
            {"accepted": sorted(taken.readings), "aspect": taken.aspect, "held": taken.held}
            for taken in row.taken.values()
        ]
    if ruling.blocked_by:
        value["blocked_by"] = ruling.blocked_by
    if confirmed is not None and confirmed.flaky:
        value["flaky"] = {"broke": confirmed.broke, "of": confirmed.replays}
    traces = {letters: trace for letters, trace in conflict.items() if letters != "failure"}
    if traces:
        value["traces"] = traces
    return value


def _violations(row: Row, confirmed: Confirmed | None) -> list[dict[str, Any]]:
    if confirmed is not None:
        return [confirmed.violation.to_json()]
    return [violation.to_json() for violation in row.violations[:1]]


def against_the_choice(ruling: Ruling) -> list[Taken]:
    """The evidence that the chosen reading, or the one taken first, does not explain."""
    first = ruling.conflict[0]
    accepted = first.readings if len(ruling.conflict) > 1 else frozenset({ruling.chosen})
    aspects = {taken.aspect for taken in ruling.conflict}
    alone = len(ruling.conflict) > 1
    return [
        taken
        for taken in ruling.row.taken.values()
        if not taken.readings & accepted and (taken.aspect in aspects or not alone)
    ]


def _against(ruling: Ruling, conflict: Mapping[str, Any]) -> dict[str, Any]:
    """A conflict of readings as a violation: the trace whose reading was not to be taken."""
    row, taken = ruling.requirement, ruling.conflict[-1]
    letters = "/".join(sorted(taken.readings))
    accepted = sorted(ruling.conflict[0].readings) if len(ruling.conflict) > 1 else [ruling.chosen]
    minimal = conflict.get(letters)
    trace = minimal if isinstance(minimal, list) else trace_to_json(taken.trace)
    return {
        "trace": trace,
        "expected": f"reading {'/'.join(accepted)}: {row.readings[accepted[0]]}",
        "observed": f"reading {letters}: {row.readings[min(taken.readings)]}",
        "found_by": taken.found_by,
        "calls_to_find": taken.calls_to_find,
    }


def read_json(path: Path, what: str) -> Any:
    """The JSON in a file; raises :class:`UsageError` in one line for whatever is wrong with it."""
    return parse_json(read_text(path, what), path, what)


def read_text(path: Path, what: str) -> str:
    """The text of a file of bounded size; raises :class:`UsageError` where it cannot be read."""
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(f"{path}: too large for {what}", f"more than {LARGEST >> 20} MiB")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: not UTF-8, so no {what}") from None


def parse_json(text: str, path: Path, what: str) -> Any:
    """The JSON of a text that stood in `path`; raises :class:`UsageError` where it is none."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(f"{path}: not JSON ({error})", f"give {what}") from None
    except RecursionError:
        raise UsageError(f"{path}: nested too deeply for {what}") from None


def read_results(path: Path) -> dict[str, Any]:
    """A results file; raises :class:`UsageError` where it is none, or of a later schema."""
    value = read_json(path, "a results file")
    if not isinstance(value, dict) or "requirements" not in value or "run" not in value:
        raise UsageError(f"{path}: no results file of this suite", "give the JSON of `run --json`")
    check_schema(value, path)
    problem = problem_of(value)
    if problem:
        raise UsageError(f"{path}: {problem}", "the file is damaged or not ours")
    return value


def check_schema(value: Mapping[str, Any], path: Path) -> None:
    """Raises :class:`UsageError` unless the file has the schema that this version reads."""
    schema = value.get("schema")
    if schema != SCHEMA:
        later = isinstance(schema, int) and schema > SCHEMA
        hint = "update mapi-conformance" if later else f"this version reads schema {SCHEMA}"
        raise UsageError(f"{path}: schema {schema!r} is not known", hint)


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a reader finds the old one or the new one, never half of it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.tmp")
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
        temporary.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from None
