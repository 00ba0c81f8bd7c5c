"""Short sequences that a good tester would write by hand, played in every run.

They lead straight to what random sequences reach rarely: content that lasts or does not, and
messages after a call that had to leave them alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from conformance.codes import IMSG_NO_ISTG_COMMIT, MAPI_NEW_SESSION, PR_STORE_SUPPORT_MASK
from conformance.explore.alphabet.imsg import build, close_session, malloc, open_session, storage
from conformance.explore.alphabet.simple import logoff, logon
from conformance.explore.alphabet.simple_mail import call_on, find_next, message_id
from conformance.explore.files import files
from conformance.explore.gatherings import gatherings
from conformance.explore.lent_files import lent_files
from conformance.explore.mail import email
from conformance.symbols import literal
from conformance.trace import Call

OBSERVE: Final = Call("observe", {})
_PROPS: Final = {"0x0037001E": "Subject", "0x66050003": 7, "0x66070102": "AAECAwQFBgc="}
_OTHER: Final = {"0x0037001E": "Changed", "0x66050003": 8, "0x1000001E": "Text"}
_TAGS: Final = [*_PROPS, "0x1000001E"]


def _on(method: str, this: str, **more: Any) -> Call:
    return Call(method, {"this": this, **more})


def _set(props: dict[str, Any]) -> Call:
    return _on("IMessage.SetProps", "g1", props=props)


_MODIFY: Final = 1
_SAVE: Final = _on("IMessage.SaveChanges", "g1", ulFlags=2)
_RELEASE: Final = _on("IMessage.Release", "g1")
_ELEMENTS: Final = Call("world.elements", {"name": "t1"})
_COMMIT: Final = Call("world.commit", {"name": "t1"})


def _message(flags: int = 0, session: str | None = "s1") -> list[Call]:
    """A message g1 on the storage t1, in a session or in none."""
    opened = [open_session("m1", "s1")] if session else []
    message = build(session, "m1", "t1", "g1", ulFlags=flags)
    return [malloc("m1"), storage("t1"), *opened, message, OBSERVE]


def _copied(number: int = 1) -> list[Call]:
    """Read a copy of what is committed in t1."""
    name, message = f"c{number}", f"k{number}"
    params = {"name": name, "from": "t1", "mode": "readwrite", "transacted": True}
    copy = Call("world.reopen", params)
    get = _on("IMessage.GetProps", message, tags=_TAGS)
    return [_ELEMENTS, copy, build(None, "m1", name, message), get]


def _attach(name: str, *, saved: bool) -> list[Call]:
    create = _on("IMessage.CreateAttach", "g1", lppAttach=name)
    return [create, _on("IAttach.SaveChanges", name, ulFlags=2)] if saved else [create]


def imsg() -> Iterator[list[Call]]:
    """What lasts in a storage, attributes, and files (IMSG-SAVE, IMSG-ATTR, MSGF)."""
    yield from _lasting()
    yield from _short_of_memory()
    yield from _nested()
    yield from _saved_with_flags()
    yield from gatherings()
    yield from files()
    yield from lent_files()


def _lasting() -> Iterator[list[Call]]:
    saved = [_set(_PROPS), _SAVE, OBSERVE]
    yield [*_message(), *saved, _set(_OTHER), _SAVE, OBSERVE, *_copied()]
    quiet = [*_message(IMSG_NO_ISTG_COMMIT), *saved]
    yield [*quiet, *_copied(), _RELEASE, *_copied(2)]
    yield [*_message(IMSG_NO_ISTG_COMMIT, None), *saved, _RELEASE, *_copied()]
    yield [*quiet, close_session("s1"), *_copied()]
    yield [*quiet, _COMMIT, *_copied()]
    for end in ([], [_RELEASE], [close_session("s1")]):
        yield [*_message(), _set(_OTHER), *end, *_copied()]
        yield [*_message(), *saved, _set(_OTHER), *end, *_copied()]
    mine = Call("world.create", {"name": "t1", "element": "mine/inner", "base64": "aGVsbG8="})
    row = {"0x0C150003": 1, "0x3001001E": "Ann", "0x0FFF0102": "AAECAwQFBgc="}
    recipients = _on("IMessage.ModifyRecipients", "g1", ulFlags=0, rows=[row])
    full = [mine, _set(_PROPS), recipients, *_attach("a1", saved=True), _SAVE]
    yield [*_message(), *full, _ELEMENTS, _set(_OTHER), _SAVE, _ELEMENTS]
    yield [*_message(), *_attach("a1", saved=True), _ELEMENTS, _RELEASE, _ELEMENTS]
    yield [*_message(), *_attach("a1", saved=False), _SAVE, _ELEMENTS]
    number = {"number": {"of": "a1"}}
    both = [*_attach("a1", saved=True), _SAVE, _ELEMENTS, _on("IAttach.Release", "a1")]
    yield [*_message(), *both, _on("IMessage.DeleteAttach", "g1", number=number, ulFlags=1)]
    again = _on("IMessage.OpenAttach", "g1", number=number, ulFlags=0, lppAttach="a2")
    yield [
        *_message(),
        *both,
        again,
        Call("IMessage.OpenAttach", {**again.params, "lppAttach": "a3"}),
    ]
    yield from _access(both, number)
    yield from _without_effect()
    plain = {"0x66050003": 7}
    attached = [*_attach("a1", saved=False), _on("IAttach.SetProps", "a1", props=plain)]
    foreign = [
        Call("GetAttribIMsgOnIStg", {"lpObject": "a1", "tags": list(plain)}),
        Call("SetAttribIMsgOnIStg", {"lpObject": "a1", "attribs": dict.fromkeys(plain, 6)}),
    ]
    yield [*_message(), *attached, *foreign]
    attribs = dict(zip(_PROPS, (6, 7, 6), strict=True))
    tags = list(_PROPS)
    calls = [
        Call("GetAttribIMsgOnIStg", {"lpObject": "g1", "tags": asked})
        for asked in (tags, tags[::-1], [tags[0], "0x66F00003", tags[1]])
    ]
    given = Call("SetAttribIMsgOnIStg", {"lpObject": "g1", "attribs": attribs})
    yield [*_message(), _set(_PROPS), given, *calls]


def _access(both: list[Call], number: dict[str, Any]) -> Iterator[list[Call]]:
    """An open attachment is opened again in the other access mode (IMSG-MSG-16)."""
    set_one = _on("IAttach.SetProps", "a2", props={"0x66050003": 7})
    for first, second in ((0, _MODIFY), (_MODIFY, 0)):
        opened = [
            _on("IMessage.OpenAttach", "g1", number=number, ulFlags=flags, lppAttach=name)
            for flags, name in ((first, "a2"), (second, "a3"))
        ]
        yield [*_message(), *both, opened[0], set_one, opened[1], set_one]


def _without_effect() -> Iterator[list[Call]]:
    """Closing what is no open session, and saving what a close took (IMSG-CLOSE-05 to -07)."""
    others = [open_session("m1", "s2"), storage("t2"), build("s2", "m1", "t2", "g2"), OBSERVE]
    get = _on("IMessage.GetProps", "g2", tags=[PR_STORE_SUPPORT_MASK])
    for twice in (None, "s1"):
        closed = [*_message(), *others, close_session("s1"), OBSERVE]
        yield [*closed, close_session(twice), OBSERVE, get, close_session("s2"), OBSERVE]
        yield [*closed, get, close_session(twice), get]
        yield [*_message(), close_session("s1"), *others, close_session(twice), OBSERVE]
    shell = _on("IMessage.GetProps", "g1", tags=[PR_STORE_SUPPORT_MASK])
    changed = [*_message(), _set(_PROPS), close_session("s1"), OBSERVE]
    yield [*changed, shell, _SAVE, OBSERVE]


def _nested() -> Iterator[list[Call]]:
    """A close reaches the parts of messages that are parts themselves (IMSG-CLOSE-02)."""
    parts = [
        *_attach("a1", saved=False),
        _on("IAttach.OpenMessage", "a1", create=True, lppMsg="e1"),
        _on("IMessage.CreateAttach", "e1", lppAttach="a2"),
        _on("IAttach.OpenMessage", "a2", create=True, lppMsg="e2"),
    ]
    for depth in (2, 3, 4):
        yield [*_message(), *parts[:depth], close_session("s1"), OBSERVE]


_SAVE_FLAGS: Final = (0, 1, 4, 2 | 4)
"""KEEP_OPEN_READONLY is 1, KEEP_OPEN_READWRITE 2, FORCE_SAVE 4."""


def _saved_with_flags() -> Iterator[list[Call]]:
    """Who commits depends on ulFlags of OpenIMsgOnIStg only (IMSG-SAVE-01, -02)."""
    for flags in _SAVE_FLAGS:
        for build_flags in (0, IMSG_NO_ISTG_COMMIT):
            saved = [_set(_PROPS), _on("IMessage.SaveChanges", "g1", ulFlags=flags)]
            yield [*_message(build_flags), *saved, _RELEASE, OBSERVE, *_copied()]


_ALLOCATIONS: Final = 8
"""Blocks that a session and its message may ask for; each is refused once."""


def _short_of_memory() -> Iterator[list[Call]]:
    """Memory runs out while a message is built: the close has to leave nothing (IMSG-CLOSE-10)."""
    message = build("s1", "m1", "t1", "g1")
    for granted in range(1, _ALLOCATIONS):
        opened = [malloc("m1", granted), storage("t1"), open_session("m1", "s1")]
        yield [*opened, message, close_session("s1"), OBSERVE]


def _read(handle: Any, index: int, out: str, of: str = "h1") -> Call:
    place = message_id((of, index))
    return call_on("MAPIReadMail", handle, lpszMessageID=place, lppMessage=out)


def _save(handle: Any, of: str = "", index: int = 0) -> Call:
    place = message_id((of, index)) if of else None
    return call_on("MAPISaveMail", handle, subject="conformance", lpszMessageID=place)


def _delete(handle: Any, of: str, index: int) -> Call:
    return call_on("MAPIDeleteMail", handle, lpszMessageID=message_id((of, index)))


_MAILBOX: Final = 6
"""Messages that an enumeration goes through; a real mailbox may hold more."""


def _whole() -> list[Call]:
    """Find and read every message of a small mailbox."""
    calls = [find_next("h1")]
    for index in range(_MAILBOX):
        calls += [_read("h1", index, f"b{index}"), find_next("h1", message_id(("h1", index)))]
    return calls


def _unsaved(handle: str) -> Call:
    subject = "conformance unsaved"
    return call_on("MAPISaveMail", handle, subject=subject, lpszMessageID=None)


def _own(handle: Any) -> list[Call]:
    """The calls that take handle zero as well."""
    return [
        call_on("MAPISendMail", handle, subject="conformance"),
        call_on("MAPIResolveName", handle, lpszName="nobody@example.org"),
        _save(handle),
    ]


def simple() -> Iterator[list[Call]]:
    """Messages, identifiers, buffers and handles (SIMPLE-CALL, SIMPLE-MEM, SIMPLE-CONV)."""
    zero, free = literal(0), Call("MAPIFreeBuffer", {"pv": "b1"})
    known = [find_next("h1"), _read("h1", 0, "b1"), _save("h1")]
    other = [logon(out="h1"), logon(flags=MAPI_NEW_SESSION, out="h2"), *known, logoff("h2")]
    for bad in ("h2", zero):
        after = [_read("h1", 0, "b2"), _read("h1", 1, "b3")]
        refused = [find_next(bad), _read(bad, 0, "b4"), _save(bad, "h1", 1)]
        yield [*other, *refused, *after]
        yield [*other, _delete(bad, "h1", 1), *after]
    yield [*other[:2], logoff("h2"), *_whole(), _unsaved("h2"), *_whole(), find_next("h1")]
    flagged = logoff("h1", flFlags=1)
    yield [other[0], OBSERVE, other[1], OBSERVE, flagged, find_next("h2"), flagged, logoff("h2")]
    start = [logon(out="h1"), *known, logoff("h1")]
    seed = find_next("h2", message_id(("h1", 0)))
    for late in (_read("h2", 0, "b2"), seed, _save("h2", "h1", 1), _delete("h2", "h1", 1)):
        yield [*start, logon(out="h2"), late]
    yield [*start, free, Call("MAPIFreeBuffer", {"pv": None})]
    bound = [find_next("h1"), _read("h1", 0, "b2"), _save("h1", "h1", 1), _delete("h1", "h1", 1)]
    yield [*start, *bound, *_own("h1"), *_own("h1")]
    for call in _own(zero):
        yield [call, OBSERVE]
        yield [logon(out="h1"), *_own("h1"), OBSERVE, call, OBSERVE, logoff("h1")]
    out = "lppMAPISession"
    for flags in (1, 0x80000000):
        convert = Call("ScMAPIXFromSMAPI", {"lhSession": "h1", "ulFlags": flags, out: "x1"})
        yield [logon(out="h1"), convert]
    yield [*start, Call("ScMAPIXFromSMAPI", {"lhSession": "h1", "ulFlags": 0, out: "x1"})]


Scenarios = Callable[[], Iterable[list[Call]]]

SCENARIOS: Final[dict[str, Scenarios]] = {"imsg": imsg, "simple": simple, "email": email}
