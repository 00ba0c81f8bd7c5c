"""Values of a trace as C: strings, numbers, names, property lists."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, Final

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,40}")
_TAG: Final = re.compile(r"0[xX][0-9A-Fa-f]{8}")
_PLAIN: Final = frozenset(range(0x20, 0x7F)) - set(b'"\\?')
_LONGEST: Final = 4_000
_RESERVED: Final = """
auto break case char const continue default do double else enum extern float for goto if int long
register return short signed sizeof static struct switch typedef union unsigned void volatile while
inline code count main argc argv profile password mapi add ends begins came step known need text
mail wrote forget verdict died load symbol function library storage released buffers
"""


class InexpressibleError(Exception):
    """The call cannot be written in C; the message says why."""


def name(value: object) -> str:
    """Give the variable for a name of the trace."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise InexpressibleError("its names are no names of C")
    return f"{value}_" if value in _RESERVED.split() else value


def string(value: object) -> str:
    """Write a C string literal of the UTF-8 bytes, or NULL."""
    if value is None:
        return "NULL"
    if not isinstance(value, str) or "\0" in value or len(value) > _LONGEST:
        raise InexpressibleError("a string does not fit into C")
    try:
        encoded = value.encode()
    except UnicodeEncodeError:
        raise InexpressibleError("a string is no UTF-8") from None
    return '"' + "".join(chr(b) if b in _PLAIN else f"\\{b:03o}" for b in encoded) + '"'


def comment(value: str) -> str:
    """Make a text safe inside a comment."""
    return value.replace("*/", "* /").replace("/*", "/ *").replace("??/", "? ?/").rstrip("\\")


def integer(value: object, widest: int = 2**32 - 1) -> str:
    """Write an unsigned number: decimal where it is small, else hexadecimal."""
    if isinstance(value, str):
        try:
            value = int(value, 16)
        except ValueError:
            raise InexpressibleError("a number is damaged") from None
    if type(value) is not int or not 0 <= value <= widest:
        raise InexpressibleError("a number does not fit its parameter")
    digits = str(value) if value < 1024 else f"0x{value:X}"
    return f"{digits}u" if value < 2**32 else f"(ULONG_PTR){digits}ull"


def tag(value: object) -> int:
    """Read a property tag."""
    if not isinstance(value, str) or not _TAG.fullmatch(value):
        raise InexpressibleError("a property tag is damaged")
    return int(value, 16)


def tag_array(values: object, variable: str) -> list[str]:
    """Declare an SPropTagArray, or its like, of these tags."""
    if not isinstance(values, list) or not values:
        raise InexpressibleError("it names no properties")
    tags = ", ".join(f"0x{tag(each):08X}" for each in values)
    kind = f"struct {{ ULONG cValues, aulPropTag[{len(values)}]; }}"
    return [f"static {kind} {variable} = {{{len(values)}, {{{tags}}}}};"]


def property_list(values: object, variable: str) -> list[str]:
    """Declare an array of SPropValue, and the data that it points to."""
    if not isinstance(values, Mapping) or not values:
        raise InexpressibleError("its property list is empty or damaged")
    data, rows = [], []
    for number, (key, value) in enumerate(values.items(), 1):
        place = f"{variable}_{number}"
        kind = tag(key) & 0xFFFF
        member, declared = _value(kind, value, place)
        data += declared
        rows.append(f"    {{0x{tag(key):08X}, 0, {{{member}}}}},")
    array = "\n".join((f"static SPropValue {variable}[] = {{", *rows, "};"))
    return [*data, array]


def _value(kind: int, value: Any, place: str) -> tuple[str, list[str]]:
    if kind == 0x001E and isinstance(value, str):
        return f".lpszA = {string(value)}", []
    if kind == 0x001F and isinstance(value, str):
        units = _units(value)
        shown = ", ".join(f"0x{unit:X}" for unit in (*units, 0))
        return f".lpszW = {place}", [f"static WCHAR {place}[] = {{{shown}}};"]
    if kind == 0x0003 and type(value) is int:
        return f".ul = {integer(value)}", []
    if kind == 0x000B and isinstance(value, bool):
        return f".b = {int(value)}", []
    if kind == 0x0102 and isinstance(value, str):
        content = _bytes(value)
        shown = ", ".join(str(byte) for byte in content) or "0"
        declared = f"static BYTE {place}[] = {{{shown}}};"
        return f".bin = {{{len(content)}, {place}}}", [declared]
    raise InexpressibleError(f"it passes a property of type {kind:04X}")


def _units(value: str) -> list[int]:
    try:
        encoded = value.encode("utf-16-le")
    except UnicodeEncodeError:
        raise InexpressibleError("a string is no Unicode text") from None
    return [int.from_bytes(encoded[at : at + 2], "little") for at in range(0, len(encoded), 2)]


def _bytes(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise InexpressibleError("its bytes are damaged") from None


def shown_property(key: str, value: Any) -> str:
    """Write a property that was read as the program writes it (see parts/props.c)."""
    number = tag(key)
    kind = number & 0xFFFF
    text = f"; 0x{number:08X} "
    if kind == 0x0003 and type(value) is int:
        return f"{text}is {value}"
    if kind == 0x000B and isinstance(value, bool):
        return f"{text}is {str(value).lower()}"
    if kind == 0x001E and isinstance(value, str):
        return f"{text}is {value.encode(errors='replace').hex().upper()}"
    if kind == 0x001F and isinstance(value, str):
        return f"{text}is " + "".join(f"{unit:04X}" for unit in _units(value))
    if kind == 0x0102 and isinstance(value, str):
        return f"{text}is {_bytes(value).hex().upper()}"
    return f"{text}is there"
