"""What this machine has for each adapter, and what to install for those that lack something."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any, Final

_SUITE: Final = "mapi-conformance"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that an adapter needs, or can use; `remedy` says how to get what is missing."""

    adapter: str
    what: str
    present: bool
    detail: str
    remedy: str = ""

    def line(self) -> str:
        state = "ok     " if self.present else "missing"
        advice = f"; {self.remedy}" if self.remedy and not self.present else ""
        return f"  {state}  {self.what}: {self.detail}{advice}"


def examine() -> list[Finding]:
    """Look at everything, without starting an implementation."""
    return [
        *_suite(),
        *_stdio(),
        *_native(),
        *_mail(),
    ]


def text(findings: Sequence[Finding]) -> str:
    """The findings by adapter, in plain lines."""
    lines: list[str] = []
    for adapter in dict.fromkeys(finding.adapter for finding in findings):
        lines.append(adapter)
        lines += [finding.line() for finding in findings if finding.adapter == adapter]
    missing = sum(not finding.present for finding in findings)
    lines.append("nothing is missing" if not missing else f"{missing} missing, of no use to all")
    return "\n".join(lines)


def as_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The findings as JSON."""
    return [asdict(finding) for finding in findings]


def _suite() -> list[Finding]:
    adapter = "the suite itself: reference, python:, mutant:"
    found = [
        Finding(
            adapter, "Python", sys.version_info >= (3, 11), platform.python_version(), "use 3.11"
        )
    ]
    for name in _required():
        there = _version(name)
        remedy = f"pip install {name}"
        found.append(Finding(adapter, name, there is not None, there or "not installed", remedy))
    return found


def _required() -> list[str]:
    """The packages that this suite is installed with, as its own metadata names them."""
    try:
        needed = requires(_SUITE) or []
    except PackageNotFoundError:
        return []
    names = (re.match(r"[\w.-]+", text) for text in needed if "extra ==" not in text)
    return sorted(found[0] for found in names if found)


def _stdio() -> list[Finding]:
    adapter = "stdio: harnesses"
    found = [
        _program(adapter, "Node.js", ("node", "nodejs"), "for harnesses in JavaScript: nodejs"),
        _program(adapter, "Perl", ("perl",), "for harnesses in Perl: the package perl"),
    ]
    if sys.platform == "linux":
        remedy = "children end with a killed suite at once: the package util-linux"
        found.append(_program(adapter, "setpriv", ("setpriv",), remedy))
        found.append(_pinning(adapter))
    return found


def _native() -> list[Finding]:
    adapter = "native: DLLs and shared libraries"
    found = [_compiler(adapter)]
    if sys.platform == "win32":
        return found
    zig = importlib.util.find_spec("ziglang") is not None
    for machine, bits in (("x86_64", "64"), ("i686", "32")):
        mingw = shutil.which(f"{machine}-w64-mingw32-gcc")
        detail = mingw or ("the wheel ziglang" if zig else "not found")
        remedy = f"pip install ziglang, or the package gcc-mingw-w64-{machine.replace('_', '-')}"
        what = f"compiler for {bits}-bit Windows"
        found.append(Finding(adapter, what, bool(mingw or zig), detail, remedy))
    wine = _program(adapter, "Wine", ("wine", "wine64"), "for DLLs: the packages wine and wine64")
    found.append(wine)
    if wine.present:
        found.append(_prefix(adapter))
    return found


def _compiler(adapter: str) -> Finding:
    for name in ("cc", "gcc", "clang", "cl"):
        if path := shutil.which(name):
            return Finding(adapter, "C compiler", present=True, detail=path)
    if importlib.util.find_spec("ziglang") is not None:
        return Finding(adapter, "C compiler", present=True, detail="the wheel ziglang")
    remedy = "pip install ziglang, or the packages gcc and libc6-dev"
    return Finding(adapter, "C compiler", present=False, detail="not found", remedy=remedy)


def _prefix(adapter: str) -> Finding:
    from adapters.native.build import cache_dir

    ready = cache_dir() / "wine" / "ready"
    detail = str(ready.parent) if ready.exists() else "made by the first run, in some seconds"
    return Finding(adapter, "Wine prefix of the suite", present=True, detail=detail)


def _mail() -> list[Finding]:
    adapter = "the family email: mail servers"
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    dovecot = shutil.which("dovecot", path=path)
    packages = "the packages dovecot-imapd, dovecot-pop3d and dovecot-submissiond"
    return [
        Finding(
            adapter, "embedded servers", present=True, detail="Twisted, which comes with the suite"
        ),
        Finding(adapter, "Dovecot", dovecot is not None, dovecot or "not found", packages),
    ]


def _pinning(adapter: str) -> Finding:
    cores = len(os.sched_getaffinity(0))
    return Finding(
        adapter, "processor cores", present=True, detail=f"{cores}; use --jobs {cores} at most"
    )


def _program(adapter: str, what: str, names: Sequence[str], remedy: str) -> Finding:
    find: Callable[[str], str | None] = shutil.which
    path = next((found for name in names if (found := find(name))), None)
    return Finding(adapter, what, path is not None, path or "not found", remedy)


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
