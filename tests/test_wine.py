"""The suite's own prefix of Wine: made once, shared, and ended with its last user."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.native.wine import Wine

LIBRARY = Path(__file__).parent / "native" / "library.c"

pytestmark = [
    pytest.mark.skipif(shutil.which("wine") is None, reason="needs the package wine"),
    pytest.mark.skipif(not Path("/proc").exists(), reason="looks at processes in /proc"),
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cache")
    yield folder
    shutil.rmtree(folder)  # a prefix is some hundred megabytes


@pytest.fixture
def prefix(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the suite has its prefix, and the user one of her own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setenv("WINEPREFIX", str(cache / "of the user"))
    return cache / "mapi-conformance" / "wine"


def test_prefix_is_private_and_its_server_ends_with_the_last_share(prefix: Path) -> None:
    first = Wine()
    assert first.env["WINEPREFIX"] == str(prefix)
    assert not (prefix.parent.parent / "of the user").exists()
    made = (prefix / "ready").stat().st_mtime_ns
    second = Wine()
    assert (prefix / "ready").stat().st_mtime_ns == made
    waiting = subprocess.Popen(
        [second.program, "cmd", "/c", "echo ready & pause"],
        env=dict(second.env),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert waiting.stdout is not None
        assert b"ready" in waiting.stdout.readline()
        first.close()
        first.close()
        assert waiting.poll() is None  # the end of one share does not end the other
        second.close()
        assert waiting.wait(10) is not None
    finally:
        waiting.kill()
        waiting.communicate()
    eventually(lambda: processes_of(prefix) == [])


# A run whose library never comes back: nothing within the prefix would end by itself.
HANGING = """
import sys
from adapters.native import Native
from conformance.trace import Call
adapter = Native(sys.argv[1], call_timeout=600)
adapter.perform(Call("begin", {"family": "simple"}))
print("hangs", flush=True)
adapter.perform(Call("MAPILogon", {
    "ulUIParam": 0, "lpszProfileName": "hang", "lpszPassword": None, "flFlags": 0,
    "ulReserved": 0, "lplhSession": "h1"}))
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_when_the_suite_is_ended(
    prefix: Path, tmp_path: Path, how: signal.Signals
) -> None:
    library = compile_library(tmp_path / "library.dll")
    suite = subprocess.Popen(
        [sys.executable, "-c", HANGING, str(library)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert suite.stdout is not None
        assert suite.stdout.readline() == b"hangs\n"
        eventually(lambda: any("host-" in line for line in processes_of(prefix)))
    finally:
        suite.send_signal(how)
        suite.communicate(timeout=60)
    eventually(lambda: processes_of(prefix) == [])


def compile_library(output: Path) -> Path:
    compiler = shutil.which("x86_64-w64-mingw32-gcc")
    if compiler is None:
        pytest.skip("needs the compiler x86_64-w64-mingw32-gcc")
    subprocess.run([compiler, "-shared", "-w", "-o", str(output), str(LIBRARY)], check=True)
    return output


def eventually(condition: object) -> None:
    assert callable(condition)
    for _ in range(500):
        if condition():
            return
        time.sleep(0.02)
    pytest.fail("it did not come about in ten seconds")


def processes_of(prefix: Path) -> list[str]:
    """The command lines of what runs in a prefix."""
    setting = f"WINEPREFIX={prefix}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if setting in entry.read_bytes().split(b"\0"):
                found.append((entry.parent / "cmdline").read_text())
        except OSError:
            continue  # it ended meanwhile
    return [line for line in found if line]
