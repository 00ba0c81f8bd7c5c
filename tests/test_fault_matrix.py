"""Misbehaving harnesses: the run ends, and only what the fault touches loses its verdict.

Each misbehaviour strikes at each call of one method of a correct implementation. What may not
change is the verdict of every requirement that is not decided with that method.
"""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance import profiles
from conformance.cli import main
from conformance.profiles import Profile
from conformance.requirements.load import catalogue

HARNESS = Path(__file__).parent / "harnesses" / "faulty.py"
METHODS = {"imsg": "IMessage.SubmitMessage", "simple": "MAPIFindNext"}
TINY = Profile("smoke", calls=900, shards=1, crowd=4, depth=1)

ANY_CALL = {"IMSG-CLOSE-05", "IMSG-CLOSE-06"}
"""Other sessions go on working: decided with any method of their messages."""

PROTOCOL = (
    *("garbage before", "garbage inside", "garbage after", "wrong id", "two answers"),
    *("second answer late", "missing result", "result and error", "batch", "invalid UTF-8"),
    *("not a number", "infinite", "deeply nested", "wrong shape"),
    *("a line too long", "a line without end"),
)
DEATHS = (
    *("half a line", "crash", "signal", "grandchild", "ignores termination", "slow drip"),
    *("blank flood", "closes stdout"),
)
PERMITTED = ("16 MiB", "stderr flood", "blank lines")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(profiles.PROFILES, "smoke", TINY)


def run(family: str, mode: str, output: Path, method: str = "") -> tuple[int, dict[str, Any]]:
    """The exit status and the results of a run on one family."""
    arguments = ["run", "--families", family, "--profile", "smoke", "--seed", "3"]
    arguments += ["--call-timeout", "0.5", "--adapter", "stdio", "--output", str(output), "--"]
    status = main([*arguments, sys.executable, str(HARNESS), mode, method or METHODS[family]])
    return status, json.loads((output / "results.json").read_text(encoding="utf-8"))


def verdicts(results: dict[str, Any]) -> dict[str, str]:
    return {row["id"]: row["verdict"] for row in results["requirements"]}


@functools.cache
def _without(family: str, directory: str) -> dict[str, str]:
    status, results = run(family, "none", Path(directory), method="no such method")
    assert status == 0
    return verdicts(results)


@pytest.fixture
def without_fault(tmp_path_factory: pytest.TempPathFactory) -> Any:
    base = tmp_path_factory.getbasetemp()
    return lambda family: _without(family, str(base / f"without-{family}"))


def touched(family: str) -> set[str]:
    """The requirements that are decided with the method, and those that need one of them."""
    method = METHODS[family]
    rows = catalogue().family(family)
    decided = {catalogue().homes[family][method]} | ANY_CALL
    decided |= {row.id for row in rows if method in row.functions}
    decided |= {row.id for row in rows if method in {step.call.method for step in row.example}}
    while needing := {row.id for row in rows if decided & {*row.needs}} - decided:
        decided |= needing
    return decided


def untouched(family: str, found: dict[str, str]) -> dict[str, str]:
    return {name: verdict for name, verdict in found.items() if name not in touched(family)}


@pytest.mark.parametrize("family", METHODS)
@pytest.mark.parametrize("mode", PROTOCOL)
def test_broken_protocol_is_an_error_of_what_it_touches(
    mode: str, family: str, tmp_path: Path, without_fault: Any
) -> None:
    status, results = run(family, mode, tmp_path)
    found = verdicts(results)
    assert untouched(family, found) == untouched(family, without_fault(family))
    assert {found[name] for name in touched(family)} <= {"error", "pass", "not-exercised"}
    assert "error" in found.values()
    assert "fail" not in found.values()
    assert status == 3
    assert {error["method"] for error in results["errors"]} == {METHODS[family]}
    assert sum(error["count"] for error in results["errors"]) >= 1
    assert results["run"]["complete"]


@pytest.mark.parametrize("family", METHODS)
@pytest.mark.parametrize("mode", DEATHS)
def test_death_is_a_failure_of_what_it_touches(
    mode: str, family: str, tmp_path: Path, without_fault: Any
) -> None:
    status, results = run(family, mode, tmp_path)
    found = verdicts(results)
    assert untouched(family, found) == untouched(family, without_fault(family))
    broken = {name for name, verdict in found.items() if verdict in ("fail", "flaky")}
    assert broken
    assert broken <= touched(family)
    assert status == 1
    assert results["errors"] == []
    for row in results["requirements"]:
        if row["id"] in broken:
            last = row["violations"][0]["trace"][-1]
            assert last["method"] == METHODS[family]
            assert {"crash", "hang"} & last["outcome"].keys()


@pytest.mark.parametrize("family", METHODS)
@pytest.mark.parametrize("mode", PERMITTED)
def test_what_the_protocol_permits_changes_nothing(
    mode: str, family: str, tmp_path: Path, without_fault: Any
) -> None:
    status, results = run(family, mode, tmp_path)
    assert verdicts(results) == without_fault(family)
    assert status == 0
    assert results["errors"] == []
