"""Progress of long work: one line that renews itself in a terminal, now and then one in a log."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import Final, TextIO

_LOG_EVERY_SECONDS: Final = 10.0
_WIDTH: Final = 78


@dataclass(slots=True)
class Progress:
    """Tells what is going on, on standard error, without colour codes."""

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    _last: float = 0.0
    _drawn: bool = False

    def tell(self, text: str) -> None:
        """Say how far the work is; a log is told now and then only."""
        if self.stream.isatty():
            self.stream.write(f"\r{text[:_WIDTH]:<{_WIDTH}}")
            self.stream.flush()
            self._drawn = True
        elif time.monotonic() - self._last >= _LOG_EVERY_SECONDS or not self._last:
            self._last = time.monotonic()
            print(text, file=self.stream, flush=True)

    def done(self) -> None:
        """Leave a clean line behind."""
        if self._drawn:
            self.stream.write("\r" + " " * _WIDTH + "\r")
            self.stream.flush()
            self._drawn = False
