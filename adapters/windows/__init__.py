"""Outlook and Lotus Notes by COM, behind a small host program (docs/outlook-and-notes.md)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from adapters.native.binary import Target, this_machine
from adapters.native.build import build_host
from adapters.native.wine import Wine
from adapters.stdio import Stdio
from conformance.capabilities import Implementation, Offer
from conformance.errors import AdapterError, UsageError
from conformance.trace import Call, Outcome

_LINE: Final = "host: "
_MACHINES: Final = ("x86", "x86_64", "aarch64")


class Com:
    """An adapter for the programs that this machine has; under Wine where it is not Windows.

    `machine` is that of the host: a program that runs inside it, as Notes does, has to have the
    same. Raises :class:`UsageError` for an unknown one, and :class:`AdapterError` where neither
    program is installed, or the host cannot be built.
    """

    def __init__(self, machine: str = "", *, call_timeout: float = 5.0) -> None:
        if machine and machine not in _MACHINES:
            raise UsageError(f"com:{machine} is no machine", f"known are {', '.join(_MACHINES)}")
        target = Target("windows", machine or this_machine())
        host = build_host(target, Path(__file__).with_name("com_host.c"))
        self._wine = None if os.name == "nt" else Wine()
        try:
            self._stdio = _start(host, self._wine, call_timeout)
        except BaseException:
            if self._wine is not None:
                self._wine.close()
            raise

    @property
    def implementation(self) -> Implementation:
        return self._stdio.implementation

    @property
    def offer(self) -> Offer:
        return self._stdio.offer

    @property
    def stderr(self) -> str:
        return self._stdio.stderr

    def perform(self, call: Call) -> Outcome:
        return self._stdio.perform(call)

    def close(self) -> None:
        self._stdio.close()
        if self._wine is not None:
            self._wine.close()


def _start(host: Path, wine: Wine | None, call_timeout: float) -> Stdio:
    command = [wine.program, str(host)] if wine else [str(host)]
    env = dict(wine.env if wine else os.environ)
    try:
        return Stdio(command, call_timeout=call_timeout, env=env, stderr_to_file=wine is not None)
    except AdapterError as error:
        for line in error.stderr.splitlines():
            if line.startswith(_LINE):  # the host says it better than how it ended does
                said = line.removeprefix(_LINE).strip()
                raise AdapterError(said, "com needs one of them", stderr=error.stderr) from error
        raise
