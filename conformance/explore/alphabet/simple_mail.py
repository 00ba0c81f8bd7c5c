"""The alphabet of Simple MAPI: calls on messages and buffers.

Only messages that the sequence itself saved are overwritten or deleted, with every handle: an
implementation under test may stand on somebody's mailbox.
"""

from __future__ import annotations

from typing import Any, Final

from conformance.explore.alphabet import Letter
from conformance.explore.choose import Chooser, Params
from conformance.model.simple.mail import Place
from conformance.model.simple.state import Life, Mail, Simple
from conformance.symbols import literal
from conformance.trace import Call

SUBJECTS: Final = ("conformance A", "conformance B", "conformance C")
NAMES: Final = ("nobody", "nobody@example.org")
UNKNOWN: Final = (0x5AFEC0DE, 0x7FFFFFF1, 0xFFFFFFFF)
MOST: Final = 8
"""Identifiers of one handle that are followed by further reading."""


def call_on(method: str, handle: Any, **more: Any) -> Call:
    """A plain call on messages."""
    window: Params = {} if method in _WINDOWLESS else {"ulUIParam": 0}
    return Call(method, {"lhSession": handle, **window, "flFlags": 0, "ulReserved": 0, **more})


_WINDOWLESS: Final = frozenset({"MAPISaveMail", "MAPISendMail", "MAPIResolveName"})


def message_id(place: Place) -> Params:
    """The symbol for a message identifier that a call gave."""
    return {"message_id": {"of": place[0], "index": place[1]}}


def find_next(handle: Any, seed: Any = None) -> Call:
    """A MAPIFindNext call: the message after `seed`, or the first."""
    return call_on("MAPIFindNext", handle, lpszMessageType=None, lpszSeedMessageID=seed)


def _names(state: Simple, *lives: Life) -> list[str]:
    return [name for name in state.names if (h := state.handle(name)) and h.life in lives]


def _bad(state: Simple, choose: Chooser) -> Any:
    """Handle zero, one that was logged off, or one that was never given."""
    ended = _names(state, Life.ENDED)
    if ended and choose.chance(450):
        return choose.liked(ended)
    return literal(0) if choose.chance(600) else literal(choose.pick(UNKNOWN))


def _places(state: Simple, *lives: Life, own: bool = False) -> list[Place]:
    return [
        (name, index)
        for name in _names(state, *lives)
        for index, mail in enumerate(state.mails.get(name, ()))
        if mail.own or not own
    ]


def _mail(state: Simple, place: Place) -> Mail:
    return state.mails[place[0]][place[1]]


def _place(state: Simple, choose: Chooser, *, own: bool = False) -> tuple[Any, Place] | None:
    """A handle and the identifier of a message: both good, or one of them bad."""
    good = _names(state, Life.OPEN)
    live = _places(state, Life.OPEN, own=own)
    over = _places(state, Life.ENDED, own=own)
    if over and good and choose.chance(250):
        return choose.liked(good), choose.liked(over)
    if not live:
        if not over:
            return None
        return _bad(state, choose), choose.liked(over)
    doubted = [place for place in live if _mail(state, place).doubts]
    place = choose.liked(doubted if doubted and choose.chance(500) else live)
    return (_bad(state, choose) if choose.errs() else place[0]), place


def _find_next(state: Simple, choose: Chooser) -> Call | None:
    if choose.errs() and choose.chance(500):
        return find_next(_bad(state, choose))
    found = _place(state, choose) if choose.chance(500) else None
    if found is not None:
        return find_next(found[0], message_id(found[1]))
    good = _names(state, Life.OPEN)
    few = [name for name in good if len(state.mails.get(name, ())) < MOST]
    return find_next(choose.liked(few)) if few else None


def _read(state: Simple, choose: Chooser) -> Call | None:
    found = _place(state, choose)
    if found is None:
        return _find_next(state, choose)
    out = choose.fresh("b")
    more: Params = {"lpszMessageID": message_id(found[1]), "lppMessage": out}
    return call_on("MAPIReadMail", found[0], **more)


def _save(state: Simple, choose: Chooser) -> Call | None:
    subject = choose.pick(SUBJECTS)
    found = _place(state, choose, own=True) if choose.chance(400) else None
    if found is not None:
        return call_on(
            "MAPISaveMail", found[0], subject=subject, lpszMessageID=message_id(found[1])
        )
    good = _names(state, Life.OPEN)
    handle = choose.liked(good) if good and not choose.errs() else _bad(state, choose)
    if isinstance(handle, str) and handle not in good:
        # Found again, it tells that the refused call saved it.
        subject = choose.fresh("conformance unsaved ")
    return call_on("MAPISaveMail", handle, subject=subject, lpszMessageID=None)


def _delete(state: Simple, choose: Chooser) -> Call | None:
    found = _place(state, choose, own=True)
    if found is None:
        return None
    return call_on("MAPIDeleteMail", found[0], lpszMessageID=message_id(found[1]))


def _send(state: Simple, choose: Chooser) -> Call:
    good = _names(state, Life.OPEN)
    handle = choose.liked(good) if good and choose.chance(200) else _bad(state, choose)
    return call_on("MAPISendMail", handle, subject=choose.pick(SUBJECTS))


def _resolve(state: Simple, choose: Chooser) -> Call:
    good = _names(state, Life.OPEN)
    handle = choose.liked(good) if good and not choose.errs() else _bad(state, choose)
    return call_on("MAPIResolveName", handle, lpszName=choose.pick(NAMES))


def _free(state: Simple, choose: Chooser) -> Call | None:
    kept = [name for name, buffer in state.buffers.items() if buffer.handle and not buffer.freed]
    if choose.nulls and (not kept or choose.errs()):
        return Call("MAPIFreeBuffer", {"pv": None})
    return Call("MAPIFreeBuffer", {"pv": choose.liked(kept)}) if kept else None


def _convert(state: Simple, choose: Chooser) -> Call:
    good = _names(state, Life.OPEN)
    out = choose.fresh("x")
    if good and choose.chance(500):
        flags = 1 << choose.source.below(32)
        params: Params = {"lhSession": choose.liked(good), "ulFlags": flags}
    else:
        params = {"lhSession": _bad(state, choose), "ulFlags": 0}
    return Call("ScMAPIXFromSMAPI", {**params, "lppMAPISession": out})


MAIL: Final = {
    "MAPIFindNext": Letter(_find_next, 7),
    "MAPIReadMail": Letter(_read, 7),
    "MAPISaveMail": Letter(_save, 5),
    "MAPIDeleteMail": Letter(_delete, 3),
    "MAPISendMail": Letter(_send, 2),
    "MAPIResolveName": Letter(_resolve, 4),
    "MAPIFreeBuffer": Letter(_free, 3),
    "ScMAPIXFromSMAPI": Letter(_convert, 2),
}
