"""Names and numbers of the .msg layout that writing and reading share.

Source: XM 2.1.3, 2.2.1, 2.2.2, 2.4.1.1; the header sizes 24 and 8 after C10.
"""

from __future__ import annotations

from typing import Final

from adapters.reference.names import STORAGE as NAMES
from adapters.reference.numbers import (
    MV_FLAG,
    PT_BINARY,
    PT_CLSID,
    PT_OBJECT,
    PT_STRING8,
    PT_UNICODE,
)

PROPERTIES: Final = "__properties_version1.0"
SUBSTORAGE: Final = "__substg1.0_"
RECIPIENT: Final = "__recip_version1.0_#"
ATTACHMENT: Final = "__attach_version1.0_#"
TOP_HEADER: Final = 32
EMBEDDED_HEADER: Final = 24
PART_HEADER: Final = 8
NO_SIZE: Final = 0xFFFFFFFF  # in place of a size where the value is a storage

_OWN_NAMES: Final = (PROPERTIES, NAMES, SUBSTORAGE, RECIPIENT, ATTACHMENT)
_IN_STREAMS: Final = frozenset({PT_STRING8, PT_UNICODE, PT_BINARY, PT_CLSID, PT_OBJECT})
# bytes of one value of the types whose arrays lie end to end in one stream
ITEM_SIZES: Final = {2: 2, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 0x14: 8, 0x40: 8, 0x48: 16}


def is_own(name: str) -> bool:
    """Whether an element of the root belongs to the message; others are left alone."""
    return name.startswith(_OWN_NAMES)


def in_stream(kind: int) -> bool:
    """Whether values of a property type live in a stream of their own. Source: XM 2.1.3, 2.1.4."""
    return bool(kind & MV_FLAG) or kind in _IN_STREAMS


def stream_name(tag: int) -> str:
    """The stream of a property's value."""
    return f"{SUBSTORAGE}{tag:08X}"


def item_name(tag: int, number: int) -> str:
    """The stream of one value of an array of variable length."""
    return f"{SUBSTORAGE}{tag:08X}-{number:08X}"
