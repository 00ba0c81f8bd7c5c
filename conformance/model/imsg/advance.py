"""How the state follows one step of a message-session trace.

Each function takes a step that returned, and gives the state after it.
Sources: D1 to D6, D18; contradictions X-03 (what ends a message) and X-10 (who holds the storage).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from conformance.model.imsg.buffers import HANDING, handed
from conformance.model.imsg.closing import close_session, give_up
from conformance.model.imsg.ledger import (
    bound,
    changed,
    confirmed,
    doubted,
    doubted_on_storage,
    happened,
    stored,
    used,
)
from conformance.model.imsg.look import look
from conformance.model.imsg.parts import (
    create_attachment,
    delete_attachment,
    embed,
    modify_recipients,
    open_attachment,
    save_attachment,
    set_on_attachment,
)
from conformance.model.imsg.props import support_mask
from conformance.model.imsg.saving import (
    caller_commits,
    elements,
    lend_storage,
    reopen,
    save,
    set_attributes,
    set_props,
)
from conformance.model.imsg.state import (
    LIVE,
    Allocator,
    Imsg,
    Life,
    Message,
    Session,
)
from conformance.model.imsg.stimulus import building, opening
from conformance.model.outcome import asked, failed, succeeded, untouched, written
from conformance.model.values import replace
from conformance.trace import Call, Outcome

Follow = Callable[[Imsg, Call, Outcome], Imsg]


def advance(state: Imsg, call: Call, outcome: Outcome) -> Imsg:
    """The state after one step; one that says nothing, or that ended the run, changes nothing."""
    follow = FOLLOW.get(call.method)
    if outcome.kind != "result":
        return state
    if call.method in HANDING:
        state = replace(state, buffers=handed(state.buffers, call, outcome))
    return state if follow is None else follow(state, call, outcome)


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
    if session.life is Life.LAWLESS:
        return happened(state, "close-unsure")
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
        kept = replace(storage.kept, opened=True)
        state = stored(state, params["lpStg"], replace(storage, used=True, kept=kept))
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
        base=storage.kept.pending.parts if storage else None,
    )
    lawful = made and case in ("valid", "orphaned", "routine", "flags")
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
    if found and isinstance(found[1], Message) and found[1].life is Life.CLOSED:
        state = changed(state, found[0], replace(found[1], dead=failed(outcome)))
    return replace(state, reads=state.reads + 1) if outcome.body.get("props") else state


def _lend_allocator(state: Imsg, call: Call, _outcome: Outcome) -> Imsg:
    lent = Allocator(call.params.get("fail_after"))
    return replace(state, allocators={**state.allocators, call.params["name"]: lent})


def _world_release(state: Imsg, call: Call, _outcome: Outcome) -> Imsg:
    name = call.params.get("name") or ""
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
    "IMessage.SetProps": set_props,
    "IMessage.SaveChanges": save,
    "IMessage.CreateAttach": create_attachment,
    "IMessage.OpenAttach": open_attachment,
    "IMessage.DeleteAttach": delete_attachment,
    "IMessage.ModifyRecipients": modify_recipients,
    "IAttach.Release": _release,
    "IAttach.SaveChanges": save_attachment,
    "IAttach.SetProps": set_on_attachment,
    "IAttach.OpenMessage": embed,
    "SetAttribIMsgOnIStg": set_attributes,
    "world.malloc": _lend_allocator,
    "world.storage": lend_storage,
    "world.reopen": reopen,
    "world.elements": elements,
    "world.create": caller_commits,
    "world.commit": caller_commits,
    "world.release": _world_release,
    "observe": look,
}
