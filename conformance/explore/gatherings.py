"""Scenarios in which much comes together: permitted arguments, and parts of what is closed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from typing import Any, Final

from conformance.codes import MAPI_UNICODE, PR_STORE_SUPPORT_MASK
from conformance.explore.alphabet.imsg import build, close_session, malloc, open_session, storage
from conformance.trace import Call

_OBSERVE: Final = Call("observe", {})
_TAGS: Final = ["0x0E210003", PR_STORE_SUPPORT_MASK]
_FEATURES: Final = ("null-session", "unicode", "read")


def gatherings() -> Iterator[list[Call]]:
    """What OpenIMsgOnIStg permits, in every combination; and parts, in every shape and order."""
    yield _combined()
    yield from _carried_over()
    for shape, ends in product(_SHAPES, (_close, _release_and_close, _release_parts)):
        yield [*_opened(), *shape, _OBSERVE, *ends(shape), _OBSERVE]


def _on(method: str, this: str, **more: Any) -> Call:
    return Call(method, {"this": this, **more})


def _opened() -> list[Call]:
    message = build("s1", "m1", "t1", "g1", lpfMsgCallRelease=True, ulCallerData=0x80000001)
    return [malloc("m1"), open_session("m1", "s1"), storage("t1"), message]


def _combined() -> list[Call]:
    """Single features first, so that a later failure is one of their meeting."""
    saved = [_on("IMessage.SaveChanges", "g1", ulFlags=2), Call("world.elements", {"name": "t1"})]
    calls = [*_opened(), *saved]
    sets = [used for count in (0, 1, 2, 3) for used in combinations(_FEATURES, count)]
    for number, used in enumerate(sets, 2):
        name = f"t{number}"
        copy = {"name": name, "from": "t1", "mode": "read", "transacted": False}
        calls.append(Call("world.reopen", copy) if "read" in used else storage(name))
        session = None if "null-session" in used else "s1"
        flags = MAPI_UNICODE if "unicode" in used else 0
        calls.append(build(session, "m1", name, f"g{number}", ulFlags=flags))
    return [*calls, _OBSERVE, close_session("s1"), _OBSERVE]


def _carried_over() -> Iterator[list[Call]]:
    """Messages of a Unicode session, one after the other: all are to be of one kind (MSG-10)."""
    for count, released in product((2, 3), (False, True)):
        calls = [malloc("m1"), open_session("m1", "s1", MAPI_UNICODE)]
        for number in range(1, count + 1):
            name, message = f"t{number}", f"g{number}"
            get = _on("IMessage.GetProps", message, tags=[PR_STORE_SUPPORT_MASK])
            calls += [storage(name), build("s1", "m1", name, message), get]
            calls += [_on("IMessage.Release", message)] if released else []
        yield calls


def _attached(*names: str, saved: bool = True) -> list[Call]:
    calls = []
    for name in names:
        calls.append(_on("IMessage.CreateAttach", "g1", lppAttach=name))
        if saved:
            calls.append(_on("IAttach.SaveChanges", name, ulFlags=2))
    return calls


def _embedded(attachment: str, name: str) -> Call:
    return _on("IAttach.OpenMessage", attachment, create=True, lppMsg=name)


_SHAPES: Final[tuple[list[Call], ...]] = (
    [],
    _attached("a1", saved=False),
    _attached("a1", "a2", "a3"),
    [*_attached("a1"), _embedded("a1", "e1")],
    [*_attached("a1", "a2"), _embedded("a1", "e1"), _embedded("a2", "e2")],
)


def _close(shape: list[Call]) -> list[Call]:
    """Everything is still held, and read afterwards: first the message, then its parts."""
    outs = [
        (call.method, out) for call in shape for key, out in call.params.items() if key[:3] == "lpp"
    ]
    reads = [
        _on(
            "IAttach.GetProps" if method.endswith("CreateAttach") else "IMessage.GetProps",
            out,
            tags=_TAGS,
        )
        for method, out in outs
    ]
    return [close_session("s1"), _OBSERVE, _on("IMessage.GetProps", "g1", tags=_TAGS), *reads]


def _release_and_close(shape: list[Call]) -> list[Call]:
    """The attachments are given up, the messages in them are not."""
    return [*_given_up(shape, "lppAttach"), _OBSERVE, close_session("s1")]


def _release_parts(shape: list[Call]) -> list[Call]:
    """Everything is given up, the innermost first."""
    inner = [*_given_up(shape, "lppMsg"), *_given_up(shape, "lppAttach")]
    return [*inner, _OBSERVE, _on("IMessage.Release", "g1"), _OBSERVE, close_session("s1")]


def _given_up(shape: list[Call], out: str) -> list[Call]:
    method = "IAttach.Release" if out == "lppAttach" else "IMessage.Release"
    return [_on(method, call.params[out]) for call in shape if out in call.params]
