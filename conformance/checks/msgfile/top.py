"""MSGF-TOP, MSGF-CLS: the root of the file, its headers and its class."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterator
from typing import Final

from conformance.checks.msgfile.base import BYTES, CHECKS, FILE, RULES, Flaw, file_of, look, rule
from conformance.findings import Finding
from conformance.msgfile.model import State
from conformance.msgfile.structure import (
    ATTACHMENT,
    HEADERS,
    NAMEID,
    PROPERTIES,
    RECIPIENT,
    VALUE,
    Defect,
    MsgFile,
    Part,
)
from conformance.msgfile.tree import Stream
from conformance.trace import Call, Outcome

MAPPING: Final = tuple(f"{VALUE}{number}" for number in ("00020102", "00030102", "00040102"))
"""The streams of GUIDs, of entries and of strings."""
MAIL_MESSAGE: Final = uuid.UUID("00020D0B-0000-0000-C000-000000000046")
FIRST_NAMED: Final = 0x8000
LAST_NAMED: Final = 0xFFFE

_LISTED: Final = 3  # GUIDs 1 and 2 are known without being listed: XM 2.2.3
_COUNTED: Final = (
    ("recipient", 0, 2),  # what is counted, and where its next identifier and its count stand
    ("attachment", 1, 3),
)


@rule(
    "MSGF-TOP-01", "a compound file with a property stream, a name mapping, and storages for parts"
)
def top_level(file: MsgFile) -> Iterator[Flaw | None]:
    root = file.root
    if root.stream(PROPERTIES) is None:
        yield Flaw(PROPERTIES, 0, "there is no such stream at the top level")
    elif root.storage(NAMEID) is None:
        yield Flaw(NAMEID, 0, "there is no such storage at the top level")
    else:
        yield None
    for prefix in (RECIPIENT, ATTACHMENT):
        for _, node in root.starting(prefix):
            yield (
                Flaw(node.path, 0, "a stream, not a storage") if isinstance(node, Stream) else None
            )


@rule("MSGF-TOP-02", "one name mapping for the whole file, with its three streams")
def one_mapping(file: MsgFile) -> Iterator[Flaw | None]:
    for part in file.parts():
        inner = part.storage.storage(NAMEID)
        if part.kind != "message" and inner is not None:
            yield Flaw(inner.path, 0, "a second name mapping")
    if file.names is None:
        return
    for name in MAPPING:
        path = file.names.storage.inside(name)
        there = file.names.storage.stream(name) is not None
        yield None if there else Flaw(path, 0, "the stream is not there")
    yield from _entries(file)
    yield from _used(file)


def _entries(file: MsgFile) -> Iterator[Flaw | None]:
    """Entries that name a GUID or a string which is not there."""
    assert file.names is not None
    path = file.names.storage.inside(MAPPING[1])
    for name in file.names.entries:
        if name.guid >= _LISTED + len(file.names.guids):
            yield Flaw(path, name.offset, f"GUID {name.guid} is not in {MAPPING[0]}")
        elif name.textual and file.names.text(name) is None:
            yield Flaw(path, name.offset, f"no name starts at 0x{name.key:X} of {MAPPING[2]}")
        else:
            yield None


def _used(file: MsgFile) -> Iterator[Flaw | None]:
    """Properties with an identifier of a named one that the mapping does not know."""
    assert file.names is not None
    known = {FIRST_NAMED + name.index for name in file.names.entries}
    for part in file.parts():
        for entry in part.properties.entries if part.properties else ():
            number = entry.tag >> 16
            if FIRST_NAMED <= number <= LAST_NAMED:
                text = f"the property 0x{entry.tag:08X} has no name in the mapping"
                yield None if number in known else Flaw(part.path, entry.offset, text)


@rule("MSGF-TOP-03", "a header of 32 bytes, of which the first 8 and the last 8 are zero")
def header(file: MsgFile) -> Iterator[Flaw | None]:
    found = file.message.properties
    if found is None:
        return
    if len(found.header) < HEADERS["message"]:
        yield Flaw(found.path, 0, f"the stream ends after {len(found.header)} bytes")
    elif found.rest:
        yield Flaw(found.path, 0, f"{found.rest} bytes are left after the last whole entry")
    else:
        for at in (0, 24):
            reserved = found.header[at : at + 8]
            flaw = Flaw(found.path, at, f"the reserved bytes are {reserved.hex()}")
            yield flaw if any(reserved) else None


@rule(
    "MSGF-TOP-04",
    "counts equal to the numbers of storages, and next identifiers of zero without any",
)
def counts(file: MsgFile) -> Iterator[Flaw | None]:
    for part in file.parts():
        found = part.properties
        if part.kind in ("message", "embedded") and found and len(found.header) >= 24:
            yield from _counts(part, found.header)


def _counts(part: Part, header: bytes) -> Iterator[Flaw | None]:
    numbers = struct.unpack_from("<8x4I", header)
    for (what, next_id, count), there in zip(
        _COUNTED, (len(part.recipients), len(part.attachments)), strict=True
    ):
        counted, following = numbers[count], numbers[next_id]
        if counted != there:
            text = f"the {what} count is {counted}, and there are {there}"
            yield Flaw(part.path, 8 + 4 * count, text)
        elif following and not there:
            text = f"the next {what} identifier is {following}, and there are none"
            yield Flaw(part.path, 8 + 4 * next_id, text)
        else:
            yield None


def _class(file: MsgFile) -> Iterator[Flaw | None]:
    found = uuid.UUID(bytes_le=file.root.clsid)
    right = found == MAIL_MESSAGE
    yield None if right else Flaw("", 0, f"its class is {{{str(found).upper()}}}")


RULES["MSGF-CLS-01"] = (f"the class {{{str(MAIL_MESSAGE).upper()}}}", _class)


@CHECKS.check("MSGF-CLS-01", FILE, BYTES)
def root_class(state: State, call: Call, outcome: Outcome) -> Finding:
    file = file_of(state, call, outcome)
    if file is None or isinstance(file, Defect):
        return None
    if call.method == BYTES and not any(file.root.clsid):
        return None  # the caller that lent the storage wrote none: K1
    return look("MSGF-CLS-01", file).finding
