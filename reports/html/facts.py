"""The run strip: who was tested, by what, how, and how far the run came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reports.clean import line


@dataclass(frozen=True, slots=True)
class Fact:
    """A term and its description; `address` is a web address to link to, or empty."""

    term: str
    text: str
    address: str = ""


def facts_of(results: Mapping[str, Any]) -> tuple[Fact, ...]:
    """Collect what identifies the run, as far as the results say it."""
    implementation = results.get("implementation") or {}
    facts = (
        *_implementation(implementation),
        *_run(results.get("run") or {}),
        *_tools(results.get("suite") or {}, results.get("run") or {}),
        *_capabilities(results.get("capabilities") or {}),
    )
    return tuple(fact for fact in facts if fact.text)


def name_of(results: Mapping[str, Any]) -> str:
    """Name the implementation and its version, as far as the results say them."""
    values = results.get("implementation") or {}
    name, version = line(values.get("name"), 120), line(values.get("version"), 80)
    return f"{name} {'' if version == 'unknown' else version}".strip() or "unnamed"


def duration(seconds: object) -> str:
    """Write `41.2 s`, or minutes from two minutes on."""
    if not isinstance(seconds, (int, float)):
        return line(seconds, 40)
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def number(value: object) -> str:
    """Write a count with thousands separators."""
    return f"{value:,}" if isinstance(value, int) else line(value, 40)


def _implementation(values: Mapping[str, Any]) -> Iterator[Fact]:
    homepage = line(values.get("homepage"), 300)
    web = homepage.startswith(("https://", "http://")) and homepage == values.get("homepage")
    yield Fact("Implementation", name_of({"implementation": values}), homepage if web else "")
    if homepage and not web:
        yield Fact("Homepage", homepage)
    yield Fact("Language", line(values.get("language"), 100))
    yield Fact("Its platform", line(values.get("platform"), 200))
    yield Fact("Adapter", line(values.get("adapter"), 300))


def _run(run: Mapping[str, Any]) -> Iterator[Fact]:
    yield Fact("Started", line(run.get("started"), 60))
    calls, sequences = number(run.get("calls")), number(run.get("sequences"))
    took = duration(run.get("seconds"))
    yield Fact("Extent", f"{calls or '?'} calls in {sequences or '?'} sequences, {took or '?'}")
    yield Fact("Completeness", _completeness(run))
    yield Fact("Profile", line(run.get("profile"), 60) + (", strict" if run.get("strict") else ""))
    yield Fact("Seed", line(run.get("seed"), 60))
    yield Fact("Families", ", ".join(line(family, 40) for family in run.get("families") or ()))
    readings = (run.get("readings") or {}).items()
    chosen = ", ".join(f"{line(key, 80)}={line(value, 20)}" for key, value in readings)
    yield Fact("Readings", chosen or "any documented reading")


def _completeness(run: Mapping[str, Any]) -> str:
    if run.get("complete"):
        return "complete"
    reason = line(run.get("stopped"), 200)
    return f"incomplete: {reason}" if reason else "incomplete"


def _tools(suite: Mapping[str, Any], run: Mapping[str, Any]) -> Iterator[Fact]:
    yield Fact("Suite", line(f"{suite.get('name', '')} {suite.get('version', '')}", 100))
    tools = (("Python", run.get("python")), ("Hypothesis", run.get("hypothesis")))
    yield Fact(
        "Tools", ", ".join(f"{name} {line(version, 40)}" for name, version in tools if version)
    )
    yield Fact("Suite's platform", line(run.get("platform"), 200))
    yield Fact("Jobs", line(run.get("jobs"), 20))


def _capabilities(families: Mapping[str, Any]) -> Iterator[Fact]:
    for family, offered in families.items():
        if isinstance(offered, Mapping):
            functions = offered.get("functions") or ()
            granted = [line(key, 40) for key, value in offered.items() if value is True]
            lists = [
                f"{key} {', '.join(line(item, 40) for item in offered[key])}"
                for key in ("observes", "protocols")
                if offered.get(key)
            ]
            said = [
                f"{len(functions)} functions",
                *lists,
                *(name.replace("_", " ") for name in granted),
            ]
            yield Fact(f"Declares for {line(family, 40)}", line("; ".join(said)))
