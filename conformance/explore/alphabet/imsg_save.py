"""The alphabet of message sessions: what lasts in a storage, and attributes of properties."""

from __future__ import annotations

from typing import Final

from conformance.codes import PR_STORE_SUPPORT_MASK
from conformance.explore.alphabet import Letter
from conformance.explore.choose import Chooser, Params
from conformance.model.imsg.state import Attachment, Imsg, Life, Message
from conformance.trace import Call

ELEMENTS: Final = ("mine", "other", "folder/mine")
CONTENTS: Final = ("", "aGVsbG8=")
ABSENT: Final = ("0x66F00003", "0x66F1001E")
ON_ATTACHMENT: Final = ("0x0E210003",)
"""PR_ATTACH_NUM, which an attachment has by itself."""
ATTRIBUTES: Final = (6, 7)
"""Readable and writeable, mandatory or not: a property stays usable."""


def known_tags(state: Imsg, message: Message) -> list[int]:
    """The properties of which the model knows what a message must give."""
    storage = state.storages.get(message.storage or "")
    tags = dict.fromkeys(message.props)
    if storage is not None:
        kept = storage.kept
        for props in (kept.committed.props, kept.unsaved, kept.quiet):
            tags |= dict.fromkeys(props)
    return list(tags)


def _reopen(state: Imsg, choose: Chooser) -> Call | None:
    used = [name for name, storage in state.storages.items() if storage.used]
    if not used:
        return None
    origin = choose.liked(used)
    mode = "read" if state.storages[origin].verified and choose.chance(250) else "readwrite"
    params: Params = {"name": choose.fresh("t"), "from": origin, "mode": mode}
    return Call("world.reopen", {**params, "transacted": mode == "readwrite"})


def _writable(state: Imsg) -> list[str]:
    """The storages that the caller itself can write to."""
    return [
        name
        for name, storage in state.storages.items()
        if storage.own and storage.mode == "readwrite" and storage.transacted
    ]


def _create(state: Imsg, choose: Chooser) -> Call | None:
    writable = _writable(state)
    if not writable:
        return None
    params: Params = {"name": choose.liked(writable), "element": choose.pick(ELEMENTS)}
    return Call("world.create", {**params, "base64": choose.pick(CONTENTS)})


def _commit(state: Imsg, choose: Chooser) -> Call | None:
    used = [name for name in _writable(state) if state.storages[name].used]
    return Call("world.commit", {"name": choose.liked(used)}) if used else None


def _look_inside(state: Imsg, choose: Chooser) -> Call | None:
    used = [name for name, storage in state.storages.items() if storage.used or storage.filled]
    return Call("world.elements", {"name": choose.liked(used)}) if used else None


def _file(state: Imsg, choose: Chooser) -> Call | None:
    saved = [name for name, storage in state.storages.items() if storage.filled]
    return Call("world.bytes", {"name": choose.liked(saved)}) if saved else None


def _with_properties(state: Imsg, *, writable: bool) -> list[tuple[str, list[str]]]:
    """Open messages on storages, with the properties that were set on each."""
    found = []
    for key, message in state.live(Message):
        storage = state.storages.get(message.storage or "")
        if message.life is not Life.OPEN or storage is None or not message.props:
            continue
        if storage.mode == "readwrite" or not writable:
            found.append((key, [f"0x{tag:08X}" for tag in message.props]))
    return found


def _attachments(state: Imsg) -> list[str]:
    return [key for key, part in state.live(Attachment) if part.life is Life.OPEN]


def _get_attributes(state: Imsg, choose: Chooser) -> Call | None:
    attachments = _attachments(state)
    if attachments and choose.errs() and choose.chance(300):
        params = {"lpObject": choose.liked(attachments), "tags": list(ON_ATTACHMENT)}
        return Call("GetAttribIMsgOnIStg", params)
    messages = _with_properties(state, writable=False)
    if not messages:
        return None
    key, known = choose.liked(messages)
    tags = [tag for tag in known if choose.chance(700)] or known[:1]
    if choose.chance(250):
        tags.insert(choose.source.below(len(tags) + 1), choose.pick(ABSENT))
    if choose.chance(200):
        tags.append(PR_STORE_SUPPORT_MASK)
    return Call("GetAttribIMsgOnIStg", {"lpObject": key, "tags": tags})


def _set_attributes(state: Imsg, choose: Chooser) -> Call | None:
    attachments = _attachments(state)
    if attachments and choose.errs() and choose.chance(300):
        attribs = dict.fromkeys(ON_ATTACHMENT, 7)
        params = {"lpObject": choose.liked(attachments), "attribs": attribs}
        return Call("SetAttribIMsgOnIStg", params)
    messages = _with_properties(state, writable=True)
    if not messages:
        return None
    key, known = choose.liked(messages)
    tags = [tag for tag in known if choose.chance(700)] or known[:1]
    if choose.chance(150):
        tags.append(choose.pick(ABSENT))
    attribs = {tag: choose.pick(ATTRIBUTES) for tag in tags}
    return Call("SetAttribIMsgOnIStg", {"lpObject": key, "attribs": attribs})


SAVING: Final = {
    "world.reopen": Letter(_reopen, 5),
    "world.create": Letter(_create, 2),
    "world.commit": Letter(_commit, 2),
    "world.elements": Letter(_look_inside, 5),
    "world.bytes": Letter(_file, 1),
    "GetAttribIMsgOnIStg": Letter(_get_attributes, 3),
    "SetAttribIMsgOnIStg": Letter(_set_attributes, 2),
}
