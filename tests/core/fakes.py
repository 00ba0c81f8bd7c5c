"""What the tests of the core share: stories for the judge, and implementations made to measure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from adapters.reference import Reference
from conformance.capabilities import Capabilities, Implementation, Offer
from conformance.findings import Broken, Held
from conformance.judge import Judge
from conformance.requirements.load import catalogue
from conformance.trace import Call, Outcome

INVALID_PARAMETER = 0x80070057
UNKNOWN_FLAGS = 0x80040106
FAIL = 0x80004005
CRASH = Outcome("crash", {"signal": 11})
HANG = Outcome("hang", 5.0)
GOOD = {"profile": "default"}

IMSG = Capabilities(
    frozenset(
        {"OpenIMsgSession", "CloseIMsgSession", "OpenIMsgOnIStg"}
        | {f"IMessage.{name}" for name in ("AddRef", "Release", "GetProps", "SetProps")}
    ),
    frozenset({"live", "mallocs", "released"}),
    checked_handles=True,
)
SIMPLE = Capabilities(frozenset({"MAPILogon", "MAPILogoff", "MAPIFindNext"}), frozenset({"live"}))
OFFERED = {"imsg": IMSG, "simple": SIMPLE}


def result(value: object = None, **more: Any) -> Outcome:
    """The outcome of a call that returned; `out` is given like any other member."""
    return Outcome("result", {"return": value, **more})


def error(code: int) -> Outcome:
    return Outcome("error", {"code": code, "message": "so said the harness"})


def open_session(malloc: str | None = "m1", out: str | None = "s1", flags: int = 0) -> Call:
    return Call("OpenIMsgSession", {"lpMalloc": malloc, "ulFlags": flags, "lppMsgSess": out})


def close_session(name: str | None) -> Call:
    return Call("CloseIMsgSession", {"lpMsgSess": name})


def logon(out: str | None = "h1", flags: int = 0, **more: Any) -> Call:
    params = {"ulUIParam": 0, "lpszProfileName": GOOD, "lpszPassword": GOOD, "flFlags": flags}
    return Call("MAPILogon", {**params, "ulReserved": 0, "lplhSession": out, **more})


def logoff(handle: object = "h1", **more: int) -> Call:
    params = {"lhSession": handle, "ulUIParam": 0, "flFlags": 0, "ulReserved": 0}
    return Call("MAPILogoff", {**params, **more})


OBSERVE = Call("observe", {})
MALLOC = Call("world.malloc", {"name": "m1", "fail_after": None})


class Story:
    """A trace told step by step; each telling gives what the judge finds in the step."""

    def __init__(self, family: str, capabilities: Capabilities | None = None) -> None:
        homes = catalogue().homes[family]
        self.judge = Judge(family, capabilities or OFFERED[family], homes)

    def tell(self, call: Call, outcome: Outcome) -> dict[str, Held | Broken]:
        return dict(self.judge.step(call, outcome))

    def broken(self, call: Call, outcome: Outcome) -> set[str]:
        found = self.tell(call, outcome)
        return {name for name, one in found.items() if isinstance(one, Broken)}

    def opened(self, name: str = "s1", token: str = "0x10") -> Story:
        self.tell(MALLOC, Outcome("result", {}))
        self.tell(open_session(out=name), result(0, out={"lppMsgSess": token}))
        return self

    def logged_on(self, name: str = "h1", token: str = "0x10", flags: int = 0) -> Story:
        self.tell(logon(name, flags), result(0, out={"lplhSession": token}))
        return self


def sessions(count: int) -> Outcome:
    """What a look shows where only sessions are counted."""
    return Outcome("result", {"live": {"sessions": count}})


class Recorder(Reference):
    """The reference, keeping every call that came over."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []

    def perform(self, call: Call) -> Outcome:
        self.calls.append(call)
        return super().perform(call)


Change = Callable[[Call], Call]
Answer = Callable[[Call, Outcome], Outcome]


class Twisted(Reference):
    """The reference with some calls changed on the way in and some outcomes on the way out.

    Calls on threads would pass by both, and are not offered.
    """

    def __init__(self, changes: Iterable[Change] = (), answers: Iterable[Answer] = ()) -> None:
        super().__init__()
        self.offer = {
            family: replace(offered, parallel=False) for family, offered in self.offer.items()
        }
        self.changes, self.answers = tuple(changes), tuple(answers)
        self.performed = 0

    def perform(self, call: Call) -> Outcome:
        self.performed += 1
        changed = call
        for change in self.changes:
            changed = change(changed)
        outcome = super().perform(changed)
        for answer in self.answers:
            outcome = answer(call, outcome)
        return outcome


class Scripted:
    """An implementation that answers what a list says; the last answer of a list is repeated."""

    implementation = Implementation("scripted", "1")
    stderr = ""

    def __init__(self, offer: Offer, answers: Mapping[str, list[Outcome]]) -> None:
        self.offer = offer
        self.answers = {method: list(outcomes) for method, outcomes in answers.items()}
        self.calls: list[Call] = []

    def perform(self, call: Call) -> Outcome:
        self.calls.append(call)
        if call.method in ("begin", "shutdown"):
            return Outcome("result", {})
        if call.method == "world.profile":
            return Outcome("result", {"profile": "me", "password": "pw"})
        known = self.answers.get(call.method, [Outcome("result", {})])
        return known.pop(0) if len(known) > 1 else known[0]

    def close(self) -> None:
        pass
