"""Several results side by side: one row a requirement, one column an implementation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from conformance.requirements.catalogue import Catalogue
from reports.clean import block, ends, line
from reports.html.bars import Bar, bar
from reports.html.cards import anchor_of
from reports.html.evidence import Clean, StepView, steps_of
from reports.html.facts import duration, name_of, number
from reports.reproducers.case import Case
from reports.reproducers.files import replay_command
from reports.verdicts import VERDICTS, Verdict, tally, to_fix, verdict_of

_MOST_BROKEN: Final = 200

Results = Mapping[str, Any]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """What one implementation makes of one requirement; None as verdict: it is not in its results.

    `anchor` is the place of the evidence on the page, or "".
    """

    verdict: Verdict | None
    reading: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Line:
    """One requirement; `differs` where the implementations do not agree on it."""

    id: str
    anchor: str
    level: str
    sentence: str
    cells: tuple[Cell, ...]
    differs: bool
    verdicts: str
    search: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A broken requirement of one implementation: the shortest calls that show it."""

    id: str
    anchor: str
    row: str
    verdict: Verdict
    level: str
    sentence: str
    steps: tuple[StepView, ...]
    expected: Clean
    observed: Clean
    command: str


@dataclass(frozen=True, slots=True)
class Column:
    """One implementation, or one version of it."""

    number: int
    anchor: str
    name: str
    adapter: str
    verdict: str
    conforms: bool
    judged: bool
    headline: Clean
    run: str
    total: Bar
    broken: tuple[Broken, ...]
    hidden: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """The whole page."""

    suite: str
    title: str
    columns: tuple[Column, ...]
    groups: tuple[tuple[str, tuple[Line, ...]], ...]
    total: int
    differing: int
    verdicts: tuple[tuple[Verdict, int], ...]


def matrix_of(several: Sequence[Results], catalogue: Catalogue) -> Matrix:
    """Gather everything the matrix shows, cleaned where it came from outside."""
    names = _names(several)
    columns = tuple(
        _column(at, name, results, catalogue)
        for at, (name, results) in enumerate(zip(names, several, strict=True), 1)
    )
    rows = [_by_id(results.get("requirements") or ()) for results in several]
    shown = [{broken.anchor for broken in column.broken} for column in columns]
    anchors = dict.fromkeys(anchor for by in rows for anchor in by)
    lines = [_line(anchor, rows, shown, catalogue) for anchor in anchors]
    groups: dict[str, list[Line]] = {}
    for one in lines:
        groups.setdefault(one.id.rpartition("-")[0] or one.id, []).append(one)
    counts = tally(row for by in rows for row in by.values())
    conforming = sum(column.conforms for column in columns)
    suite = (several[0].get("suite") or {}) if several else {}
    return Matrix(
        suite=line(f"{suite.get('name', '')} {suite.get('version', '')}", 100),
        title=f"{conforming} of {len(columns)} {'conforms' if conforming == 1 else 'conform'}",
        columns=columns,
        groups=tuple((name, tuple(members)) for name, members in groups.items()),
        total=len(lines),
        differing=sum(one.differs for one in lines),
        verdicts=tuple((VERDICTS[name], count) for name, count in counts.items()),
    )


def _names(several: Sequence[Results]) -> list[str]:
    """Name the implementations; those that share a name are told apart by their adapters."""
    plain = [line(name_of(results), 60) for results in several]
    specs = [line((results.get("implementation") or {}).get("adapter"), 60) for results in several]
    return [
        f"{name} ({spec})" if plain.count(name) > 1 and spec else name
        for name, spec in zip(plain, specs, strict=True)
    ]


def _by_id(rows: Iterable[Row]) -> dict[str, Row]:
    """Find rows by anchor, which tells ids apart that only look alike; the first one counts."""
    found: dict[str, Row] = {}
    for row in rows:
        found.setdefault(anchor_of(row.get("id")), row)
    return found


def _line(
    anchor: str, rows: list[dict[str, Row]], shown: list[set[str]], catalogue: Catalogue
) -> Line:
    first = next(by[anchor] for by in rows if anchor in by)
    known = catalogue.requirements.get(str(first.get("id")))
    cells = tuple(
        _cell(f"i{at}-{anchor}", by.get(anchor), evidence)
        for at, (by, evidence) in enumerate(zip(rows, shown, strict=True), 1)
    )
    sentence = known.sentence if known else ""
    name, level = line(first.get("id"), 80), line(first.get("level"), 20)
    seen = {(cell.verdict and cell.verdict.name, cell.reading) for cell in cells}
    verdicts = dict.fromkeys(cell.verdict.name for cell in cells if cell.verdict)
    return Line(
        id=name,
        anchor=anchor,
        level=level,
        sentence=sentence,
        cells=cells,
        differs=len(seen) > 1,
        verdicts=" ".join(verdicts),
        search=line(f"{name} {level} {sentence}".lower(), 500),
    )


def _cell(anchor: str, row: Row | None, evidence: set[str]) -> Cell:
    if row is None:
        return Cell(None, "", "")
    verdict = VERDICTS[verdict_of(row)]
    reading = line(row.get("reading"), 8) if row.get("reading") else ""
    return Cell(verdict, reading, anchor if anchor in evidence else "")


def _column(at: int, name: str, results: Results, catalogue: Catalogue) -> Column:
    rows = list(_by_id(results.get("requirements") or ()).values())
    implementation, run = results.get("implementation") or {}, results.get("run") or {}
    conclusion = results.get("conclusion") or {}
    headline, _, rest = str(conclusion.get("headline") or "No conclusion").partition("; ")
    judged = any(row.get("exercised") for row in rows)
    conforms = bool(conclusion.get("conforms")) and judged
    fixes = to_fix(rows)
    facts = (
        line(run.get("started"), 40),
        f"profile {line(run.get('profile'), 20)}" if run.get("profile") else "",
        f"{number(run['calls'])} calls" if run.get("calls") is not None else "",
        duration(run["seconds"]) if run.get("seconds") is not None else "",
        "" if run.get("complete") else "incomplete",
    )
    return Column(
        number=at,
        anchor=f"i{at}",
        name=name,
        adapter=line(implementation.get("adapter"), 200),
        verdict="conforms" if conforms else "does not conform" if judged else "nothing was judged",
        conforms=conforms,
        judged=judged,
        headline=Clean(ends(rest or headline, 400)),
        run=", ".join(filter(None, facts)),
        total=bar("", "", rows),
        broken=tuple(_broken(row, at, results, catalogue) for row in fixes[:_MOST_BROKEN]),
        hidden=max(0, len(fixes) - _MOST_BROKEN),
    )


def _broken(row: Row, at: int, results: Results, catalogue: Catalogue) -> Broken:
    name, family = str(row.get("id")), str(row.get("family"))
    known = catalogue.requirements.get(name)
    violations: Sequence[Row] = row.get("violations") or ({},)
    first = min(violations, key=lambda item: len(item.get("trace") or ()))
    steps = list(first.get("trace") or ())
    run = results.get("run") or {}
    case = Case(
        requirement=name,
        family=family,
        sentence="",
        steps=steps,
        expected="",
        observed="",
        adapter=str((results.get("implementation") or {}).get("adapter", "")),
        command=tuple(str(part) for part in run.get("command") or ()),
    )
    return Broken(
        id=line(name, 80),
        anchor=f"i{at}-{anchor_of(name)}",
        row=anchor_of(name),
        verdict=VERDICTS[verdict_of(row)],
        level=line(row.get("level"), 20),
        sentence=known.sentence if known else "",
        steps=steps_of(steps, family),
        expected=Clean(block(first.get("expected"), 1_000)),
        observed=Clean(block(first.get("observed") or row.get("reason"), 1_000)),
        command=replay_command(case) if steps else "",
    )
