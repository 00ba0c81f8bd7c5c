"""The harness half of `simple`: each documented function, from params to result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from adapters.reference.sessions import PASSWORD, PROFILE
from adapters.reference.simple import SimpleMapi
from adapters.reference.wire import (
    Names,
    Params,
    bad,
    integer,
    out,
    param,
    text,
    ulong,
    ulong_ptr,
)
from conformance.capabilities import Capabilities

Result = dict[str, Any]
Method = Callable[[Params], Result]


class SimpleHarness:
    """One sequence of calls to an implementation of Simple MAPI."""

    def __init__(self, simple: SimpleMapi) -> None:
        self.simple = simple
        self.guard = simple.guard
        self.names = Names()

    def methods(self) -> dict[str, Method]:
        """What can be called, by its name on the wire."""
        return {name: getattr(self, method) for name, method in FUNCTIONS.items()} | {
            "observe": self.observe,
            "world.fail_allocation": self.fail_allocation,
            "world.profile": self.profile,
        }

    def end(self) -> None:
        """Nothing is held outside of this process."""

    def observe(self, _params: Params) -> Result:
        return {"live": {"sessions": len(self.simple.sessions)}}

    def fail_allocation(self, params: Params) -> Result:
        self.simple.failing_allocations = ulong(params, "count")
        return {}

    def profile(self, _params: Params) -> Result:
        return {"profile": PROFILE, "password": PASSWORD}

    def logon(self, params: Params) -> Result:
        ulong_ptr(params, "ulUIParam")
        cell = out(params, "lplhSession")
        code = self.simple.logon(
            text(params, "lpszProfileName"),
            text(params, "lpszPassword"),
            ulong(params, "flFlags"),
            ulong(params, "ulReserved"),
            cell,
        )
        return {"return": code, "out": {"lplhSession": self.names.handle(cell)}}

    def logoff(self, params: Params) -> Result:
        ulong_ptr(params, "ulUIParam")
        return {"return": self.simple.logoff(self._handle(params), *_flags(params))}

    def find_next(self, params: Params) -> Result:
        seed = text(params, "lpszSeedMessageID")
        code, identifier = self.simple.find_next(self._handle(params), seed, *_flags(params))
        return {"return": code, "lpszMessageID": identifier}

    def read_mail(self, params: Params) -> Result:
        identifier, cell = text(params, "lpszMessageID"), out(params, "lppMessage")
        handle = self._handle(params)
        code, subject = self.simple.read_mail(handle, identifier, *_flags(params), cell)
        pointer = self.names.pointer(cell)
        return {"return": code, "out": {"lppMessage": pointer}, "subject": subject}

    def delete_mail(self, params: Params) -> Result:
        identifier = text(params, "lpszMessageID")
        code = self.simple.delete_mail(self._handle(params), identifier, *_flags(params))
        return {"return": code}

    def save_mail(self, params: Params) -> Result:
        identifier, subject = text(params, "lpszMessageID"), text(params, "subject")
        handle = self._handle(params)
        code, saved = self.simple.save_mail(handle, identifier, subject, *_flags(params))
        return {"return": code, "lpszMessageID": saved}

    def send_mail(self, params: Params) -> Result:
        subject = text(params, "subject")
        return {"return": self.simple.send_mail(self._handle(params), subject, *_flags(params))}

    def resolve_name(self, params: Params) -> Result:
        name = text(params, "lpszName")
        return {"return": self.simple.resolve_name(self._handle(params), name, *_flags(params))}

    def free_buffer(self, params: Params) -> Result:
        return {"return": self.simple.free_buffer(self.names[param(params, "pv")])}

    def convert(self, params: Params) -> Result:
        cell = out(params, "lppMAPISession")
        code = self.simple.convert(self._handle(params), ulong(params, "ulFlags"), cell)
        return {"return": code, "out": {"lppMAPISession": self.names.pointer(cell)}}

    def _handle(self, params: Params) -> int:
        """The number of a session handle: bound to a name, or literal."""
        given = param(params, "lhSession")
        if isinstance(given, dict):
            return integer(given.get("literal"), "lhSession")
        found = self.names[given]
        if isinstance(found, int):
            return found
        raise bad("lhSession is no session handle")


def _flags(params: Params) -> tuple[int, int]:
    return ulong(params, "flFlags"), ulong(params, "ulReserved")


FUNCTIONS: Final = {
    "MAPILogon": "logon",
    "MAPILogoff": "logoff",
    "MAPIFindNext": "find_next",
    "MAPIReadMail": "read_mail",
    "MAPIDeleteMail": "delete_mail",
    "MAPISaveMail": "save_mail",
    "MAPISendMail": "send_mail",
    "MAPIResolveName": "resolve_name",
    "MAPIFreeBuffer": "free_buffer",
    "ScMAPIXFromSMAPI": "convert",
}

CAPABILITIES: Final = Capabilities(
    functions=frozenset(FUNCTIONS),
    observes=frozenset({"live"}),
    checked_handles=False,  # means nothing here: closed handles may always be passed
    parallel=True,
    fail_allocation=True,
)
