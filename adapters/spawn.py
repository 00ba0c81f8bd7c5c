"""Children of the suite: started so that they die with us, ended with their whole process group."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final, Protocol

from adapters.guardian import MARK, end_marked, forget, guardian
from conformance.errors import AdapterError

STDERR_TAIL: Final = 64 * 1024
POSIX: Final = os.name == "posix"


class StderrSink(Protocol):
    """Where a child's standard error goes."""

    @property
    def target(self) -> int | IO[bytes]:
        """What Popen is given as `stderr`."""

    @property
    def value(self) -> bytes:
        """The last 64 KiB so far."""

    def attach(self, child: subprocess.Popen[bytes]) -> None:
        """Take note that the child runs."""

    def finish(self) -> None:
        """Take note that the child is dead."""


class StderrPipe:
    """Standard error through a pipe; a thread reads it so that the child never blocks on it."""

    target: Final = subprocess.PIPE

    def __init__(self) -> None:
        self.value = b""
        self._thread: threading.Thread | None = None

    def attach(self, child: subprocess.Popen[bytes]) -> None:
        assert child.stderr is not None
        self._thread = threading.Thread(target=self._drain, args=(child.stderr,), daemon=True)
        self._thread.start()

    def finish(self) -> None:
        # Bounded: a grandchild that left the group may hold the pipe open.
        if self._thread is not None:
            self._thread.join(0.5)

    def _drain(self, stream: IO[bytes]) -> None:
        with stream:
            while data := stream.read(STDERR_TAIL):
                self.value = (self.value + data)[-STDERR_TAIL:]


class StderrFile:
    """Standard error in an unnamed file, for children whose own daemons would keep a pipe open."""

    def __init__(self) -> None:
        self.target: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - finish() closes it
        self._last = b""

    @property
    def value(self) -> bytes:
        if self.target.closed:
            return self._last
        fd = self.target.fileno()
        # pread, because the child appends at the offset that it shares with us.
        return os.pread(fd, STDERR_TAIL, max(0, os.fstat(fd).st_size - STDERR_TAIL))

    def attach(self, child: subprocess.Popen[bytes]) -> None:
        """Nothing to do: the child holds its own handle of the file."""

    def finish(self) -> None:
        self._last = self.value
        self.target.close()


def spawn(
    command: Sequence[str],
    env: Mapping[str, str] | None,
    cwd: str | os.PathLike[str] | None,
    stderr: StderrSink,
    mark: str = "",
) -> subprocess.Popen[bytes]:
    """Start a program in a process group of its own, with pipes on stdin and stdout.

    What it starts is known by its mark. Raises :class:`AdapterError` in one line if that is
    not possible.
    """
    if not command:
        raise AdapterError("no command to start the harness with", "put it after `--`")
    program = shutil.which(command[0]) if cwd is None else command[0]
    if program is None:
        raise AdapterError(
            f"cannot start {command[0]}: no such program, or not executable",
            "check the path, and the execute permission of a script",
        )
    try:
        child = subprocess.Popen(
            [*_die_with_us(), program, *command[1:]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr.target,
            bufsize=0,
            env={**(os.environ if env is None else env), **({MARK: mark} if mark else {})},
            cwd=cwd,
            start_new_session=POSIX,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    except (OSError, ValueError) as error:
        raise AdapterError(
            f"cannot start {command[0]}: {getattr(error, 'strerror', None) or error}",
            "a script needs a first line such as #!/usr/bin/env python3",
        ) from error
    if POSIX:
        guardian().watch(child.pid)
    stderr.attach(child)
    return child


def end_group(child: subprocess.Popen[bytes], mark: str = "") -> None:
    """Kill the child and what it started, and wait for it; harmless when repeated.

    What has left its group is found by its mark, where there is one.
    """
    if POSIX:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        if mark:
            end_marked(mark)
        forget(child.pid)
    elif child.poll() is None:
        taskkill = Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "taskkill.exe")
        subprocess.run(
            [str(taskkill), "/T", "/F", "/PID", str(child.pid)], check=False, capture_output=True
        )
    child.kill()
    child.wait()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def _die_with_us() -> tuple[str, ...]:
    """Return a prefix that has the kernel kill the child when we die, even before it is watched.

    setpriv sets PR_SET_PDEATHSIG and then becomes the program; a `preexec_fn` could deadlock where
    threads run. The kernel watches the *thread* that started the child, so only the main thread,
    which lives as long as we do, may ask for it.
    """
    main = threading.current_thread() is threading.main_thread()
    setpriv = shutil.which("setpriv") if sys.platform == "linux" and main else None
    return (setpriv, "--pdeathsig", "KILL", "--") if setpriv else ()
