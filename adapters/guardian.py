"""Nothing that the suite starts outlives it, whatever ends the suite: SIGKILL too.

Every child leads a process group and carries a mark in its environment, which what it starts
inherits. A *guardian*, a process of its own, holds the other end of a pipe from the suite and
knows the groups. When the pipe closes the suite is gone: the guardian kills the groups, and on
Linux whatever else carries the mark, because it may have left its group.

This file is also the guardian's program, run without the packages of the suite.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

MARK = "MAPI_CONFORMANCE_CHILD"
_ROUNDS = 3


def end_marked(mark: str) -> None:
    """Kill every process that carries a mark beginning so; what they start meanwhile, too."""
    for _ in range(_ROUNDS):
        found = list(_marked(mark))
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if not found:
            return


def _marked(mark: str) -> Iterator[int]:
    entry = f"\0{MARK}={mark}".encode()
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # another user's, or it has ended
            if entry in b"\0" + environ.read_bytes():
                yield int(environ.parent.name)


class Guardian:
    """The suite's end of the pipe; started with the first child."""

    def __init__(self) -> None:
        self.mark = secrets.token_hex(8)
        self._children = 0
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, self.mark],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            bufsize=0,
        )

    def new_mark(self) -> str:
        """A mark for one child: no other's is the same, and none begins like it."""
        self._children += 1
        return f"{self.mark}.{self._children}."

    def watch(self, group: int) -> None:
        """Have a process group ended when we are gone."""
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        """A process group has been ended."""
        self._tell(f"-{group}\n")

    def leave(self) -> None:
        """Let the guardian do its work now, and wait for it."""
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait(5)

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # somebody ended it: we work on without
            self._process.stdin.write(line.encode())


_lock = threading.Lock()
_guardians: dict[int, Guardian] = {}


def guardian() -> Guardian:
    """The guardian of this process; a fork has its own."""
    with _lock:
        found = _guardians.get(os.getpid())
        if found is None:
            _guardians.clear()
            found = _guardians[os.getpid()] = Guardian()
            atexit.register(_leave, os.getpid())
        return found


def forget(group: int) -> None:
    """A process group has been ended, perhaps after the guardian, while we exit."""
    found = _guardians.get(os.getpid())
    if found is not None:
        found.forget(group)


def _leave(pid: int) -> None:
    if pid == os.getpid() and pid in _guardians:
        _guardians.pop(pid).leave()


def _guard(mark: str) -> None:
    """Wait for the end of the suite, and end what is left of its children."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        change = groups.add if line.startswith("+") else groups.discard
        change(int(line[1:]))
    for group in groups:
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGKILL)
    end_marked(mark)


if __name__ == "__main__":
    _guard(sys.argv[1])
