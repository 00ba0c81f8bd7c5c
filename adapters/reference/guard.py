"""The lock of an implementation that is called on several threads."""

from __future__ import annotations

import threading
import time
from typing import Final

HOLD: Final = 0.001
_PATIENCE: Final = 0.2
_NAP: Final = 0.0002


class Guard:
    """Lets one call in at a time.

    `threads` is the number of threads that may still call; all times are in seconds.
    """

    def __init__(self) -> None:
        self.threads = 0
        self._lock = threading.Lock()
        self._entered = 0

    def __enter__(self) -> None:
        self._lock.acquire()
        self._entered += 1

    def __exit__(self, *_reason: object) -> None:
        self._lock.release()

    def gap(self) -> None:
        """Let the call of another thread in, in the middle of a call, if there is any.

        What was looked at before may not be true any more after it.
        """
        if self.threads < 2:
            return
        before, deadline = self._entered, time.monotonic() + _PATIENCE
        self._lock.release()
        while self._entered == before and self.threads > 1 and time.monotonic() < deadline:
            time.sleep(_NAP)
        self.__enter__()

    def hold(self) -> None:
        """Take time in the middle of a call, and let nobody in meanwhile."""
        if self.threads > 1:
            time.sleep(HOLD)
