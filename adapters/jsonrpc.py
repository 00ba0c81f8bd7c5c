"""Requests and responses of the harness protocol as lines (docs/protocol.md, Transport); pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from conformance.errors import AdapterError, ProtocolError

DEEPEST: Final = 100
"""Levels of an answer; the deepest that the tables know has seven."""
_QUOTE: Final = 200
_BRACKETS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)

_encode: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def request(number: int, method: str, params: Mapping[str, Any]) -> bytes:
    """One request line. Raises :class:`AdapterError` for params that are no JSON: a bug of ours."""
    try:
        encoded = _encode(params if type(params) is dict else dict(params))
    except (TypeError, ValueError) as error:
        raise AdapterError(f"the params of {method} cannot be written as JSON: {error}") from error
    return (
        f'{{"jsonrpc":"2.0","id":{number},"method":{_name(method)},"params":{encoded}}}\n'.encode()
    )


def response(line: bytes, number: int) -> dict[str, Any]:
    """Read the response to request `number`, which has a result or an error, from a line.

    Raises :class:`ProtocolError` with the offending text.
    """
    if line.count(b"[") + line.count(b"{") > DEEPEST and _depth(line) > DEEPEST:
        raise _wrong("a line that is nested too deeply", line)
    try:
        text = line.decode("utf-8").strip()
        answer, end = _decode(text)
    except (ValueError, RecursionError):
        raise _wrong("a line that is not JSON", line) from None
    if end != len(text):
        raise _wrong("more than JSON on one line", line)
    if type(answer) is not dict:
        raise _wrong("JSON that is no object", line)
    got = answer.get("id")
    if type(got) is not int or got != number:
        raise ProtocolError(
            "the harness answered with the wrong id",
            "one response for each request, with its id, and nothing else on stdout",
            said=f"{quote(json.dumps(got))} where {number} was asked: {quote(line)}",
            late=type(got) is int and 0 < got < number,  # a second answer to one before
        )
    if ("result" in answer) == ("error" in answer):
        which = "both" if "result" in answer else "neither"
        raise _wrong(f"{which} of result and error", line)
    if "error" in answer:
        error = answer["error"]
        if type(error) is not dict or type(error.get("code")) is not int:
            raise _wrong("an error without an integer code", line)
    return answer


def quote(text: bytes | str) -> str:
    """Text of the other side, printable on one line, and not too long."""
    start = text[: 8 * _QUOTE]
    plain = start.decode("utf-8", "backslashreplace") if isinstance(start, bytes) else start
    plain = plain.strip()
    shown = "".join(ch if ch.isprintable() else ascii(ch)[1:-1] for ch in plain[:_QUOTE])
    what = "bytes" if isinstance(text, bytes) else "characters"
    return shown + (f"... ({len(text)} {what})" if len(plain) > _QUOTE else "")


def _wrong(what: str, line: bytes) -> ProtocolError:
    return ProtocolError(f"the harness answered {what}", said=quote(line))


def _depth(line: bytes) -> int:
    """How deeply the brackets of a line are nested; those within strings count for nothing."""
    depth = deepest = 0
    for found in _BRACKETS.finditer(line):
        char = found[0]
        if char in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in b"]}":
            depth -= 1
    return deepest


@lru_cache(maxsize=256)
def _name(method: str) -> str:
    return json.dumps(method)


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity, which the json module reads, are not JSON


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number


# raw_decode, because decode would search twice for white space on each call.
_decode: Final = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite).raw_decode
