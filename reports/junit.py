"""Results as JUnit XML, in the form that GitHub, GitLab and Jenkins read.

A test suite for each family, a test case for each requirement. Red is what keeps the
implementation from conforming, so that the colours agree with the exit status; everything else
that is no pass is skipped, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from xml.etree import ElementTree

from conformance.requirements.catalogue import Catalogue
from reports.calls import step_line, thread_lines
from reports.clean import block, line
from reports.verdicts import is_deviation, verdict_of

_RED: Final = frozenset({"fail", "flaky", "blocked", "not-implemented"})

Row = Mapping[str, Any]


def junit(results: Mapping[str, Any], catalogue: Catalogue) -> str:
    """Write the results as a JUnit XML document."""
    families: dict[str, list[Row]] = {}
    for row in results["requirements"]:
        families.setdefault(row["family"], []).append(row)
    run, who = results["run"], results["implementation"]
    root = ElementTree.Element("testsuites", {"name": "mapi-conformance"})
    for family, rows in families.items():
        suite = ElementTree.SubElement(root, "testsuite", {"name": line(family, 40)})
        suite.set("timestamp", line(run.get("started"), 40).partition("+")[0])
        properties = ElementTree.SubElement(suite, "properties")
        for name, value in (
            ("implementation", who.get("name")),
            ("implementation version", who.get("version")),
            ("adapter", who.get("adapter")),
            ("profile", run.get("profile")),
            ("seed", run.get("seed")),
            ("calls", run.get("calls")),
        ):
            ElementTree.SubElement(properties, "property", {"name": name, "value": line(value)})
        for row in rows:
            _case(suite, row, catalogue)
        _count(suite)
    _count(root)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ElementTree.Element, row: Row, catalogue: Catalogue) -> None:
    name = line(row["id"], 80)
    known = catalogue.requirements.get(row["id"])
    group = name.rpartition("-")[0] or name
    case = ElementTree.SubElement(
        suite, "testcase", {"classname": f"mapi-conformance.{group}", "name": name, "time": "0"}
    )
    verdict = verdict_of(row)
    if verdict == "pass":
        return
    tag = "skipped"
    if verdict == "error":
        tag = "error"
    elif verdict in _RED and row.get("binding"):
        tag = "failure"
    element = ElementTree.SubElement(case, tag, {"message": _message(row, verdict)})
    if tag != "skipped":
        element.set("type", verdict)
    element.text = block("\n".join(_text(row, known.sentence if known else "")), 20_000)


def _message(row: Row, verdict: str) -> str:
    violation = next(iter(row["violations"]), None)
    said = "deviation from a should" if is_deviation(row) else verdict
    if violation is not None and verdict != "expected-fail":
        expected, observed = line(violation.get("expected"), 300), line(violation.get("observed"))
        return f"{said}: expected {expected}, observed {observed}"
    return f"{said}: {line(row.get('reason'), 400)}" if row.get("reason") else said


def _text(row: Row, sentence: str) -> Iterator[str]:
    yield f"{line(row['level'], 20)}: {sentence}"
    for violation in row["violations"][:1]:
        yield f"expected: {line(violation.get('expected'))}"
        yield f"observed: {line(violation.get('observed'))}"
        for number, step in enumerate(violation["trace"], 1):
            yield f"  {number}. {step_line(step, row['family'])}"
            yield from (f"       {text}" for text in thread_lines(step, row["family"]))


def _count(suite: ElementTree.Element) -> None:
    """Set the counts that readers take from the head of a suite."""
    cases = list(suite.iter("testcase"))
    suite.set("tests", str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", "0")
