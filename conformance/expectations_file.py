"""Reading a list of expected failures: TOML, JSON, or a trace file with a reason."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from conformance.errors import UsageError
from conformance.expectations import Expectation
from conformance.requirements.catalogue import Catalogue
from conformance.results import parse_json, read_json, read_text
from conformance.trace import Trace, trace_from_json

_WHAT: Final = "a list of expectations"
_EXAMPLE: Final = 'write IMSG-OPEN-02 = "the reason", or see docs/expectations.md'


def read_expectations(path: Path, catalogue: Catalogue) -> tuple[Expectation, ...]:
    """The expectations of a TOML or JSON file.

    Raises :class:`UsageError` that names the entry where it is no such file, where a requirement is
    unknown or listed twice, or where a reason is missing.
    """
    found: dict[str, Expectation] = {}
    for name, entry in _entries(_load(path), path):
        if name not in catalogue.requirements:
            raise UsageError(f"{path}: no requirement is called {name}")
        if name in found:
            raise UsageError(f"{path}: {name} is listed twice", "keep one entry")
        found[name] = _expectation(name, entry, path)
    return tuple(found.values())


def _load(path: Path) -> Any:
    text = read_text(path, _WHAT)
    if path.suffix == ".json":
        return parse_json(text, path, _WHAT)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        if text.lstrip()[:1] in ("{", "["):
            return parse_json(text, path, _WHAT)
        raise UsageError(f"{path}: not TOML ({error})", _EXAMPLE) from None


def _entries(value: Any, path: Path) -> Iterator[tuple[str, Any]]:
    """The entries by requirement: of a list, of a table, or the single one of a trace file."""
    if isinstance(value, Mapping) and "expected" in value:
        value = value["expected"]
    if isinstance(value, Mapping) and "requirement" in value:
        value = [value]
    if isinstance(value, Mapping):
        yield from ((name, entry) for name, entry in value.items() if name != "schema")
        return
    if not isinstance(value, list):
        raise UsageError(f"{path}: no list of expectations", _EXAMPLE)
    for number, entry in enumerate(value, 1):
        if not isinstance(entry, Mapping) or not isinstance(entry.get("requirement"), str):
            raise UsageError(f"{path}: entry number {number} names no requirement", _EXAMPLE)
        yield entry["requirement"], entry


def _expectation(name: str, entry: Any, path: Path) -> Expectation:
    if isinstance(entry, str):
        entry = {"reason": entry}
    reason = entry.get("reason") if isinstance(entry, Mapping) else None
    if not isinstance(reason, str) or not reason.strip():
        raise UsageError(f"{path}: {name} has no reason", "say why its failure is accepted")
    observed = entry.get("observed", "")
    if not isinstance(observed, str):
        raise UsageError(f"{path}: `observed` of {name} is no string")
    return Expectation(name, reason, observed, _trace(name, entry.get("trace", []), path))


def _trace(name: str, given: Any, path: Path) -> Trace:
    if isinstance(given, str):
        file = path.parent / given
        value = read_json(file, "a trace file")
        if not isinstance(value, dict) or value.get("requirement", name) != name:
            raise UsageError(f"{path}: {file} is no trace file of {name}", "use --save-traces")
        given = value.get("trace")
    return trace_from_json(given)
