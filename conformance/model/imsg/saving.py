"""How the state follows what is set on messages, saved, and made permanent in their storages.

Sources: D3, ulFlags and Notes to callers (who commits); D5, D6 (nothing is permanent
before SaveChanges);
D18, CreateAttach (an attachment takes two saves); harness protocol, lent objects (what
a commit of the caller's takes along).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from conformance.codes import IMSG_NO_ISTG_COMMIT, KEEP_OPEN_READWRITE
from conformance.model.imsg.content import EMPTY, UNKNOWN, Content, Kept
from conformance.model.imsg.ledger import changed, confirmed, message_of, stored
from conformance.model.imsg.props import MASK, same_value, stays
from conformance.model.imsg.state import Attachment, Imsg, Life, Message, Storage
from conformance.model.outcome import succeeded
from conformance.model.values import replace
from conformance.trace import Call, Outcome

PROPATTR_READABLE: Final = 2
PROPATTR_WRITEABLE: Final = 4


def set_props(state: Imsg, call: Call, outcome: Outcome) -> Imsg:
    """Properties of a message were set; nothing is known of those that were refused."""
    state = confirmed(state, call.params.get("this"), outcome)
    found = message_of(state, call.params.get("this"))
    if found is None:
        return state
    key, message = found
    given = {int(tag, 16): value for tag, value in call.params.get("props", {}).items()}
    ids = frozenset(tag >> 16 for tag in given)
    if succeeded(outcome):
        refused = {int(tag, 16) >> 16 for tag in outcome.body.get("problems") or {}}
    else:
        refused = set(ids)
    refused |= ids & state.veiled
    new = {tag: value for tag, value in given.items() if tag >> 16 not in refused}
    message = replace(
        message,
        props={**_but(message.props, ids), **new},
        unsaved={**_but(message.unsaved, ids), **new},
        attribs=_but(message.attribs, ids),
        mask_given=message.mask_given or MASK >> 16 in ids,
    )
    state = changed(state, key, message)
    return _vague(state, message.storage, frozenset(refused)) if refused else state


def _but(props: Mapping[int, Any], ids: frozenset[int]) -> dict[int, Any]:
    return {tag: value for tag, value in props.items() if tag >> 16 not in ids}


def _vague(state: Imsg, name: str | None, ids: frozenset[int]) -> Imsg:
    """Nothing is known any more of some properties in a storage."""
    storage = state.storages.get(name or "")
    if storage is None:
        return state
    kept = storage.kept
    committed, pending = kept.committed.without(ids), kept.pending.without(ids)
    return _keep(state, name or "", replace(kept, committed=committed, pending=pending))


def _keep(state: Imsg, name: str, kept: Kept) -> Imsg:
    return stored(state, name, replace(state.storages[name], kept=kept))


def save(state: Imsg, call: Call, outcome: Outcome) -> Imsg:
    """SaveChanges on a message: what it holds now is pending, or committed."""
    state = confirmed(state, call.params.get("this"), outcome)
    found = message_of(state, call.params.get("this"))
    if found is None:
        return state
    key, message = found
    name = message.storage or ""
    storage = state.storages.get(name)
    if not succeeded(outcome) or message.life is not Life.OPEN:
        if storage is None:
            return state
        return _keep(state, name, replace(storage.kept, committed=UNKNOWN, pending=UNKNOWN))
    parts = message.parts | {
        part.number
        for part in state.things.values()
        if type(part) is Attachment and part.message == key and part.saved and part.number >= 0
    }
    last = message.last or not call.params.get("ulFlags", 0) & KEEP_OPEN_READWRITE
    saved = replace(message, parts=parts, unsaved={}, touched=False, last=last)
    state = changed(state, key, saved)
    if storage is None:
        return state
    kept = _saved(storage.kept, saved)
    filled = storage.filled or bool(kept.committed.by)
    return stored(state, name, replace(storage, kept=kept, filled=filled))


def _saved(kept: Kept, message: Message) -> Kept:
    """The content after a save, and whether a commit was due for it or must not have happened."""
    quiet = bool(message.flags & IMSG_NO_ISTG_COMMIT)
    before = kept.pending
    props = {**_but(before.props, frozenset(tag >> 16 for tag in message.props))}
    lasting = {tag: value for tag, value in message.props.items() if stays(message, tag)}
    after = Content(
        props={**props, **lasting},
        parts=None if message.base is None else message.base + len(message.parts),
        complete=before.complete and len(lasting) == len(message.props),
        by=before.by | {"IMSG-SAVE-02" if quiet else "IMSG-SAVE-01"},
        entry_ids=before.entry_ids if message.entry_ids is None else message.entry_ids,
    )
    if quiet:
        return replace(kept, pending=after, silent=kept.silent + 1)
    fresh = any(
        tag not in kept.committed.props or not same_value(tag, value, kept.committed.props[tag])
        for tag, value in lasting.items()
    )
    # A save that changes nothing may do nothing.
    due = kept.due + (fresh or (after.parts or 0) > (before.parts or 0))
    return replace(kept, pending=after, committed=after, due=due)


def caller_commits(state: Imsg, call: Call, _outcome: Outcome) -> Imsg:
    """The caller wrote an element of its own, or committed: what was saved is permanent.

    What was set and not saved may go along, because the storage is one transaction.
    """
    name = call.params.get("name") or ""
    storage = state.storages.get(name)
    if storage is None:
        return state
    things = dict(state.things)
    ids: frozenset[int] = frozenset()
    touched = False
    for key, thing in state.things.items():
        if type(thing) is Message and thing.storage == name and (thing.unsaved or thing.touched):
            ids |= {tag >> 16 for tag in thing.unsaved}
            touched = touched or thing.touched
            things[key] = replace(thing, unsaved={}, touched=False)
    kept = storage.kept
    content = kept.pending.without(ids, parts=touched)
    element = call.params.get("element")
    made = kept.made if element is None else _beside(kept.made, element) | {element}
    kept = replace(kept, pending=content, committed=content, made=made)
    storage = replace(storage, kept=kept, filled=storage.filled or bool(content.by))
    return stored(replace(state, things=things), name, storage)


def _beside(made: frozenset[str], element: str) -> frozenset[str]:
    """The elements that a new one does not take the place of: a name is a storage or a stream."""
    return frozenset(
        path
        for path in made
        if not path.startswith(f"{element}/") and not element.startswith(f"{path}/")
    )


def unsaved_on(state: Imsg, name: str) -> dict[int, Any]:
    """What was set on the messages of a storage and never saved."""
    found: dict[int, Any] = {}
    for thing in state.things.values():
        if type(thing) is Message and thing.storage == name:
            found |= thing.unsaved
    return found


def lend_storage(state: Imsg, call: Call, _outcome: Outcome) -> Imsg:
    """The suite lends a storage, empty or with a file that it does not look into."""
    params = call.params
    given = params.get("base64") is not None
    content = UNKNOWN if given else EMPTY
    storage = Storage(
        params.get("mode", ""),
        bool(params.get("transacted")),
        filled=given,
        given=given,
        kept=Kept(content, content),
    )
    return stored(state, params["name"], storage)


def reopen(state: Imsg, call: Call, _outcome: Outcome) -> Imsg:
    """The suite lends a copy of what is committed in another storage."""
    params = call.params
    name = params.get("from") or ""
    origin = state.storages.get(name)
    if origin is None:
        return state
    kept = origin.kept
    committed, pending = kept.committed.props, kept.pending.props
    waiting = {
        tag: value
        for tag, value in pending.items()
        if tag not in committed or not same_value(tag, value, committed[tag])
    }
    storage = Storage(
        params.get("mode", ""),
        bool(params.get("transacted")),
        given=origin.given,
        filled=origin.filled or origin.used,
        verified=origin.verified,
        kept=Kept(
            kept.committed,
            kept.committed,
            unsaved={**kept.unsaved, **unsaved_on(state, name)},
            quiet={**kept.quiet, **waiting},
            made=kept.made,
        ),
    )
    return stored(state, params["name"], storage)


def elements(state: Imsg, call: Call, outcome: Outcome) -> Imsg:
    """A list of what is committed: with the properties stream there is a message to open."""
    storage = state.storages.get(call.params.get("name") or "")
    if storage is None:
        return state
    present = "__properties_version1.0" in (outcome.body.get("elements") or [])
    return stored(state, call.params["name"], replace(storage, verified=present))


def set_attributes(state: Imsg, call: Call, outcome: Outcome) -> Imsg:
    """Attributes were set; a property that was made unreadable or fixed is no longer promised."""
    found = message_of(state, call.params.get("lpObject"))
    if found is None:
        return state
    key, message = found
    given = {int(tag, 16): value for tag, value in (call.params.get("attribs") or {}).items()}
    refused = {int(tag, 16) >> 16 for tag in outcome.body.get("problems") or {}}
    both = PROPATTR_READABLE | PROPATTR_WRITEABLE
    kept = {tag: value for tag, value in given.items() if tag >> 16 not in refused}
    lost = frozenset(tag >> 16 for tag, value in given.items() if value & both != both)
    if not succeeded(outcome):
        kept = {}
    message = replace(
        message,
        attribs={**_but(message.attribs, frozenset(tag >> 16 for tag in given)), **kept},
        props=_but(message.props, lost),
        unsaved=_but(message.unsaved, lost),
    )
    state = replace(changed(state, key, message), veiled=state.veiled | lost)
    return _vague(state, message.storage, lost) if lost else state
