"""Results to render: every verdict, real counterexamples, and room for hostile words."""

from __future__ import annotations

from typing import Any

from conformance.requirements.load import catalogue
from reports.verdicts import VERDICTS

NASTY = (
    "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\u202e\x00\ud800\u200b&amp;{{ 7*7 }}"
    "*/ #error '''\"\"\" $(id) `id` %n\\"
)

_CREDENTIALS = {"profile": "default"}


def logon(name: str, token: str = "0x1") -> dict[str, Any]:
    params = {
        "ulUIParam": 0,
        "lpszProfileName": _CREDENTIALS,
        "lpszPassword": _CREDENTIALS,
        "flFlags": 0,
        "ulReserved": 0,
        "lplhSession": name,
    }
    resolved = {"lpszProfileName": None, "lpszPassword": None}
    outcome = {"result": {"return": 0, "out": {"lplhSession": token}}, "resolved": resolved}
    return {"method": "MAPILogon", "params": params, "outcome": outcome}


def logoff(handle: Any, code: int = 0, flags: int = 0) -> dict[str, Any]:
    params = {"lhSession": handle, "ulUIParam": 0, "flFlags": flags, "ulReserved": 0}
    return {"method": "MAPILogoff", "params": params, "outcome": {"result": {"return": code}}}


def violation(
    trace: list[dict[str, Any]], expected: str, observed: str, found_by: str = "walker"
) -> dict[str, Any]:
    shown = {"trace": trace, "expected": expected, "observed": observed}
    return {**shown, "found_by": found_by, "calls_to_find": 12345}


def second_logoff() -> dict[str, Any]:
    trace = [logon("h1"), logoff("h1"), logoff("h1")]
    return violation(trace, "MAPI_E_INVALID_SESSION (19)", "returned SUCCESS_SUCCESS (0)")


def leak() -> dict[str, Any]:
    """A message session that leaves a block behind, seen by a look."""
    opened = {"lpMalloc": "m1", "ulFlags": 0, "lppMsgSess": "s1"}
    came = {"result": {"return": 0, "out": {"lppMsgSess": "0x10"}}}
    counts = {"live": 1, "bytes": 16, "references": 1, "foreign_frees": 0}
    look = {"mallocs": {"m1": counts}, "released": [], "buffers": {"live": 0, "foreign_frees": 0}}
    trace = [
        {
            "method": "world.malloc",
            "params": {"name": "m1", "fail_after": None},
            "outcome": {"result": {}},
        },
        {"method": "OpenIMsgSession", "params": opened, "outcome": came},
        {
            "method": "CloseIMsgSession",
            "params": {"lpMsgSess": "s1"},
            "outcome": {"result": {"return": None}},
        },
        {"method": "observe", "params": {}, "outcome": {"result": look}},
    ]
    return violation(trace, "blocks as before the session", "1 more block(s) live")


def crash() -> dict[str, Any]:
    """A NULL allocator that ends the process."""
    opened = {"lpMalloc": None, "ulFlags": 0, "lppMsgSess": "s1"}
    trace = [{"method": "OpenIMsgSession", "params": opened, "outcome": {"crash": {"signal": 11}}}]
    return violation(trace, "MAPI_E_INVALID_PARAMETER (0x80070057)", "CRASH (signal 11, SIGSEGV)")


def hostile(word: str) -> dict[str, Any]:
    trace = [
        logon("h1"),
        {
            "method": word,
            "params": {word: word, "this": [word]},
            "outcome": {"crash": {word: word}},
        },
    ]
    return violation(trace, word, word, word)


def results(word: str = "") -> dict[str, Any]:
    """A run over the catalogue with all nine verdicts; outsiders say `word` where there is one."""
    verdicts = list(VERDICTS)
    said = word or "plain"
    rows = []
    for number, known in enumerate(catalogue().requirements.values()):
        verdict = verdicts[number % 9]
        broken = verdict in ("fail", "flaky", "expected-fail")
        real = second_logoff() if known.family == "simple" else leak()
        row: dict[str, Any] = {
            "id": known.id,
            "family": known.family,
            "level": known.level,
            "verdict": verdict,
            "binding": known.level == "must",
            "reason": said,
            "exercised": 5 if broken or verdict == "pass" else 0,
            "held": 4 if broken else 5,
            "broken": int(broken),
            "violations": [hostile(word) if word else real] if broken else [],
        }
        if verdict == "flaky":
            row["flaky"] = {"broke": 3, "of": 20}
        if verdict == "blocked":
            row["blocked_by"] = "IMSG-OPEN-01"
        if known.readings and verdict == "pass":
            row["reading"] = "A"
            row["readings"] = [{"accepted": ["A", "B"], "aspect": said, "held": 9}]
        rows.append(row)
    trace = (hostile(said) if word else crash())["trace"]
    rows[1]["traces"] = {"A": trace, "B": leak()["trace"]}
    offered = {"functions": [said], "observes": [said], "parallel": True}
    guarantee = {"family": "simple", "depth": 3, "classes": 12, "sequences": 1884}
    return {
        "schema": 1,
        "suite": {"name": "mapi-conformance", "version": "0.1.0"},
        "implementation": {
            "name": said,
            "version": said if word else "1.4",
            "platform": said,
            "homepage": "https://example.org/",
            "adapter": f"native:{said}",
        },
        "run": {
            "seed": 4711,
            "profile": "ci",
            "started": "2026-09-01T12:00:00+00:00",
            "complete": True,
            "calls": 98765,
            "sequences": 4321,
            "seconds": 1.5,
            "families": ["imsg", "simple", "email", "msgfile"],
            "readings": {"IMSG-OPEN-06": "B"},
            "command": [said],
            "strict": False,
            "jobs": 1,
            "guarantees": [{**guarantee, "complete": True, "text": said}],
        },
        "capabilities": {"imsg": offered, "simple": offered},
        "conclusion": {"conforms": False, "headline": f"{said} does not conform; 9 of 76 broken"},
        "requirements": rows,
        "incidents": [
            {"family": "imsg", "method": said, "observed": said, "count": 2, "trace": trace}
        ],
        "errors": [{"family": "imsg", "message": said, "hint": said, "stderr": said}],
        "stderr": said,
    }


def baseline() -> dict[str, Any]:
    """An older run of the same implementation, in which other requirements were broken."""
    values = results()
    rows = values["requirements"]
    for row, verdict in zip(rows[:4], ("fail", "pass", "pass", "not-exercised"), strict=True):
        row["verdict"] = verdict
    values["implementation"]["version"] = "1.3"
    values["requirements"] = rows[:-1]
    return values
