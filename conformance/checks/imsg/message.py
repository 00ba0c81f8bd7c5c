"""IMSG-MSG: messages on storages (OpenIMsgOnIStg and what the object can do).

The rows about recipients and attachments are in parts.py.

Each function is the check of the requirement named above it.
"""

from __future__ import annotations

from typing import Any, Final

from conformance.checks.imsg.base import (
    CHECKS,
    alive,
    handed_back,
    leaked,
    nothing_left,
    only,
    rested,
    see,
)
from conformance.checks.words import fails, must, returns
from conformance.codes import (
    MAPI_E_COMPUTED,
    MAPI_E_UNKNOWN_FLAGS,
    MAPI_UNICODE,
    PR_STORE_SUPPORT_MASK,
    STORE_UNICODE_OK,
)
from conformance.findings import HELD, Broken, Finding, reading
from conformance.model.imsg.props import lost, own_message, support_mask, writable
from conformance.model.imsg.state import Imsg, Life, Message, Session
from conformance.model.imsg.stimulus import building, features
from conformance.model.outcome import failed, returned, succeeded, written
from conformance.trace import Call, Outcome

BUILD: Final = "OpenIMsgOnIStg"


def _made(outcome: Outcome) -> Finding:
    return handed_back(outcome, "lppMsg", "message")


def _valid(state: Imsg, call: Call, *used: str) -> bool:
    return building(state, call) == "valid" and features(state, call) == frozenset(used)


@CHECKS.check("IMSG-MSG-01", BUILD, "IMessage.GetProps", "IMessage.SetProps")
def builds(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if call.method == BUILD:
        return _made(outcome) if _valid(state, call) else None
    message = own_message(state, call)
    if message is None or message.doubts or not state.ready():
        return None
    if call.method == "IMessage.SetProps" and (
        not writable(state, message) or _computed(call, outcome)
    ):
        return None
    found = must(outcome, "imsg", succeeded(outcome), "the method works on an open message")
    if found is HELD and not message.flags & MAPI_UNICODE and call.method == "IMessage.GetProps":
        return lost(message, call, outcome) or HELD
    return found


def _computed(call: Call, outcome: Outcome) -> bool:
    """The whole call was refused because of the mask, as IMSG-MSG-18 allows (D7, Remarks)."""
    mask = int(PR_STORE_SUPPORT_MASK, 16)
    given = any(int(tag, 16) == mask for tag in call.params.get("props", {}))
    return given and returned(outcome) == MAPI_E_COMPUTED


@CHECKS.check("IMSG-MSG-02", "observe")
def several_messages(state: Imsg, _call: Call, outcome: Outcome) -> Finding:
    seen = see(state, outcome)
    if seen is None or "close-several" not in state.events:
        return None
    closes = ("close", "close-several", "close-parts")
    if only(state.events, *closes) and seen.messages is not None and seen.messages > 0:
        return Broken("every message of the session is closed", f"{seen.messages} still open")
    # Where parts were open a storage that is still held may be held by them: CLOSE-02.
    plain = ("close", "close-several")
    several = [excess for excess in seen.storages.values() if "close-several" in excess.users]
    return leaked(several, *plain) or (HELD if rested(several, *plain) else None)


@CHECKS.check("IMSG-MSG-03", BUILD, "IMessage.GetProps", "observe")
def without_session(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if call.method == BUILD:
        return _made(outcome) if _valid(state, call, "null-session") else None
    if call.method == "IMessage.GetProps":
        return alive(state, call, outcome, "IMSG-MSG-03")
    seen = see(state, outcome)
    if seen is None or "last-release" not in state.events:
        return None
    if only(state.events, "last-release") and seen.messages is not None and seen.messages > 0:
        return Broken(
            "the last release frees the message", f"{seen.messages} message(s) still open"
        )
    lent = [*seen.storages.values(), *seen.allocators.values(), *seen.buffers]
    return leaked(lent, "last-release") or (HELD if rested(lent, "last-release") else None)


@CHECKS.check("IMSG-MSG-04", BUILD, "observe")
def write_only_storage(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    return _refused(state, call, outcome, "write-only")


@CHECKS.check("IMSG-MSG-05", BUILD, "IMessage.GetProps")
def read_only_storage(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if call.method == BUILD:
        return _made(outcome) if _valid(state, call, "read") else None
    message = own_message(state, call)
    storage = state.storages.get(message.storage or "") if message else None
    if message is None or message.doubts or storage is None or storage.mode != "read":
        return None
    return must(outcome, "imsg", succeeded(outcome), "the properties can be read")


@CHECKS.check("IMSG-MSG-06", BUILD)
def not_transacted(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if building(state, call) != "not-transacted":
        return None
    return reading("AB" if failed(outcome) else "B")


@CHECKS.check("IMSG-MSG-07", BUILD, "IMessage.GetProps")
def unicode_message(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if call.method == BUILD:
        return _made(outcome) if _valid(state, call, "unicode") else None
    message = own_message(state, call)
    if message is None or message.doubts or not message.flags & MAPI_UNICODE:
        return None
    if not succeeded(outcome):
        return None
    mask = None if message.mask_given else support_mask(call, outcome)
    if mask is not None and not (mask or 0) & STORE_UNICODE_OK:
        return Broken("STORE_UNICODE_OK (0x00040000) in PR_STORE_SUPPORT_MASK", f"0x{mask:08X}")
    return lost(message, call, outcome) or (HELD if mask is not None else None)


@CHECKS.check("IMSG-MSG-08", "IMessage.GetProps")
def ansi_message(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    message = _ansi(state, call)
    mask = support_mask(call, outcome) if succeeded(outcome) else None
    if message is None or mask is None or _session_flags(state, message):
        return None
    if mask & STORE_UNICODE_OK:
        return Broken("STORE_UNICODE_OK clear in PR_STORE_SUPPORT_MASK", f"0x{mask:08X}")
    return HELD


@CHECKS.check("IMSG-MSG-09", BUILD, "observe")
def undefined_flag(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if call.method == "observe":
        return nothing_left(state, outcome, "build:flags")
    if building(state, call) != "flags":
        return None
    return returns(outcome, "imsg", MAPI_E_UNKNOWN_FLAGS)


@CHECKS.check("IMSG-MSG-10", "IMessage.GetProps")
def unicode_session(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    message = _ansi(state, call)
    mask = support_mask(call, outcome) if succeeded(outcome) else None
    if message is None or mask is None or not _session_flags(state, message) & MAPI_UNICODE:
        return None
    return reading("A" if mask & STORE_UNICODE_OK else "B")


def _ansi(state: Imsg, call: Call) -> Message | None:
    """The fresh message read by the call, if it was opened without MAPI_UNICODE."""
    message = own_message(state, call)
    if message is None or message.storage is None or message.doubts or message.mask_given:
        return None
    return message if message.fresh and not message.flags & MAPI_UNICODE else None


def _session_flags(state: Imsg, message: Message) -> int:
    session = state.things.get(message.session or "")
    return session.flags if isinstance(session, Session) else 0


@CHECKS.check("IMSG-MSG-11", BUILD)
def closed_session(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if building(state, call) != "dead-session" or not state.checked_handles:
        return None
    return reading("AB" if failed(outcome) else "B")


@CHECKS.check("IMSG-MSG-12", BUILD, "observe")
def memory_routines(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    return _refused(state, call, outcome, "routine")


def _refused(state: Imsg, call: Call, outcome: Outcome, case: str) -> Finding:
    if call.method == "observe":
        return nothing_left(state, outcome, f"build:{case}")
    if building(state, call) != case:
        return None
    if failed(outcome) and written(outcome, "lppMsg") is not None:
        return Broken("a failing SCODE and no message pointer", "a pointer was written")
    return fails(outcome, "imsg")


@CHECKS.check("IMSG-MSG-13", "observe")
def buffers_of_the_caller(state: Imsg, _call: Call, outcome: Outcome) -> Finding:
    seen = see(state, outcome)
    if seen is None or seen.foreign_buffers is None or not state.reads or "died" in state.events:
        return None
    if seen.foreign_buffers > 0:
        return Broken(
            "returned memory comes from the routines given",
            f"{seen.foreign_buffers} buffer(s) were none of theirs",
        )
    return HELD


@CHECKS.check("IMSG-MSG-15", "IMessage.SubmitMessage")
def submit(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    message = own_message(state, call)
    return fails(outcome, "imsg") if message and not message.doubts else None


@CHECKS.check("IMSG-MSG-17", "IMessage.GetProps", "observe")
def storage_reference(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if call.method == "IMessage.GetProps":
        return alive(state, call, outcome, "IMSG-MSG-17")
    seen = see(state, outcome)
    if seen is None:
        return None
    held = outcome.body.get("storages", {})
    # A message that only waits for its parts may be gone or not: the documents leave that open.
    # One that another event may have closed is spoken of by that event's requirement.
    mine = {("IMSG-MSG-17",)}
    sure = [one for _, one in state.live(Message) if one.life is Life.OPEN and one.doubts <= mine]
    for message in sure:
        storage = state.storages.get(message.storage or "")
        if storage and not storage.own and held.get(message.storage, {}).get("references") == 0:
            return Broken("the open message holds a reference to its storage", "none is held")
    causes = ("last-release", "last-release-in-session")
    found = leaked(seen.storages.values(), *causes)
    return found or (HELD if rested(seen.storages.values(), *causes) else None)


@CHECKS.check("IMSG-MSG-18", "IMessage.SetProps", "IMessage.GetProps")
def computed_mask(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    message = own_message(state, call)
    if message is None or message.doubts or not writable(state, message):
        return None
    if call.method == "IMessage.GetProps":
        return _mask_unchanged(message, call, outcome)
    tags = {int(tag, 16): tag for tag in call.params.get("props", {})}
    mask = int(PR_STORE_SUPPORT_MASK, 16)
    if mask not in tags:
        return None
    problems = {int(tag, 16): code for tag, code in _problems(outcome).items()}
    refused = returned(outcome) == MAPI_E_COMPUTED or problems.get(mask) == MAPI_E_COMPUTED
    but = f"problem for the mask: {problems.get(mask, 'none')}"
    return must(
        outcome, "imsg", refused, "the problem MAPI_E_COMPUTED (0x8004011A) for the mask", but
    )


def _problems(outcome: Outcome) -> dict[str, Any]:
    return (outcome.body.get("problems") or {}) if outcome.kind == "result" else {}


def _mask_unchanged(message: Message, call: Call, outcome: Outcome) -> Finding:
    mask = support_mask(call, outcome) if succeeded(outcome) else None
    if mask is None or message.mask is None:
        return None
    if mask != message.mask:
        return Broken(f"the mask is still 0x{message.mask:08X}", f"it reads 0x{mask:08X}")
    return HELD
