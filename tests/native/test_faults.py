"""A C implementation with one planted fault at a time, found through the native adapter.

Every fault of messaging/faults.h has to be reported under the requirement that stands beside it,
both of the shared library and of the DLL under Wine.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from adapters.native import Native
from conformance.explore.shard import Closable
from conformance.selftest import Hunt, hunt, trial
from conformance.trace import Call

PLANTED = re.findall(
    r'FAULT\((\w+), +"([\w-]*)"', (Path(__file__).parent / "messaging" / "faults.h").read_text()
)
FAULTS = {name: requirement for name, requirement in PLANTED if requirement}
FAMILIES = {"IMSG": "imsg", "SIMPLE": "simple", "MSGF": "msgfile"}


@dataclass(frozen=True)
class Planted:
    """What :func:`conformance.selftest.hunt` is given."""

    name: str
    breaks: tuple[str, ...]
    factory: Callable[[], Closable]
    readings: dict[str, str] = field(default_factory=dict)

    @property
    def family(self) -> str:
        return FAMILIES[self.breaks[0].partition("-")[0]]


@dataclass(frozen=True)
class Correct:
    """What :func:`conformance.selftest.trial` is given."""

    name: str
    factory: Callable[[], Closable]
    deviates: frozenset[str] = frozenset()


def opened(library: Path) -> Native:
    return Native(f"{library}?checked_handles", call_timeout=5.0)


def test_there_are_faults_for_every_family() -> None:
    assert len(FAULTS) > 60
    assert {name.partition("-")[0] for name in FAULTS.values()} == set(FAMILIES)


def test_without_a_fault_it_is_accused_of_nothing(messaging: Path) -> None:
    tried = trial(1, Correct("correct", partial(opened, messaging)))
    assert tried.accused_of == ()
    assert tried.calls > 5000


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_found(
    messaging: Path, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAPI_FAULT", fault)
    found = find(messaging, fault)
    assert found.killed_by == (FAULTS[fault],), found


def find(library: Path, fault: str) -> Hunt:
    planted = Planted(fault, (FAULTS[fault],), partial(opened, library))
    return hunt(1, planted, "smoke")


# --- threads


def logons(count: int, name: str) -> list[dict[str, Any]]:
    account = {"lpszProfileName": "default", "lpszPassword": "secret"}
    common = {"ulUIParam": 0, "flFlags": 0, "ulReserved": 0, **account}
    return [
        {"method": "MAPILogon", "params": {**common, "lplhSession": f"{name}{number}"}}
        for number in range(count)
    ]


def tokens(library: Path) -> list[str]:
    """The handles that two threads got, side by side."""
    adapter = Native(f"{library}?parallel")
    try:
        assert adapter.offer["simple"].parallel
        adapter.perform(Call("begin", {"family": "simple"}))
        adapter.perform(Call("MAPILogon", logons(1, "first")[0]["params"]))
        outcome = adapter.perform(Call("parallel", {"threads": [logons(8, "a"), logons(8, "b")]}))
    finally:
        adapter.close()
    assert outcome.kind == "result", outcome
    threads = outcome.body["threads"]
    stamps = [stamp for one in threads for call in one for stamp in (call["start"], call["end"])]
    assert len(set(stamps)) == len(stamps) == 32
    assert all(call["start"] < call["end"] for one in threads for call in one)
    return [call["result"]["out"]["lplhSession"] for one in threads for call in one]


def test_threads_are_real(messaging: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handles = tokens(messaging)
    assert len(set(handles)) == len(handles)
    monkeypatch.setenv("MAPI_FAULT", "slow_handles")
    raced = (len(set(tokens(messaging))) < 16 for _ in range(10))
    assert any(raced)
