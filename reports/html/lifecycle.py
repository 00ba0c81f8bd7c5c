"""The documented life of a session as a diagram, with the transitions that were broken marked.

What is drawn stands in lifecycles.toml; where it is drawn follows from it and from nothing else.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from reports.html.cards import anchor_of
from reports.verdicts import VERDICTS, Verdict, verdict_of

WIDTH: Final = 360
_LEFT: Final = 108
_BOX: Final = (144, 46)
_PITCH: Final = 112
_TOP: Final = 26
_MIDDLE: Final = _LEFT + _BOX[0] // 2
_RIGHT: Final = _LEFT + _BOX[0]
_BROKEN: Final = frozenset({"fail", "flaky", "expected-fail"})
_NOT_DRAWN: Final = frozenset({"not-offered"})


@dataclass(frozen=True, slots=True)
class State:
    """A box with a name; `x` and `y` are its upper left corner."""

    name: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Transition:
    """A numbered line; `mark` is broken, held or open, and `rows` are the verdicts it rests on."""

    number: int
    origin: str
    target: str
    call: str
    means: str
    mark: str
    rows: tuple[tuple[str, str, Verdict], ...]
    path: str
    x: float
    y: float

    @property
    def glyph(self) -> str:
        return {"broken": "✗", "held": "✓"}.get(self.mark, "○")

    @property
    def words(self) -> str:
        return {"broken": "broken", "held": "held"}.get(self.mark, "not decided")


@dataclass(frozen=True, slots=True)
class Diagram:
    """The life of a session of one family."""

    family: str
    title: str
    width: int
    height: int
    box: tuple[int, int]
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]

    @property
    def broken(self) -> tuple[int, ...]:
        return tuple(one.number for one in self.transitions if one.mark == "broken")


@functools.cache
def lifecycles() -> Mapping[str, Any]:
    """Read the diagrams by family, as they stand in lifecycles.toml."""
    text = (resources.files("reports.html") / "lifecycles.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def diagrams_of(rows: Iterable[Mapping[str, Any]]) -> tuple[Diagram, ...]:
    """Draw the families of which the results decide, or could have decided, something."""
    verdicts = {anchor_of(row.get("id")): verdict_of(row) for row in rows}
    diagrams = []
    for family, life in lifecycles().items():
        transitions = tuple(
            _transition(number, one, life["states"], verdicts)
            for number, one in enumerate(life["transition"], 1)
        )
        found = {verdict.name for one in transitions for *_, verdict in one.rows}
        if found - _NOT_DRAWN:
            states = tuple(State(name, _LEFT, _row(at)) for at, name in enumerate(life["states"]))
            height = _row(len(states) - 1) + _BOX[1] + _TOP
            diagrams.append(
                Diagram(family, life["title"], WIDTH, height, _BOX, states, transitions)
            )
    return tuple(diagrams)


def _transition(
    number: int, one: Mapping[str, Any], states: list[str], verdicts: Mapping[str, str]
) -> Transition:
    rows = tuple(
        (name, anchor_of(name), VERDICTS[verdicts[name]])
        for name in one["requirements"]
        if name in verdicts
    )
    found = {verdict.name for *_, verdict in rows}
    mark = "broken" if found & _BROKEN else "held" if "pass" in found else "open"
    path, x, y = _line(one)
    return Transition(
        number=number,
        origin=states[one["from"]],
        target=states[one["to"]],
        call=one["call"],
        means=one["means"],
        mark=mark,
        rows=rows,
        path=path,
        x=x,
        y=y,
    )


def _row(at: int) -> int:
    return _TOP + at * _PITCH


def _line(one: Mapping[str, Any]) -> tuple[str, float, float]:
    """Draw a transition: the path, and the place of its number on it."""
    start, end, slot = _row(one["from"]), _row(one["to"]), one.get("slot")
    middle, wide = _BOX[1] / 2, 58
    match one["way"]:
        case "down":
            return f"M{_MIDDLE} {start + _BOX[1]}V{end}", _MIDDLE, (start + _BOX[1] + end) / 2
        case "right" | "left" as side:
            edge, out = (_RIGHT, wide) if side == "right" else (_LEFT, -wide)
            at = start + middle + {None: 0, 0: -13, 1: 13}[slot]
            high = 10 if slot is None else 6
            bend = f"{edge + out} {at - 2 * high} {edge + out} {at + 2 * high}"
            path = f"M{edge} {at - high}C{bend} {edge} {at + high}"
            return path, edge + out * 0.75, at
        case "past":
            out, shift = _LEFT - (40 if slot == 0 else 84), 8 if slot == 0 else -8
            leave, arrive = start + middle + shift, end + middle - shift
            path = (
                f"M{_LEFT} {leave}H{out + 12}Q{out} {leave} {out} {leave + 12}"
                f"V{arrive - 12}Q{out} {arrive} {out + 12} {arrive}H{_LEFT}"
            )
            return path, out, (leave + arrive) / 2
        case _:
            out = _RIGHT + 84
            leave, arrive = start + middle + 16, end + middle + 16
            path = (
                f"M{_RIGHT} {leave}H{out - 12}Q{out} {leave} {out} {leave - 12}"
                f"V{arrive + 12}Q{out} {arrive} {out - 12} {arrive}H{_RIGHT}"
            )
            return path, out, (leave + arrive) / 2
