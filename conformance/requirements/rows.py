"""Turning one table of a TOML file into a value, or refusing it by name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, cast

from conformance.capabilities import OBSERVABLE, PROTOCOLS
from conformance.errors import CatalogueError, UsageError
from conformance.requirements.catalogue import ANY, Citation, Evidence, Level, Requirement, Source
from conformance.trace import Trace, trace_from_json

PREFIXES: Final = {"imsg": "IMSG", "simple": "SIMPLE", "email": "EMAIL", "msgfile": "MSGF"}

_LEVELS: Final = ("must", "should", "ambiguous")
_EVIDENCE: Final = ("full", "excerpt", "code")
_CAPABILITIES: Final = frozenset({"checked_handles", "null_arguments", "fail_allocation", "tls"})
_TEXTS: Final = ("undecidable", "partial", "contradiction", "note", "example", "default")
_LISTS: Final = ("functions", "needs", "observes", "capabilities", "protocols", "lacks")
_DEMANDED: Final = ("id", "level", "sentence", "why", "sources", "functions")
_KEYS: Final = frozenset({*_DEMANDED, *_TEXTS, *_LISTS, "readings"})
_SOURCE_KEYS: Final = ("title", "publisher", "address", "edition", "evidence")


def source(file: str, key: str, table: object) -> Source:
    """Read one document; raises :class:`CatalogueError`."""
    if not isinstance(table, dict) or sorted(table) != sorted(_SOURCE_KEYS):
        raise CatalogueError(f"{file}: {key} must have exactly {', '.join(_SOURCE_KEYS)}")
    if not all(isinstance(value, str) for value in table.values()):
        raise CatalogueError(f"{file}: {key} has a member that is no string")
    if table["evidence"] not in _EVIDENCE:
        raise CatalogueError(f"{file}: {key} has the unknown evidence {table['evidence']!r}")
    return Source(
        key=key,
        title=table["title"],
        publisher=table["publisher"],
        address=table["address"],
        edition=table["edition"],
        evidence=cast("Evidence", table["evidence"]),
    )


def requirement(
    file: str, family: str, row: Mapping[str, Any], sources: Mapping[str, Source]
) -> Requirement:
    """Read one row; raises :class:`CatalogueError` that names the file and the id."""
    where = f"{file}: {row.get('id', 'a requirement without id')}"
    _shape(where, row)
    if not re.fullmatch(rf"{PREFIXES[family]}-[A-Z]+-\d\d", row["id"]):
        raise CatalogueError(
            f"{where} is no id of the family {family}", f"{PREFIXES[family]}-GROUP-01"
        )
    if row["level"] not in _LEVELS:
        raise CatalogueError(f"{where} has the unknown level {row['level']!r}", ", ".join(_LEVELS))
    readings, default = _readings(where, row)
    return Requirement(
        id=row["id"],
        family=family,
        level=cast("Level", row["level"]),
        sentence=row["sentence"],
        why=row["why"],
        citations=tuple(_citation(where, item, sources) for item in row["sources"]),
        functions=tuple(row["functions"]),
        needs=tuple(row.get("needs", ())),
        observes=_known(where, row, "observes", OBSERVABLE),
        capabilities=_known(where, row, "capabilities", _CAPABILITIES),
        protocols=_known(where, row, "protocols", PROTOCOLS),
        lacks=_known(where, row, "lacks", PROTOCOLS),
        readings=readings,
        default=default,
        undecidable=row.get("undecidable", ""),
        partial=row.get("partial", ""),
        contradiction=row.get("contradiction", ""),
        note=row.get("note", ""),
        example=_example(where, row.get("example", "")),
    )


def _shape(where: str, row: Mapping[str, Any]) -> None:
    """Refuse unknown keys, missing ones, and values of the wrong type."""
    unknown = sorted(row.keys() - _KEYS)
    if unknown:
        raise CatalogueError(f"{where} has the unknown key {unknown[0]}")
    for key in _DEMANDED:
        if not row.get(key):
            raise CatalogueError(f"{where} has no {key}")
    for key, value in row.items():
        if key in _LISTS:
            sound = isinstance(value, list) and all(isinstance(item, str) for item in value)
        elif key == "sources":
            sound = isinstance(value, list)
        elif key == "readings":
            sound = isinstance(value, dict) and all(isinstance(x, str) for x in value.values())
        else:
            sound = isinstance(value, str)
        if not sound:
            raise CatalogueError(f"{where} has a {key} of the wrong type")


def _citation(where: str, item: object, sources: Mapping[str, Source]) -> Citation:
    if not isinstance(item, dict) or not isinstance(item.get("section", ""), str):
        raise CatalogueError(f"{where} has a source that is no table of doc and section")
    unknown = sorted(item.keys() - {"doc", "section"})
    if unknown:
        raise CatalogueError(f"{where} has a source with the unknown key {unknown[0]}")
    if item.get("doc") not in sources:
        raise CatalogueError(f"{where} cites the unknown source {item.get('doc')!r}")
    return Citation(sources[item["doc"]], item.get("section", ""))


def _known(where: str, row: Mapping[str, Any], key: str, known: frozenset[str]) -> frozenset[str]:
    names = frozenset(row.get(key, ()))
    unknown = sorted(names - known)
    if unknown:
        raise CatalogueError(f"{where} has the unknown {unknown[0]!r} in {key}")
    return names


def _readings(where: str, row: Mapping[str, Any]) -> tuple[Mapping[str, str], str]:
    readings: Mapping[str, str] = row.get("readings", {})
    default = row.get("default", "")
    if row["level"] == "ambiguous" and not readings:
        raise CatalogueError(f"{where} is ambiguous and has no readings")
    if readings and default != ANY and default not in readings:
        raise CatalogueError(f"{where} has the default {default!r}, which is no reading of it")
    if default and not readings:
        raise CatalogueError(f"{where} has a default and no readings")
    return readings, default


def _example(where: str, lines: str) -> Trace:
    steps = []
    for number, line in enumerate(filter(str.strip, lines.splitlines()), 1):
        try:
            steps.append(json.loads(line))
        except ValueError as error:
            raise CatalogueError(
                f"{where} has an example whose step {number} is no JSON: {error}"
            ) from error
    try:
        return trace_from_json(steps)
    except UsageError as error:
        raise CatalogueError(f"{where} has a bad example: {error.message}") from error
