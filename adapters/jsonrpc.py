"""Requests and responses of the harness protocol as lines (docs/protocol.md, Transport); pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from conformance.errors import AdapterError, ProtocolError

_QUOTE: Final = 200

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
    try:
        text = line.decode("utf-8").strip()
        answer, end = _decode(text)
    except (ValueError, RecursionError):
        raise ProtocolError(
            f"the harness answered a line that is not JSON: {quote(line)}"
        ) from None
    if end != len(text):
        raise ProtocolError(f"the harness answered more than JSON on one line: {quote(line)}")
    if type(answer) is not dict:
        raise ProtocolError(f"the harness answered JSON that is no object: {quote(line)}")
    got = answer.get("id")
    if type(got) is not int or got != number:
        raise ProtocolError(
            f"the harness answered with id {quote(json.dumps(got))}"
            f" where {number} was asked: {quote(line)}",
            "one response for each request, with its id, and nothing else on stdout",
        )
    if ("result" in answer) == ("error" in answer):
        which = "both" if "result" in answer else "neither"
        raise ProtocolError(f"the harness answered {which} of result and error: {quote(line)}")
    if "error" in answer:
        error = answer["error"]
        if type(error) is not dict or type(error.get("code")) is not int:
            raise ProtocolError(
                f"the harness answered an error without an integer code: {quote(line)}"
            )
    return answer


def quote(text: bytes | str) -> str:
    """Text of the other side, printable on one line, and not too long."""
    plain = text.decode("utf-8", "backslashreplace") if isinstance(text, bytes) else text
    plain = plain.strip()
    shown = "".join(ch if ch.isprintable() else ascii(ch)[1:-1] for ch in plain[:_QUOTE])
    return shown + (f"... ({len(plain)} characters)" if len(plain) > _QUOTE else "")


@lru_cache(maxsize=256)
def _name(method: str) -> str:
    return json.dumps(method)


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity, which the json module reads, are not JSON


# raw_decode, because decode would search twice for white space on each call.
_decode: Final = json.JSONDecoder(parse_constant=_no_constant).raw_decode
