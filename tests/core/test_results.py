"""Results: the contract of their form, for runs of every kind."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from adapters.port import Adapter
from conformance.conclusion import Conclusion
from conformance.errors import AdapterError, UsageError
from conformance.progress import Progress
from conformance.replay import trace_file
from conformance.requirements.load import catalogue
from conformance.results import read_results, write_atomically
from conformance.session import Session
from conformance.trace import Call, Outcome
from conformance.workspace import Settings

from .fakes import CRASH, Recorder, Twisted, error
from .planted import planted
from .test_confirm import Flaky

Schema = dict[str, Any]


def schema(name: str) -> Schema:
    text = (files("conformance") / "schemas" / f"{name}.schema.json").read_text("utf-8")
    found: Schema = json.loads(text)
    return found


def closed(value: Any) -> Any:
    """The schema with no room for members that it does not describe."""
    if isinstance(value, list):
        return [closed(item) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {key: closed(item) for key, item in value.items()}
    if value.get("type") == "object" and "properties" in value:
        inner.setdefault("additionalProperties", False)
    return inner


def check(value: object, name: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(schema(name))
    jsonschema.Draft202012Validator(closed(schema(name))).validate(json.loads(json.dumps(value)))


def run(
    opener: Callable[[], Adapter], output: Path, **more: Any
) -> tuple[dict[str, Any], Conclusion]:
    settings = Settings(**{"adapter": "fake", "profile": "smoke", "seed": 3, **more})
    return Session(settings, catalogue(), opener, output, Progress()).run()


def stub(call: Call, outcome: Outcome) -> Outcome:
    return error(-32002) if call.method == "OpenIMsgSession" else outcome


def crash(call: Call, outcome: Outcome) -> Outcome:
    odd = call.method == "OpenIMsgOnIStg" and call.params["lpMsgSess"] is None
    return CRASH if odd else outcome


def both(call: Call, outcome: Outcome) -> Outcome:
    """Reading A of OPEN-06 for one session, B for the next."""
    if call.method == "OpenIMsgSession" and call.params["ulFlags"] == 0x80000000:
        name = str(call.params["lppMsgSess"])
        if name[-1:] in "13579" and outcome.body.get("return") == 0:
            return Outcome("result", {"return": 0x80040106, "out": {"lppMsgSess": "untouched"}})
    return outcome


def gone() -> Adapter:
    raise AdapterError("cannot be started", "look for it", "and its last words")


KINDS: dict[str, Callable[[], Adapter]] = {
    "correct": Recorder,
    "broken": planted,
    "flaky": lambda: Flaky(3),
    "stub": lambda: Twisted(answers=[stub]),
    "crashing": lambda: Twisted(answers=[crash]),
    "two-readings": lambda: Twisted(answers=[both]),
    "unopened": gone,
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[dict[str, Any], Path]]:
    found = {}
    for kind, opener in KINDS.items():
        output = tmp_path_factory.mktemp(kind)
        families = {"flaky": ("simple",), "broken": ()}.get(kind, ("imsg",))
        found[kind] = run(opener, output, families=families)[0], output
    return found


Runs = dict[str, tuple[dict[str, Any], Path]]


def row(results: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (one for one in results["requirements"] if one["id"] == name)
    return dict(found)


@pytest.mark.parametrize("kind", list(KINDS))
def test_results_of_any_kind_keep_to_the_schema(kind: str, runs: Runs) -> None:
    results, output = runs[kind]
    check(results, "results")
    stored = read_results(output / "results.json")
    assert stored == json.loads(json.dumps(results))
    assert [one["id"] for one in stored["requirements"]] == list(catalogue().requirements)


def test_trace_files_keep_to_their_schema(runs: Runs) -> None:
    results = runs["broken"][0]
    written = 0
    for one in results["requirements"]:
        for violation in one["violations"]:
            offered = results["capabilities"][one["family"]]
            check(trace_file(one["id"], one["family"], offered, violation["trace"]), "trace")
            written += 1
    assert written >= 10


def test_a_flaky_row_carries_m_of_n(runs: Runs) -> None:
    results = runs["flaky"][0]
    found = row(results, "SIMPLE-LOGOFF-02")
    assert found["verdict"] == "flaky"
    assert 0 < found["flaky"]["broke"] < found["flaky"]["of"]
    assert results["conclusion"]["exit"] == 1


def test_two_readings_at_once_carry_a_trace_for_each(runs: Runs) -> None:
    found = row(runs["two-readings"][0], "IMSG-OPEN-06")
    assert (found["verdict"], found["binding"]) == ("fail", True)
    assert set(found["traces"]) == {"A", "B"}
    for trace in found["traces"].values():
        assert trace[-1]["params"]["ulFlags"] == 0x80000000
        assert len(trace) == 3  # initialise, lend an allocator, open


def test_a_stub_blocks_what_depends_on_it(runs: Runs) -> None:
    results = runs["stub"][0]
    assert row(results, "IMSG-OPEN-01")["verdict"] == "not-implemented"
    assert row(results, "IMSG-CLOSE-01")["blocked_by"] == "IMSG-OPEN-01"
    assert results["conclusion"]["exit"] == 1
    assert not results["conclusion"]["conforms"]


def test_a_crash_is_charged_and_the_run_goes_on(runs: Runs) -> None:
    results = runs["crashing"][0]
    assert row(results, "IMSG-MSG-03")["verdict"] == "fail"
    assert row(results, "IMSG-OPEN-01")["verdict"] == "pass"
    assert row(results, "IMSG-OPEN-05")["verdict"] == "pass"


def test_an_adapter_that_cannot_be_opened_gives_errors_and_status_3(runs: Runs) -> None:
    results = runs["unopened"][0]
    imsg = {one["verdict"] for one in results["requirements"] if one["family"] == "imsg"}
    assert imsg == {"error"}
    assert results["conclusion"]["exit"] == 3
    assert results["errors"][0]["hint"] == "look for it"
    assert results["stderr"] == "and its last words"


def test_calls_and_counts_add_up(runs: Runs) -> None:
    for results, _ in runs.values():
        for one in results["requirements"]:
            assert one["exercised"] == one["held"] + one["broken"]
        counts = results["conclusion"]["counts"]
        assert sum(counts.values()) == len(results["requirements"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"schema": 2}, "schema 2"),
        ({"schema": "1"}, "schema"),
        ({"requirements": {}}, "requirements"),
        ({"requirements": [{"id": "IMSG-OPEN-01"}]}, r"requirements[0].family"),
        ({"requirements": [None]}, r"requirements[0] is no object"),
        ({"capabilities": []}, "capabilities"),
        ({"run": None}, "run"),
    ],
)
def test_damaged_results_are_refused_by_name(
    change: dict[str, Any], says: str, runs: Runs, tmp_path: Path
) -> None:
    path = tmp_path / "damaged.json"
    path.write_text(json.dumps({**runs["correct"][0], **change}))
    with pytest.raises(UsageError) as refused:
        read_results(path)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "results.json"
    write_atomically(path, "old")
    write_atomically(path, "new\ud800")
    assert path.read_text() == "new\\ud800"
    assert [each.name for each in path.parent.iterdir()] == ["results.json"]
