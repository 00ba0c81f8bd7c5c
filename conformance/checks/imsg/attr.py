"""IMSG-ATTR: attributes of properties (GetAttribIMsgOnIStg, SetAttribIMsgOnIStg)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from conformance.checks.imsg.base import CHECKS
from conformance.checks.words import must
from conformance.codes import MAPI_W_ERRORS_RETURNED, PR_STORE_SUPPORT_MASK, S_OK
from conformance.findings import HELD, Broken, Finding
from conformance.model.imsg.ledger import attachment_of, message_of
from conformance.model.imsg.props import stays
from conformance.model.imsg.state import Imsg, Life, Message
from conformance.model.outcome import returned
from conformance.trace import Call, Outcome

GET: Final = "GetAttribIMsgOnIStg"
SET: Final = "SetAttribIMsgOnIStg"
NOT_PRESENT: Final = 8
_DEFINED: Final = 7
_FIRST_FREE: Final = 0x6600
"""Identifiers from here to 0x67FF belong to nobody, so that no message has one by itself."""
_LAST_FREE: Final = 0x67FF


@CHECKS.check("IMSG-ATTR-01", GET, SET)
def by_position(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if _foreign(state, call):
        return _refused(outcome)
    message = _message(state, call)
    asked = [
        int(tag, 16) for tag in call.params.get("tags" if call.method == GET else "attribs", ())
    ]
    if message is None or not asked or len({tag >> 16 for tag in asked}) < len(asked):
        return None
    there = [tag for tag in asked if _has(message, tag)]
    absent = [tag for tag in asked if _lacks(state, message, tag)]
    if call.method == SET:
        storage = state.storages[message.storage or ""]
        attributes = call.params["attribs"].values()
        if storage.mode != "readwrite" or any(value & ~_DEFINED for value in attributes):
            return None
    if int(PR_STORE_SUPPORT_MASK, 16) in asked:
        # It is computed (IMSG-MSG-18): it may have attributes of its own, or none.
        return None
    if not there:
        return None
    found = _code(outcome, all_there=there == asked, some_absent=bool(absent))
    if found is not HELD or call.method == SET:
        return found
    return _attributes(message, there, _by_id(outcome, "attribs")) or HELD


def _foreign(state: Imsg, call: Call) -> bool:
    """The object is an attachment: no message, and not what OpenIMsgOnIStg returned."""
    name = call.params.get("lpObject")
    found = attachment_of(state, name)
    if found is None or state.reused(name) or state.murky or found[1].life is not Life.OPEN:
        return False
    message = state.things[found[1].message]
    return isinstance(message, Message) and message.life is Life.OPEN and not message.doubts


def _refused(outcome: Outcome) -> Finding:
    if outcome.kind != "result":
        return None
    if returned(outcome) == S_OK:
        return Broken("no S_OK: the functions are valid for messages only", "returned S_OK")
    return HELD


def _message(state: Imsg, call: Call) -> Message | None:
    """The message that the call is made on, if it works for certain."""
    name = call.params.get("lpObject")
    found = message_of(state, name)
    if found is None or state.reused(name) or state.murky or not state.ready():
        return None
    message = found[1]
    usable = message.life is Life.OPEN and message.storage is not None and not message.doubts
    return message if usable else None


def _has(message: Message, tag: int) -> bool:
    return tag in message.props and stays(message, tag)


def _lacks(state: Imsg, message: Message, tag: int) -> bool:
    content = state.storages[message.storage or ""].kept.committed
    known = {one >> 16 for one in (*message.props, *content.props)}
    free = _FIRST_FREE <= tag >> 16 <= _LAST_FREE
    return free and content.complete and tag >> 16 not in known


def _code(outcome: Outcome, *, all_there: bool, some_absent: bool) -> Finding:
    code = returned(outcome)
    if all_there:
        return must(outcome, "imsg", code == S_OK, "S_OK (0x00000000), every property is there")
    if some_absent:
        expected = "MAPI_W_ERRORS_RETURNED (0x00040380), a property is missing"
        return must(outcome, "imsg", code == MAPI_W_ERRORS_RETURNED, expected)
    held = code in (S_OK, MAPI_W_ERRORS_RETURNED)
    return must(outcome, "imsg", held, "S_OK, or MAPI_W_ERRORS_RETURNED (0x00040380)")


def _by_id(outcome: Outcome, key: str) -> dict[int, Any]:
    given: Mapping[str, Any] = outcome.body.get(key) or {}
    return {int(tag, 16) >> 16: value for tag, value in given.items()}


def _attributes(message: Message, there: list[int], got: Mapping[int, Any]) -> Finding:
    """Every property that is there has attributes, and those that were set before."""
    for tag in there:
        value = got.get(tag >> 16)
        if not isinstance(value, int) or value & NOT_PRESENT:
            return Broken(f"attributes for 0x{tag:08X}, which is there", f"{value!r}")
        want = message.attribs.get(tag)
        if want is not None and value & _DEFINED != want:
            return Broken(f"the attributes {want} of 0x{tag:08X}, as they were set", f"{value}")
    return None
