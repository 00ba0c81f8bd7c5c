"""Writing a message as the elements of a .msg file.

Source: XM 2.1 to 2.4. Each writer is a small method, so that one rule stands in one place.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from adapters.reference import layout
from adapters.reference.compound import Element, Tree
from adapters.reference.names import STORAGE as NAMES
from adapters.reference.names import NameMap
from adapters.reference.numbers import (
    ATTACH_OLE,
    MV_FLAG,
    PR_ATTACH_DATA_OBJ,
    PR_ATTACH_METHOD,
    PR_ATTACH_NUM,
    PR_ROWID,
    PT_BINARY,
    PT_BOOLEAN,
    PT_LONG,
    PT_STRING8,
    PT_UNICODE,
)
from adapters.reference.properties import (
    ANSI,
    AttachmentContent,
    MessageContent,
    Properties,
    Property,
    is_text,
    kind,
    with_kind,
)


class MessageWriter:
    """Writes one file: `unicode` is the width of all its strings (XM 2.1.1.1)."""

    def __init__(self, unicode: bool) -> None:
        self.unicode = unicode

    def write(self, content: MessageContent, names: NameMap) -> Tree:
        """The elements of the root."""
        tree = self.message(content, layout.TOP_HEADER)
        return {**tree, NAMES: names.render()}

    def message(self, content: MessageContent, header: int) -> Tree:
        """The elements of a message, top-level or embedded."""
        tree: dict[str, Element] = {}
        recipients = {
            self.part_name(layout.RECIPIENT, number): self.recipient(row_id, row)
            for number, (row_id, row) in enumerate(content.recipients.items())
        }
        attachments = {
            self.part_name(layout.ATTACHMENT, number): self.attachment(number, attachment)
            for number, (_, attachment) in enumerate(sorted(content.attachments.items()))
        }
        head = self.header(len(recipients), len(attachments), header)
        tree[layout.PROPERTIES] = head + self.entries(content.properties, tree)
        return {**tree, **recipients, **attachments}

    def part_name(self, prefix: str, number: int) -> str:
        """The storage of a recipient or attachment: eight hexadecimal digits, counted from zero."""
        return f"{prefix}{number:08X}"

    def header(self, recipients: int, attachments: int, size: int) -> bytes:
        """Next ids, which equal the counts as numbering has no gaps, then the counts."""
        counts = (recipients, attachments, recipients, attachments)
        return struct.pack("<8x4I", *counts).ljust(size, b"\0")

    def recipient(self, row_id: int, row: Properties) -> Tree:
        tree: dict[str, Element] = {}
        row = {**row, PR_ROWID: Property(row_id)}
        tree[layout.PROPERTIES] = bytes(layout.PART_HEADER) + self.entries(row, tree)
        return tree

    def attachment(self, number: int, content: AttachmentContent) -> Tree:
        tree: dict[str, Element] = {}
        properties = {**content.properties, PR_ATTACH_NUM: Property(number)}
        entries = self.entries(properties, tree) + self.data_object(content, tree)
        tree[layout.PROPERTIES] = bytes(layout.PART_HEADER) + entries
        return tree

    def data_object(self, content: AttachmentContent, tree: dict[str, Element]) -> bytes:
        """The entry of an embedded message or custom storage, which goes into the tree."""
        if content.embedded is not None:
            data, mark = self.message(content.embedded, layout.EMBEDDED_HEADER), 1
        else:
            method = content.properties.get(PR_ATTACH_METHOD)
            if content.custom is None and (method is None or method.value != ATTACH_OLE):
                return b""
            data, mark = content.custom or {}, 4
        tree[layout.stream_name(PR_ATTACH_DATA_OBJ)] = data
        attributes = Property(None).attributes
        return struct.pack("<IIII", PR_ATTACH_DATA_OBJ, attributes, layout.NO_SIZE, mark)

    def entries(self, properties: Mapping[int, Property], tree: dict[str, Element]) -> bytes:
        """The entries of a property stream; values that need streams go into the tree."""
        return b"".join(
            struct.pack("<II", self.file_tag(tag), item.attributes)
            + self.value(self.file_tag(tag), item.value, tree)
            for tag, item in properties.items()
        )

    def file_tag(self, tag: int) -> int:
        """The tag as written: the string type follows the width of the message."""
        if self.unicode or not is_text(tag):
            return tag
        return with_kind(tag, kind(tag) & MV_FLAG | PT_STRING8)

    def value(self, tag: int, value: Any, tree: dict[str, Element]) -> bytes:
        """The last eight bytes of an entry."""
        if not layout.in_stream(kind(tag)):
            return self.fixed(kind(tag), value)
        stream = self.array(tag, value, tree) if kind(tag) & MV_FLAG else self.bytes_of(tag, value)
        tree[layout.stream_name(tag)] = stream
        return struct.pack("<II", self.entry_size(tag, stream), 0)

    def fixed(self, kind: int, value: Any) -> bytes:
        """A value of fixed length, unused bytes zero. Source: XM 2.4.2.1."""
        if kind == PT_LONG:
            return struct.pack("<I4x", value)
        if kind == PT_BOOLEAN:
            return struct.pack("<H6x", value)
        raw: bytes = value  # a type that is merely carried along
        return raw

    def entry_size(self, tag: int, stream: bytes) -> int:
        """The stream size, and room for the NUL that strings are stored without."""
        return len(stream) + {PT_UNICODE: 2, PT_STRING8: 1}.get(kind(tag), 0)

    def array(self, tag: int, values: Any, tree: dict[str, Element]) -> bytes:
        """The main stream of an array: values end to end, or the lengths of their streams."""
        if isinstance(values, bytes):  # a type that is merely carried along
            return values
        if kind(tag) == MV_FLAG | PT_LONG:
            return struct.pack(f"<{len(values)}I", *values)
        if not is_text(tag) and kind(tag) != MV_FLAG | PT_BINARY:
            return b"".join(values)
        lengths = b""
        for number, item in enumerate(values):
            stream = self.bytes_of(tag, item) + self.terminator(tag)
            tree[layout.item_name(tag, number)] = stream
            lengths += struct.pack("<I" if is_text(tag) else "<I4x", len(stream))
        return lengths

    def terminator(self, tag: int) -> bytes:
        """What ends each string of an array."""
        return bytes({PT_UNICODE: 2, PT_STRING8: 1}.get(kind(tag) & ~MV_FLAG, 0))

    def bytes_of(self, tag: int, value: Any) -> bytes:
        """A text or binary value as its stream has it."""
        if isinstance(value, str):
            if kind(tag) & ~MV_FLAG == PT_UNICODE:
                return value.encode("utf-16-le", "surrogatepass")
            return value.encode(ANSI, "replace")
        raw: bytes = value
        return raw
