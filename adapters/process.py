"""A child process that answers lines: written to and read with a deadline.

On POSIX one call costs a write, a poll and a read on bare file descriptors, without a thread;
where pipes cannot be polled (Windows) a thread reads them.
"""

from __future__ import annotations

import contextlib
import os
import queue
import select
import subprocess
import threading
import time
import weakref
from array import array
from collections.abc import Mapping, Sequence
from typing import Final

from adapters.guardian import guardian
from adapters.spawn import POSIX, StderrFile, StderrPipe, StderrSink, end_group, spawn

LINE_LIMIT: Final = 16 * 1024 * 1024
_CHUNK: Final = 1 << 16
_BLANK: Final = b" \t\r\n"
_CLOSED: Final = -1  # no descriptor: writing to it fails, whatever reuses the number


class Gone(Exception):  # noqa: N818 - not an error: the moment decides what it means
    """The other side closed its pipes; `during` says that it had taken the request."""

    def __init__(self, *, during: bool) -> None:
        super().__init__()
        self.during = during


class Silent(Exception):  # noqa: N818 - as above
    """No complete line came in time."""


class TooLong(Exception):  # noqa: N818 - as above
    """A line exceeds the limit of the protocol; `start` is how it begins."""

    def __init__(self, start: bytes) -> None:
        super().__init__()
        self.start = start


class Process:
    """One running child; raises :class:`AdapterError` if it cannot be started.

    `stderr_to_file` is for children that start daemons which rightly outlive them, as Wine's does.
    Of all others nothing that they started is left when they end.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        stderr_to_file: bool = False,
    ) -> None:
        self._stderr: StderrSink = StderrFile() if stderr_to_file and POSIX else StderrPipe()
        mark = guardian().new_mark() if POSIX and not stderr_to_file else ""
        try:
            self._child = spawn(command, env, cwd, self._stderr, mark)
        except BaseException:
            self._stderr.finish()
            raise
        # Runs at exit too, or when the object is forgotten, so that no child outlives the suite.
        self._finalizer = weakref.finalize(self, end_group, self._child, mark)
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._in = self._child.stdin.fileno()
        self._rest = b""
        self._source = (_Polled if POSIX else _Threaded)(self._child.stdout.fileno())
        if POSIX:
            os.set_blocking(self._in, False)

    def ask(self, line: bytes, seconds: float) -> bytes:
        """Write a line and return the next line that is not blank.

        Raises :class:`Gone`, :class:`Silent` or :class:`TooLong`.
        """
        deadline = time.monotonic() + seconds
        self._write(line, deadline)
        try:
            if not self._rest:
                # The usual case: the answer arrives whole, in one piece.
                data = self._source.read(deadline)
                if data.find(b"\n") == len(data) - 1 and len(data) > 2:
                    return data
                self._rest = data
            return self._next_line(deadline)
        except Gone:
            raise Gone(during=not self._unread(line)) from None

    def unasked(self, *, look: bool = False) -> bytes:
        """What came after the last answer, but for blank space; `look` for what is on its way."""
        if look and not self._rest:
            with contextlib.suppress(Silent, Gone):
                self._rest = self._source.read(0.0)
        if self._rest:
            self._rest = self._rest.lstrip()
        return self._rest

    def exit_code(self, seconds: float) -> int | None:
        """Wait for the exit code (a negated signal number on POSIX); None if it runs on."""
        try:
            return self._child.wait(max(seconds, 0.0))
        except subprocess.TimeoutExpired:
            return None

    def close_stdin(self) -> None:
        """Tell the child that no more requests come."""
        assert self._child.stdin is not None
        self._in = _CLOSED
        with contextlib.suppress(OSError):
            self._child.stdin.close()

    def end(self) -> None:
        """Kill the whole process group and give everything back; harmless when repeated."""
        self._in = _CLOSED
        if self._finalizer.alive:
            self._finalizer()
            self._stderr.finish()

    @property
    def stderr(self) -> str:
        """The last 64 KiB of standard error so far."""
        return self._stderr.value.decode("utf-8", "replace")

    def _write(self, line: bytes, deadline: float) -> None:
        rest = memoryview(line)
        while rest:
            try:
                rest = rest[os.write(self._in, rest) :]
            except BlockingIOError:
                _wait_writable(self._in, deadline)
            except OSError as error:
                raise Gone(during=len(rest) < len(line)) from error

    def _unread(self, line: bytes) -> bool:
        """Whether the child ended before it took the request: then that is not to blame."""
        return POSIX and _waiting(self._in) >= len(line)

    def _next_line(self, deadline: float) -> bytes:
        """The next line that is not blank; what follows it stays for the next time."""
        start = self._rest.lstrip(_BLANK)
        pieces, size = [start], len(start)
        while b"\n" not in pieces[-1]:
            if size > LINE_LIMIT:
                raise TooLong(b"".join(pieces))
            # Whoever goes on sending is cut off as well.
            if time.monotonic() > deadline:
                raise Silent
            data = self._source.read(deadline)
            if not size:
                data = data.lstrip(_BLANK)
            pieces.append(data)
            size += len(data)
        line, _, self._rest = b"".join(pieces).partition(b"\n")
        if len(line) > LINE_LIMIT:
            raise TooLong(line)
        return line


class _Polled:
    """Bytes from a pipe, waited for by poll."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        self._poll = poll.poll

    def read(self, deadline: float) -> bytes:
        if not self._poll(_milliseconds(deadline)):
            raise Silent
        try:
            data = os.read(self._fd, _CHUNK)
        except OSError:
            data = b""
        if not data:
            raise Gone(during=True)
        return data


class _Threaded:
    """Bytes from a pipe, read ahead by a thread."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._chunks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._pump, daemon=True).start()

    def read(self, deadline: float) -> bytes:
        try:
            data = self._chunks.get(timeout=_milliseconds(deadline) / 1000)
        except queue.Empty:
            raise Silent from None
        if not data:
            self._chunks.put(b"")  # the end is the end for whoever asks again
            raise Gone(during=True)
        return data

    def _pump(self) -> None:
        data = b"?"
        while data:
            try:
                data = os.read(self._fd, _CHUNK)
            except OSError:
                data = b""
            self._chunks.put(data)


def _milliseconds(deadline: float) -> int:
    return max(0, int((deadline - time.monotonic()) * 1000) + 1)


def _waiting(fd: int) -> int:
    """The bytes in a pipe that nobody has read yet."""
    import fcntl
    import termios

    count = array("i", [0])
    with contextlib.suppress(OSError):
        fcntl.ioctl(fd, termios.FIONREAD, count)
    return count[0]


def _wait_writable(fd: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    if not poll.poll(_milliseconds(deadline)):
        raise Silent
