"""Faults of the file that a message session leaves behind (MSGF)."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, Final

from adapters.mutants.registry import fault
from adapters.reference import layout
from adapters.reference.compound import Element, Tree
from adapters.reference.msgwrite import MessageWriter
from adapters.reference.names import STORAGE as NAMES
from adapters.reference.names import NameMap
from adapters.reference.numbers import (
    MV_FLAG,
    PR_ATTACH_DATA_OBJ,
    PR_STORE_SUPPORT_MASK,
    PT_BOOLEAN,
    PT_CLSID,
    PT_LONG,
    PT_UNICODE,
)
from adapters.reference.properties import (
    AttachmentContent,
    MessageContent,
    Properties,
    Property,
    find,
    kind,
)
from adapters.reference.topmessage import TopMessage

_STRINGS: Final = "__substg1.0_00040102"


@fault("file-without-names", "MSGF-TOP-01")
class WithoutNames(MessageWriter):
    """A file without named properties has no mapping of names."""

    def write(self, content: MessageContent, names: NameMap) -> Tree:
        tree = super().write(content, names)
        return {name: element for name, element in tree.items() if name != NAMES}


@fault("file-names-without-strings", "MSGF-TOP-02")
class NamesWithoutStrings(MessageWriter):
    """The mapping of names has no stream of strings where no name is one."""

    def write(self, content: MessageContent, names: NameMap) -> Tree:
        tree = super().write(content, names)
        mapping = tree[NAMES]
        assert not isinstance(mapping, bytes)
        return {**tree, NAMES: _without_empty_strings(mapping)}


def _without_empty_strings(mapping: Tree) -> Tree:
    return {name: item for name, item in mapping.items() if item or name != _STRINGS}


@fault("file-second-mapping", "MSGF-TOP-02")
class SecondMapping(MessageWriter):
    """An embedded message has a mapping of its own."""

    def message(self, content: MessageContent, header: int) -> Tree:
        tree = super().message(content, header)
        return {**tree, NAMES: NameMap().render()}


@fault("file-reserved-bytes", "MSGF-TOP-03")
class ReservedBytes(MessageWriter):
    """The reserved bytes of the header are not cleared."""

    def header(self, recipients: int, attachments: int, size: int) -> bytes:
        return b"\xcd" * 8 + super().header(recipients, attachments, size)[8:]


@fault("file-next-from-one", "MSGF-TOP-04")
class NextFromOne(MessageWriter):
    """The next identifiers are counted from one."""

    def header(self, recipients: int, attachments: int, size: int) -> bytes:
        counts = (recipients + 1, attachments + 1, recipients, attachments)
        return struct.pack("<8x4I", *counts).ljust(size, b"\0")


@fault("file-counts-swapped", "MSGF-TOP-04")
class CountsSwapped(MessageWriter):
    """The counts of recipients and attachments change places."""

    def header(self, recipients: int, attachments: int, size: int) -> bytes:
        return super().header(attachments, recipients, size)


@fault("file-recipients-in-tens", "MSGF-RCP-01")
class RecipientsInTens(MessageWriter):
    """Recipients are numbered in decimal digits."""

    def part_name(self, prefix: str, number: int) -> str:
        decimal = f"{prefix}{number:08}"
        return decimal if prefix == layout.RECIPIENT else super().part_name(prefix, number)


@fault("file-recipient-without-stream", "MSGF-RCP-01")
class RecipientWithoutStream(MessageWriter):
    """A recipient has no property stream."""

    def recipient(self, row_id: int, row: Properties) -> Tree:
        return {
            name: element
            for name, element in super().recipient(row_id, row).items()
            if name != layout.PROPERTIES
        }


@fault("file-attachments-in-tens", "MSGF-ATT-01")
class AttachmentsInTens(MessageWriter):
    """Attachments are numbered in decimal digits."""

    def part_name(self, prefix: str, number: int) -> str:
        decimal = f"{prefix}{number:08}"
        return decimal if prefix == layout.ATTACHMENT else super().part_name(prefix, number)


@fault("file-embedded-in-stream", "MSGF-ATT-02")
class EmbeddedInStream(MessageWriter):
    """An embedded message is written as one stream."""

    def data_object(self, content: AttachmentContent, tree: dict[str, Element]) -> bytes:
        entry = super().data_object(content, tree)
        if content.embedded is not None:
            tree[layout.stream_name(PR_ATTACH_DATA_OBJ)] = b"message"
        return entry


@fault("file-guid-without-stream", "MSGF-PROP-01")
class GuidWithoutStream(MessageWriter):
    """A GUID gets an entry and no stream."""

    def value(self, tag: int, value: Any, tree: dict[str, Element]) -> bytes:
        raw = super().value(tag, value, tree)
        if kind(tag) == PT_CLSID:
            del tree[layout.stream_name(tag)]
        return raw


@fault("file-empty-text-without-stream", "MSGF-PROP-01")
class EmptyWithoutStream(MessageWriter):
    """An empty text gets an entry and no stream."""

    def value(self, tag: int, value: Any, tree: dict[str, Element]) -> bytes:
        raw = super().value(tag, value, tree)
        if value == "":
            del tree[layout.stream_name(tag)]
        return raw


@fault("file-size-without-nul", "MSGF-PROP-02")
class SizeWithoutNul(MessageWriter):
    """The size of a text is that of its stream."""

    def entry_size(self, tag: int, stream: bytes) -> int:
        del tag
        return len(stream)


@fault("file-value-bytes-left-over", "MSGF-PROP-03")
class LeftOver(MessageWriter):
    """The value bytes that a boolean does not use keep what was there before."""

    def fixed(self, kind: int, value: Any) -> bytes:
        raw = super().fixed(kind, value)
        return raw[:2] + b"\xcd" * 6 if kind == PT_BOOLEAN else raw


@fault("file-numbers-extended", "MSGF-PROP-03")
class Extended(MessageWriter):
    """Numbers are extended by their sign to the eight bytes of an entry."""

    def fixed(self, kind: int, value: Any) -> bytes:
        if kind != PT_LONG:
            return super().fixed(kind, value)
        return struct.pack("<q", value - (value >> 31 << 32))


@fault("flags-let-write", "MSGF-PROP-04")
class FlagsLetWrite(TopMessage):
    """A property without writable is changed all the same."""

    def protects(self, kept: Property, replaced: bool) -> bool:
        del kept, replaced
        return False


@fault("flags-let-read", "MSGF-PROP-04")
class FlagsLetRead(TopMessage):
    """A property without readable is read all the same."""

    def readable(self, tag: int) -> int | None:
        return find(self.content.properties, tag)


@fault("file-mask-forgets-width", "MSGF-UNI-01")
class MaskForgetsWidth(MessageWriter):
    """The mask in the file says Unicode whatever the width of the strings."""

    def entries(self, properties: Mapping[int, Property], tree: dict[str, Element]) -> bytes:
        mask = properties.get(PR_STORE_SUPPORT_MASK)
        if mask is None:
            return super().entries(properties, tree)
        always = Property(mask.value | 0x0004_0000, mask.attributes)
        return super().entries({**properties, PR_STORE_SUPPORT_MASK: always}, tree)


@fault("file-strings-narrow", "MSGF-UNI-01")
class StringsNarrow(MessageWriter):
    """Strings are written in 8 bits, and the mask says Unicode."""

    def __init__(self, unicode: bool) -> None:
        del unicode
        super().__init__(unicode=False)


@fault("file-names-in-next-stream", "MSGF-NAME-01")
class NamesInNextStream(MessageWriter):
    """Names are put into the stream after the one in which readers look."""

    def write(self, content: MessageContent, names: NameMap) -> Tree:
        tree = super().write(content, names)
        mapping = tree[NAMES]
        assert not isinstance(mapping, bytes)
        return {**tree, NAMES: {_next(name): item for name, item in mapping.items()}}


def _next(name: str) -> str:
    number = int(name.removeprefix(layout.SUBSTORAGE), 16)
    return layout.stream_name(number + 0x10000) if number >= 0x10000000 else name


@fault("file-class-changed", "MSGF-CLS-01")
class ClassChanged(TopMessage):
    """Saving gives the root storage a class of the implementation's own."""

    def write(self, tree: Tree) -> None:
        super().write(tree)
        self.storage.set_class(b"\1" * 16)


@fault("file-numbers-dropped", "MSGF-RT-01")
class NumbersDropped(MessageWriter):
    """Arrays of numbers are not written."""

    def entries(self, properties: Mapping[int, Property], tree: dict[str, Element]) -> bytes:
        dropped = MV_FLAG | PT_LONG
        kept = {tag: item for tag, item in properties.items() if kind(tag) != dropped}
        return super().entries(kept, tree)


@fault("file-arrays-not-read", "MSGF-RT-01")
class ArraysNotRead(TopMessage):
    """Arrays of texts do not come back when the file is opened again."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        for tag in [tag for tag in self.content.properties if kind(tag) == MV_FLAG | PT_UNICODE]:
            del self.content.properties[tag]
