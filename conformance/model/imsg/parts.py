"""How the state follows recipients, attachments, and the messages embedded in them.

Sources: D18 (CreateAttach, OpenAttach, DeleteAttach); D2, Remarks (what goes with its message);
D3, Notes to callers (entry identifiers of recipients).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final

from conformance.model.imsg.ledger import (
    attachment_of,
    bound,
    changed,
    happened,
    message_of,
    number,
    stored,
)
from conformance.model.imsg.state import Attachment, Imsg, Life, Message
from conformance.model.outcome import asked, failed, succeeded, written
from conformance.model.values import replace
from conformance.trace import Call, Outcome

ENTRY_ID: Final = 0x0FFF0102
"""PR_ENTRYID. Source: H7."""


def modify_recipients(state: Imsg, call: Call, outcome: Outcome) -> Imsg:
    """ModifyRecipients: recipients that replaced all others are known, of any other change none."""
    found = message_of(state, call.params.get("this"))
    if found is None:
        return state
    key, message = found
    known = succeeded(outcome) and call.params.get("ulFlags") == 0
    given = entry_ids(call.params.get("rows") or ()) if known else None
    storage = state.storages.get(message.storage or "")
    if given is None and storage is not None:
        kept = storage.kept
        kept = replace(
            kept,
            committed=replace(kept.committed, entry_ids=None),
            pending=replace(kept.pending, entry_ids=None),
        )
        state = stored(state, message.storage or "", replace(storage, kept=kept))
    return changed(state, key, replace(message, entry_ids=given, touched=True))


def entry_ids(rows: Sequence[Mapping[str, Any]]) -> tuple[bytes, ...] | None:
    """The entry identifiers of recipients, sorted; None unless each has one."""
    found = []
    for row in rows:
        mine = [value for tag, value in row.items() if int(tag, 16) == ENTRY_ID]
        try:
            (value,) = mine
            found.append(base64.b64decode(value))
        except (TypeError, ValueError):
            return None
    return tuple(sorted(found))


def create_attachment(state: Imsg, call: Call, outcome: Outcome) -> Imsg:
    """CreateAttach made an attachment, which takes two saves to last."""
    return _attachment(state, call, outcome, outcome.body.get("number"), opened=False)


def open_attachment(state: Imsg, call: Call, outcome: Outcome) -> Imsg:
    """OpenAttach gave an attachment: a new object, or the open one once more."""
    found = state.thing(call.params.get("this"))
    token = written(outcome, "lppAttach")
    if found and token and succeeded(outcome):
        for key, thing in state.live(Attachment):
            if thing.message == found[0] and thing.token == token:
                again = changed(state, key, replace(thing, refs=thing.refs + 1, again=True))
                names = {**again.names, str(call.params["lppAttach"]): key}
                return replace(again, names=names)
    return _attachment(state, call, outcome, number(call, outcome), opened=True)


def _attachment(state: Imsg, call: Call, outcome: Outcome, number: Any, opened: bool) -> Imsg:
    name, token = asked(call, "lppAttach"), written(outcome, "lppAttach")
    found = state.thing(call.params.get("this"))
    if found is None or name is None or token is None:
        return state
    key, message = found
    lawful = isinstance(message, Message) and message.life is Life.OPEN and succeeded(outcome)
    life = Life.OPEN if lawful and isinstance(number, int) else Life.LAWLESS
    attachment = Attachment(
        token, key, number if isinstance(number, int) else -1, opened, life=life
    )
    if opened:
        attachment = replace(attachment, saved=True)
        if isinstance(message, Message) and number not in message.parts:
            # One that was there before: it must not be counted twice.
            state = changed(state, key, replace(message, base=None))
    elif lawful and isinstance(message, Message):
        state = changed(state, key, replace(message, touched=True))
    return happened(bound(state, name, attachment), "attach")


_PLAIN: Final = range(0x6600_0003, 0x6800_0003, 0x10000)
"""Numbers under identifiers that mean nothing to anybody, so that no other rule applies to them."""


def plain_set(call: Call) -> bool:
    """Whether nothing but the access mode can keep a SetProps from succeeding."""
    tags = [int(tag, 16) for tag in call.params.get("props") or {}]
    return bool(tags) and all(tag in _PLAIN for tag in tags)


def set_on_attachment(state: Imsg, call: Call, outcome: Outcome) -> Imsg:
    """SetProps on an attachment: it shows the access mode, which a second open must leave alone."""
    found = attachment_of(state, call.params.get("this"))
    if found is None or not plain_set(call):
        return state
    key, part = found
    return changed(state, key, replace(part, allowed=not failed(outcome), again=False))


def save_attachment(state: Imsg, call: Call, outcome: Outcome) -> Imsg:
    """SaveChanges on an attachment, or an attempt at it."""
    found = attachment_of(state, call.params.get("this"))
    if found is None:
        return state
    key, attachment = found
    saved = attachment.saved or succeeded(outcome)
    # A save may change what the object allows.
    state = changed(state, key, replace(attachment, saved=saved, allowed=None))
    return _touched(state, attachment.message)


def _touched(state: Imsg, key: str) -> Imsg:
    message = state.things.get(key)
    if not isinstance(message, Message) or message.touched:
        return state
    return changed(state, key, replace(message, touched=True))


def delete_attachment(state: Imsg, call: Call, outcome: Outcome) -> Imsg:
    """DeleteAttach took an attachment away; its number may be given out again."""
    found = message_of(state, call.params.get("this"))
    if found is None or not succeeded(outcome):
        return state
    key, message = found
    gone = number(call, outcome)
    own = False
    for part, thing in state.things.items():
        if isinstance(thing, Attachment) and thing.message == key and thing.number == gone:
            state = changed(_orphaned(state, part), part, replace(thing, number=-1, saved=False))
            own = True
    # One that was there before has a number that the model does not know.
    base = message.base if own else None
    left = replace(message, parts=message.parts - {gone}, base=base, touched=True)
    if state.murky:
        # A part of what was deleted is still held, so nobody knows how long the message stays.
        left = replace(left, life=Life.LAWLESS)
    return changed(state, key, left)


def _orphaned(state: Imsg, attachment: str) -> Imsg:
    """Messages embedded in a deleted attachment, if still held, are no longer spoken of."""
    for key, thing in state.live(Message):
        if thing.parent == attachment:
            state = changed(replace(state, murky=True), key, replace(thing, life=Life.LAWLESS))
    return state


def embed(state: Imsg, call: Call, outcome: Outcome) -> Imsg:
    """OpenMessage gave the message embedded in an attachment."""
    name, token = asked(call, "lppMsg"), written(outcome, "lppMsg")
    found = state.thing(call.params.get("this"))
    if found is None or name is None or token is None:
        return state
    key, attachment = found
    lawful = isinstance(attachment, Attachment) and attachment.life is Life.OPEN
    life = Life.OPEN if lawful and succeeded(outcome) else Life.LAWLESS
    message = Message(token, None, None, key, None, life=life)
    return happened(bound(state, name, message), "attach")
