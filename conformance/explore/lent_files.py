"""Scenarios about files that the suite lends: what a reader has to ignore, and to leave alone.

Each opens a file, and then one that differs only in bytes without a meaning. Whatever the first one
was to the implementation, the second one has to be the same (MSGF-TOP-03, -PROP-03, -UNI-02).
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator
from importlib.resources import files
from typing import Final

from conformance.codes import MAPI_UNICODE, STORE_UNICODE_OK
from conformance.explore.alphabet.imsg import build, malloc
from conformance.trace import Call

_HEADER: Final = 32
_MASK, _LONG, _TRUE, _FALSE = 0x340D0003, 0x00170003, 0x0E1F000B, 0x6605000B
_TAGS: Final = (0x001A, 0x0037, 0x1000)
_CLASS: Final = bytes(range(0x30, 0x40))
_MAIL_MESSAGE: Final = bytes.fromhex("0B0D020000000000C000000000000046")


def lent_files() -> Iterator[list[Call]]:
    """Every file with something to ignore, after the same file without; and classes to keep."""
    for flags in (MAPI_UNICODE, 0):
        plain = _sample(flags)
        tags = [f"0x{tag:08X}" for tag in (_MASK, _LONG, _TRUE, _FALSE, 0x66060003, 0x66070102)]
        texts = [f"0x{tag << 16 | (0x1F if flags else 0x1E):08X}" for tag in _TAGS]
        for mode in ("readwrite", "read"):
            for odd in _odd(plain, flags):
                first = _opened(plain, 1, mode, [*tags, *texts])
                yield [malloc("m1"), *first, *_opened(odd, 2, mode, [*tags, *texts])]
        other = plain.replace(_MAIL_MESSAGE, _CLASS)
        for content in (plain, other):
            yield [malloc("m1"), *_opened(content, 1, "readwrite", tags), *_changed()]


def _sample(flags: int) -> bytes:
    name = "wide.msg" if flags & MAPI_UNICODE else "narrow.msg"
    return files("conformance.explore").joinpath("samples", name).read_bytes()


def _odd(plain: bytes, flags: int) -> Iterator[bytes]:
    """The file with bytes that a reader ignores, one kind at a time."""
    header = _entry(plain, _MASK) - _HEADER
    junk = b"\xff\xa5\x01\x00\x80\x7f\x00\xff"
    yield _patched(plain, header, junk)
    yield _patched(plain, header + 24, junk)
    for tag, used in ((_LONG, 4), (_TRUE, 2), (_FALSE, 2)):
        yield _patched(plain, _entry(plain, tag) + 8 + used, junk[: 8 - used])
    bit = STORE_UNICODE_OK if flags & MAPI_UNICODE else 0
    for others in (0x00000E79, 0x00000001, 0xFFFFFFFF & ~STORE_UNICODE_OK):
        yield _patched(plain, _entry(plain, _MASK) + 8, struct.pack("<I", bit | others))


def _entry(plain: bytes, tag: int) -> int:
    """Where the entry of a property stands in the file."""
    return plain.index(struct.pack("<II", tag, 6))


def _patched(plain: bytes, at: int, new: bytes) -> bytes:
    return plain[:at] + new + plain[at + len(new) :]


def _opened(content: bytes, number: int, mode: str, tags: list[str]) -> list[Call]:
    """A lent file, a message on it, and what it reads as."""
    lent = {"name": f"t{number}", "mode": mode, "transacted": mode == "readwrite"}
    return [
        Call("world.storage", {**lent, "base64": base64.b64encode(content).decode()}),
        build(None, "m1", f"t{number}", f"g{number}"),
        Call("IMessage.GetProps", {"this": f"g{number}", "tags": tags}),
    ]


def _changed() -> list[Call]:
    """The message is changed and saved, and its file looked at."""
    return [
        Call("IMessage.SetProps", {"this": "g1", "props": {f"0x{_LONG:08X}": 1}}),
        Call("IMessage.SaveChanges", {"this": "g1", "ulFlags": 2}),
        Call("world.bytes", {"name": "t1"}),
    ]
