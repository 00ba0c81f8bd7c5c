"""The suite's own prefix of Wine: made once, shared, and ended with its last user."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.native.wine import Wine

pytestmark = [
    pytest.mark.skipif(shutil.which("wine") is None, reason="needs the package wine"),
    pytest.mark.skipif(not Path("/proc").exists(), reason="looks at processes in /proc"),
]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("WINEPREFIX", str(tmp_path / "of the user"))
    yield tmp_path / "mapi-conformance"
    shutil.rmtree(tmp_path)  # a prefix is some hundred megabytes


def test_prefix_is_private_and_its_server_ends_with_the_last_share(cache: Path) -> None:
    prefix = cache / "wine"
    first = Wine()
    assert first.env["WINEPREFIX"] == str(prefix)
    assert not (cache.parent / "of the user").exists()
    assert processes_of(prefix) == []
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
