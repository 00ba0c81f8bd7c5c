"""The encoding of the harness protocol: reading params, writing results, errors of the harness."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final, Protocol

from conformance.trace import BAD_PARAMS

UNTOUCHED: Final = "untouched"
Params = Mapping[str, Any]


class WireError(Exception):
    """The call is answered with a JSON-RPC error instead of a result."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.body: dict[str, Any] = {"code": code, "message": message}
        if data is not None:
            self.body["data"] = data


class UnboundError(WireError):
    """A name stands for nothing, which the suite cannot know of names bound on another thread."""


class Addressed(Protocol):
    """Anything that a pointer can point to."""

    address: int


class Out:
    """A variable that the caller gave the address of, preset with a sentinel.

    `value` stays the sentinel until the implementation writes; None is NULL.
    """

    __slots__ = ("name", "value")

    def __init__(self, name: str) -> None:
        self.name = name
        self.value: Any = UNTOUCHED


def token(address: int) -> str:
    """The value of a pointer or handle as it travels."""
    return f"{address:#x}"


def bad(message: str) -> WireError:
    """The params of a call are malformed."""
    return WireError(BAD_PARAMS, message)


def param(params: Params, key: str) -> Any:
    """A parameter that has to be there."""
    try:
        return params[key]
    except KeyError:
        raise bad(f"the parameter {key} is missing") from None


def ulong(params: Params, key: str) -> int:
    """An unsigned 32-bit integer."""
    value = params.get(key)
    if type(value) is int and 0 <= value <= 0xFFFFFFFF:
        return value
    raise bad(f"{key} is no unsigned 32-bit integer")


def ulong_ptr(params: Params, key: str) -> int:
    """An integer as wide as a pointer; large ones travel as hexadecimal strings."""
    return integer(params.get(key), key)


def integer(value: Any, key: str) -> int:
    """An integer, or a hexadecimal string for one."""
    if type(value) is int and value >= 0:
        return value
    if isinstance(value, str):
        try:
            return int(value, 16)
        except ValueError:
            pass
    raise bad(f"{key} is no unsigned integer")


def text(params: Params, key: str) -> str | None:
    """A string or NULL."""
    value = params.get(key)
    if value is None or isinstance(value, str):
        return value
    raise bad(f"{key} is neither a string nor null")


def boolean(params: Params, key: str) -> bool:
    """True or false; null and an absent member are false."""
    value = params.get(key)
    if value is None or isinstance(value, bool):
        return bool(value)
    raise bad(f"{key} is neither true nor false")


def out(params: Params, key: str) -> Out | None:
    """The variable that an out parameter points to, or None for a NULL pointer."""
    name = param(params, key)
    if name is None:
        return None
    if isinstance(name, str):
        return Out(name)
    raise bad(f"{key} is neither a name nor null")


def unbase64(value: Any, key: str) -> bytes:
    """Bytes that travel as base64."""
    if isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            pass
    raise bad(f"{key} is not base64")


def to_base64(value: bytes) -> str:
    """Bytes as they travel."""
    return base64.b64encode(value).decode("ascii")


class Names:
    """The names that the suite bound in one sequence, and what each stands for."""

    def __init__(self) -> None:
        self.bound: dict[str, Any] = {}

    def __getitem__(self, name: Any) -> Any:
        """What a name stands for, null being NULL."""
        if name is None:
            return None
        try:
            return self.bound[name]
        except (KeyError, TypeError):
            raise UnboundError(BAD_PARAMS, f"the name {name!r} is not bound") from None

    def pointer(self, cell: Out | None) -> str | None:
        """Bind what was written through an out parameter, and give its token."""
        if cell is None or cell.value is None:
            return None
        if cell.value is UNTOUCHED:
            return UNTOUCHED
        self.bound[cell.name] = cell.value
        return token(cell.value.address)

    def handle(self, cell: Out | None) -> str | None:
        """The same for a handle, which is a number; zero binds nothing."""
        if cell is None or not cell.value:
            return None
        if cell.value is UNTOUCHED:
            return UNTOUCHED
        self.bound[cell.name] = cell.value
        return token(cell.value)
