"""Reading the elements of a .msg file back into plain content.

Reserved fields, unused bytes and unknown bits are ignored (XM 2.4.1.1, 2.4.2.1, 2.1.1.1).
Types that the calls cannot express are carried along as bytes.
"""

from __future__ import annotations

import struct
from typing import Any

from adapters.reference import layout, names
from adapters.reference.compound import Tree
from adapters.reference.names import NameMap
from adapters.reference.numbers import (
    MV_FLAG,
    PR_ATTACH_DATA_OBJ,
    PR_ATTACH_NUM,
    PR_ROWID,
    PT_BINARY,
    PT_BOOLEAN,
    PT_CLSID,
    PT_LONG,
    PT_OBJECT,
    PT_STRING8,
    PT_UNICODE,
)
from adapters.reference.properties import (
    ANSI,
    AttachmentContent,
    MessageContent,
    Properties,
    Property,
    canonical,
    is_text,
    kind,
)


class UnreadableMessageError(ValueError):
    """The elements of the storage are no sound message."""


def read(tree: Tree) -> tuple[MessageContent, NameMap]:
    """The message in a root storage, an empty one if there is none.

    Raises :class:`UnreadableMessageError`.
    """
    if layout.PROPERTIES not in tree:
        return MessageContent(), NameMap()
    try:
        mapping = tree.get(names.STORAGE)
        known = names.load(mapping) if mapping and not isinstance(mapping, bytes) else NameMap()
        return _message(tree, layout.TOP_HEADER), known
    except (LookupError, ValueError, struct.error) as error:
        raise UnreadableMessageError(str(error)) from error


def _message(tree: Tree, header: int) -> MessageContent:
    content = MessageContent(_properties(tree, header))
    for number, storage in _parts(tree, layout.RECIPIENT):
        row = _properties(storage, layout.PART_HEADER)
        content.recipients[row[PR_ROWID].value if PR_ROWID in row else number] = row
    for number, storage in _parts(tree, layout.ATTACHMENT):
        content.attachments[number] = _attachment(storage)
    return content


def _attachment(tree: Tree) -> AttachmentContent:
    content = AttachmentContent(_properties(tree, layout.PART_HEADER))
    content.properties.pop(PR_ATTACH_NUM, None)
    data = tree.get(layout.stream_name(PR_ATTACH_DATA_OBJ))
    if data is not None and not isinstance(data, bytes):
        if layout.PROPERTIES in data:
            content.embedded = _message(data, layout.EMBEDDED_HEADER)
        else:
            content.custom = data
    return content


def _parts(tree: Tree, prefix: str) -> list[tuple[int, Tree]]:
    """The numbered storages of one kind, in order."""
    found = {
        int(name.removeprefix(prefix), 16): element
        for name, element in tree.items()
        if name.startswith(prefix) and not isinstance(element, bytes)
    }
    return [(number, found[number]) for number in sorted(found)]


def _properties(tree: Tree, header: int) -> Properties:
    stream = _stream(tree, layout.PROPERTIES)
    if len(stream) < header:
        raise ValueError("a property stream is shorter than its header")
    found: Properties = {}
    for tag, attributes, value in struct.iter_unpack("<II8s", stream[header:]):
        if kind(tag) != PT_OBJECT:
            found[canonical(tag)] = Property(_value(tree, tag, value), attributes & 7)
    return found


def _value(tree: Tree, tag: int, value: bytes) -> Any:
    if kind(tag) == PT_LONG:
        return int.from_bytes(value[:4], "little")
    if kind(tag) == PT_BOOLEAN:
        return value[:2] != b"\0\0"
    if not layout.in_stream(kind(tag)):
        return value
    stream = _stream(tree, layout.stream_name(tag))
    return _array(tree, tag, stream) if kind(tag) & MV_FLAG else _single(tag, stream)


def _array(tree: Tree, tag: int, stream: bytes) -> Any:
    item = kind(tag) & ~MV_FLAG
    if item == PT_LONG:
        return struct.unpack(f"<{len(stream) // 4}I", stream)
    if is_text(tag) or item == PT_BINARY:
        count = len(stream) // (4 if is_text(tag) else 8)
        streams = [_stream(tree, layout.item_name(tag, number)) for number in range(count)]
        return tuple(_without_nul(_single(tag, content)) for content in streams)
    if item == PT_CLSID:
        return tuple(stream[at : at + 16] for at in range(0, len(stream), 16))
    return stream


def _single(tag: int, stream: bytes) -> Any:
    item = kind(tag) & ~MV_FLAG
    if item == PT_UNICODE:
        return stream.decode("utf-16-le", "surrogatepass")
    if item == PT_STRING8:
        try:
            return stream.decode(ANSI)
        except UnicodeDecodeError:
            return stream.decode("latin-1")  # five bytes mean nothing in the ANSI set
    return stream


def _without_nul(value: Any) -> Any:
    return value.removesuffix("\0") if isinstance(value, str) else value


def _stream(tree: Tree, name: str) -> bytes:
    stream = tree[name]
    if not isinstance(stream, bytes):
        raise ValueError(f"{name} is no stream")
    return stream
