"""Properties as the model knows them: what a message was given, and what it gives back.

Tags are eight hex digits, compared as numbers; a property is found by its identifier
(the upper half), because an implementation answers with the type that it found.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

from conformance.codes import MAPI_UNICODE, PR_STORE_SUPPORT_MASK
from conformance.findings import Broken, Finding
from conformance.model.imsg.state import Attachment, Imsg, Life, Message
from conformance.trace import Call, Outcome

MASK: Final = int(PR_STORE_SUPPORT_MASK, 16)
_STRING8: Final = 0x001E
_UNICODE: Final = 0x001F
_MULTIPLE: Final = 0x1000
_BINARY: Final = frozenset({0x0102, 0x0048})


def own_message(state: Imsg, call: Call) -> Message | None:
    """The open message that the call is made on, unless its name may reach another one.

    What is embedded in a message whose last reference is gone may be gone with it: D3 says so of
    the memory of session-less messages only, and of the order of the releases nothing.
    """
    name = call.params.get("this")
    found = state.thing(name)
    if found is None or state.reused(name) or not isinstance(found[1], Message):
        return None
    held = found[1].life is Life.OPEN and top_of(state, found[1]).life is Life.OPEN
    return found[1] if held else None


def top_of(state: Imsg, part: Message | Attachment) -> Message:
    """The message on a storage that a part belongs to, itself where it is one."""
    message = state.things[part.message] if isinstance(part, Attachment) else part
    assert isinstance(message, Message)
    while message.parent is not None:
        attachment = state.things[message.parent]
        parent = state.things[attachment.message] if isinstance(attachment, Attachment) else None
        if not isinstance(parent, Message):
            return message
        message = parent
    return message


def writable(state: Imsg, message: Message) -> bool:
    """Whether a message can be changed: its storage was opened for reading and writing."""
    storage = state.storages.get(message.storage or "")
    return storage is not None and storage.mode == "readwrite"


def read(outcome: Outcome, tag: int) -> Any:
    """The value that came back for a property, or None."""
    for key, value in (outcome.body.get("props") or {}).items():
        if int(key, 16) >> 16 == tag >> 16:
            return value
    return None


def support_mask(call: Call, outcome: Outcome) -> int | None:
    """PR_STORE_SUPPORT_MASK as read: 0 where the message has none, None where nobody asked."""
    if all(int(tag, 16) != MASK for tag in call.params.get("tags", ())):
        return None
    value = read(outcome, MASK)
    return value if isinstance(value, int) else 0


def lost(message: Message, call: Call, outcome: Outcome) -> Finding:
    """A property that was set and asked for did not come back as it was set."""
    for asked in call.params.get("tags", ()):
        tag = int(asked, 16)
        if tag not in message.props or not stays(message, tag):
            continue
        want, got = message.props[tag], read(outcome, tag)
        if not same_value(tag, want, got):
            return Broken(f"{asked} reads {want!r}, as it was set", f"it reads {got!r}")
    return None


def stays(message: Message, tag: int) -> bool:
    """Whether the documents promise that the message keeps this type as it is.

    Strings, be they one or many values, stay in the width of the message (D3, MAPI_UNICODE).
    """
    kind = tag & 0xFFFF & ~_MULTIPLE
    if kind in (_STRING8, _UNICODE):
        return (kind == _UNICODE) == bool(message.flags & MAPI_UNICODE)
    return tag != MASK


def same_value(tag: int, want: Any, got: Any) -> bool:
    """Whether two values of a property are the same, binary ones whatever their spelling."""
    if tag & 0xFFFF in _BINARY and isinstance(want, str) and isinstance(got, str):
        try:
            return base64.b64decode(want) == base64.b64decode(got)
        except binascii.Error:
            return False
    return bool(want == got)
