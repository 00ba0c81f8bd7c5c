"""Scenarios of email sessions: what random sequences reach rarely, or pay for with seconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations
from typing import Final

from conformance.explore.alphabet.email import (
    LOOK,
    OBSERVE,
    WRONG,
    by_name,
    by_variable,
    close,
    count,
    fault,
    send,
    server,
    start,
    start_both,
    start_tls,
    time_out,
)
from conformance.explore.choose import Params
from conformance.model.email.accounts import USERS
from conformance.model.email.state import MAIL
from conformance.model.email.stimulus import NOWHERE
from conformance.trace import Call

SHORT: Final = 200
"""Milliseconds that scenarios wait for a silent server."""
INFO: Final = Call("ErrorInfo", {})
END: Final = Call("shutdown", {})

_ANN, _BEN, _ANNA, _ANN_AT = map(by_name, ("ann", "ben", "anna", "ann@example.org"))


def _use(protocol: str, session: Params) -> Call:
    return send(session) if protocol == "smtp" else count(session)


def email() -> Iterator[list[Call]]:
    """Everything but crowds, cheap sequences first."""
    yield from _identities()
    yield from _failures()
    yield from _closes()
    yield from _variables()
    yield from _programs()
    yield from _ends()
    yield from _slow()


def _identities() -> Iterator[list[Call]]:
    """Names that are alike are different, and each protocol has its own direction."""
    for protocol in MAIL:
        one = start(protocol, _ANN)
        alike = [*map(by_name, ("ANN", "an", "anna", " ann", "ann@example.org", ""))]
        yield [one, LOOK, *(_use(protocol, session) for session in alike), LOOK]
        yield [one, LOOK, *map(close, alike), LOOK, _use(protocol, _ANN)]
        everybody = [start(protocol, user) for user in (_ANN, _ANNA, _ANN_AT, _BEN)]
        yield [*everybody, LOOK, close(_ANN), LOOK, *(_use(protocol, u) for u in (_ANNA, _ANN_AT))]
        yield [*everybody, LOOK, close(_ANN_AT), LOOK, _use(protocol, _ANN)]
        yield [one, LOOK, count(_ANN), LOOK, send(_ANN), LOOK, close(_ANN), LOOK]
        both = [start_both(_BEN), one, LOOK, count(_ANN), send(_ANN), LOOK]
        yield [*both, count(_BEN), send(_BEN), close(_ANN), LOOK]
        yield [start_tls(protocol, _ANN), LOOK, _use(protocol, _ANN), close(_ANN), LOOK, OBSERVE]


def _failures() -> Iterator[list[Call]]:
    """A start that fails says so, leaves nothing and hurts nobody, and can be tried again."""
    for protocol in MAIL:
        failing = [
            start(protocol, _ANN, WRONG),
            start(protocol, _ANN, ""),
            start(protocol, by_name("nobody")),
            start(protocol, _ANN, at=server("closed")),
        ]
        for bad in failing:
            session = bad.params["session"]
            after = [bad, INFO, LOOK, OBSERVE, _use(protocol, _BEN), _use(protocol, session)]
            yield [start(protocol, _BEN), *after, start(protocol, session), LOOK]
        for mode in ("refuse", "drop", "nonsense"):
            played = [fault(protocol, mode), start(protocol, _ANN), INFO, LOOK]
            well = [fault(protocol, "none"), start(protocol, _ANN), LOOK, _use(protocol, _ANN)]
            yield [*played, *well, close(_ANN), LOOK]
            live = [start(protocol, _ANN), LOOK, fault(protocol, mode), _use(protocol, _ANN)]
            ended = [LOOK, close(_ANN), LOOK, OBSERVE]
            yield [*live, *ended, close(_ANN), fault(protocol, "none"), start(protocol, _ANN), LOOK]
    yield [start("pop3", _ANN, at=NOWHERE), INFO, LOOK]
    for bad in (
        start_both(_ANN, smtp=server("closed")),
        start_both(_ANN, pop3=server("closed")),
        start_both(_ANN, secret=WRONG),
    ):
        yield [bad, INFO, LOOK, OBSERVE, count(_ANN), send(_ANN), LOOK]
        yield [
            start("pop3", _BEN),
            LOOK,
            bad,
            LOOK,
            start_both(_ANN),
            LOOK,
            send(_ANN),
            count(_BEN),
        ]
    for mode in ("refuse", "drop", "nonsense"):
        yield [fault("smtp", mode), start_both(_ANN), INFO, LOOK, OBSERVE]


def _closes() -> Iterator[list[Call]]:
    """One name, every selection of protocols, in every order; then the name is free again."""
    for size in range(1, len(MAIL) + 1):
        for protocols in combinations(MAIL, size):
            begun = [start(protocol, _ANN) for protocol in protocols]
            other = [start(protocol, _BEN) for protocol in reversed(protocols)]
            used = [_use(protocol, _ANN) for protocol in protocols]
            ended = [LOOK, OBSERVE, close(_ANN), LOOK, OBSERVE, *used, LOOK]
            yield [*other, *begun, *ended, *reversed(begun), LOOK, *used, close(_ANN), LOOK]
    for protocol in MAIL:
        begun = [start(protocol, _ANN), start(protocol, _BEN), LOOK]
        for session in (by_name("nobody"), by_name("")):
            yield [*begun, close(session), INFO, LOOK, _use(protocol, _ANN), _use(protocol, _BEN)]
        twice = [close(_ANN), LOOK, close(_ANN), INFO, LOOK, _use(protocol, _BEN)]
        yield [*begun, *twice, start(protocol, _ANN), LOOK]
        yield [*begun, close(_ANN), _use(protocol, _BEN), close(_BEN), LOOK]
    for session in (by_name("nobody"), by_name(""), {"variable": "v1"}):
        yield [close(session), INFO] * 3
    for protocol in MAIL:
        once = [start(protocol, _ANN), close(_ANN), close(_ANN), INFO]
        yield [*once, *once, LOOK]
        yield [start(protocol, _ANN), LOOK, close(_ANN), LOOK] * 2
    everything = [start(protocol, _ANN) for protocol in MAIL]
    for protocol in MAIL:
        dead = [fault(protocol, "drop"), _use(protocol, _ANN), close(_ANN), LOOK]
        yield [*everything, LOOK, *dead]
    yield [start_both(_ANN), LOOK, close(_ANN), LOOK, count(_ANN), send(_ANN), LOOK]
    again = [start("imap", _ANN), LOOK, close(_ANN), LOOK]
    yield [start_both(_ANN), *again, start_both(_ANN), LOOK]
    yield [start_both(_ANN, smtp=""), LOOK, count(_ANN), send(_ANN), LOOK, close(_ANN), LOOK]


def _variables() -> Iterator[list[Call]]:
    """A variable stands for its own session, and can be used again with other settings."""
    for protocol in MAIL:
        one, two = by_variable("v1", "ann"), by_variable("v2", "ben")
        bare = {"variable": "v1"}
        begun = [start(protocol, one), LOOK, _use(protocol, one)]
        yield [*begun, close(one), LOOK, OBSERVE, _use(protocol, one), start(protocol, one), LOOK]
        yield [*begun, start(protocol, two), LOOK, close(bare), LOOK, _use(protocol, two)]
        yield [*begun, close(bare), close(bare), INFO, LOOK]
        moved = by_variable("v1", "ben")
        yield [*begun, close(one), start(protocol, moved), LOOK, _use(protocol, moved)]
        yield [start(protocol, _BEN), LOOK, start(protocol, one), close(one), LOOK]
        bad = start(protocol, one, WRONG)
        yield [bad, INFO, LOOK, start(protocol, one), LOOK, _use(protocol, one)]
    own = [start_both(by_variable("v1", "ann"), smtp=""), LOOK]
    yield [*own, count(by_variable("v1", "ann")), close(by_variable("v1", "ann")), LOOK]
    for first, second in permutations(MAIL, 2):
        again = []
        for user in ("ann", "ben"):
            one, two = by_variable(f"{user}1", user), by_variable(f"{user}2", user)
            again += [start(first, one), start(second, two), LOOK, close(one), LOOK]
        yield again
    many = [start(protocol, by_variable(f"v{n}", "ann")) for n, protocol in enumerate(MAIL)]
    yield [
        *many,
        LOOK,
        close(by_variable("v0", "ann")),
        LOOK,
        close(by_variable("v1", "ann")),
        LOOK,
    ]


def _programs() -> Iterator[list[Call]]:
    """Outlook and Notes; and IMAP where there should be none."""
    for name in ("Outlook", "Notes"):
        one, two = by_variable("v1", ""), by_variable("v2", "")
        begin = [
            Call(f"EmailStart{name}Session", {"session": session, "profile": "", "password": ""})
            for session in (one, two)
        ]
        for closing in (close(one), close({"identifier": {"of": "v1"}})):
            ended = [closing, OBSERVE, count(one), close(two), OBSERVE]
            yield [start("pop3", _ANN), LOOK, *begin, OBSERVE, *ended, LOOK, count(_ANN)]
    yield [start("pop3", _ANN), start("imap", _BEN), LOOK, count(_BEN)]


def _ends() -> Iterator[list[Call]]:
    """The program ends with sessions open, or closed, or failed."""
    for protocol in MAIL:
        for session in (_ANN, by_variable("v1", "ann")):
            yield [start(protocol, session), LOOK, END, LOOK]
        closed = [start(protocol, _ANN), start(protocol, _BEN), close(_ANN), LOOK]
        yield [*closed, END, LOOK]
        yield [start(protocol, _ANN), start(protocol, _BEN, WRONG), LOOK, END, LOOK]
    everything = [start(protocol, user) for protocol in MAIL for user in (_ANN, _BEN, _ANNA)]
    yield [*everything, start_both(_ANN_AT), LOOK, END, LOOK]


def _slow() -> Iterator[list[Call]]:
    """Servers that keep silent, or drip: each costs the time that is waited."""
    for protocol in MAIL:
        for mode in ("silent", "drip"):
            waited = [time_out(SHORT), fault(protocol, mode), start(protocol, _ANN), INFO]
            after = [fault(protocol, "none"), time_out(30_000), LOOK]
            yield [*waited, *after, start(protocol, _ANN), LOOK, _use(protocol, _ANN)]
    yield [time_out(SHORT), fault("smtp", "silent"), start_both(_ANN), INFO, LOOK]


def growths(size: int) -> Iterator[list[Call]]:
    """Many sessions at once, counted at the server, and closed in both orders."""
    users = [by_name(user) for user in USERS[:size]]
    for protocol, order in zip(MAIL, (users, users[::-1], users), strict=True):
        yield [*_all(protocol, users), LOOK, *map(close, order), LOOK]
    half = users[: max(1, size // 2)]
    yield [*_all("pop3", users), LOOK, *map(close, half), LOOK, *map(count, users[-3:]), END, LOOK]
    again = [call for user in half for call in (start("pop3", user), close(user))]
    yield [*again, LOOK]


def _all(protocol: str, users: Sequence[Params]) -> list[Call]:
    return [start(protocol, user) for user in users]
