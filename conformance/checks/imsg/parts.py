"""IMSG-MSG-14 and -16, IMSG-CLOSE-02: recipients and attachments of messages on storages.

Each function is the check of the requirement named above it.
"""

from __future__ import annotations

from typing import Final

from conformance.checks.imsg.base import CHECKS
from conformance.checks.msgfile.base import parsed
from conformance.checks.words import must, observed, returns
from conformance.codes import ATTACH_DIALOG, S_OK
from conformance.findings import HELD, Broken, Finding
from conformance.model.imsg.ledger import attachment_of, number
from conformance.model.imsg.parts import ENTRY_ID, plain_set
from conformance.model.imsg.props import own_message, top_of, writable
from conformance.model.imsg.state import Attachment, Imsg, Life, Message, Session
from conformance.model.outcome import failed, returned, succeeded, written
from conformance.msgfile.structure import Defect
from conformance.msgfile.values import stored
from conformance.trace import Call, Outcome

BYTES: Final = "world.bytes"


@CHECKS.check("IMSG-MSG-14", "IMessage.DeleteAttach", "IMessage.ModifyRecipients", BYTES)
def without_support_object(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if call.method == BYTES:
        return _entry_ids(state, call, outcome)
    message = own_message(state, call)
    if message is None or message.doubts or not writable(state, message):
        return None
    if call.method == "IMessage.ModifyRecipients":
        rows = call.params.get("rows")
        return returns(outcome, "imsg", S_OK) if rows and call.params.get("ulFlags") == 0 else None
    if call.params.get("ulFlags") != ATTACH_DIALOG:
        return None
    wanted = number(call, outcome)
    key = next(key for key, thing in state.things.items() if thing is message)
    busy = any(part.message == key and part.number == wanted for _, part in state.live(Attachment))
    if busy or wanted not in message.parts:
        return None
    return returns(outcome, "imsg", S_OK)


def _entry_ids(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    """The recipients in the file have the entry identifiers that they were given."""
    storage = state.storages.get(call.params.get("name") or "")
    encoded = outcome.body.get("base64") if outcome.kind == "result" else None
    if storage is None or state.murky or not isinstance(encoded, str):
        return None
    wanted, file = storage.kept.committed.entry_ids, parsed(encoded)
    # Recipients that are missing altogether are no matter of their identifiers.
    if not wanted or isinstance(file, Defect) or len(file.message.recipients) != len(wanted):
        return None
    got = []
    for part in file.message.recipients:
        entry = part.properties.find(ENTRY_ID) if part.properties else None
        value = stored(part, entry) if entry else None
        got.append(value if isinstance(value, bytes) else b"")
    if tuple(sorted(got)) == wanted:
        return HELD
    return Broken(f"the entry identifiers {_hex(wanted)}, as given", _hex(sorted(got)))


def _hex(values: tuple[bytes, ...] | list[bytes]) -> str:
    return ", ".join(value.hex() or "none" for value in values)


@CHECKS.check("IMSG-MSG-16", "IMessage.OpenAttach", "IAttach.SetProps")
def second_open(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if call.method == "IAttach.SetProps":
        return _first_access(state, call, outcome)
    message = own_message(state, call)
    if message is None or message.doubts or call.params.get("lppAttach") is None:
        return None
    wanted = number(call, outcome)
    for _, part in state.live(Attachment):
        if state.things[part.message] is message and part.number == wanted and part.opened:
            token = written(outcome, "lppAttach")
            same = returned(outcome) == S_OK and token == part.token
            but = "" if token == part.token else f"pointer {token} instead of {part.token}"
            return must(outcome, "imsg", same, "S_OK and the same object", but)
    return None


def _first_access(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    """What an attachment allowed before it was opened again it still allows, and no more."""
    found = attachment_of(state, call.params.get("this"))
    if found is None or state.reused(call.params.get("this")) or outcome.kind != "result":
        return None
    part = found[1]
    message = state.things[part.message]
    certain = isinstance(message, Message) and message.life is Life.OPEN and not message.doubts
    if not certain or part.life is not Life.OPEN or not plain_set(call):
        return None
    if part.allowed is None or not part.again:
        return None
    if failed(outcome) is not part.allowed:
        return HELD
    before = "succeeds" if part.allowed else "fails"
    return Broken(f"SetProps {before}, as before the second open", observed(outcome, "imsg"))


@CHECKS.also("IMSG-CLOSE-02", "IAttach.GetProps", "IMessage.GetProps")
def closed_with_its_message(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    """A part of a message that is dead since the close of its session is dead as well."""
    name = call.params.get("this")
    found = state.thing(name)
    if found is None or state.reused(name) or state.murky or not state.checked_handles:
        return None
    part = found[1]
    if isinstance(part, Session) or part.life is not Life.CLOSED:
        return None
    top = top_of(state, part)
    if top is part or not top.dead or outcome.kind != "result":
        return None
    if succeeded(outcome):
        return Broken("the part is closed with its message", "it can be read, its message cannot")
    return HELD if failed(outcome) else None
