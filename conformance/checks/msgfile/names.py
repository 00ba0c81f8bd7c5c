"""MSGF-NAME: the streams in which readers look for the names of properties."""

from __future__ import annotations

import re
import struct
import uuid
import zlib
from collections.abc import Iterator
from typing import Final

from conformance.checks.msgfile.base import Flaw, rule
from conformance.msgfile.structure import BINARY, VALUE, MsgFile, Name, Names
from conformance.msgfile.tree import Stream

_FIRST, _BUCKETS = 0x1000, 0x1F
_ENTRY: Final = struct.Struct("<IHH")
_BUCKET: Final = re.compile(r"(10[01][0-9A-F])0102")
_POLYNOMIAL: Final = 0xEDB88320
_LISTED: Final = 3  # the number of the first GUID that is listed: XM 2.2.3
_INTERNET_HEADERS: Final = uuid.UUID("00020386-0000-0000-C000-000000000046").bytes_le


@rule("MSGF-NAME-01", "each name in the stream 0x1000 + ((ID XOR (GUID index << 1)) MOD 0x1F)")
def buckets(file: MsgFile) -> Iterator[Flaw | None]:
    names = file.names
    if names is None or not names.entries:
        return
    held = {path: set(entries) for path, entries in _held(names).items()}
    right: dict[tuple[int, int, int], set[str]] = {}
    for name, identifiers in _identified(names):
        wanted = {bucket(number, name.packed): number for number in identifiers}
        found = any(
            (number, name.packed, name.index) in held.get(stream, ())
            for stream, number in wanted.items()
        )
        for stream, number in wanted.items():
            right.setdefault((number, name.packed, name.index), set()).add(stream)
        if found:
            yield None
        else:
            text = f"the name of property 0x{0x8000 + name.index:04X} is not in {min(wanted)}"
            yield Flaw(names.storage.inside(f"{VALUE}00030102"), name.offset, text)
    for stream, entries in held.items():
        for number, entry in enumerate(entries):
            if stream not in right.get(entry, (stream,)):
                text = f"property 0x{0x8000 + entry[2]:04X} belongs into {min(right[entry])}"
                yield Flaw(names.storage.inside(stream), number * _ENTRY.size, text)


def bucket(identifier: int, packed: int) -> str:
    """The stream for an identifier with the shifted GUID index and kind (X-20)."""
    number = _FIRST + (identifier ^ packed) % _BUCKETS
    return f"{VALUE}{number:04X}{BINARY:04X}"


def _held(names: Names) -> dict[str, list[tuple[int, int, int]]]:
    """What stands in each stream that maps names back; all together hardly more than the names."""
    held, budget = {}, 2 * len(names.entries) * _ENTRY.size
    for rest, node in names.storage.starting(VALUE):
        if _BUCKET.fullmatch(rest) and isinstance(node, Stream) and node.size <= budget:
            budget -= node.size
            data = node.data
            whole = len(data) - len(data) % _ENTRY.size
            held[f"{VALUE}{rest}"] = list(_ENTRY.iter_unpack(data[:whole]))
    return held


def _identified(names: Names) -> Iterator[tuple[Name, set[int]]]:
    """Entries with the numbers that they may be looked up by.

    Names of internet headers may be looked up in lower case (XM 2.2.3.2, read as an excerpt).
    """
    budget = len(names.strings)
    for name in names.entries:
        text = names.text(name) if name.textual else None
        if not name.textual:
            yield name, {name.key}
        elif text is not None and len(text) <= budget:
            budget -= len(text)
            both = {text, _lower(text)} if _header(names, name) else {text}
            # Which CRC-32 is not said: that of files in the field, or the standard one.
            sums = {checksum(spelling) for spelling in both}
            yield name, sums | {zlib.crc32(spelling) for spelling in both}


def _header(names: Names, name: Name) -> bool:
    """Whether a name is one of an internet header."""
    number = name.guid - _LISTED
    return 0 <= number < len(names.guids) and names.guids[number] == _INTERNET_HEADERS


def _lower(text: bytes) -> bytes:
    return text.decode("utf-16-le", "surrogatepass").lower().encode("utf-16-le", "surrogatepass")


def checksum(content: bytes) -> int:
    """CRC-32 from zero and without a final inversion, as files in the field have it."""
    value = 0
    for byte in content:
        value = _TABLE[(value ^ byte) & 0xFF] ^ value >> 8
    return value


def _remainder(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
    return value


_TABLE: Final = tuple(_remainder(value) for value in range(256))
