"""MSGF-RCP, MSGF-ATT: the storages of recipients, attachments and embedded messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from conformance.checks.msgfile.base import Flaw, rule
from conformance.msgfile.structure import (
    ATTACH_METHOD,
    DATA_OBJECT,
    EMBEDDED_MESSAGE,
    HEADERS,
    NO_SIZE,
    OLE,
    VALUE,
    MsgFile,
    Part,
)

MOST: Final = 2048
"""Recipients, and attachments, of one message (XM 2.2.1, 2.2.2)."""

_EMBEDDED_MARK, _STORAGE_MARK = 1, 4  # what follows the size of a data object (XM 2.4.2.2)


@rule(
    "MSGF-RCP-01", "storages numbered in hexadecimal from 00000000, each with its property stream"
)
def recipients(file: MsgFile) -> Iterator[Flaw | None]:
    for part in file.parts():
        yield from _numbered(part.recipients)


@rule("MSGF-ATT-01", "storages numbered in hexadecimal, each with its property stream")
def attachments(file: MsgFile) -> Iterator[Flaw | None]:
    for part in file.parts():
        # Attachments keep their numbers, so that one that was deleted, or never saved, leaves a
        # gap: only recipients are said to be numbered from 00000000 on (XM 2.2.1 and 2.2.2).
        yield from _numbered(part.attachments, gaps=not _in_decimal(part.attachments))


def _in_decimal(parts: Sequence[Part]) -> bool:
    """The numbers run from zero without a gap, but only where they are read as decimal ones."""
    digits = [f"{part.number:X}" for part in parts if part.number is not None]
    read = {int(text) for text in digits if text.isdecimal()}
    return len(read) > 10 and len(read) == len(digits) and read == set(range(len(read)))


def _numbered(parts: Sequence[Part], *, gaps: bool = False) -> Iterator[Flaw | None]:
    numbers = {part.number for part in parts}
    for part in parts:
        path = part.storage.path
        if part.number is None:
            yield Flaw(path, 0, "its name does not end in eight hexadecimal digits")
        elif not gaps and part.number >= MOST:
            yield Flaw(path, 0, f"the number is not below {MOST}")
        elif not gaps and part.number and part.number - 1 not in numbers:
            yield Flaw(path, 0, f"there is none with the number {part.number - 1:08X}")
        else:
            yield _stream_of(part)
    if gaps and len(parts) > MOST:
        yield Flaw(parts[0].storage.path, 0, f"there are {len(parts)}, and not {MOST} at most")


def _stream_of(part: Part) -> Flaw | None:
    """What is wrong with a property stream: it is missing, or no row of whole entries."""
    found, size = part.properties, HEADERS[part.kind]
    if found is None:
        return Flaw(part.path, 0, "the stream is not there")
    if len(found.header) < size or found.rest:
        length = len(found.header) + len(found.entries) * 16 + found.rest
        return Flaw(part.path, 0, f"{length} bytes are no header of {size} and whole entries")
    return None


@rule("MSGF-ATT-02", "a storage for each embedded message and for each attachment of method 6")
def storages(file: MsgFile) -> Iterator[Flaw | None]:
    for part in file.parts():
        if part.kind != "attachment" or part.properties is None:
            continue
        method = part.properties.find(ATTACH_METHOD)
        data = part.properties.find(DATA_OBJECT)
        chosen = method.size if method else None
        mark = int.from_bytes(data.value[4:], "little") if data and data.size == NO_SIZE else 0
        if chosen == EMBEDDED_MESSAGE or mark == _EMBEDDED_MARK:
            yield _embedded(part)
        elif chosen == OLE or mark == _STORAGE_MARK:
            path = part.storage.inside(f"{VALUE}{DATA_OBJECT:08X}")
            there = part.storage.storage(f"{VALUE}{DATA_OBJECT:08X}") is not None
            yield None if there else Flaw(path, 0, "there is no such storage")


def _embedded(part: Part) -> Flaw | None:
    if part.embedded is None:
        path = part.storage.inside(f"{VALUE}{DATA_OBJECT:08X}")
        return Flaw(path, 0, "there is no such storage with a message in it")
    return _stream_of(part.embedded)
