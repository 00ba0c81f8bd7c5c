"""Which machine a library was built for, read from its own header."""

from __future__ import annotations

import platform
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from conformance.errors import AdapterError, UsageError

System = Literal["windows", "linux"]

_PE_MACHINES: Final = {0x014C: "x86", 0x8664: "x86_64", 0xAA64: "aarch64"}
_ELF_MACHINES: Final = {3: "x86", 40: "arm", 62: "x86_64", 183: "aarch64", 243: "riscv64"}
_OURS: Final = {"amd64": "x86_64", "arm64": "aarch64", "i386": "x86", "i686": "x86"}


@dataclass(frozen=True, slots=True)
class Target:
    """A kind of machine code."""

    system: System
    machine: str

    def __str__(self) -> str:
        return f"{self.machine} {self.system}"


def read_target(path: Path) -> Target:
    """Read what a library was built for.

    Raises :class:`UsageError` for a missing file and for one that is neither PE nor ELF, and
    :class:`AdapterError` for a machine that is unknown here.
    """
    try:
        with path.open("rb") as file:
            head = file.read(0x1000)
    except OSError as error:
        raise UsageError(f"cannot read the library {path}: {error.strerror}") from error
    if head[:4] == b"\x7fELF" and len(head) >= 20:
        order = "<" if head[5] == 1 else ">"
        (kind, number) = struct.unpack_from(f"{order}HH", head, 16)
        if kind != 3:  # ET_DYN
            raise UsageError(f"{path} is an ELF file, but no shared library")
        return Target("linux", _known(_ELF_MACHINES, number, path))
    if head[:2] == b"MZ" and len(head) >= 0x40:
        (offset,) = struct.unpack_from("<I", head, 0x3C)
        if head[offset : offset + 4] == b"PE\0\0" and len(head) >= offset + 24:
            (number,) = struct.unpack_from("<H", head, offset + 4)
            (traits,) = struct.unpack_from("<H", head, offset + 22)
            if not traits & 0x2000:  # IMAGE_FILE_DLL
                raise UsageError(f"{path} is a Windows program, but no DLL")
            return Target("windows", _known(_PE_MACHINES, number, path))
    raise UsageError(
        f"{path} is neither a DLL nor a shared library",
        "the native adapter loads .dll (PE) and .so (ELF) files",
    )


def this_machine() -> str:
    """Return the machine we run on, in the words of :class:`Target`."""
    name = platform.machine().lower()
    return _OURS.get(name, name)


def _known(machines: dict[int, str], number: int, path: Path) -> str:
    if number not in machines:
        raise AdapterError(f"{path} is built for an unknown machine (0x{number:x})")
    return machines[number]
