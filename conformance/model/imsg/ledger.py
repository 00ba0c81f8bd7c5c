"""Small changes of the state that several calls share: events, doubts, users of what is lent."""

from __future__ import annotations

from typing import Any

from conformance.model.imsg.state import (
    LIVE,
    Attachment,
    Doubt,
    Imsg,
    Life,
    Message,
    Storage,
    Thing,
)
from conformance.model.outcome import failed, succeeded
from conformance.model.values import replace
from conformance.trace import Call, Outcome


def bound(state: Imsg, name: str, thing: Thing) -> Imsg:
    """The state with a new object under its name."""
    return replace(state, things={**state.things, name: thing}, names={**state.names, name: name})


def changed(state: Imsg, key: str, thing: Thing) -> Imsg:
    """The state with one object replaced."""
    return replace(state, things={**state.things, key: thing})


def stored(state: Imsg, name: str, storage: Storage) -> Imsg:
    """The state with one storage replaced or added."""
    return replace(state, storages={**state.storages, name: storage})


def happened(state: Imsg, event: str) -> Imsg:
    """An event that the next look has to be explained by."""
    return replace(state, events=state.events | {event})


def used(state: Imsg, allocator: Any, storage: Any, cause: str) -> Imsg:
    """An allocator and a storage were in use, or given up, for this cause."""
    if allocator in state.allocators:
        lent = state.allocators[allocator]
        lent = replace(lent, users=lent.users | {cause})
        state = replace(state, allocators={**state.allocators, allocator: lent})
    if storage in state.storages:
        held = state.storages[storage]
        state = stored(state, storage, replace(held, users=held.users | {cause}))
        buffers = replace(state.buffers, users=state.buffers.users | {cause})
        state = replace(state, buffers=buffers)
    return state


def doubted(state: Imsg, doubt: Doubt, free: Doubt | None) -> Imsg:
    """An event that must leave live messages alone; `free` is the doubt for session-less ones."""
    things = dict(state.things)
    for key, thing in state.things.items():
        if type(thing) is Message and thing.life is Life.OPEN and thing.storage is not None:
            own = free if free is not None and thing.session is None else doubt
            things[key] = replace(thing, doubts=thing.doubts | {own})
    return replace(state, things=things)


def doubted_on_storage(state: Imsg, storage: str) -> Imsg:
    """The suite gave up its reference to a storage: the message on it must go on working."""
    things = dict(state.things)
    for key, thing in state.things.items():
        if type(thing) is Message and thing.storage == storage and thing.life is Life.OPEN:
            things[key] = replace(thing, doubts=thing.doubts | {("IMSG-MSG-17",)})
    return replace(state, things=things)


def confirmed(state: Imsg, name: Any, outcome: Outcome) -> Imsg:
    """A read of a message settles the doubts about it: it works, or it is dead."""
    found = message_of(state, name)
    if found is None or not found[1].doubts:
        return state
    key, message = found
    if succeeded(outcome):
        return changed(state, key, replace(message, doubts=frozenset()))
    if failed(outcome):
        return happened(changed(state, key, replace(message, life=Life.LAWLESS)), "died")
    return state


def message_of(state: Imsg, name: Any) -> tuple[str, Message] | None:
    """The message that a name reaches, with its key."""
    found = state.thing(name)
    return (found[0], found[1]) if found and isinstance(found[1], Message) else None


def attachment_of(state: Imsg, name: Any) -> tuple[str, Attachment] | None:
    """The attachment that a name reaches, with its key."""
    found = state.thing(name)
    return (found[0], found[1]) if found and isinstance(found[1], Attachment) else None


def number(call: Call, outcome: Outcome) -> Any:
    """The attachment number that went over the wire."""
    resolved = outcome.resolved or {}
    return resolved.get("number", call.params.get("number"))


def parts_of(state: Imsg, message: str) -> list[str]:
    """The live attachments of a message, and the live messages embedded in them."""
    attachments = [key for key, thing in state.live(Attachment) if thing.message == message]
    own = set(attachments) | {
        key
        for key, thing in state.things.items()
        if type(thing) is Attachment and thing.message == message
    }
    embedded = [key for key, thing in state.live(Message) if thing.parent in own]
    return attachments + embedded + [p for key in embedded for p in parts_of(state, key)]


def live_messages(state: Imsg) -> list[tuple[str, Message]]:
    """The top-level messages that are live for certain."""
    return [(key, message) for key, message in state.live(Message) if message.storage is not None]


def anything_live(state: Imsg, allocator: str) -> bool:
    """Whether a session or message that uses the allocator may still be there."""
    for thing in state.things.values():
        mine = getattr(thing, "allocator", None) == allocator
        if mine and (thing.life in LIVE or thing.life in (Life.ENDED, Life.LAWLESS)):
            return True
    return False
