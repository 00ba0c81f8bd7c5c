"""The alphabet of message sessions: properties, attachments and the other methods of a message."""

from __future__ import annotations

from typing import Any, Final

from conformance.codes import (
    ATTACH_DIALOG,
    KEEP_OPEN_READWRITE,
    MAPI_UNICODE,
    PR_STORE_SUPPORT_MASK,
)
from conformance.explore.alphabet import Letter
from conformance.explore.alphabet.imsg_save import known_tags
from conformance.explore.choose import Chooser, Params
from conformance.model.imsg.ledger import parts_of
from conformance.model.imsg.state import Attachment, Imsg, Life, Message
from conformance.trace import Call

TEXTS: Final = ("", "a", "Subject", "x" * 40)
WIDE: Final = (*TEXTS, "\u00e4\u4e2d\u03a9")
MAPI_MODIFY: Final = 1
NUMBERS: Final = (0, 1, 2, 0x7FFFFFFF, 0xFFFFFFFF)
BINARIES: Final = ("", "AA==", "AAECAwQFBgc=")


def _messages(state: Imsg, top: bool = False) -> list[str]:
    return [
        key
        for key, message in state.live(Message)
        if message.life is Life.OPEN and not message.last
        if message.storage is not None or not top
    ]


def _writable(state: Imsg) -> list[str]:
    found = []
    for key in _messages(state, top=True):
        message = state.things[key]
        if isinstance(message, Message) and state.storages[message.storage or ""].mode != "read":
            found.append(key)
    return found


def _shells(state: Imsg) -> list[str]:
    """Messages that a close took and the caller still holds."""
    return [
        key
        for key, thing in state.things.items()
        if type(thing) is Message and thing.life is Life.CLOSED and thing.storage
    ]


def _add_ref(state: Imsg, choose: Chooser) -> Call | None:
    messages = _messages(state)
    return Call("IMessage.AddRef", {"this": choose.liked(messages)}) if messages else None


def _get_props(state: Imsg, choose: Chooser) -> Call | None:
    messages, shells = _messages(state), _shells(state)
    if shells and state.checked_handles and choose.chance(choose.character.dead):
        return Call(
            "IMessage.GetProps", {"this": choose.liked(shells), "tags": [PR_STORE_SUPPORT_MASK]}
        )
    if not messages:
        return None
    key = choose.liked(messages)
    message = state.things[key]
    known = known_tags(state, message) if isinstance(message, Message) else []
    tags = [f"0x{tag:08X}" for tag in known if choose.chance(600)]
    if not tags or choose.chance(500):
        tags.append(PR_STORE_SUPPORT_MASK)
    return Call("IMessage.GetProps", {"this": key, "tags": tags})


def _set_props(state: Imsg, choose: Chooser) -> Call | None:
    messages = _writable(state)
    if not messages:
        return None
    key = choose.liked(messages)
    message = state.things[key]
    unicode = isinstance(message, Message) and bool(message.flags & MAPI_UNICODE)
    if choose.errs() and choose.chance(500):
        return Call(
            "IMessage.SetProps", {"this": key, "props": {PR_STORE_SUPPORT_MASK: choose.number()}}
        )
    return Call("IMessage.SetProps", {"this": key, "props": _props(choose, unicode)})


def _props(choose: Chooser, unicode: bool) -> dict[str, Any]:
    kind, texts = ("001F", WIDE) if unicode else ("001E", TEXTS)
    offered: Params = {
        f"0x0037{kind}": choose.pick(texts),
        f"0x1000{kind}": choose.pick(texts),
        "0x66050003": choose.pick(NUMBERS),
        "0x6606000B": choose.chance(500),
        "0x66070102": choose.pick(BINARIES),
    }
    chosen = {tag: value for tag, value in offered.items() if choose.chance(400)}
    return chosen or {f"0x0037{kind}": "Subject"}


def _save(state: Imsg, choose: Chooser) -> Call | None:
    shells = _shells(state)
    if shells and state.checked_handles and choose.chance(choose.character.dead):
        params = {"this": choose.liked(shells), "ulFlags": KEEP_OPEN_READWRITE}
        return Call("IMessage.SaveChanges", params)
    messages = _writable(state)
    params = {"this": choose.liked(messages), "ulFlags": KEEP_OPEN_READWRITE} if messages else {}
    return Call("IMessage.SaveChanges", params) if messages else None


def _create_attachment(state: Imsg, choose: Chooser) -> Call | None:
    messages = [key for key in _writable(state) if len(parts_of(state, key)) < 6]
    if not messages:
        return None
    params = {"this": choose.liked(messages), "lppAttach": choose.fresh("a")}
    return Call("IMessage.CreateAttach", params)


def _numbers(state: Imsg) -> list[tuple[str, str]]:
    """Saved attachments as (message, name of an object that came with the number)."""
    found: dict[tuple[str, int], str] = {}
    for key, thing in state.things.items():
        if type(thing) is Attachment and thing.life is not Life.LAWLESS:
            found.setdefault((thing.message, thing.number), key)
    writable = set(_writable(state))
    saved = []
    for (message, number), key in found.items():
        owner = state.things[message]
        if message in writable and isinstance(owner, Message) and number in owner.parts:
            saved.append((message, key))
    return saved


def _open_attachment(state: Imsg, choose: Chooser) -> Call | None:
    saved = _numbers(state)
    if not saved:
        return None
    opened = {(part.message, part.number) for _, part in state.live(Attachment) if part.opened}
    again = [one for one in saved if (one[0], _attachment(state, one[1]).number) in opened]
    # The second open of an open object is rare by chance (IMSG-MSG-16).
    message, origin = choose.liked(again if again and choose.chance(500) else saved)
    flags = MAPI_MODIFY if choose.chance(350) else 0
    params: Params = {"this": message, "number": {"number": {"of": origin}}, "ulFlags": flags}
    return Call("IMessage.OpenAttach", {**params, "lppAttach": choose.fresh("a")})


def _set_on_attachment(state: Imsg, choose: Chooser) -> Call | None:
    open_ones = _attachments(state)
    props: Params = {"0x66050003": choose.pick(NUMBERS)}
    params: Params = {"this": choose.liked(open_ones), "props": props} if open_ones else {}
    return Call("IAttach.SetProps", params) if open_ones else None


def _delete_attachment(state: Imsg, choose: Chooser) -> Call | None:
    busy = {(part.message, part.number) for _, part in state.live(Attachment)}
    idle = []
    for message, origin in _numbers(state):
        part = state.things[origin]
        if isinstance(part, Attachment) and (message, part.number) not in busy:
            idle.append((message, origin))
    if not idle:
        return None
    message, origin = choose.liked(idle)
    flags = choose.pick((0, ATTACH_DIALOG, ATTACH_DIALOG))
    params: Params = {"this": message, "number": {"number": {"of": origin}}, "ulFlags": flags}
    return Call("IMessage.DeleteAttach", params)


def _attachments(state: Imsg, life: Life = Life.OPEN) -> list[str]:
    return [
        key
        for key, thing in state.things.items()
        if type(thing) is Attachment and thing.life is life
    ]


def _release_attachment(state: Imsg, choose: Chooser) -> Call | None:
    open_ones = _attachments(state)
    return Call("IAttach.Release", {"this": choose.liked(open_ones)}) if open_ones else None


def _save_attachment(state: Imsg, choose: Chooser) -> Call | None:
    created = [key for key in _attachments(state) if not _attachment(state, key).opened]
    params = {"this": choose.liked(created), "ulFlags": KEEP_OPEN_READWRITE} if created else {}
    return Call("IAttach.SaveChanges", params) if created else None


def _attachment(state: Imsg, key: str) -> Attachment:
    thing = state.things[key]
    if not isinstance(thing, Attachment):
        raise TypeError(key)
    return thing


def _embed(state: Imsg, choose: Chooser) -> Call | None:
    taken = {thing.parent for thing in state.things.values() if type(thing) is Message}
    free = [
        key
        for key in _attachments(state)
        if key not in taken
        and not _attachment(state, key).opened
        and not _attachment(state, key).saved
    ]
    if not free:
        return None
    params = {"this": choose.liked(free), "create": True, "lppMsg": choose.fresh("e")}
    return Call("IAttach.OpenMessage", params)


def _submit(state: Imsg, choose: Chooser) -> Call | None:
    messages = _messages(state, top=True)
    params = {"this": choose.liked(messages), "ulFlags": 0} if messages else {}
    return Call("IMessage.SubmitMessage", params) if messages else None


def _recipients(state: Imsg, choose: Chooser) -> Call | None:
    messages = _writable(state)
    if not messages:
        return None
    row: Params = {
        "0x0C150003": 1,
        "0x3001001E": "Ann",
        "0x3002001E": "SMTP",
        "0x3003001E": "ann@example.org",
        "0x0FFF0102": choose.pick(BINARIES[1:]),
    }
    rows = [row] * (1 + choose.source.below(2))
    return Call(
        "IMessage.ModifyRecipients", {"this": choose.liked(messages), "ulFlags": 0, "rows": rows}
    )


# What can seldom be done is done often where it can: later links of a chain weigh more.
PARTS: Final = {
    "IMessage.AddRef": Letter(_add_ref, 5),
    "IMessage.GetProps": Letter(_get_props, 22),
    "IMessage.SetProps": Letter(_set_props, 14),
    "IMessage.SaveChanges": Letter(_save, 10),
    "IMessage.CreateAttach": Letter(_create_attachment, 7),
    "IMessage.OpenAttach": Letter(_open_attachment, 40),
    "IMessage.DeleteAttach": Letter(_delete_attachment, 8),
    "IMessage.SubmitMessage": Letter(_submit, 1),
    "IMessage.ModifyRecipients": Letter(_recipients, 2),
    "IAttach.Release": Letter(_release_attachment, 6),
    "IAttach.SetProps": Letter(_set_on_attachment, 6),
    "IAttach.SaveChanges": Letter(_save_attachment, 20),
    "IAttach.OpenMessage": Letter(_embed, 5),
}
