"""Correct implementations that keep messages and write files in other ways than the reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.mutants.registry import benign
from adapters.reference import layout
from adapters.reference.compound import Tree
from adapters.reference.msgwrite import MessageWriter
from adapters.reference.numbers import PROPATTR_NOT_PRESENT
from adapters.reference.objects import Result
from adapters.reference.properties import MessageContent, identifier
from adapters.reference.topmessage import TopMessage
from conformance.codes import (
    MAPI_E_COMPUTED,
    MAPI_W_ERRORS_RETURNED,
    PR_STORE_SUPPORT_MASK,
    S_OK,
)

_MASK = identifier(int(PR_STORE_SUPPORT_MASK, 16))


@benign("computed-refuses-the-call")
class ComputedRefusesTheCall(TopMessage):
    """Whoever sets the mask gets MAPI_E_COMPUTED, and nothing is set."""

    def set_props(self, values: Mapping[int, Any]) -> Result:
        if self.usable and self.writable and any(identifier(tag) == _MASK for tag in values):
            return MAPI_E_COMPUTED, None
        return super().set_props(values)


@benign("mask-without-attributes")
class MaskWithoutAttributes(TopMessage):
    """The mask is computed and not stored, so that no attributes are kept for it."""

    def get_attributes(self, tags: Sequence[int]) -> Result:
        code, buffer = super().get_attributes(tags)
        hidden = [tag for tag in tags if identifier(tag) == _MASK]
        if buffer is None or not hidden:
            return code, buffer
        buffer.value.update(dict.fromkeys(hidden, PROPATTR_NOT_PRESENT))
        return MAPI_W_ERRORS_RETURNED if code == S_OK else code, buffer


@benign("parts-go-with-their-message")
class PartsGoAlong(TopMessage):
    """The last Release inside a session ends the message and whatever was opened from it."""

    def settle(self) -> None:
        if self.session is not None and not self.closed and not self.references:
            self.close()
        else:
            super().settle()


@benign("attachments-keep-their-numbers")
class KeptNumbers(MessageWriter):
    """Attachments are stored under the numbers by which they were opened, gaps included."""

    def message(self, content: MessageContent, header: int) -> Tree:
        tree = dict(super().message(content, header))
        written = {
            name: tree.pop(name) for name in list(tree) if name.startswith(layout.ATTACHMENT)
        }
        names = [
            self.part_name(layout.ATTACHMENT, number) for number in sorted(content.attachments)
        ]
        return {**tree, **dict(zip(names, written.values(), strict=True))}
