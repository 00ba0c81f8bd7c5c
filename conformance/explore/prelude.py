"""The deterministic prelude: what every run does first.

The examples of the catalogue reach every precondition once; a sweep tries each flag
bit by itself and with the legal ones; scenarios are what a tester would write by hand;
growth opens many objects before it closes them.
What it finds is minimal, or nearly so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import permutations

from conformance.codes import IMSG_NO_ISTG_COMMIT, MAPI_NEW_SESSION, MAPI_UNICODE
from conformance.explore import mail
from conformance.explore.alphabet.imsg import build, close_session, malloc, open_session, storage
from conformance.explore.alphabet.simple import logoff, logon
from conformance.explore.scenarios import SCENARIOS
from conformance.model.simple.stimulus import DEFINED_FLAGS
from conformance.requirements.catalogue import Requirement
from conformance.symbols import literal
from conformance.trace import Call

OBSERVE = Call("observe", {})
Sequences = Callable[[int], Iterator[tuple[str, list[Call]]]]
"""Size of the largest crowd -> sequences, each with the name of the explorer that made it."""

BITS = [1 << bit for bit in range(32)]


def prelude(
    rows: Sequence[Requirement], sequences: Sequences, crowd: int, first: Sequence[Call] = ()
) -> Iterator[tuple[str, list[Call]]]:
    """Sequences of calls with the name of the explorer that made them: examples, then the rest.

    `first` are the calls that come before any other; an example that is about them has its own.
    """
    for row in rows:
        if row.example:
            before = () if {call.method for call in first} & set(row.functions) else first
            yield f"example of {row.id}", [*before, *(step.call for step in row.example)]
    for name, calls in sequences(crowd):
        yield name, [*first, *calls]


def sequences_of(family: str) -> Sequences:
    """The sweeps, scenarios and growths of one family."""
    sweeps, growths = _FAMILIES[family]

    def sequences(crowd: int) -> Iterator[tuple[str, list[Call]]]:
        for calls in sweeps():
            yield "sweep", calls
        for calls in SCENARIOS[family]():
            yield "scenario", calls
        for size in sorted({4, min(20, crowd), crowd}):
            for calls in growths(size):
                yield f"growth to {size}", calls

    return sequences


def _imsg_sweeps() -> Iterator[list[Call]]:
    for legal in (0, MAPI_UNICODE):
        calls = [malloc("m1")]
        for index, bit in enumerate(BITS):
            calls.append(open_session("m1", f"s{index}", bit | legal))
        yield [*calls, OBSERVE]
    for legal in (0, IMSG_NO_ISTG_COMMIT, MAPI_UNICODE):
        calls = [malloc("m1"), open_session("m1", "s1")]
        for index, bit in enumerate(BITS):
            if bit & ~(IMSG_NO_ISTG_COMMIT | MAPI_UNICODE):
                calls.append(storage(f"t{index}"))
                calls.append(build("s1", "m1", f"t{index}", f"g{index}", ulFlags=bit | legal))
        yield [*calls, OBSERVE, close_session("s1"), OBSERVE]
    yield from _releases()
    yield from _parts()


def _parts() -> Iterator[list[Call]]:
    """A message with an attachment and a message in that: every order of their ends, each seen."""
    ends = {
        "g1": Call("IMessage.Release", {"this": "g1"}),
        "a1": Call("IAttach.Release", {"this": "a1"}),
        "e1": Call("IMessage.Release", {"this": "e1"}),
    }
    made = [
        Call("IMessage.CreateAttach", {"this": "g1", "lppAttach": "a1"}),
        Call("IAttach.OpenMessage", {"this": "a1", "create": True, "lppMsg": "e1"}),
    ]
    callback = {"lpfMsgCallRelease": True, "ulCallerData": 7}
    for session in ("s1", None):
        opened = [malloc("m1"), storage("t1")]
        opened += [open_session("m1", session)] if session else []
        close = [close_session(session), OBSERVE] if session else []
        built = [*opened, build(session, "m1", "t1", "g1", **callback), *made, OBSERVE]
        for size in range(len(ends) + 1):
            for order in permutations(ends, size):
                seen = [call for name in order for call in (ends[name], OBSERVE)]
                yield [*built, *seen, *close]


def _releases() -> Iterator[list[Call]]:
    """Up to three messages of a session, and every way to release some of them before the close."""
    for size in (1, 2, 3):
        built = [malloc("m1"), open_session("m1", "s1")]
        for n in range(size):
            built += [storage(f"t{n}"), build("s1", "m1", f"t{n}", f"g{n}")]
        for released in range(size + 1):
            for order in permutations(range(size), released):
                calls = [Call("IMessage.Release", {"this": f"g{n}"}) for n in order]
                yield [*built, *calls, close_session("s1"), OBSERVE]


def _imsg_growths(size: int) -> Iterator[list[Call]]:
    opened = [malloc("m1"), *(open_session("m1", f"s{n}") for n in range(size))]
    names = [f"s{n}" for n in range(size)]
    for order in (names, names[::-1]):
        yield [*opened, OBSERVE, *(close_session(name) for name in order), OBSERVE]
    built = [malloc("m1"), open_session("m1", "s1")]
    for n in range(size):
        built += [storage(f"t{n}"), build("s1", "m1", f"t{n}", f"g{n}")]
    release = [Call("IMessage.Release", {"this": f"g{n}"}) for n in range(size)]
    yield [*built, OBSERVE, close_session("s1"), OBSERVE]
    yield [*built, OBSERVE, *release, OBSERVE, close_session("s1"), OBSERVE]
    again = []
    for n in range(size):
        again += [open_session("m1", f"s{n}"), close_session(f"s{n}")]
    yield [malloc("m1"), *again, OBSERVE]


def _simple_sweeps() -> Iterator[list[Call]]:
    for legal in (0, MAPI_NEW_SESSION):
        calls = []
        for index, bit in enumerate(BITS):
            if bit & ~DEFINED_FLAGS:
                calls.append(logon(flags=bit | legal, out=f"h{index}"))
                calls.append(logoff(f"h{index}"))
        yield [*calls, OBSERVE]
    yield [logon(out="h1"), *(logoff("h1", flFlags=bit) for bit in BITS), OBSERVE, logoff("h1")]
    yield [logoff(literal(0), flFlags=bit) for bit in BITS]
    beside = [{"forged": {"of": "h1", "offset": offset}} for offset in (*BITS, 1 << 32, -1, -2)]
    yield [logon(out="h1"), *(logoff(handle) for handle in beside), OBSERVE, logoff("h1")]


def _simple_growths(size: int) -> Iterator[list[Call]]:
    names = [f"h{n}" for n in range(size)]
    for flags in (MAPI_NEW_SESSION, 0):
        opened = [logon(flags=flags, out=name) for name in names]
        for order in (names, names[::-1]):
            yield [*opened, OBSERVE, *(logoff(name) for name in order), OBSERVE]
    full = [logon(flags=MAPI_NEW_SESSION, out=name) for name in names]
    after = [logoff("h0"), logon(flags=MAPI_NEW_SESSION, out="again"), OBSERVE]
    yield [*(call for one in full for call in (one, OBSERVE)), *after]
    yield [call for name in names for call in (logon(out=name), logoff(name))] + [OBSERVE]


Sweeps = Callable[[], Iterable[list[Call]]]
Growths = Callable[[int], Iterable[list[Call]]]

_FAMILIES: dict[str, tuple[Sweeps, Growths]] = {
    "imsg": (_imsg_sweeps, _imsg_growths),
    "simple": (_simple_sweeps, _simple_growths),
    "email": (tuple, mail.growths),
}
