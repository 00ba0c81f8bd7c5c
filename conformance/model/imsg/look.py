"""What an `observe` shows, against what the state expects.

Nothing is concluded from counts once undefined territory was entered (`murky`).
After a look the observed counts are the new baseline, so that one leak is counted once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.model.imsg.buffers import counted
from conformance.model.imsg.callbacks import Fired, fired, unpaid
from conformance.model.imsg.ledger import anything_live, live_messages
from conformance.model.imsg.state import (
    LIVE,
    Allocator,
    Imsg,
    Life,
    Message,
    Session,
    Storage,
    Thing,
)
from conformance.model.values import remembered, replace
from conformance.trace import Call, Outcome


@dataclass(frozen=True, slots=True)
class Excess:
    """One lent object at rest: what is held beyond the suite's own share, and what used it.

    `stolen` are references of the suite's own that somebody else gave up.
    """

    users: frozenset[str]
    references: int
    blocks: int = 0
    stolen: int = 0


@dataclass(frozen=True, slots=True)
class Sight:
    """The differences between an observation and the state; None where nothing can be said."""

    sessions: int | None
    messages: int | None
    ended: Life | None
    allocators: Mapping[str, Excess]
    storages: Mapping[str, Excess]
    late: Mapping[str, int]
    foreign: Mapping[str, int]
    fired: tuple[Fired, ...]
    unpaid: tuple[str, ...]
    foreign_buffers: int | None
    buffers: tuple[Excess, ...] = ()


@remembered
def sight(state: Imsg, outcome: Outcome) -> Sight:
    """Compare an observation with the state before it (remembered for the checks of the step)."""
    body = outcome.body
    live = body.get("live", {})
    mallocs, storages = body.get("mallocs", {}), body.get("storages", {})
    messages, ended = _messages(state, live.get("messages"))
    calls = fired(state, body.get("released"))
    buffers = body.get("buffers")
    return Sight(
        sessions=_sessions(state, live.get("sessions")),
        messages=messages,
        ended=ended,
        allocators=_allocators(state, mallocs),
        storages=_storages(state, storages, ended),
        late={
            name: storages[name]["calls_after_release"] - storage.late_calls
            for name, storage in state.storages.items()
            if "calls_after_release" in storages.get(name, {})
        },
        foreign={
            name: mallocs[name]["foreign_frees"] - lent.foreign
            for name, lent in state.allocators.items()
            if "foreign_frees" in mallocs.get(name, {})
        },
        fired=calls,
        unpaid=unpaid(state, calls, ended) if "released" in body else (),
        foreign_buffers=None
        if buffers is None
        else buffers.get("foreign_frees", 0) - state.foreign_buffers,
        buffers=_buffers(state, buffers, ended),
    )


def _sessions(state: Imsg, observed: int | None) -> int | None:
    if observed is None or state.murky:
        return None
    return observed - state.offset_sessions - len(state.live(Session))


def _messages(state: Imsg, observed: int | None) -> tuple[int | None, Life | None]:
    """How many messages are too many (or too few), and what became of those released."""
    if observed is None or state.murky:
        return None, None
    things = [thing for thing in state.things.values() if type(thing) is Message]
    parting = sum(1 for thing in things if thing.life is Life.PARTING)
    ended = sum(1 for thing in things if thing.life is Life.ENDED)
    certain = len(live_messages(state)) - parting
    found = observed - state.offset_messages
    if found < certain:
        return found - certain, None
    if found > certain + parting + ended:
        return found - certain - parting - ended, None
    doubted = any(thing.doubts for thing in things if thing.life is Life.ENDED)
    # A message that a close, or a last release without session, left over looks like a kept one.
    blurred = bool(state.events & {"close", "last-release"})
    if not ended or parting or doubted or blurred:
        return 0, None
    return 0, {certain: Life.GONE, certain + ended: Life.KEPT}.get(found)


def _allocators(state: Imsg, seen: Mapping[str, Any]) -> dict[str, Excess]:
    return {
        name: Excess(
            lent.users,
            seen[name].get("references", 0) - lent.own - lent.references,
            seen[name].get("live", 0) - lent.blocks,
            _stolen(lent, seen[name]),
        )
        for name, lent in state.allocators.items()
        if name in seen and not state.murky and not anything_live(state, name)
    }


def _storages(state: Imsg, seen: Mapping[str, Any], ended: Life | None) -> dict[str, Excess]:
    resting = set(state.storages)
    for thing in state.things.values():
        if type(thing) is Message and thing.storage is not None:
            gone = thing.life in (Life.GONE, Life.CLOSED)
            if not gone and not (thing.life is Life.ENDED and ended is Life.GONE):
                resting.discard(thing.storage)
    return {
        name: Excess(
            storage.users,
            seen[name].get("references", 0) - storage.own - storage.references,
            stolen=_stolen(storage, seen[name]),
        )
        for name, storage in state.storages.items()
        if name in seen and not state.murky and name in resting
    }


def _stolen(lent: Allocator | Storage, seen: Mapping[str, Any]) -> int:
    """How many references fewer there are than the suite holds, since the look before."""
    own = lent.own + min(lent.references, 0)
    left: int = seen.get("references", own)
    return max(0, own - left)


def _buffers(state: Imsg, seen: Mapping[str, Any] | None, ended: Life | None) -> tuple[Excess, ...]:
    """Blocks of the three routines that are left once every message is gone, at most one excess.

    Nothing is said where memory was handed out that the harness was never seen to free.
    """
    known = state.buffers
    if seen is None or state.murky or known.handed - known.freed:
        return ()
    for thing in state.things.values():
        if type(thing) is Message and thing.storage is not None:
            gone = thing.life in (Life.GONE, Life.CLOSED)
            if not gone and not (thing.life is Life.ENDED and ended is Life.GONE):
                return ()
    return (Excess(known.users, 0, seen.get("live", 0) - known.left),)


def look(state: Imsg, _call: Call, outcome: Outcome) -> Imsg:
    """The state after an observation: what was seen is the new baseline."""
    seen = sight(state, outcome)
    body = outcome.body
    mallocs, storages = body.get("mallocs", {}), body.get("storages", {})
    things = dict(state.things)
    for key, thing in state.things.items():
        if type(thing) is Message:
            times = sum(1 for call in seen.fired if call.message == key)
            life = (seen.ended or thing.life) if thing.life is Life.ENDED else thing.life
            owed = thing.owed and not times and key not in seen.unpaid
            looked = thing.life is Life.CLOSED
            if times or life is not thing.life or owed is not thing.owed or looked:
                things[key] = replace(
                    thing, fired=thing.fired + times, life=life, owed=owed, looked=looked
                )
    buffers = body.get("buffers") or {}
    shaken = bool(seen.sessions or seen.messages)
    if shaken:
        things = {key: _unsure(thing) for key, thing in things.items()}
    live = body.get("live", {})
    return replace(
        state,
        things=things,
        allocators={
            name: _rested(lent, seen.allocators.get(name), mallocs.get(name, {}))
            for name, lent in state.allocators.items()
        },
        storages={
            name: _calm(storage, seen.storages.get(name), storages.get(name, {}))
            for name, storage in state.storages.items()
        },
        events=frozenset(),
        offset_sessions=live.get("sessions", 0) if shaken else state.offset_sessions,
        offset_messages=live.get("messages", 0) if shaken else state.offset_messages,
        fired=len(body.get("released", ())),
        foreign_buffers=buffers.get("foreign_frees", 0),
        buffers=counted(state.buffers, buffers.get("live"), [one.blocks for one in seen.buffers]),
        reads=0,
        open_allocates=state.open_allocates or _opening_allocated(state, mallocs),
    )


def _unsure(thing: Thing) -> Thing:
    """Objects are missing or left over, so nothing is known of those that were live."""
    return replace(thing, life=Life.LAWLESS) if thing.life in (*LIVE, Life.ENDED) else thing


def _rested(lent: Allocator, excess: Excess | None, seen: Mapping[str, Any]) -> Allocator:
    foreign = seen.get("foreign_frees", lent.foreign)
    if excess is None:
        return lent if foreign == lent.foreign else replace(lent, foreign=foreign)
    if foreign == lent.foreign and not (lent.users or excess.references or excess.blocks):
        return lent
    return replace(
        lent,
        foreign=foreign,
        users=frozenset(),
        references=lent.references + excess.references,
        blocks=lent.blocks + excess.blocks,
    )


def _calm(storage: Storage, excess: Excess | None, seen: Mapping[str, Any]) -> Storage:
    late, kept = seen.get("calls_after_release", storage.late_calls), storage.kept
    commits = seen.get("commits", kept.commits)
    if commits != kept.commits or kept.due or kept.silent or kept.opened:
        kept = replace(kept, commits=commits, due=0, silent=0, opened=False)
    users, held = storage.users, storage.references
    if excess is not None:
        users, held = frozenset(), held + excess.references
    same = late == storage.late_calls and kept is storage.kept and users == storage.users
    if same and held == storage.references:
        return storage
    return replace(storage, late_calls=late, kept=kept, users=users, references=held)


def _opening_allocated(state: Imsg, mallocs: Mapping[str, Any]) -> bool:
    """An allocator that only ever opened sessions, all live and empty, has blocks in use."""
    owners = {getattr(thing, "session", None) for thing in state.things.values()}
    for name, lent in state.allocators.items():
        users = [
            (key, thing)
            for key, thing in state.things.items()
            if getattr(thing, "allocator", None) == name
        ]
        only_sessions = bool(users) and all(
            type(thing) is Session and thing.life in LIVE and key not in owners
            for key, thing in users
        )
        if only_sessions and not lent.users and mallocs.get(name, {}).get("live", 0) > lent.blocks:
            return True
    return False
