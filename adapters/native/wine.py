"""Wine: Windows programs on Linux, in a prefix that belongs to the suite alone.

Everybody who uses the prefix has a *keeper*, a small process that holds a shared lock on a file
beside it and waits until the suite lets go, by closing or by dying in whatever way. It then ends
Wine's server, and with it every program in the prefix, unless another keeper holds the lock too.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from adapters.native.build import cache_dir
from conformance.errors import AdapterError

_CREATION_LIMIT: Final = 300
_ENDING_LIMIT: Final = 30
_WARM: Final = "-p60"  # seconds that the server stays without a program, as starting it takes two
_QUIET: Final = {"WINEDEBUG": "-all", "WINEDLLOVERRIDES": "mscoree,mshtml="}
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
_KEEPER: Final = """
import fcntl, os, shutil, subprocess, sys
lock, server, temporary = sys.argv[1:]
sys.stdin.buffer.read()
try:
    fcntl.flock(int(lock), fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    sys.exit()
subprocess.run([server, "-k"], stderr=subprocess.DEVNULL)
subprocess.run([server, "-w"], stderr=subprocess.DEVNULL)
if temporary:
    shutil.rmtree(temporary, ignore_errors=True)
"""

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
        self.env: Mapping[str, str] = {
            **dict(_inherited()),
            **_QUIET,
            "WINEPREFIX": str(prefix),
        }
        lock = os.open(prefix.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._create(prefix, lock)
            temporary = _temporary(prefix)
            if temporary is not None:
                self.env = {**self.env, "MAPI_CONFORMANCE_TEMP": self.windows_path(temporary)}
            self._keeper = self._keep(lock, temporary)
        finally:
            os.close(lock)
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            _run([self._server, _WARM], self.env)

    @property
    def runs_32_bit(self) -> bool:
        """Whether programs for 32-bit Windows can run in the prefix."""
        folder = Path(self.env["WINEPREFIX"], "drive_c", "windows", "syswow64")
        return folder.is_dir() and any(folder.iterdir())

    def windows_path(self, path: Path) -> str:
        """Return the name that a file has under Wine, whose drive Z: is the root."""
        return "Z:" + str(path).replace("/", "\\")

    def close(self) -> None:
        """Give the share back; harmless when repeated."""
        stdin = self._keeper.stdin
        assert stdin is not None
        if stdin.closed:
            return
        stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._keeper.wait(_ENDING_LIMIT)

    def _create(self, prefix: Path, lock: int) -> None:
        ready = prefix / "ready"
        if not ready.exists():
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not ready.exists():
                self._boot(prefix)
                ready.touch()
        fcntl.flock(lock, fcntl.LOCK_SH)

    def _boot(self, prefix: Path) -> None:
        # What an interrupted creation left behind would look complete to Wine.
        shutil.rmtree(prefix, ignore_errors=True)
        try:
            done = _run([self.program, "wineboot", "--init"], self.env)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise AdapterError(f"Wine cannot make its prefix {prefix}: {error}") from error
        finally:
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                _run([self._server, "-k"], self.env)
                _run([self._server, "-w"], self.env)
        if done != 0:
            raise AdapterError(f"Wine cannot make its prefix {prefix}: status {done}")

    def _keep(self, lock: int, temporary: Path | None) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-I", "-S", "-c", _KEEPER, str(lock), self._server]
        return subprocess.Popen(
            [*command, str(temporary or "")],
            env=dict(self.env),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[lock],
            start_new_session=True,  # an interrupt from the terminal is not for it
        )


def _temporary(prefix: Path) -> Path | None:
    """A folder in memory: each storage that is lent takes a temporary file of OLE's."""
    if not os.access(_MEMORY, os.W_OK):
        return None
    mark = hashlib.sha256(str(prefix).encode()).hexdigest()[:12]
    folder = _MEMORY / f"mapi-conformance-{os.getuid()}-{mark}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder if folder.stat().st_uid == os.getuid() else None


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
