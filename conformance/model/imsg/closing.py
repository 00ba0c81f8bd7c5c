"""What ends objects: closing a session, and giving up the last reference.

Sources: D2 Remarks (the close takes every message, attachment and property object of
the session along);
D3 Notes to callers (a session-less message goes with its last release, once its parts
are released too);
contradiction X-03 for the last release inside a session.
"""

from __future__ import annotations

from conformance.model.imsg.ledger import changed, doubted, happened, live_messages, parts_of, used
from conformance.model.imsg.state import Attachment, Imsg, Life, Message, Session
from conformance.model.values import replace


def close_session(state: Imsg, key: str) -> Imsg:
    """The live session `key` is closed, with every message of it."""
    session = state.things[key]
    if not isinstance(session, Session):
        return state
    things = dict(state.things)
    things[key] = replace(session, life=Life.GONE)
    own = [(name, message) for name, message in live_messages(state) if message.session == key]
    parts = [part for name, _ in own for part in parts_of(state, name)]
    for part in parts:
        things[part] = replace(things[part], life=Life.CLOSED)
    ended = [
        (name, thing)
        for name, thing in state.things.items()
        if type(thing) is Message and thing.session == key and thing.life is Life.ENDED
    ]
    for name, message in own + ended:
        life = Life.CLOSED if message.refs else Life.GONE
        owed = message.owed or (message.callback and not message.refs)
        things[name] = replace(message, life=life, owed=owed)
    released_before = any(
        type(thing) is Message and thing.session == key and not thing.refs
        for thing in state.things.values()
    )
    causes = {"close"}
    causes |= {"close-parts"} if parts else set()
    causes |= {"close-several"} if len(own) > 1 else set()
    causes |= {"close-released"} if released_before else set()
    state = replace(state, things=things, events=state.events | causes)
    for cause in causes:
        state = used(state, session.allocator, None, cause)
        for _, message in own + ended:
            state = used(state, message.allocator, message.storage, cause)
    return doubted(state, ("IMSG-CLOSE-04",), ("IMSG-CLOSE-04", "IMSG-MSG-03"))


def give_up(state: Imsg, key: str) -> Imsg:
    """The caller's last reference to a live message or attachment is gone."""
    thing = state.things[key]
    if isinstance(thing, Attachment) or (isinstance(thing, Message) and thing.storage is None):
        state = changed(state, key, replace(thing, refs=0, life=Life.GONE))
        return _parent_of(happened(state, "part-release"), thing)
    if isinstance(thing, Message):
        if parts_of(state, key):
            return happened(
                changed(state, key, replace(thing, refs=0, life=Life.PARTING)), "parting"
            )
        return _gone(state, key, thing)
    return state


def _gone(state: Imsg, key: str, message: Message) -> Imsg:
    if message.session is None:
        ended = replace(message, refs=0, life=Life.GONE, owed=message.callback)
        cause = "last-release"
    else:
        ended = replace(message, refs=0, life=Life.ENDED)
        cause = "last-release-in-session"
    state = used(state, message.allocator, message.storage, cause)
    return happened(changed(state, key, ended), cause)


def _parent_of(state: Imsg, part: Attachment | Message) -> Imsg:
    """Let a message go that only waited for this part."""
    key: str | None = part.message if isinstance(part, Attachment) else part.parent
    while key is not None:
        thing = state.things[key]
        if isinstance(thing, Attachment):
            key = thing.message
            continue
        if not isinstance(thing, Message):
            return state
        if thing.life is Life.PARTING and not parts_of(state, key):
            return _gone(state, key, thing)
        key = thing.parent
    return state


def parts_open(state: Imsg, session: str) -> bool:
    """Whether a message of the session has an open attachment or embedded message."""
    return any(
        parts_of(state, key) for key, message in live_messages(state) if message.session == session
    )
