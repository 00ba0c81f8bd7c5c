"""`mapi-conformance check-msg`: the requirements on .msg files, for any such file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from conformance.checks.msgfile import RULES, look
from conformance.findings import Broken
from conformance.msgfile.read import read
from conformance.msgfile.structure import Defect, MsgFile
from conformance.msgfile.tables import LARGEST
from conformance.requirements.catalogue import Requirement
from conformance.requirements.load import catalogue

HELD_ALL, BROKE_SOME, UNREADABLE = 0, 1, 2

_SHOWN: Final = 20  # flaws of one requirement
_READER: Final = "a file by itself does not show it"


def check_msg(paths: Sequence[str | Path]) -> tuple[str, int]:
    """The report on files, and the exit status.

    0 says that all musts held, 1 that some file breaks one, 2 that some file could not be read.
    """
    blocks, status = [], HELD_ALL
    for path in paths:
        text, one = _check(Path(path))
        blocks.append(text)
        status = max(status, one)
    return "\n\n".join(blocks), status


def _check(path: Path) -> tuple[str, int]:
    name = _printable(str(path))
    try:
        if path.stat().st_size > LARGEST:
            return f"{name}: larger than the {LARGEST} bytes that are read", UNREADABLE
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        return f"{name}: cannot be read ({getattr(error, 'strerror', None) or error})", UNREADABLE
    file = read(data)
    verdicts = {row.id: _verdict(row, file) for row in _rows()}
    broken = sum(verdicts[row.id] == "fail" and row.level == "must" for row in _rows())
    passed = sum(verdict == "pass" for verdict in verdicts.values())
    summary = f"{broken} of the musts broken" if broken else "all musts that apply held"
    lines = [f"{name}: {summary}, {passed} requirements passed", *_lines(file, verdicts)]
    return "\n".join(lines), BROKE_SOME if broken else HELD_ALL


def _rows() -> list[Requirement]:
    return [row for row in catalogue().requirements.values() if row.family == "msgfile"]


def _verdict(row: Requirement, file: MsgFile | Defect) -> str:
    if row.id in RULES:
        found = look(row.id, file).finding
        if found is not None:
            return "fail" if isinstance(found, Broken) else "pass"
        if isinstance(file, Defect):
            return "blocked"
    return "not-exercised"


def _lines(file: MsgFile | Defect, verdicts: Mapping[str, str]) -> Iterator[str]:
    for row in _rows():
        verdict = verdicts[row.id]
        mark = " (should)" if row.level == "should" else ""
        yield f"  {verdict:<14}{row.id}{mark}{_why(row, verdict)}"
        if verdict != "fail":
            continue
        seen = look(row.id, file)
        yield f"{'':16}expected: {seen.expected}"
        for flaw in seen.flaws[:_SHOWN]:
            yield f"{'':16}{flaw}"
        if len(seen.flaws) > _SHOWN:
            yield f"{'':16}and more of the same"


def _why(row: Requirement, verdict: str) -> str:
    if verdict == "blocked":
        return ": the file could not be read as a compound file"
    if verdict != "not-exercised":
        return ""
    if row.id not in RULES:
        return f": {row.undecidable or _READER}"
    return ": nothing of the kind in the file"


def _printable(text: str) -> str:
    return text if text.isprintable() else ascii(text)
