"""JUnit, SARIF, Markdown and badges: valid, complete, in step with the exit status, and safe."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from conformance.cli import main
from conformance.requirements.load import catalogue
from reports.badge import endpoint, svg
from reports.junit import junit
from reports.markdown import summary
from reports.sarif import sarif

HOSTILE = "<script>alert(1)</script>\x00\x1b[31m\u202e]]>\ud800|`@all`\n# head"
VERDICTS = {
    "IMSG-OPEN-01": ("fail", True),
    "IMSG-OPEN-02": ("flaky", True),
    "IMSG-OPEN-08": ("fail", False),  # a should: a deviation
    "IMSG-MSG-01": ("blocked", True),
    "IMSG-MSG-02": ("not-implemented", True),
    "IMSG-MSG-03": ("expected-fail", False),
    "IMSG-MSG-04": ("not-exercised", True),
    "IMSG-MSG-05": ("not-offered", True),
    "SIMPLE-LOGON-01": ("error", True),
}
RED = {"IMSG-OPEN-01", "IMSG-OPEN-02", "IMSG-MSG-01", "IMSG-MSG-02"}


def results(verdicts: dict[str, tuple[str, bool]], text: str = "a crash") -> dict[str, Any]:
    """Results over the whole catalogue; what is not named passes. `text` is all that is free."""
    rows = []
    for known in catalogue().requirements.values():
        verdict, binding = verdicts.get(known.id, ("pass", known.level == "must"))
        step = {"method": text, "params": {text: text}, "outcome": {"result": {"return": text}}}
        violation = {"trace": [step], "expected": text, "observed": text}
        shown = verdict in ("fail", "flaky", "expected-fail")
        rows.append(
            {
                "id": known.id,
                "family": known.family,
                "level": known.level,
                "verdict": verdict,
                "binding": binding,
                "exercised": 1,
                "held": 1,
                "broken": int(shown),
                "violations": [violation] if shown else [],
                "reason": text,
            }
        )
    return {
        "schema": 1,
        "suite": {"name": "mapi-conformance", "version": "0.1.0"},
        "implementation": {"name": text, "version": text, "adapter": text},
        "run": {
            "seed": 1,
            "profile": "ci",
            "started": "2026-01-02T03:04:05+00:00",
            "calls": 10,
            "complete": True,
            "command": ["python", text],
        },
        "capabilities": {},
        "conclusion": {"conforms": not verdicts, "headline": text},
        "requirements": rows,
        "incidents": [],
        "errors": [{"family": "simple", "message": text, "hint": "", "stderr": text}]
        if any(verdict == "error" for verdict, _ in verdicts.values())
        else [],
        "stderr": text,
    }


def cases(text: str) -> dict[str, ElementTree.Element]:
    root = ElementTree.fromstring(text)
    return {case.attrib["name"]: case for case in root.iter("testcase")}


def test_junit_has_every_requirement_and_the_colours_of_the_exit_status() -> None:
    found = cases(junit(results(VERDICTS), catalogue()))

    assert found.keys() == catalogue().requirements.keys()
    assert {name for name, case in found.items() if case.find("failure") is not None} == RED
    assert {name for name, case in found.items() if case.find("error") is not None} == {
        "SIMPLE-LOGON-01"
    }
    skipped = {name for name, case in found.items() if case.find("skipped") is not None}
    assert skipped == VERDICTS.keys() - RED - {"SIMPLE-LOGON-01"}
    assert "deviation" in found["IMSG-OPEN-08"][0].attrib["message"]


def test_junit_counts_are_those_of_its_cases() -> None:
    root = ElementTree.fromstring(junit(results(VERDICTS), catalogue()))

    for suite in (root, *root.iter("testsuite")):
        found = list(suite.iter("testcase"))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped",) * 2):
            count = sum(case.find(tag) is not None for case in found)
            assert int(suite.attrib[attribute]) == count
        assert int(suite.attrib["tests"]) == len(found)


def test_sarif_has_a_result_for_each_broken_requirement() -> None:
    value = json.loads(sarif(results(VERDICTS), catalogue()))
    (run,) = value["runs"]

    found = {one["ruleId"]: one for one in run["results"]}
    assert found.keys() == RED | {"IMSG-OPEN-08", "IMSG-MSG-03"}
    assert {name for name, one in found.items() if one["level"] == "error"} == RED
    assert found["IMSG-MSG-03"]["suppressions"][0]["kind"] == "external"
    assert "suppressions" not in found["IMSG-OPEN-01"]
    rules = run["tool"]["driver"]["rules"]
    for one in found.values():
        assert rules[one["ruleIndex"]]["id"] == one["ruleId"]
        uri = one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert uri
        assert not uri.startswith("/")
    assert run["invocations"][0]["executionSuccessful"] is False


@pytest.mark.parametrize("text", ["a crash", HOSTILE])
def test_sarif_keeps_to_the_published_schema(text: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    path = os.environ.get("MAPI_CONFORMANCE_SARIF_SCHEMA")
    if not path:
        assert not os.environ.get("MAPI_CONFORMANCE_CI"), "CI provides the schema"
        pytest.skip("MAPI_CONFORMANCE_SARIF_SCHEMA names no SARIF 2.1.0 schema")
    schema = json.loads(Path(path).read_text("utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)

    for verdicts in (VERDICTS, {}):
        value = json.loads(sarif(results(verdicts, text), catalogue()))
        assert [error.message for error in validator.iter_errors(value)] == []
        assert {"version": "2.1.0", "runs": 5} | value
    assert list(validator.iter_errors({"version": "2.1.0", "runs": 5}))


def test_hostile_text_stays_text() -> None:
    value = results(VERDICTS, HOSTILE)

    for case in cases(junit(value, catalogue())).values():
        assert len(list(case)) <= 1
    made = ElementTree.fromstring(svg(value))
    assert not [item for item in made.iter() if item.tag.endswith("script")]
    json.loads(sarif(value, catalogue()))
    said = summary(value, catalogue())
    for text in (junit(value, catalogue()), svg(value), said):
        text.encode("utf-8")
        assert not {"\x00", "\x1b", "\u202e"} & set(text)
    outside_code = [line for line in said.splitlines() if not line.startswith("    ")]
    assert "<script>" not in "\n".join(outside_code).replace("\\<script\\>", "")
    assert not [line for line in outside_code if line.startswith("# ")]


def test_the_badge_says_what_the_results_say() -> None:
    total = len(catalogue().requirements)
    good, bad, error = results({}), results(VERDICTS), results(VERDICTS)
    bad["errors"] = []

    assert json.loads(endpoint(good))["message"] == f"conforms, {total} of {total} passed"
    # Four red ones, and the one that the adapter left open; one of all is not offered.
    assert json.loads(endpoint(bad))["message"] == f"{len(RED) + 1} of {total - 1} broken"
    assert json.loads(endpoint(error))["message"] == "not decided"
    assert json.loads(endpoint(good))["schemaVersion"] == 1
    assert f"conforms, {total} of {total} passed" in "".join(
        ElementTree.fromstring(svg(good)).itertext()
    )


def test_the_summary_shows_counts_and_what_to_fix() -> None:
    said = summary(results(VERDICTS), catalogue())

    assert "| imsg |" in said
    assert "IMSG-OPEN-01" in said
    assert "Expected a crash" in said
    assert "What to fix" not in summary(results({}), catalogue())


def test_run_and_report_write_the_same_files(tmp_path: Path) -> None:
    names = ("junit", "sarif", "markdown", "badge", "html")
    arguments = ["run", "--profile", "smoke", "--seed", "1", "--families", "simple"]
    for folder, command in (
        ("run", [*arguments, "--output", str(tmp_path)]),
        ("report", ["report", str(tmp_path / "results.json")]),
    ):
        (tmp_path / folder).mkdir()
        for name in names:
            command += [f"--{name}", str(tmp_path / folder / name)]
        assert main(command) == 0

    for name in names:
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "report" / name).read_bytes()
        assert (tmp_path / "run" / name).stat().st_size > 0
