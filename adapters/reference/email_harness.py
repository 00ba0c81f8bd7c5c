"""The harness half of `email`: each documented function, from params to result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from adapters.reference.email import Email, Identity, Wish
from adapters.reference.guard import Guard
from adapters.reference.lines import Address
from adapters.reference.wire import Params, bad, boolean, param, ulong
from conformance.capabilities import Capabilities

Result = dict[str, Any]
Method = Callable[[Params], Result]


class EmailHarness:
    """One program that calls an implementation of email sessions."""

    capabilities: ClassVar[Capabilities]

    def __init__(self, email: Email) -> None:
        self.email = email
        self.guard = Guard()

    def methods(self) -> dict[str, Method]:
        """What can be called, by its name on the wire."""
        named = {name: getattr(self, method) for name, method in FUNCTIONS.items()}
        return {**named, "observe": self.observe}

    def end(self) -> None:
        """The program ends."""
        self.email.end_program()

    def observe(self, _params: Params) -> Result:
        return {"live": {"sessions": self.email.held()}}

    def start_session(self, params: Params) -> Result:
        wishes = [Wish("pop3", _address(params, "pop3"))]
        if param(params, "smtp") is not None:
            wishes.append(Wish("smtp", _address(params, "smtp")))
        return self._start(params, wishes)

    def start_pop3(self, params: Params) -> Result:
        return self._start_one(params, "pop3")

    def start_imap(self, params: Params) -> Result:
        return self._start_one(params, "imap")

    def start_smtp(self, params: Params) -> Result:
        return self._start_one(params, "smtp")

    def _start_one(self, params: Params, protocol: str) -> Result:
        wish = Wish(protocol, _address(params, "server"), boolean(params, "tls"))
        return self._start(params, [wish])

    def _start(self, params: Params, wishes: list[Wish]) -> Result:
        identity, user = identity_of(params), param(params, "session").get("user")
        if not isinstance(user, str):
            raise bad("the session has no user")
        password = _text(params, "password")
        return {"return": self.email.start(identity, user, password, wishes)}

    def close(self, params: Params) -> Result:
        self.email.close(identity_of(params))
        return {"return": None}

    def set_time_out(self, params: Params) -> Result:
        self.email.set_time_out(ulong(params, "milliseconds"))
        return {"return": None}

    def count(self, params: Params) -> Result:
        return {"return": self.email.count(identity_of(params))}

    def send(self, params: Params) -> Result:
        to, subject = _text(params, "to"), _text(params, "subject")
        return {"return": self.email.send(identity_of(params), to, subject)}

    def error_info(self, _params: Params) -> Result:
        return {"occurred": bool(self.email.error), "message": self.email.error}


def identity_of(params: Params) -> Identity:
    """The identity that the session parameter names: a variable, a number, or a user name."""
    given = param(params, "session")
    for kind, of in (("variable", str), ("integer", int), ("user", str)):
        if isinstance(given, dict) and type(given.get(kind)) is of:
            return Identity(kind, str(given[kind]))
    raise bad("session is none of user, variable, integer")


def _text(params: Params, key: str) -> str:
    value = param(params, key)
    if isinstance(value, str):
        return value
    raise bad(f"{key} is no string")


def _address(params: Params, key: str) -> Address:
    host, colon, port = _text(params, key).rpartition(":")
    if colon and port.isdecimal():
        return Address(host.removeprefix("[").removesuffix("]"), int(port))
    raise bad(f"{key} is no host:port")


FUNCTIONS: Final = {
    "EmailStartSession": "start_session",
    "EmailStartPOP3Session": "start_pop3",
    "EmailStartIMAPSession": "start_imap",
    "EmailStartSMTPSession": "start_smtp",
    "EmailCloseSession": "close",
    "EmailSetTimeOut": "set_time_out",
    "EmailGetCount": "count",
    "EmailSendMessage": "send",
    "ErrorInfo": "error_info",
}

EmailHarness.capabilities = Capabilities(
    functions=frozenset(FUNCTIONS),
    observes=frozenset({"live"}),
    protocols=frozenset({"pop3", "smtp", "imap"}),
    tls=True,
)
