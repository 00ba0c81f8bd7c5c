"""Expected failures: what is listed is excused, nothing else is, and no list goes stale."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.conclusion import conclude
from conformance.errors import UsageError
from conformance.expectations import Expectation, applied, stale
from conformance.expectations_file import read_expectations
from conformance.requirements.load import catalogue
from conformance.verdicts import Ruling, Verdict
from conformance.workspace import Settings

NAME = "IMSG-OPEN-02"
TRACE = [
    {"method": "MAPIInitialize", "params": {}, "outcome": {"result": {"return": 0}}},
    {
        "method": "OpenIMsgSession",
        "params": {"lpMalloc": None, "ulFlags": 0, "lppMsgSess": "s1"},
        "outcome": {"result": {"return": 0, "out": {"lppMsgSess": "0x10"}}},
    },
]


def ruling(verdict: Verdict, name: str = NAME, **more: Any) -> Ruling:
    return Ruling(catalogue()[name], verdict, binding=True, **more)


def read(tmp_path: Path, text: str, name: str = "known.toml") -> tuple[Expectation, ...]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_expectations(path, catalogue())


@pytest.mark.parametrize("verdict", ["fail", "flaky", "blocked", "not-implemented"])
def test_what_is_listed_and_broken_is_an_expected_failure(verdict: str) -> None:
    rulings = applied(
        {NAME: ruling(Verdict(verdict))}, [Expectation(NAME, "ticket 1")], {NAME: "a crash"}
    )

    assert rulings[NAME].verdict is Verdict.EXPECTED_FAIL
    assert rulings[NAME].reason == "ticket 1"
    assert not rulings[NAME].binding


@pytest.mark.parametrize("verdict", ["pass", "not-exercised", "not-offered", "error"])
def test_a_listed_requirement_that_is_not_broken_keeps_its_verdict(verdict: str) -> None:
    before = {NAME: ruling(Verdict(verdict))}

    assert applied(before, [Expectation(NAME, "ticket 1")], {}) == before


def test_another_observation_is_another_failure() -> None:
    listed = [Expectation(NAME, "ticket 1", observed="returned S_OK")]
    before = {NAME: ruling(Verdict.FAIL)}

    assert applied(before, listed, {NAME: "returned S_OK (0x0)"})[NAME].verdict == "expected-fail"
    other = applied(before, listed, {NAME: "a crash"})[NAME]
    assert other.verdict is Verdict.FAIL
    assert other.binding
    assert "returned S_OK" in other.reason


def test_what_an_expected_failure_blocks_does_not_bind() -> None:
    blocked = ruling(Verdict.BLOCKED, "IMSG-CLOSE-01", blocked_by=NAME)
    before = {"IMSG-CLOSE-01": blocked, NAME: ruling(Verdict.FAIL)}

    after = applied(before, [Expectation(NAME, "ticket 1")], {NAME: ""})
    assert after["IMSG-CLOSE-01"].verdict is Verdict.BLOCKED
    assert not after["IMSG-CLOSE-01"].binding
    assert applied(before, [], {})["IMSG-CLOSE-01"].binding


def test_only_a_listed_pass_is_stale() -> None:
    listed = [Expectation(NAME, "ticket 1")]

    assert stale({NAME: ruling(Verdict.PASS)}, listed) == (NAME,)
    for verdict in set(Verdict) - {Verdict.PASS}:
        assert stale({NAME: ruling(verdict)}, listed) == ()


def test_a_broken_requirement_outweighs_a_stale_entry() -> None:
    def status(verdict: Verdict) -> int:
        rulings = {"IMSG-OPEN-01": ruling(verdict, "IMSG-OPEN-01")}
        rulings["IMSG-OPEN-01"].row.exercised = 1
        given = {"strict": False, "complete": True, "errors": False, "stale": (NAME,)}
        return conclude(rulings, "Acme", **given).exit_status  # type: ignore[arg-type]

    assert status(Verdict.FAIL) == 1
    assert status(Verdict.PASS) == 2


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.toml", f'{NAME} = "why"'),
        ("a.toml", f'[{NAME}]\nreason = "why"'),
        ("a.toml", f'[[expected]]\nrequirement = "{NAME}"\nreason = "why"'),
        ("a.json", json.dumps({NAME: "why"})),
        ("a.json", json.dumps({"schema": 1, "expected": {NAME: {"reason": "why"}}})),
        ("a.txt", json.dumps([{"requirement": NAME, "reason": "why"}])),
        ("a.json", json.dumps({"requirement": NAME, "family": "imsg", "reason": "why"})),
    ],
)
def test_a_list_may_be_written_in_several_ways(tmp_path: Path, name: str, text: str) -> None:
    assert read(tmp_path, text, name) == (Expectation(NAME, "why"),)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('IMSG-OPEN-99 = "why"', "IMSG-OPEN-99"),
        (f'{NAME} = ""', "reason"),
        (f"{NAME} = 7", "reason"),
        (f'[{NAME}]\nobserved = "x"', "reason"),
        (f'[{NAME}]\nreason = "x"\nobserved = 3', "observed"),
        (f'[{NAME}]\nreason = "x"\ntrace = "gone.json"', "gone.json"),
        (f'[{NAME}]\nreason = "x"\ntrace = [7]', "step 1"),
        (f'[[expected]]\nrequirement = "{NAME}"\nreason = "a"\n' * 2, "twice"),
        ('[[expected]]\nreason = "a"', "number 1"),
        ("not = toml = at all", "TOML"),
        ("[1, 2]\n{", "JSON"),
        ("expected = 5", "no list"),
    ],
)
def test_a_list_that_is_wrong_is_refused_with_the_entry(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        read(tmp_path, text)


def test_settings_take_expectations_to_other_processes() -> None:
    from conformance.trace import trace_from_json

    chosen = Settings(
        "stdio", expectations=(Expectation(NAME, "why", "x", trace_from_json(TRACE)),)
    )

    assert Settings.from_json(json.loads(json.dumps(chosen.to_json()))) == chosen


def run(tmp_path: Path, fault: str, listed: str) -> tuple[int, dict[str, Any]]:
    (tmp_path / "known.toml").write_text(listed, encoding="utf-8")
    (tmp_path / "trace.json").write_text(
        json.dumps({"schema": 1, "family": "imsg", "requirement": NAME, "trace": TRACE}), "utf-8"
    )
    arguments = ["run", "--adapter", fault, "--families", "imsg", "--profile", "smoke"]
    arguments += ["--seed", "1", "--output", str(tmp_path)]
    status = main([*arguments, "--expectations", str(tmp_path / "known.toml")])
    value: dict[str, Any] = json.loads((tmp_path / "results.json").read_text("utf-8"))
    return status, value


def row(value: dict[str, Any], name: str = NAME) -> dict[str, Any]:
    return next(one for one in value["requirements"] if one["id"] == name)


def test_a_run_with_a_known_failure_is_green_and_says_so(tmp_path: Path) -> None:
    listed = f'[{NAME}]\nreason = "ticket 1"\ntrace = "trace.json"'
    status, value = run(tmp_path, "mutant:open-null-allocator-accepted", listed)

    assert status == 0
    assert row(value)["verdict"] == "expected-fail"
    assert row(value)["reason"] == "ticket 1"
    assert row(value)["violations"][0]["found_by"] == f"expectation of {NAME}"
    assert "1 expected failure" in value["conclusion"]["headline"]


def test_a_run_names_what_is_stale(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, value = run(tmp_path, "reference", f'{NAME} = "ticket 1"')

    assert status == 2
    assert value["expectations"] == {"listed": [NAME], "stale": [NAME]}
    assert value["conclusion"]["conforms"] is True
    assert f"{NAME} is listed as expected to fail, and did not" in capsys.readouterr().err
