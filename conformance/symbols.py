"""Symbols: values in a stored call that only a run can fill in.

| symbol | stands for |
|---|---|
| `{"forged": {"of": "h1", "offset": 1}}` | a handle beside the one bound to h1, never issued |
| `{"number": {"of": "a1"}}` | the attachment number that came with the object bound to a1 |
| `{"message_id": {"of": "h1", "index": 0}}` | the first message identifier that came with h1 |
| `{"profile": "default"}` | the profile name, or the password, that can log on |
| `{"identifier": {"of": "v1"}}` | the integer that the start of the variable v1 returned |
| `{"server": "pop3"}` | the `host:port` of a mail server (`"pop3s"`: TLS, `"closed"`: nobody) |

Everything else, names and `{"literal": N}` included, goes over the wire as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from conformance.trace import Call, Outcome

UNTOUCHED: Final = "untouched"
_JSON_EXACT: Final = 2**53 - 1
_WIDEST_HANDLE: Final = 2**64 - 1


class Unresolvable(Exception):  # noqa: N818 - not an error: the step is skipped
    """A symbol, or a name, stands for nothing in this run; the step says nothing."""


@dataclass(slots=True)
class Bindings:
    """What the calls of one sequence bound so far.

    Tokens and attachment numbers stand under the name of the object, message identifiers under the
    name of the session handle that they came with, in order; session identifiers that a start
    returned under the variable that it was given.
    """

    profile: str | None = None
    password: str | None = None
    servers: Mapping[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    messages: dict[str, list[str]] = field(default_factory=dict)
    identifiers: dict[str, int] = field(default_factory=dict)

    def renewed(self) -> Bindings:
        """Return what outlasts a `begin`: who can log on, and where the servers are."""
        return Bindings(self.profile, self.password, self.servers)

    def resolve(self, call: Call) -> tuple[Call, dict[str, Any]]:
        """The call for the wire, and the resolved values of the parameters that held symbols.

        Raises :class:`Unresolvable`.
        """
        resolved: dict[str, Any] = {}
        for key, value in call.params.items():
            if type(value) is dict and len(value) == 1:
                (kind, of), *_ = value.items()
                if kind in _RESOLVERS:
                    resolved[key] = self._value(kind, key, of)
        if not resolved:
            return call, resolved
        return Call(call.method, {**call.params, **resolved}), resolved

    def _value(self, kind: str, key: str, of: Any) -> Any:
        try:
            return _RESOLVERS[kind](self, key, of)
        except (KeyError, TypeError, ValueError):
            # A trace file may hold anything.
            raise Unresolvable(f"{key} holds a damaged symbol") from None

    def bind(self, call: Call, outcome: Outcome) -> None:
        """Take note of what a call bound."""
        if outcome.kind != "result":
            return
        identifier, handle = outcome.body.get("lpszMessageID"), call.params.get("lhSession")
        if identifier and isinstance(identifier, str) and isinstance(handle, str):
            known = self.messages.setdefault(handle, [])
            if identifier not in known and outcome.body.get("return") == 0:
                known.append(identifier)
        session, value = call.params.get("session"), outcome.body.get("return")
        started = call.method.startswith("EmailStart") and type(value) is int
        if started and isinstance(session, dict) and isinstance(session.get("variable"), str):
            self.identifiers[session["variable"]] = value
        out = outcome.body.get("out")
        if out:
            for param, token in out.items():
                name = call.params.get(param)
                if isinstance(name, str) and token is not None and token != UNTOUCHED:
                    self.tokens[name] = token
                    if "number" in outcome.body:
                        self.numbers[name] = outcome.body["number"]


def literal(value: int) -> dict[str, int | str]:
    """A handle value as the wire takes it: hexadecimal text above 2^53-1."""
    return {"literal": value if value <= _JSON_EXACT else hex(value)}


def number_of(token: str) -> int | None:
    """The number a token stands for by convention (`0x...`), or None."""
    if not token.startswith("0x"):
        return None
    try:
        return int(token, 16)
    except ValueError:
        return None


def could_mean(token: str, value: int) -> bool:
    """Whether a token may be the text of a number, whatever base its harness writes in."""
    for base in (16, 10):
        try:
            if int(token, base) == value:
                return True
        except ValueError:
            continue
    return False


def _forged(bindings: Bindings, _key: str, of: Mapping[str, Any]) -> dict[str, int | str]:
    token = bindings.tokens.get(of["of"])
    number = None if token is None else number_of(token)
    if number is None:
        raise Unresolvable(f"no number to forge from: {of['of']}")
    value = number + int(of["offset"])
    if not 0 <= value <= _WIDEST_HANDLE:
        raise Unresolvable("the forged value is no handle")
    return literal(value)


def _number(bindings: Bindings, _key: str, of: Mapping[str, Any]) -> int:
    if of["of"] not in bindings.numbers:
        raise Unresolvable(f"no number came with {of['of']}")
    return bindings.numbers[of["of"]]


def _message_id(bindings: Bindings, _key: str, of: Mapping[str, Any]) -> str:
    known, index = bindings.messages.get(of["of"], []), int(of["index"])
    if not 0 <= index < len(known):
        raise Unresolvable(f"no message identifier {index} came with {of['of']}")
    return known[index]


def _profile(bindings: Bindings, key: str, _of: object) -> str | None:
    return bindings.password if key == "lpszPassword" else bindings.profile


def _identifier(bindings: Bindings, _key: str, of: Mapping[str, Any]) -> dict[str, int]:
    if not bindings.identifiers.get(of["of"]):
        raise Unresolvable(f"no integer identifies the session of {of['of']}")
    return {"integer": bindings.identifiers[of["of"]]}


def _server(bindings: Bindings, _key: str, of: str) -> str:
    if of not in bindings.servers:
        raise Unresolvable(f"there is no server {of}")
    return bindings.servers[of]


_RESOLVERS: Final[Mapping[str, Callable[[Bindings, str, Any], Any]]] = {
    "forged": _forged,
    "identifier": _identifier,
    "message_id": _message_id,
    "number": _number,
    "profile": _profile,
    "server": _server,
}
