"""Races that a good tester would write by hand: each pair of calls that may tread on one another.

Two calls that make something, that end it, or that count it, at the same time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from conformance.codes import MAPI_NEW_SESSION
from conformance.explore.alphabet.imsg import build, close_session, malloc, open_session, storage
from conformance.explore.alphabet.simple import logoff, logon
from conformance.explore.alphabet.simple_mail import call_on, find_next
from conformance.symbols import literal
from conformance.trace import Call

Race = tuple[list[Call], list[list[Call]]]
"""What comes first, and the calls of each thread."""


def _on(method: str, this: str, **more: Any) -> Call:
    return Call(method, {"this": this, **more})


def _message(name: str, store: str, session: str | None = "s1") -> Call:
    called_back = {"lpfMsgCallRelease": True, "ulCallerData": 7}
    return build(session, "m1", store, name, **called_back)


def imsg() -> Iterator[Race]:
    """Sessions, messages and references."""
    lent = [malloc("m1"), storage("t1"), storage("t2"), storage("t3")]
    two = [*lent, open_session("m1", "s1"), open_session("m1", "s2")]
    opens = [[open_session("m1", f"s{n}")] for n in (3, 4, 5)]
    yield lent, opens[:2]
    yield lent, opens
    yield lent, [[*thread, close_session(f"s{n}")] for n, thread in enumerate(opens[:2], 3)]
    yield two, [[close_session("s1")], [close_session("s2")]]
    yield two, [[close_session("s1")], opens[0]]
    yield two, [[close_session("s1")], [close_session("s1")]]
    yield two, [[_message("g1", "t1")], [_message("g2", "t2")]]
    yield two, [[_message("g1", "t1")], [_message("g2", "t2")], [_message("g3", "t3")]]
    yield two, [[_message("g1", "t1", "s1")], [close_session("s2")]]
    free = [*lent, _message("g1", "t1", None), _message("g2", "t2", None)]
    for held in (free, [*two, _message("g1", "t1"), _message("g2", "t2")]):
        add, drop = (_on(f"IMessage.{name}", "g1") for name in ("AddRef", "Release"))
        yield held, [[add], [add]]
        yield [*held, add], [[drop], [drop]]
        yield [*held, add, add], [[drop], [drop]]
        yield held, [[add, drop], [add, drop]]
        yield held, [[drop], [_on("IMessage.Release", "g2")]]
        attach = [[_on("IMessage.CreateAttach", "g1", lppAttach=name)] for name in ("a1", "a2")]
        yield held, attach
    yield free, [[drop], [drop]]


def simple() -> Iterator[Race]:
    """Handles, and the sessions behind them."""
    new, shared = MAPI_NEW_SESSION, 0
    for flags in (shared, new):
        ons = [[logon(flags=flags, out=name)] for name in ("h3", "h4", "h5")]
        yield [], ons[:2]
        yield [], ons
        yield [logon(out="h1")], ons[:2]
        yield [], [[*ons[0], logoff("h3")], [*ons[1], logoff("h4")]]
        both = [logon(flags=flags, out="h1"), logon(flags=flags, out="h2")]
        yield both, [[logoff("h1")], [logoff("h2")]]
        yield both, [[logoff("h1")], [logoff("h1")]]
        yield both, [[logoff("h1")], [logoff("h1")], [logoff("h1")]]
        yield both, [[logoff("h1")], ons[0]]
        yield both, [[logoff("h1")], [find_next("h2")]]
        yield both, [[logoff("h1")], [find_next("h1")]]
    send = call_on("MAPISendMail", literal(0), subject="conformance")
    resolve = call_on("MAPIResolveName", literal(0), lpszName="nobody@example.org")
    yield [logon(out="h1")], [[resolve], [resolve]]
    yield [logon(out="h1")], [[send], [logoff("h1")]]


RACES: Final = {"imsg": imsg, "simple": simple}
