"""The host program, built on demand by whatever C compiler is there, and kept for the next time."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.native.binary import Target, this_machine
from conformance.errors import AdapterError

_HERE: Final = Path(__file__).parent
_TIME_LIMIT: Final = 300
_SYSTEM: Final = ("ole32.lib", "oleaut32.lib", "uuid.lib")
_FLAGS: Final = ("-O2", "-std=gnu11")
_MINGW: Final = {"x86_64": "x86_64-w64-mingw32-gcc", "x86": "i686-w64-mingw32-gcc"}
_DEBIAN: Final = {
    "x86_64": "gcc-mingw-w64-x86-64",
    "x86": "gcc-mingw-w64-i686",
}


@dataclass(frozen=True, slots=True)
class Compiler:
    """A C compiler and how it is called; `{source}` and `{output}` stand for the paths."""

    name: str
    arguments: tuple[str, ...]

    def command(self, source: Path, output: Path) -> list[str]:
        return [each.format(source=source, output=output) for each in self.arguments]


def cache_dir() -> Path:
    """Return the folder of the suite in the user's cache, made if it is not there."""
    if os.name == "nt":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(base) / "mapi-conformance"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def compilers(target: Target) -> Iterator[Compiler]:
    """Yield the compilers of this machine that can build for `target`, best first."""
    windows = target.system == "windows"
    names = ["cc", "gcc", "clang"]
    if windows:
        names = ["gcc", "clang"] if os.name == "nt" else []
        if target.machine in _MINGW:
            names.insert(0, _MINGW[target.machine])
    elif target.machine != this_machine():
        names = names if (this_machine(), target.machine) == ("x86_64", "x86") else []
    width = ("-m32",) if not windows and target.machine == "x86" else ()
    libraries = ("-lole32", "-loleaut32", "-luuid") if windows else ("-ldl", "-lpthread")
    if os.name == "nt" and shutil.which("cl"):
        output = ("/Fe:{output}", "/Fo:{output}.obj")
        yield Compiler("cl", ("cl", "/nologo", "/O2", "/std:c11", *output, "{source}", *_SYSTEM))
    for name in names:
        found = shutil.which(name)
        if found:
            rest = (*_FLAGS, *width, "-o", "{output}", "{source}", *libraries)
            yield Compiler(name, (found, *rest))
    if importlib.util.find_spec("ziglang") is not None:
        triple = f"{target.machine}-{'windows-gnu' if windows else 'linux-gnu'}"
        # zig adds checks by default whose traps would look like faults of the library.
        zig = (sys.executable, "-m", "ziglang", "cc", "-target", triple, "-fno-sanitize=undefined")
        rest = (*_FLAGS, "-o", "{output}", "{source}", *libraries)
        yield Compiler("ziglang", (*zig, *rest))


def build_host(target: Target, source: Path = _HERE / "host.c") -> Path:
    """Return the host program for `target`, from the cache or fresh from a compiler.

    Raises :class:`AdapterError` where no compiler is found, or none manages it.
    """
    complaints = []
    for compiler in compilers(target):
        suffix = ".exe" if target.system == "windows" else ""
        output = cache_dir() / f"host-{_digest(compiler, target, source)}{suffix}"
        if output.exists():
            return output
        complaint = _compile(compiler, source, output)
        if complaint is None:
            return output
        complaints.append(f"{compiler.name}: {complaint}")
    if complaints:
        raise AdapterError(
            f"the host program for {target} does not build: {'; '.join(complaints)}",
            "pip install ziglang gives a compiler for every target",
        )
    package = "gcc"
    if target.system == "windows":
        package = _DEBIAN.get(target.machine, "clang")
    raise AdapterError(
        f"no C compiler for {target} to build the host program with",
        f"pip install ziglang, or install the package {package}",
    )


def _digest(compiler: Compiler, target: Target, program: Path) -> str:
    content = hashlib.sha256(repr((compiler.arguments, target)).encode())
    for source in sorted({*_HERE.glob("*.[ch]"), *program.parent.glob("*.[ch]")}):
        content.update(source.name.encode() + b"\0" + source.read_bytes())
    return content.hexdigest()[:24]


def _compile(compiler: Compiler, source: Path, output: Path) -> str | None:
    """Build into a folder of its own and move the result; returns a complaint, or None."""
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        fresh = Path(folder, output.name)
        try:
            done = subprocess.run(
                compiler.command(source, fresh),
                capture_output=True,
                check=False,
                cwd=folder,
                errors="replace",
                text=True,
                timeout=_TIME_LIMIT,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        if done.returncode == 0 and fresh.exists():
            fresh.replace(output)
            return None
        lines = (done.stderr + done.stdout).strip().splitlines() or [f"status {done.returncode}"]
        return next((line for line in lines if "error" in line.lower()), lines[-1])
