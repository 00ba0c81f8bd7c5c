"""MSGF-PROP, MSGF-UNI: entries and the streams of their values, and the width of strings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from typing import Final

from conformance.checks.msgfile.base import Flaw, rule
from conformance.codes import STORE_UNICODE_OK
from conformance.msgfile.structure import (
    BINARY,
    DATA_OBJECT,
    FIXED,
    MULTIPLE,
    NO_SIZE,
    STRING,
    STRING8,
    SUPPORT_MASK,
    VALUE,
    VARIABLE,
    Entry,
    MsgFile,
    Part,
)
from conformance.msgfile.tree import Stream

_NAME: Final = re.compile(r"([0-9A-F]{8})(?:-([0-9A-F]{8}))?")


@rule("MSGF-PROP-01", "an entry for each value stream, and a stream for each entry that needs one")
def streams(file: MsgFile) -> Iterator[Flaw | None]:
    for part in file.parts():
        if part.properties is not None:
            entries = {entry.tag: entry for entry in part.properties.entries}
            items = _items(part)
            for entry in entries.values():
                if entry.in_stream:
                    yield from _value(part, entry, items.get(entry.tag, {}))
            yield from _unlisted(part, entries.keys())


def _items(part: Part) -> dict[int, dict[int, Stream]]:
    """The streams of single values of arrays, by tag and number."""
    found: dict[int, dict[int, Stream]] = {}
    for rest, node in part.storage.starting(VALUE):
        match = _NAME.fullmatch(rest)
        if match and match[2] and isinstance(node, Stream):
            found.setdefault(int(match[1], 16), {})[int(match[2], 16)] = node
    return found


def _value(part: Part, entry: Entry, items: Mapping[int, Stream]) -> Iterator[Flaw | None]:
    """The stream of an entry, and those of its values where it has several."""
    stream = part.storage.stream(entry.stream_name)
    if stream is None:
        text = f"the entry of 0x{entry.tag:08X} has no stream {entry.stream_name}"
        yield Flaw(part.path, entry.offset, text)
    elif entry.kind in VARIABLE:
        yield _values(entry, stream, items)
    else:
        yield None


def _values(entry: Entry, lengths: Stream, items: Mapping[int, Stream]) -> Flaw | None:
    """One stream for each of N values, besides that of their lengths (XM 2.1.4.2)."""
    unit = 8 if entry.kind == MULTIPLE | BINARY else 4
    count, rest = divmod(lengths.size, unit)
    if rest:
        return Flaw(lengths.path, count * unit, f"{rest} bytes are left after {count} lengths")
    more = next((stream for number, stream in items.items() if number >= count), None)
    if more is not None:
        return Flaw(more.path, 0, f"a stream more than the {count} values")
    for number in range(min(count, len(items) + 1)):
        if number not in items:
            return Flaw(lengths.path, number * unit, f"value {number} of {count} has no stream")
    return None


def _unlisted(part: Part, tags: Set[int]) -> Iterator[Flaw | None]:
    """Value streams that no entry leads to."""
    for rest, node in part.storage.starting(VALUE):
        match = _NAME.fullmatch(rest)
        if match is None:
            yield Flaw(node.path, 0, "its name does not end in the eight digits of a tag")
        elif int(match[1], 16) not in tags and isinstance(node, Stream):
            yield Flaw(node.path, 0, f"the property stream has no entry for 0x{match[1]}")


@rule("MSGF-PROP-02", "the length of the stream, 2 more for PtypString, 0xFFFFFFFF for a storage")
def sizes(file: MsgFile) -> Iterator[Flaw | None]:
    for part in file.parts():
        entries = part.properties.entries if part.properties else ()
        items = _items(part)
        rights = {
            entry.tag: _right_sizes(part, entry, items.get(entry.tag, {}))
            for entry in {entry.tag: entry for entry in entries}.values()
        }
        for entry in entries:
            right = rights[entry.tag]
            if right and entry.size not in right:
                wanted = " or ".join(str(size) for size in right)
                text = f"the size of 0x{entry.tag:08X} is {entry.size} and must be {wanted}"
                yield Flaw(part.path, entry.offset + 8, text)
            elif right:
                yield None


def _right_sizes(part: Part, entry: Entry, items: Mapping[int, Stream]) -> tuple[int, ...]:
    """The sizes that an entry may have; none where there is nothing to compare it with."""
    if entry.tag == DATA_OBJECT and part.kind == "attachment":
        return (NO_SIZE,)
    stream = part.storage.stream(entry.stream_name) if entry.in_stream else None
    if stream is None:
        return ()
    if entry.kind == STRING:
        return (stream.size + 2,)
    if entry.kind == STRING8:  # the line on this type was not read: with or without the NUL
        return (stream.size + 1, stream.size)
    if entry.kind in VARIABLE:  # "its stream" does not tell the lengths from the values
        return (stream.size, sum(item.size for item in items.values()))
    return (stream.size,)


@rule("MSGF-PROP-03", "zero in the bytes of the value that the type does not use")
def padding(file: MsgFile) -> Iterator[Flaw | None]:
    for part in file.parts():
        for entry in part.properties.entries if part.properties else ():
            used = FIXED.get(entry.kind, 8)
            unused = entry.value[used:]
            if any(unused):
                text = f"the unused bytes of 0x{entry.tag:08X} are {unused.hex()}"
                yield Flaw(part.path, entry.offset + 8 + used, text)
            elif unused:
                yield None


@rule(
    "MSGF-UNI-01",
    "STORE_UNICODE_OK set where the strings are Unicode, and clear where they are not",
)
def width(file: MsgFile) -> Iterator[Flaw | None]:
    top = file.message.properties
    mask = top.find(SUPPORT_MASK) if top else None
    is_set = bool(mask and mask.size & STORE_UNICODE_OK)
    for part in file.parts():
        for entry in part.properties.entries if part.properties else ():
            if entry.kind & ~MULTIPLE == (STRING8 if is_set else STRING):
                state = (
                    "not Unicode, and the bit is set" if is_set else "Unicode, and the bit is clear"
                )
                yield Flaw(part.path, entry.offset, f"0x{entry.tag:08X} is {state}")
            elif entry.kind & ~MULTIPLE in (STRING, STRING8):
                yield None
