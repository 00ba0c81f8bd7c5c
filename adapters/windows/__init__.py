"""Outlook and Lotus Notes by COM, behind a small host program (docs/outlook-and-notes.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from adapters.hosted import Hosted
from adapters.native.binary import Target, this_machine
from adapters.native.build import build_host
from conformance.errors import UsageError

_MACHINES: Final = ("x86", "x86_64", "aarch64")


class Com(Hosted):
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
        super().__init__(
            "com", target, host, {}, hint="com needs one of them", call_timeout=call_timeout
        )
