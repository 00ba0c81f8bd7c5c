"""Wine: Windows programs on Linux, in a prefix that belongs to the suite alone."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from adapters.native.build import cache_dir
from conformance.errors import AdapterError

_CREATION_LIMIT: Final = 300
_QUIET: Final = {"WINEDEBUG": "-all", "WINEDLLOVERRIDES": "mscoree,mshtml="}

try:
    import fcntl
except ImportError:  # Windows needs no Wine
    fcntl = None  # type: ignore[assignment]  # the one way to say that a module is absent


class Wine:
    """A share in the suite's prefix; the last one to close ends the wineserver.

    Creating the prefix takes some seconds and happens once. Raises :class:`AdapterError` where Wine
    is missing, or its prefix cannot be made.
    """

    def __init__(self) -> None:
        program = shutil.which("wine") or shutil.which("wine64")
        if program is None or fcntl is None:
            raise AdapterError(
                "a DLL needs Wine here, and there is none", "install the package wine"
            )
        self.program = program
        self._server = shutil.which("wineserver") or str(Path(program).with_name("wineserver"))
        prefix = cache_dir() / "wine"
        self.env: Mapping[str, str] = {**dict(_inherited()), **_QUIET, "WINEPREFIX": str(prefix)}
        self._lock = os.open(
            prefix.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        try:
            self._create(prefix)
        except BaseException:
            os.close(self._lock)
            raise
        self._open = True

    def windows_path(self, path: Path) -> str:
        """Return the name that a file has under Wine, whose drive Z: is the root."""
        return "Z:" + str(path).replace("/", "\\")

    def close(self) -> None:
        """Give the share back; harmless when repeated."""
        if not self._open:
            return
        self._open = False
        try:
            if self._alone():
                self._end_server()
        finally:
            os.close(self._lock)

    def _create(self, prefix: Path) -> None:
        ready = prefix / "ready"
        if not ready.exists():
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            if not ready.exists():
                self._boot(prefix)
                ready.touch()
        fcntl.flock(self._lock, fcntl.LOCK_SH)

    def _boot(self, prefix: Path) -> None:
        # What an interrupted creation left behind would look complete to Wine.
        shutil.rmtree(prefix, ignore_errors=True)
        try:
            done = _run([self.program, "wineboot", "--init"], self.env)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise AdapterError(f"Wine cannot make its prefix {prefix}: {error}") from error
        finally:
            self._end_server()
        if done != 0:
            raise AdapterError(f"Wine cannot make its prefix {prefix}: status {done}")

    def _alone(self) -> bool:
        """Tell whether nobody else has a share, and keep others out until the lock is closed."""
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _end_server(self) -> None:
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            _run([self._server, "-k"], self.env)
            _run([self._server, "-w"], self.env)


def _inherited() -> Iterator[tuple[str, str]]:
    # No display: nothing that Wine could open a window on.
    hidden = ("WINEPREFIX", "WINEARCH", "WINEDEBUG", "WINEDLLOVERRIDES", "DISPLAY")
    return ((key, value) for key, value in os.environ.items() if key not in hidden)


def _run(command: list[str], env: Mapping[str, str]) -> int:
    """Run with nothing of ours open: its daemons would keep our pipes."""
    return subprocess.run(
        command,
        env=dict(env),
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=_CREATION_LIMIT,
    ).returncode
