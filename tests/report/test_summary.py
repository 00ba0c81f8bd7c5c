"""The terminal summary: one screen, the worst first, nothing left unsaid."""

from __future__ import annotations

from typing import Any

from conformance.requirements.load import catalogue
from reports.clean import columns_of
from reports.summary import render


def results(broken: int, **run: Any) -> dict[str, Any]:
    """A run over the whole catalogue in which the first `broken` musts fail."""
    rows: list[dict[str, Any]] = []
    left = broken
    for known in catalogue().requirements.values():
        row: dict[str, Any] = {
            "id": known.id,
            "family": known.family,
            "level": known.level,
            "verdict": "pass",
            "binding": known.level == "must",
            "exercised": 7,
            "held": 7,
            "broken": 0,
            "violations": [],
        }
        if left and known.level == "must":
            left -= 1
            trace = [{"method": "observe", "params": {}, "outcome": {"result": {}}}] * (left + 2)
            violation = {"trace": trace, "expected": "S_OK (0x00000000)", "observed": "a crash"}
            row |= {"verdict": "fail", "broken": 1, "violations": [violation]}
        rows.append(row)
    return {
        "suite": {"name": "mapi-conformance", "version": "0.1.0"},
        "implementation": {"name": "Acme", "version": "2.1", "adapter": "stdio"},
        "run": {
            "seed": 1,
            "profile": "ci",
            "seconds": 4.25,
            "calls": 1234,
            "complete": True,
            **run,
        },
        "conclusion": {
            "conforms": not broken,
            "headline": f"Acme 2.1 does not conform: {broken} of 76 musts in scope are broken",
        },
        "requirements": rows,
        "incidents": [],
        "errors": [],
    }


def screen(values: dict[str, Any]) -> list[str]:
    lines = render(values, catalogue()).splitlines()
    assert len(lines) <= 24
    assert max(map(columns_of, lines)) <= 80
    return lines


def test_many_failures_fit_one_screen_with_the_worst_first() -> None:
    lines = screen(results(40))
    first = next(number for number, text in enumerate(lines) if text == "Fix first:")
    last_broken = [row["id"] for row in results(40)["requirements"] if row["verdict"] == "fail"][-1]
    assert last_broken in lines[first + 1]
    assert "in 2 calls" in lines[first + 1]
    assert lines[first + 2].strip() == "expected S_OK (0x00000000), got a crash"
    shown = sum("must fail" in text for text in lines)
    assert shown >= 2
    assert f"  … and {40 - shown} more, see the report" in lines


def test_few_failures_are_all_shown() -> None:
    lines = screen(results(2))
    assert sum("must fail" in text for text in lines) == 2
    assert not any("more, see the report" in text for text in lines)


def test_the_table_counts_every_verdict() -> None:
    lines = screen(results(3))
    counted = {
        text.split()[0]: text.split()[1:] for text in lines if text.startswith(("imsg", "all"))
    }
    assert counted["imsg"] == ["50", "3", "0", "0", "0", "0", "0", "0", "0", "53"]
    assert counted["all"] == ["117", "3", "0", "0", "0", "0", "0", "0", "0", "120"]


def test_an_incomplete_run_says_so() -> None:
    assert "INCOMPLETE: interrupted" in screen(results(0, complete=False, stopped="interrupted"))


def test_everything_at_once_still_fits() -> None:
    values = results(60, complete=False, stopped="x" * 500)
    values["errors"] = [{"message": "m" * 900, "hint": "h" * 900}] * 3
    values["incidents"] = [{"family": "imsg", "method": "F", "observed": "crash", "count": 1}] * 2
    values["implementation"]["adapter"] = "native:" + "p" * 300
    lines = screen(values)
    assert any(text.startswith("Adapter error (1 of 3): mmm") for text in lines)
    assert any(text.startswith("2 incidents") for text in lines)
    assert any("more, see the report" in text for text in lines)


def test_a_hostile_name_neither_hides_the_counts_nor_reaches_the_terminal() -> None:
    values = results(3)
    name = "\x1b[2J\u202e大" + "A" * 1_000_000
    values["conclusion"]["headline"] = f"{name} does not conform: 3 of 76 musts are broken"
    text = "\n".join(screen(values))
    assert "3 of 76 musts are broken" in text.replace("\n", " ")
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\x1b[2J" in text


def test_results_without_anything_do_not_break_it() -> None:
    assert "No conclusion was reached" in render({}, catalogue())
