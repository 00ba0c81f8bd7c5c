"""Property lists of the harness protocol, to and from the values of the reference."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Final

from adapters.reference.names import PropertyName
from adapters.reference.numbers import (
    MV_FLAG,
    PT_BINARY,
    PT_BOOLEAN,
    PT_CLSID,
    PT_LONG,
    PT_STRING8,
    PT_UNICODE,
)
from adapters.reference.properties import kind
from adapters.reference.wire import Params, WireError, bad, param, to_base64, unbase64
from conformance.trace import NOT_EXPRESSIBLE

_GUID_SIZE: Final = 16
_LARGEST: Final = 0xFFFFFFFF


def tags(params: Params) -> list[int]:
    """The list of tags of a call."""
    given = param(params, "tags")
    if not isinstance(given, list):
        raise bad("tags is no list")
    return [tag(item) for item in given]


def tag(value: Any) -> int:
    """One tag: eight hexadecimal digits after 0x."""
    if isinstance(value, str) and len(value) == 10 and value[:2].lower() == "0x":
        try:
            return int(value[2:], 16)
        except ValueError:
            pass
    raise bad(f"{value!r} is no property tag")


def tag_text(number: int) -> str:
    """A tag as it travels."""
    return f"0x{number:08X}"


def decode(given: Any) -> dict[int, Any]:
    """A property list. A type that the protocol does not have cannot be expressed (-32001)."""
    if not isinstance(given, dict):
        raise bad("a property list is no object")
    return {tag(key): _decode_value(tag(key), value) for key, value in given.items()}


def rows(params: Params) -> list[dict[int, Any]]:
    """The list of property lists of a call."""
    given = param(params, "rows")
    if not isinstance(given, list):
        raise bad("rows is no list")
    return [decode(row) for row in given]


def attributes(params: Params) -> dict[int, int]:
    """Tags with attribute masks."""
    given = param(params, "attribs")
    if not isinstance(given, dict):
        raise bad("attribs is no object")
    return {tag(key): _number(value, key) for key, value in given.items()}


def names(params: Params) -> list[PropertyName]:
    """Names of properties: a property set with a number or a string."""
    given = param(params, "names")
    if not isinstance(given, list):
        raise bad("names is no list")
    return [_name(item) for item in given]


def encode(values: Mapping[int, Any]) -> dict[str, Any]:
    """Tags with values as they travel."""
    return {tag_text(number): encode_value(value) for number, value in values.items()}


def encode_value(value: Any) -> Any:
    """Bytes as base64, arrays as lists; the other values travel as they are."""
    if isinstance(value, tuple):
        return [encode_value(item) for item in value]
    return to_base64(value) if isinstance(value, bytes) else value


def _decode_value(number: int, value: Any) -> Any:
    item = kind(number) & ~MV_FLAG
    decoder = _DECODERS.get(item)
    if decoder is None or (kind(number) & MV_FLAG and item == PT_BOOLEAN):
        raise WireError(NOT_EXPRESSIBLE, f"{tag_text(number)} is of a type the protocol lacks")
    key = tag_text(number)
    if not kind(number) & MV_FLAG:
        return decoder(value, key)
    if not isinstance(value, list):
        raise bad(f"the value of {key} is no list")
    return tuple(decoder(member, key) for member in value)


def _number(value: Any, key: str) -> int:
    if type(value) is int and 0 <= value <= _LARGEST:
        return value
    raise bad(f"the value of {key} is no unsigned 32-bit integer")


def _boolean(value: Any, key: str) -> bool:
    if isinstance(value, bool):
        return value
    raise bad(f"the value of {key} is neither true nor false")


def _text(value: Any, key: str) -> str:
    if isinstance(value, str):
        return value
    raise bad(f"the value of {key} is no string")


def _guid(value: Any, key: str) -> bytes:
    content = unbase64(value, key)
    if len(content) == _GUID_SIZE:
        return content
    raise bad(f"the value of {key} is not 16 bytes long")


def _name(item: Any) -> PropertyName:
    if not isinstance(item, dict) or ("id" in item) == ("name" in item):
        raise bad("a name has a guid, and either an id or a name")
    try:
        guid = uuid.UUID(item["guid"])
    except (KeyError, ValueError, AttributeError, TypeError):
        raise bad("the guid of a name is none") from None
    return PropertyName(
        guid, _number(item["id"], "id") if "id" in item else _text(item["name"], "name")
    )


_DECODERS: Final = {
    PT_LONG: _number,
    PT_BOOLEAN: _boolean,
    PT_STRING8: _text,
    PT_UNICODE: _text,
    PT_CLSID: _guid,
    PT_BINARY: unbase64,
}
