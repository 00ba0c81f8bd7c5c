"""Any DLL or shared library with the documented C API (docs/protocol.md says what it is asked)."""

from __future__ import annotations

import os
from pathlib import Path

from adapters.native.binary import read_target, this_machine
from adapters.native.build import build_host
from adapters.native.target import Library, read_spec
from adapters.native.wine import Wine
from adapters.stdio import Stdio
from conformance.capabilities import Implementation, Offer
from conformance.errors import AdapterError
from conformance.trace import Call, Outcome

_LINE = "host: "


class Native:
    """An adapter for one library, loaded by a small host program in a process of its own.

    `spec` is a path, with options behind a question mark (:mod:`adapters.native.target`).
    A DLL runs under Wine where this is not Windows. Raises :class:`UsageError` where the file is no
    library, and :class:`AdapterError` where it does not suit this machine or cannot be loaded.
    """

    def __init__(self, spec: str, *, call_timeout: float = 5.0) -> None:
        library = read_spec(spec)
        path = library.path
        target = read_target(path)
        here = "windows" if os.name == "nt" else "linux"
        if target.system == "linux" and here == "windows":
            raise AdapterError(f"{path} is built for {target}", "a shared library needs Linux")
        if target.machine not in _runnable(this_machine()):
            raise AdapterError(f"{path} is built for {target}, and this is {this_machine()}")
        host = build_host(target)
        self._wine = Wine() if target.system != here else None
        try:
            if self._wine is not None and target.machine == "x86":
                _need_32_bit(path, self._wine)
            self._stdio = _start(host, library, self._wine, call_timeout)
        except BaseException:
            if self._wine is not None:
                self._wine.close()
            raise
        if not self.offer:
            self.close()
            raise AdapterError(
                f"{path} exports neither MAPILogon nor OpenIMsgSession",
                "other names go behind the path: ?MAPILogon=NAME or ?MAPILogon=@ORDINAL",
            )

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


def _runnable(machine: str) -> tuple[str, ...]:
    return ("x86_64", "x86") if machine == "x86_64" else (machine,)


def _need_32_bit(path: Path, wine: Wine) -> None:
    if not wine.runs_32_bit:
        raise AdapterError(
            f"{path} is built for 32-bit Windows, and this Wine runs 64-bit programs only",
            f"install the package wine32:i386, then remove {wine.env['WINEPREFIX']}",
        )


def _start(host: Path, library: Library, wine: Wine | None, call_timeout: float) -> Stdio:
    command = [wine.program, str(host)] if wine else [str(host)]
    path = library.path
    env = {
        **(wine.env if wine else os.environ),
        **library.environment,
        "MAPI_CONFORMANCE_LIBRARY": wine.windows_path(path) if wine else str(path),
        "MAPI_CONFORMANCE_NAME": path.name,
    }
    try:
        return Stdio(command, call_timeout=call_timeout, env=env, stderr_to_file=wine is not None)
    except AdapterError as error:
        for line in error.stderr.splitlines():
            if line.startswith(_LINE):  # the host says it better than how it ended does
                said = line.removeprefix(_LINE).strip()
                raise AdapterError(f"{path}: {said}", stderr=error.stderr) from error
        raise
