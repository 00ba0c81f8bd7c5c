"""The workspace of a run: a directory in which processes share out its parts.

Parts are shards first, then confirmations.
A part is claimed by creating a file, which only one process can do, and done when its
answer stands in
another; so one process, several, or the workers of pytest-xdist do the same work with
the same result.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from conformance.errors import AdapterError
from conformance.expectations import Expectation

MAIL_SERVERS: Final = ("embedded", "dovecot")
"""What email sessions are tested against; the first is the default."""

_POLL: Final = 0.02


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run does; the same settings and seed mean the same calls."""

    adapter: str
    command: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    profile: str = "ci"
    seed: int = 0
    readings: tuple[tuple[str, str], ...] = ()
    strict: bool = False
    call_timeout: float = 5.0
    isolate: bool = False
    jobs: int = 1
    pin: bool = False
    mail_server: str = MAIL_SERVERS[0]
    expectations: tuple[Expectation, ...] = ()

    def to_json(self) -> dict[str, Any]:
        listed = [one.to_json() for one in self.expectations]
        return {**asdict(replace(self, expectations=())), "expectations": listed}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Settings:
        readings = tuple((name, letter) for name, letter in value["readings"])
        lists = {
            "command": tuple(value["command"]),
            "families": tuple(value["families"]),
            "readings": readings,
            "expectations": tuple(map(Expectation.from_json, value["expectations"])),
        }
        return cls(**{**value, **lists})


@dataclass(frozen=True, slots=True)
class Workspace:
    """The directory of one run."""

    directory: Path

    def claim(self, part: str) -> bool:
        """Take a part; False where another process has it."""
        try:
            with (self.directory / f"{part}.claim").open("x", encoding="utf-8") as file:
                file.write(str(os.getpid()))
        except FileExistsError:
            return False
        return True

    def write(self, part: str, value: object, *, done: bool = True) -> None:
        """Write the answer of a part, or what it has so far; readers never see half of it."""
        path = self.directory / f"{part}.{'json' if done else 'partial'}"
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps(value), encoding="utf-8")
        temporary.replace(path)

    def read(self, part: str) -> Any | None:
        """The answer of a part, or None while there is none."""
        return self._load(self.directory / f"{part}.json")

    def so_far(self, part: str) -> Any | None:
        """The answer of a part, or what it has so far, or None."""
        answer = self.read(part)
        return self._load(self.directory / f"{part}.partial") if answer is None else answer

    def answer(self, part: str, work: Callable[[], object]) -> Any:
        """The answer of a part: worked out here, or waited for where another process works on it.

        Raises :class:`AdapterError` where that process died.
        """
        while True:
            value = self.read(part)
            if value is not None:
                return value
            if self.claim(part):
                self.write(part, work())
            elif not self._alive(part) and self.read(part) is None:
                raise AdapterError(
                    f"the process that worked on {part} died",
                    "run again with --jobs 1 to see why",
                )
            else:
                time.sleep(_POLL)

    def _alive(self, part: str) -> bool:
        try:
            pid = int((self.directory / f"{part}.claim").read_text(encoding="utf-8") or "0")
        except (OSError, ValueError):
            return True
        if pid == 0:
            return True
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except OSError:
            return True
        return True

    @staticmethod
    def _load(path: Path) -> Any | None:
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
