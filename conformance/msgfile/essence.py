"""What a .msg file says, apart from the bytes that a reader ignores.

Sources: XM 2.4.1.1 (reserved bytes of the header), 2.4.2.1 (unused bytes of a value), 2.1.1.1 (bits
of PidTagStoreSupportMask).
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from conformance.codes import STORE_UNICODE_OK
from conformance.msgfile.read import read
from conformance.msgfile.structure import (
    FIXED,
    PROPERTIES,
    SUPPORT_MASK,
    Defect,
    Entry,
    Properties,
)
from conformance.msgfile.tree import Storage, Stream

RESERVED: Final = "reserved"
UNUSED: Final = "unused"
OTHER_BITS: Final = "other-bits"

Content = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Essence:
    """`content` is equal for files that say the same; `ignored` names what is to be ignored."""

    content: Content
    ignored: frozenset[str]
    clsid: bytes


@lru_cache(maxsize=8)
def essence(encoded: str) -> Essence | None:
    """What a file in base64 says, or None where it is no message that can be read."""
    try:
        file = read(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError):
        return None
    found = None if isinstance(file, Defect) else file.message.properties
    if isinstance(file, Defect) or found is None or len(found.header) < 32:
        return None
    plain = b"".join([bytes(8), found.header[8:24], bytes(8), *map(_plain, found.entries)])
    rest = tuple(_streams(file.root))
    ignored = frozenset(_ignored(found))
    return Essence((*rest, (PROPERTIES, plain)), ignored, file.root.clsid)


def _streams(storage: Storage) -> list[tuple[str, bytes]]:
    """Every stream but the property stream of the message itself."""
    found = []
    for node in storage.children.values():
        if isinstance(node, Storage):
            found += _streams(node)
        elif isinstance(node, Stream) and node.path != PROPERTIES:
            found.append((node.path, node.data))
    return sorted(found)


def _plain(entry: Entry) -> bytes:
    """An entry without what is to be ignored."""
    used, value = FIXED.get(entry.kind, 8), entry.value
    if entry.tag == SUPPORT_MASK:
        value = (int.from_bytes(value[:4], "little") & STORE_UNICODE_OK).to_bytes(4, "little")
    kept = value[:used].ljust(8, b"\0")
    return entry.tag.to_bytes(4, "little") + entry.flags.to_bytes(4, "little") + kept


def _ignored(found: Properties) -> list[str]:
    kinds = [RESERVED] if any(found.header[:8]) or any(found.header[24:32]) else []
    for entry in found.entries:
        if any(entry.value[FIXED.get(entry.kind, 8) :]):
            kinds.append(UNUSED)
        if entry.tag == SUPPORT_MASK and entry.size & ~STORE_UNICODE_OK:
            kinds.append(OTHER_BITS)
    return kinds
