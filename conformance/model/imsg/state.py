"""The state of the message-session model: what is known of every object of a sequence.

The state follows what the implementation did, by name and by value:
a name stays with its object after the object's end, and where an implementation reuses
the value for a new object a call on the old name reaches the new one (harness protocol, Calls).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from conformance.model.imsg.content import Kept


class Life(Enum):
    """Where an object stands.

    ENDED is the state that the documents leave open (contradiction X-03): the caller's
    last reference
    inside a session is gone, and only a look tells whether the message is GONE or KEPT
    for the close.
    """

    # By identity: asked for at every step, and slow in Enum.
    __hash__ = object.__hash__

    OPEN = "open"
    PARTING = "parting"
    ENDED = "ended"
    KEPT = "kept"
    CLOSED = "closed"
    GONE = "gone"
    LAWLESS = "lawless"


Doubt = tuple[str, ...]
"""The requirements to blame if an object turns out to be dead after one event."""


@dataclass(frozen=True, slots=True)
class Allocator:
    """A lent IMalloc. `users` names what used it since it was last seen clean."""

    fail_after: int | None = None
    own: int = 1
    users: frozenset[str] = frozenset()
    references: int = 0
    blocks: int = 0
    foreign: int = 0


@dataclass(frozen=True, slots=True)
class Buffers:
    """The blocks of the caller's three memory routines; `users` as for allocators.

    `left` is the number that was already reported.
    `handed` are the functions that may have given memory to the caller since nothing was left, and
    `surely` those that did; `freed` are those whose memory the harness was seen to free.
    """

    users: frozenset[str] = frozenset()
    left: int = 0
    handed: frozenset[str] = frozenset()
    surely: frozenset[str] = frozenset()
    freed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Storage:
    """A lent IStorage. `users` as for allocators; the counts are what was already reported."""

    mode: str
    transacted: bool
    own: int = 1
    used: bool = False
    given: bool = False
    filled: bool = False
    verified: bool = False
    kept: Kept = field(default_factory=Kept)
    users: frozenset[str] = frozenset()
    references: int = 0
    late_calls: int = 0


@dataclass(frozen=True, slots=True)
class Session:
    """A message session."""

    token: str
    flags: int
    allocator: str
    life: Life = Life.OPEN


@dataclass(frozen=True, slots=True)
class Message:
    """A message: on a storage (`storage` set), or embedded in an attachment (`parent` set).

    `props` is what was set on this object, `unsaved` the part of it since the last
    save; `attribs` are attributes as they were set.
    `parts` are the numbers of the attachments that were saved, and their message after
    them; beside them
    the storage had `base` attachments; `touched` says that there were changes to any part
    since the last save.
    `dead` says that it was read in vain after the close of its session.
    `entry_ids` are those that its recipients were given, None where it has those of its storage.
    `last` says that it was saved without KEEP_OPEN_READWRITE: it may be written to no more (D6).
    """

    token: str
    session: str | None
    storage: str | None
    parent: str | None
    allocator: str | None
    flags: int = 0
    fresh: bool = True
    callback: bool = False
    caller_data: int = 0
    fired: int = 0
    owed: bool = False
    looked: bool = False
    dead: bool = False
    refs: int = 1
    life: Life = Life.OPEN
    doubts: frozenset[Doubt] = frozenset()
    props: Mapping[int, Any] = field(default_factory=dict)
    unsaved: Mapping[int, Any] = field(default_factory=dict)
    attribs: Mapping[int, int] = field(default_factory=dict)
    mask: int | None = None
    mask_given: bool = False
    parts: frozenset[int] = frozenset()
    base: int | None = 0
    entry_ids: tuple[bytes, ...] | None = None
    touched: bool = False
    last: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attachment object; `opened` tells that OpenAttach gave it, and not CreateAttach.

    `allowed` is whether a plain property could be set before it was opened `again`, None where
    nobody tried.
    """

    token: str
    message: str
    number: int
    opened: bool
    refs: int = 1
    saved: bool = False
    life: Life = Life.OPEN
    allowed: bool | None = None
    again: bool = False


Thing = Session | Message | Attachment

LIVE: Final = frozenset({Life.OPEN, Life.PARTING, Life.KEPT})
_UNSURE: Final = frozenset({Life.ENDED, Life.LAWLESS})


@dataclass(frozen=True, slots=True)
class Imsg:
    """What is known after a prefix of a trace.

    `events` names what happened since the last look that could leave something behind
    or take something
    away; a difference is charged to a requirement only where one kind of event explains it.
    `veiled` are the identifiers of properties that attributes once made unreadable or fixed: the
    attributes may outlive the value, so nothing is promised of these any more.
    `offset_*` is the difference between the last look and what was expected, already reported.
    """

    checked_handles: bool = False
    initialises: bool = False
    initialised: int = 0
    allocators: Mapping[str, Allocator] = field(default_factory=dict)
    storages: Mapping[str, Storage] = field(default_factory=dict)
    things: Mapping[str, Thing] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    events: frozenset[str] = frozenset()
    offset_sessions: int = 0
    offset_messages: int = 0
    fired: int = 0
    foreign_buffers: int = 0
    buffers: Buffers = field(default_factory=Buffers)
    reads: int = 0
    sentinel: bool = False
    flag_code: int | None = None
    open_allocates: bool = False
    veiled: frozenset[int] = frozenset()
    murky: bool = False

    def thing(self, name: object) -> tuple[str, Thing] | None:
        """The object that a name reaches, with its key: by value where its own has ended.

        A value may also be that of an object of which nobody knows whether it is still there.
        """
        if not isinstance(name, str):
            return None
        key = self.names.get(name)
        if key is None:
            return None
        found = self.things[key]
        if found.life in LIVE or found.life is Life.ENDED:
            return key, found
        for lives in (LIVE, _UNSURE):
            for other, thing in self.things.items():
                if (
                    thing.token == found.token
                    and thing.life in lives
                    and type(thing) is type(found)
                ):
                    return other, thing
        return key, found

    def reused(self, name: object) -> bool:
        """The name's own object has ended and its value belongs to another one now."""
        found = self.thing(name)
        return found is not None and found[0] != self.names.get(str(name))

    def live(self, kind: type[Thing]) -> list[tuple[str, Any]]:
        """The live objects of one kind, oldest first."""
        things = self.things.items()
        return [(key, thing) for key, thing in things if type(thing) is kind and thing.life in LIVE]

    def ready(self) -> bool:
        """Calls are allowed: MAPIInitialize was called where the implementation offers it."""
        return not self.initialises or self.initialised > 0
