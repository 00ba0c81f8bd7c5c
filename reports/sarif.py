"""Results as SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format).

A rule for each requirement of the catalogue, a result for each broken one. Code-scanning services
want a file for every result: it is the implementation's own, as far as the run knows one.
"""

from __future__ import annotations

import hashlib
import json
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any, Final

from conformance.requirements.catalogue import Catalogue, Requirement
from reports.calls import step_line
from reports.clean import line
from reports.verdicts import verdict_of

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_BROKEN: Final = frozenset({"fail", "flaky", "blocked", "not-implemented", "expected-fail"})

Row = Mapping[str, Any]


def sarif(results: Mapping[str, Any], catalogue: Catalogue) -> str:
    """Write the results as a SARIF document."""
    run = {
        "tool": {"driver": _driver(results, catalogue)},
        "automationDetails": {"id": f"mapi-conformance/{_name(results)}"},
        "results": list(_results(results, catalogue)),
        "invocations": [_invocation(results)],
        "columnKind": "unicodeCodePoints",
        "properties": {"headline": line(results["conclusion"].get("headline"), 400)},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _name(results: Mapping[str, Any]) -> str:
    return urllib.parse.quote(line(results["implementation"].get("name"), 80), safe="")


def _driver(results: Mapping[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    version = line(results["suite"].get("version"), 40)
    return {
        "name": "mapi-conformance",
        "version": version,
        "rules": [_rule(row) for row in catalogue.requirements.values()],
    }


def _rule(row: Requirement) -> dict[str, Any]:
    sources = "; ".join(
        f"{one.source.title}, {one.section or 'whole document'}" for one in row.citations
    )
    rule: dict[str, Any] = {
        "id": row.id,
        "shortDescription": {"text": row.sentence},
        "fullDescription": {"text": f"{row.sentence} {row.why}".strip()},
        "help": {"text": f"{row.why} Sources: {sources}."},
        "defaultConfiguration": {"level": "error" if row.level == "must" else "warning"},
        "properties": {"tags": [row.family, row.level]},
    }
    address = next((one.source.address for one in row.citations if one.source.address), "")
    if address:
        rule["helpUri"] = address
    return rule


def _results(results: Mapping[str, Any], catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    rules = {name: index for index, name in enumerate(catalogue.requirements)}
    file = _file(results)
    for row in results["requirements"]:
        verdict = verdict_of(row)
        if verdict not in _BROKEN or row["id"] not in rules:
            continue
        violation = next(iter(row["violations"]), None)
        result: dict[str, Any] = {
            "ruleId": row["id"],
            "ruleIndex": rules[row["id"]],
            "kind": "fail",
            "level": "error" if row.get("binding") and verdict != "expected-fail" else "note",
            "message": {"text": _message(row, verdict, violation, catalogue[row["id"]].sentence)},
            "locations": [_location(file, violation)],
            "partialFingerprints": {"requirement/v1": _fingerprint(row["id"], violation)},
            "properties": {"verdict": verdict, "requirementLevel": row["level"]},
        }
        if verdict == "expected-fail":
            reason = line(row.get("reason"), 400)
            result["suppressions"] = [{"kind": "external", "justification": reason}]
        yield result


def _message(row: Row, verdict: str, violation: Row | None, sentence: str) -> str:
    lines = [f"{row['id']} ({verdict}): {sentence}"]
    if violation is None:
        lines.append(line(row.get("reason"), 400))
    else:
        lines.append(f"Expected: {line(violation.get('expected'), 400)}")
        lines.append(f"Observed: {line(violation.get('observed'), 400)}")
        for number, step in enumerate(violation["trace"][:40], 1):
            lines.append(f"{number}. {step_line(step, row['family'])}")
    return "\n".join(lines)


def _location(file: str, violation: Row | None) -> dict[str, Any]:
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": {"uri": file}, "region": {"startLine": 1}}
    }
    if violation is not None and violation["trace"]:
        method = line(violation["trace"][-1].get("method"), 80)
        location["logicalLocations"] = [{"name": method, "kind": "function"}]
    return location


def _file(results: Mapping[str, Any]) -> str:
    """The file that a result is shown at: the library or the script under test, as a URI."""
    spec = line(results["implementation"].get("adapter"), 400)
    kind, _, rest = spec.partition(":")
    named = [rest] if kind == "native" else []
    named += [line(word, 400) for word in results["run"].get("command") or () if "." in word]
    path = next((name for name in named if not name.startswith("-")), "results.json")
    shown = PurePath(path.replace("\\", "/"))
    parts = shown.parts[1:] if shown.is_absolute() else shown.parts
    return urllib.parse.quote("/".join(parts) or "results.json")


def _fingerprint(requirement: str, violation: Row | None) -> str:
    """The same for the same requirement broken by the same kinds of calls, whatever the values."""
    methods = [] if violation is None else [str(step.get("method")) for step in violation["trace"]]
    return hashlib.sha256(
        "\n".join([requirement, *methods]).encode("utf-8", "replace")
    ).hexdigest()[:32]


def _invocation(results: Mapping[str, Any]) -> dict[str, Any]:
    """Whether the suite could do its work, which says nothing about the implementation."""
    errors = [line(error.get("message"), 400) for error in results["errors"]]
    invocation: dict[str, Any] = {
        "executionSuccessful": not errors and results["run"].get("complete") is not False
    }
    if errors:
        invocation["toolExecutionNotifications"] = [
            {"level": "error", "message": {"text": text}} for text in errors
        ]
    return invocation
