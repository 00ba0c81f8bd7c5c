"""A C implementation with one planted fault at a time, found through the native adapter.

It is compiled both as a shared library and as a DLL, which runs under Wine. Every fault of
tests/native/messaging/faults.h has to be reported under the requirement that stands beside it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import adapters.native
from adapters.native import Native
from adapters.native.wine import Wine
from conformance.explore.shard import Closable
from conformance.selftest import Hunt, hunt, trial
from conformance.trace import Call

SOURCES = Path(__file__).parent / "native" / "messaging"
HEADERS = Path(adapters.native.__file__).parent
PLANTED = re.findall(r'FAULT\((\w+), +"([\w-]*)"', (SOURCES / "faults.h").read_text())
FAULTS = {name: requirement for name, requirement in PLANTED if requirement}
COMPILERS = {"so": ("cc", "-fPIC"), "dll": ("x86_64-w64-mingw32-gcc",)}
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


@pytest.fixture(scope="module", params=["so", "dll"])
def library(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The implementation; Wine's server is kept while the tests use it."""
    output = tmp_path_factory.mktemp("messaging") / f"messaging.{request.param}"
    build(output, *COMPILERS[request.param])
    if request.param == "so":
        yield output
        return
    if shutil.which("wine") is None:
        pytest.skip("needs the package wine")
    wine = Wine()
    yield output
    wine.close()


def build(output: Path, compiler: str, *options: str) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"needs the compiler {compiler}")
    warnings = ("-Wall", "-Wextra", "-Werror")
    libraries = ("-lole32",) if output.suffix == ".dll" else ()
    source = str(SOURCES / "messaging.c")
    command = [compiler, *options, "-shared", "-O1", "-std=gnu11", *warnings, f"-I{HEADERS}"]
    subprocess.run([*command, "-o", str(output), source, *libraries], check=True)


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAPI_CONFORMANCE_PROFILE", "default")
    monkeypatch.setenv("MAPI_CONFORMANCE_PASSWORD", "secret")
    monkeypatch.delenv("MAPI_FAULT", raising=False)


def opened(library: Path) -> Native:
    return Native(f"{library}?checked_handles", call_timeout=2.0)


def test_without_a_fault_it_is_accused_of_nothing(library: Path) -> None:
    tried = trial(1, Correct("correct", partial(opened, library)))
    assert tried.accused_of == ()
    assert tried.calls > 5000


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_found(library: Path, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAPI_FAULT", fault)
    found = find(library, fault)
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


def test_threads_are_real(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handles = tokens(library)
    assert len(set(handles)) == len(handles)
    monkeypatch.setenv("MAPI_FAULT", "slow_handles")
    raced = [len(set(tokens(library))) < 16 for _ in range(5)]
    assert any(raced)
