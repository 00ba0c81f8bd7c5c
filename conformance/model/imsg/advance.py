"""How the state follows one step of a message-session trace.

Each function takes a step that returned, and gives the state after it.
Sources: D1 to D6, D18; contradictions X-03 (what ends a message) and X-10 (who holds the storage).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from conformance.model.imsg.closing import close_session, give_up
from conformance.model.imsg.ledger import (
    bound,
    changed,
    confirmed,
    doubted,
    doubted_on_storage,
    happened,
    number,
    stored,
    used,
)
from conformance.model.imsg.look import look
from conformance.model.imsg.props import support_mask
from conformance.model.imsg.state import (
    LIVE,
    Allocator,
    Attachment,
    Imsg,
    Life,
    Message,
    Session,
    Storage,
)
from conformance.model.imsg.stimulus import building, opening
from conformance.model.outcome import asked, failed, succeeded, untouched, written
from conformance.trace import Call, Outcome

Follow = Callable[[Imsg, Call, Outcome], Imsg]


def advance(state: Imsg, call: Call, outcome: Outcome) -> Imsg:
    """The state after one step; a step that says nothing, or that ended the run, changes nothing."""
    follow = FOLLOW.get(call.method)
    if follow is None or outcome.kind != "result":
        return state
    return follow(state, call, outcome)


def _open_session(state: Imsg, call: Call, outcome: Outcome) -> Imsg:
    case = opening(state, call)
    name, token = asked(call, "lppMsgSess"), written(outcome, "lppMsgSess")
    sentinel = state.sentinel or untouched(outcome, "lppMsgSess")
    event = "open" if succeeded(outcome) and name and token else f"open:{case}"
    if event != "open":
        state = used(state, call.params.get("lpMalloc"), None, event)
    code = outcome.body.get("return") if case == "flags" and failed(outcome) else state.flag_code
    state = replace(state, sentinel=sentinel, flag_code=code, events=state.events | {event})
    if name is None or token is None:
        return state
    same = next((key for key, one in state.live(Session) if one.token == token), None)
    if same is not None:
        # One value for two sessions (OPEN-11): from here on the two names are one session.
        return replace(state, names={**state.names, name: same})
    flags = call.params.get("ulFlags", 0)
    session = Session(token, flags, call.params.get("lpMalloc") or "")
    if failed(outcome):
        session = replace(session, life=Life.LAWLESS)
    return bound(state, name, session)


def _close_session(state: Imsg, call: Call, _outcome: Outcome) -> Imsg:
    name = call.params.get("lpMsgSess")
    if name is None:
        return doubted(happened(state, "close-null"), ("IMSG-CLOSE-05",), None)
    found = state.thing(name)
    if found is None or not isinstance(found[1], Session):
        return state
    key, session = found
    if session.life in LIVE:
        return close_session(state, key)
    return doubted(happened(state, "close-again"), ("IMSG-CLOSE-06",), None)


def _build(state: Imsg, call: Call, outcome: Outcome) -> Imsg:
    case = building(state, call)
    params = call.params
    name, token = asked(call, "lppMsg"), written(outcome, "lppMsg")
    made = succeeded(outcome) and name is not None and token is not None
    event = "build" if made else f"build:{case}"
    if not made:
        state = used(state, params.get("lpMalloc"), params.get("lpStg"), event)
    state = happened(state, event)
    storage = state.storages.get(params.get("lpStg") or "")
    if storage is not None:
        state = stored(state, params["lpStg"], replace(storage, used=True))
    if name is None or token is None:
        return state
    found = state.thing(params.get("lpMsgSess"))
    message = Message(
        token=token,
        session=found[0] if found else None,
        storage=params.get("lpStg"),
        parent=None,
        allocator=params.get("lpMalloc"),
        flags=params.get("ulFlags", 0),
        fresh=storage is not None and not storage.filled,
        callback=bool(params.get("lpfMsgCallRelease")),
        caller_data=params.get("ulCallerData", 0),
    )
    lawful = made and case in ("valid", "routine", "flags")
    if not lawful:
        message = replace(message, life=Life.LAWLESS)
        state = replace(state, murky=True)
    return bound(state, name, message)


def _add_ref(state: Imsg, call: Call, _outcome: Outcome) -> Imsg:
    found = state.thing(call.params.get("this"))
    if found and isinstance(found[1], Message) and found[1].life is Life.OPEN:
        return changed(state, found[0], replace(found[1], refs=found[1].refs + 1))
    return state


def _release(state: Imsg, call: Call, _outcome: Outcome) -> Imsg:
    found = state.thing(call.params.get("this"))
    if found is None:
        return state
    key, thing = found
    if isinstance(thing, Message) and thing.life is Life.CLOSED and thing.refs:
        owed = thing.callback and not thing.fired and thing.refs == 1
        return changed(state, key, replace(thing, refs=thing.refs - 1, owed=owed))
    if isinstance(thing, Session) or thing.life is not Life.OPEN:
        return state
    if thing.refs > 1:
        return happened(changed(state, key, replace(thing, refs=thing.refs - 1)), "release")
    return give_up(state, key)


def _get_props(state: Imsg, call: Call, outcome: Outcome) -> Imsg:
    name = call.params.get("this")
    state = confirmed(state, name, outcome)
    found, mask = state.thing(name), support_mask(call, outcome)
    if found and isinstance(found[1], Message) and mask is not None and succeeded(outcome):
        state = changed(state, found[0], replace(found[1], mask=mask))
    return replace(state, reads=state.reads + 1) if outcome.body.get("props") else state


def _set_props(state: Imsg, call: Call, outcome: Outcome) -> Imsg:
    state = confirmed(state, call.params.get("this"), outcome)
    found = state.thing(call.params.get("this"))
    if found is None or not isinstance(found[1], Message) or not succeeded(outcome):
        return state
    key, message = found
    refused = {int(tag, 16) for tag in outcome.body.get("problems") or {}}
    given = {int(tag, 16): value for tag, value in call.params.get("props", {}).items()}
    kept = {tag: value for tag, value in given.items() if tag not in refused}
    same = {tag >> 16 for tag in given}
    old = {tag: value for tag, value in message.props.items() if tag >> 16 not in same}
    return changed(state, key, replace(message, props={**old, **kept}))


def _save(state: Imsg, call: Call, outcome: Outcome) -> Imsg:
    state = confirmed(state, call.params.get("this"), outcome)
    found = state.thing(call.params.get("this"))
    if found is None or not isinstance(found[1], Message) or not succeeded(outcome):
        return state
    key, message = found
    saved = {
        part.number
        for part in state.things.values()
        if type(part) is Attachment and part.message == key and part.saved
    }
    message = replace(message, parts=message.parts | saved)
    state = changed(state, key, message)
    storage = state.storages.get(message.storage or "")
    if storage is None or message.flags & 1:
        return state
    filled = replace(storage, filled=True, saved=message.props)
    return stored(state, message.storage or "", filled)


def _create_attachment(state: Imsg, call: Call, outcome: Outcome) -> Imsg:
    return _attachment(state, call, outcome, outcome.body.get("number"), opened=False)


def _open_attachment(state: Imsg, call: Call, outcome: Outcome) -> Imsg:
    found = state.thing(call.params.get("this"))
    token = written(outcome, "lppAttach")
    if found and token and succeeded(outcome):
        for key, thing in state.live(Attachment):
            if thing.message == found[0] and thing.token == token:
                again = changed(state, key, replace(thing, refs=thing.refs + 1))
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
    attachment = Attachment(token, key, number if isinstance(number, int) else -1, opened, life=life)
    if opened:
        attachment = replace(attachment, saved=True)
    return happened(bound(state, name, attachment), "attach")


def _save_attachment(state: Imsg, call: Call, outcome: Outcome) -> Imsg:
    found = state.thing(call.params.get("this"))
    if found and isinstance(found[1], Attachment) and succeeded(outcome):
        return changed(state, found[0], replace(found[1], saved=True))
    return state


def _delete_attachment(state: Imsg, call: Call, outcome: Outcome) -> Imsg:
    found = state.thing(call.params.get("this"))
    if found and isinstance(found[1], Message) and succeeded(outcome):
        key, message = found
        gone = frozenset({number(call, outcome)})
        return changed(state, key, replace(message, parts=message.parts - gone))
    return state


def _embed(state: Imsg, call: Call, outcome: Outcome) -> Imsg:
    name, token = asked(call, "lppMsg"), written(outcome, "lppMsg")
    found = state.thing(call.params.get("this"))
    if found is None or name is None or token is None:
        return state
    key, attachment = found
    lawful = isinstance(attachment, Attachment) and attachment.life is Life.OPEN
    life = Life.OPEN if lawful and succeeded(outcome) else Life.LAWLESS
    message = Message(token, None, None, key, None, life=life)
    return happened(bound(state, name, message), "attach")


def _lend_allocator(state: Imsg, call: Call, _outcome: Outcome) -> Imsg:
    lent = Allocator(call.params.get("fail_after"))
    return replace(state, allocators={**state.allocators, call.params["name"]: lent})


def _lend_storage(state: Imsg, call: Call, _outcome: Outcome) -> Imsg:
    params = call.params
    storage = Storage(
        params.get("mode", ""),
        bool(params.get("transacted")),
        filled=params.get("base64") is not None,
        verified=params.get("base64") is not None,
    )
    return stored(state, params["name"], storage)


def _reopen(state: Imsg, call: Call, _outcome: Outcome) -> Imsg:
    params = call.params
    origin = state.storages.get(params.get("from") or "")
    if origin is None:
        return state
    storage = Storage(
        params.get("mode", ""),
        bool(params.get("transacted")),
        filled=origin.filled or origin.used,
        verified=origin.verified,
        saved=origin.saved if origin.verified else {},
    )
    return stored(state, params["name"], storage)


def _elements(state: Imsg, call: Call, outcome: Outcome) -> Imsg:
    storage = state.storages.get(call.params.get("name") or "")
    if storage is None:
        return state
    present = "__properties_version1.0" in (outcome.body.get("elements") or [])
    return stored(state, call.params["name"], replace(storage, verified=present))


def _world_release(state: Imsg, call: Call, _outcome: Outcome) -> Imsg:
    name = call.params.get("name")
    if name in state.allocators:
        given_up = replace(state.allocators[name], own=0)
        return replace(state, allocators={**state.allocators, name: given_up})
    if name in state.storages:
        state = stored(state, name, replace(state.storages[name], own=0))
        return doubted_on_storage(state, name)
    return state


def _initialise(state: Imsg, _call: Call, outcome: Outcome) -> Imsg:
    return replace(state, initialised=state.initialised + 1) if succeeded(outcome) else state


def _uninitialise(state: Imsg, _call: Call, _outcome: Outcome) -> Imsg:
    return replace(state, initialised=max(0, state.initialised - 1))


FOLLOW: Final[dict[str, Follow]] = {
    "MAPIInitialize": _initialise,
    "MAPIUninitialize": _uninitialise,
    "OpenIMsgSession": _open_session,
    "CloseIMsgSession": _close_session,
    "OpenIMsgOnIStg": _build,
    "IMessage.AddRef": _add_ref,
    "IMessage.Release": _release,
    "IMessage.GetProps": _get_props,
    "IMessage.SetProps": _set_props,
    "IMessage.SaveChanges": _save,
    "IMessage.CreateAttach": _create_attachment,
    "IMessage.OpenAttach": _open_attachment,
    "IMessage.DeleteAttach": _delete_attachment,
    "IAttach.Release": _release,
    "IAttach.SaveChanges": _save_attachment,
    "IAttach.OpenMessage": _embed,
    "world.malloc": _lend_allocator,
    "world.storage": _lend_storage,
    "world.reopen": _reopen,
    "world.elements": _elements,
    "world.release": _world_release,
    "observe": look,
}
