"""What an implementation says of itself in the handshake (harness protocol, `initialize`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from conformance.errors import ProtocolError

FAMILIES: Final = ("imsg", "simple", "email", "msgfile")
WIRE_FAMILIES: Final = ("imsg", "simple", "email")
OBSERVABLE: Final = frozenset({"mallocs", "storages", "released", "live", "buffers"})
PROTOCOLS: Final = frozenset({"pop3", "smtp", "imap", "outlook", "notes"})


def wire_family(family: str) -> str:
    """The family of calls that the requirements of a family are decided on.

    The file of a message session has no calls of its own (docs/protocol.md, initialize).
    """
    return "imsg" if family == "msgfile" else family


@dataclass(frozen=True, slots=True)
class Implementation:
    """The name and version of an implementation, and what else it cared to say."""

    name: str
    version: str
    language: str = ""
    platform: str = ""
    homepage: str = ""

    def to_json(self) -> dict[str, str]:
        pairs = ((key, getattr(self, key)) for key in self.__slots__)
        return {key: value for key, value in pairs if value or key in ("name", "version")}

    @classmethod
    def from_json(cls, value: object) -> Implementation:
        """Raises :class:`ProtocolError` where name or version is missing or no string."""
        if not isinstance(value, dict):
            raise ProtocolError("the answer to initialize has no object `implementation`")
        for key in ("name", "version"):
            if not isinstance(value.get(key), str):
                raise ProtocolError(
                    f"`implementation.{key}` of the answer to initialize is no string"
                )
        fields = {key: value[key] for key in cls.__slots__ if isinstance(value.get(key), str)}
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one family of an implementation offers; absent members mean what the protocol says."""

    functions: frozenset[str]
    observes: frozenset[str] = frozenset()
    checked_handles: bool = False
    null_arguments: bool = True
    parallel: bool = False
    fail_allocation: bool = False
    protocols: frozenset[str] = frozenset()
    tls: bool = False

    def to_json(self) -> dict[str, Any]:
        values = {key: getattr(self, key) for key in self.__slots__}
        return {
            key: sorted(value) if isinstance(value, frozenset) else value
            for key, value in values.items()
        }

    @classmethod
    def from_json(cls, value: object, family: str) -> Capabilities:
        """Raises :class:`ProtocolError` that names the member whose shape is wrong."""
        where = f"`families.{family}` of the answer to initialize"
        if not isinstance(value, dict):
            raise ProtocolError(f"{where} is no object")
        if "functions" not in value:
            raise ProtocolError(
                f"{where} has no `functions`", "list every function that is offered"
            )
        fields: dict[str, Any] = {}
        for key in ("functions", "observes", "protocols"):
            if key in value:
                fields[key] = _names(value[key], f"`{key}` in {where}")
        for key in ("checked_handles", "null_arguments", "parallel", "fail_allocation", "tls"):
            if key in value:
                if not isinstance(value[key], bool):
                    raise ProtocolError(f"`{key}` in {where} is neither true nor false")
                fields[key] = value[key]
        for key, known in (("observes", OBSERVABLE), ("protocols", PROTOCOLS)):
            unknown = fields.get(key, frozenset()) - known
            if unknown:
                raise ProtocolError(
                    f"`{key}` in {where} names the unknown {', '.join(sorted(unknown))}"
                )
        return cls(**fields)


Offer = Mapping[str, Capabilities]


def offer_from_json(value: object) -> Offer:
    """The families of an `initialize` answer; unknown ones are ignored, as the protocol asks.

    Raises :class:`ProtocolError` where a known one has the wrong shape.
    """
    if not isinstance(value, dict):
        raise ProtocolError("the answer to initialize has no object `families`")
    return {
        family: Capabilities.from_json(value[family], family)
        for family in WIRE_FAMILIES
        if family in value
    }


def _names(value: object, where: str) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ProtocolError(f"{where} is no list of strings")
    return frozenset(value)
