"""Untrusted text and values, made safe to show: escaped visibly, shortened visibly, never a crash.

Everything that an implementation says may be hostile.
Escaping for a format (HTML, XML) is the writer's; this module deals with what no format escapes:
control characters, characters that reorder or hide text, lone surrogates, and sheer size.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any, Final

LINE_LIMIT: Final = 600
BLOCK_LIMIT: Final = 8_000
_INTEGER_BITS: Final = 512

# Controls, the soft hyphen, bidirectional and zero-width characters, line and paragraph separators,
# surrogates, interlinear and byte order marks, noncharacters, tag characters.
_INVISIBLE: Final = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\u3164\ud800-\udfff\ufeff\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e0fff"
)
_IN_BLOCK: Final = re.compile(f"[{_INVISIBLE}]")
_IN_LINE: Final = re.compile(rf"[\t\n{_INVISIBLE}]")


def line(value: object, limit: int = LINE_LIMIT) -> str:
    """Write the value as one line of visible characters, cut with a remark after `limit`."""
    text = _text(value)
    return _IN_LINE.sub(_escape, text[:limit]) + _cut_remark(len(text) - limit)


def block(value: object, limit: int = BLOCK_LIMIT) -> str:
    """Do as :func:`line`, but let line breaks and tabs stay."""
    text = _text(value).replace("\r\n", "\n")
    return _IN_BLOCK.sub(_escape, text[:limit]) + _cut_remark(len(text) - limit)


def tail(value: object, limit: int = BLOCK_LIMIT) -> str:
    """Keep the end of a long text, such as a standard error stream, as a block."""
    text = _text(value).replace("\r\n", "\n")
    missing = len(text) - limit
    remark = f"[{missing:,} earlier characters left out] … " if missing > 0 else ""
    return remark + _IN_BLOCK.sub(_escape, text[-limit:])


def ends(value: object, limit: int) -> str:
    """Do as :func:`line`, but cut in the middle: both ends of a conclusion matter."""
    text, half = _text(value), limit // 2
    if len(text) <= limit:
        return line(text)
    missing = len(text) - 2 * half
    return f"{line(text[:half])} … [{missing:,} characters left out] … {line(text[-half:])}"


def fit(value: object, columns: int) -> str:
    """Write the value as one line of `columns` terminal columns at most, ending in … if cut."""
    text = line(value, 4 * columns)
    if columns_of(text) <= columns:
        return text
    kept, used = [], 1
    for char in text:
        used += columns_of(char)
        if used > columns:
            break
        kept.append(char)
    return "".join(kept).rstrip() + "…"


def columns_of(text: str) -> int:
    """Count the terminal columns of a text: wide characters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def compact(value: object, limit: int = 120) -> str:
    """Write a value as JSON on one line, shortened for reading."""
    return line(json.dumps(bounded(value, depth=6, nodes=60, text=limit)[0]), limit)


def bounded(
    value: object, depth: int = 24, nodes: int = 5_000, text: int = 4_000
) -> tuple[Any, bool]:
    """Copy a JSON value so that it is safe to encode, and say whether anything was left out.

    Deeper levels, later members and the ends of long strings are replaced by strings that say so.
    """
    left, shortened = nodes, False

    def omit(what: str) -> str:
        nonlocal shortened
        shortened = True
        return f"… [{what} left out]"

    def walk(item: object, level: int) -> Any:
        nonlocal left
        left -= 1
        if isinstance(item, str):
            return (
                item
                if len(item) <= text
                else item[:text] + omit(f"{len(item) - text:,} characters")
            )
        if item is None or isinstance(item, (bool, float)):
            return item
        if isinstance(item, int):
            return item if item.bit_length() <= _INTEGER_BITS else omit("a huge integer")
        if not isinstance(item, (dict, list, tuple)):
            return omit(f"a {type(item).__name__}")
        if not level:
            return omit("deeper levels")
        if isinstance(item, dict):
            return walk_members(item, level)
        return walk_items(item, level)

    def walk_members(item: dict[Any, Any], level: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for key, member in item.items():
            if left <= 0:
                members["…"] = omit(f"{len(item) - len(members):,} members")
                break
            members[line(key, 200)] = walk(member, level - 1)
        return members

    def walk_items(item: list[Any] | tuple[Any, ...], level: int) -> list[Any]:
        items: list[Any] = []
        for member in item:
            if left <= 0:
                items.append(omit(f"{len(item) - len(items):,} items"))
                break
            items.append(walk(member, level - 1))
        return items

    return walk(value, depth), shortened


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, (bool, float)):
        return str(value)
    if isinstance(value, int) and value.bit_length() <= _INTEGER_BITS:
        return str(value)
    return json.dumps(bounded(value)[0])


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")


def _cut_remark(missing: int) -> str:
    return f"… [{missing:,} more characters]" if missing > 0 else ""
