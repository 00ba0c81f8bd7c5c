"""Any DLL or shared library with the documented C API (docs/protocol.md says what it is asked)."""

from __future__ import annotations

import os
from pathlib import Path

from adapters.hosted import Hosted
from adapters.native.binary import read_target, this_machine
from adapters.native.build import build_host
from adapters.native.target import read_spec
from conformance.errors import AdapterError


class Native(Hosted):
    """An adapter for one library, loaded by a small host program in a process of its own.

    `spec` is a path, with options behind a question mark (:mod:`adapters.native.target`).
    A DLL runs under Wine where this is not Windows. Raises :class:`UsageError` where the file is no
    library, and :class:`AdapterError` where it does not suit this machine or cannot be loaded.
    """

    def __init__(self, spec: str, *, call_timeout: float = 5.0) -> None:
        library = read_spec(spec)
        path = library.path
        target = read_target(path)
        if target.system == "linux" and os.name == "nt":
            raise AdapterError(f"{path} is built for {target}", "a shared library needs Linux")
        if target.machine not in _runnable(this_machine()):
            raise AdapterError(f"{path} is built for {target}, and this is {this_machine()}")
        variables: dict[str, str | Path] = {
            **library.environment,
            "MAPI_CONFORMANCE_LIBRARY": path,
            "MAPI_CONFORMANCE_NAME": path.name,
        }
        super().__init__(
            str(path), target, build_host(target), variables, call_timeout=call_timeout
        )
        if not self.offer:
            self.close()
            raise AdapterError(
                f"{path} exports neither MAPILogon nor OpenIMsgSession",
                "other names go behind the path: ?MAPILogon=NAME or ?MAPILogon=@ORDINAL",
            )


def _runnable(machine: str) -> tuple[str, ...]:
    return ("x86_64", "x86") if machine == "x86_64" else (machine,)
