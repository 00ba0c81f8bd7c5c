"""The state of the Simple MAPI model: handles, their sessions, and what may have ended them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from conformance.symbols import could_mean


class Life(Enum):
    """Where a handle stands.

    LAWLESS handles came with a failure; of UNSURE ones
    nothing is known any more, because a look showed that sessions are missing or left over.
    """

    # By identity: asked for at every step, and slow in Enum.
    __hash__ = object.__hash__

    OPEN = "open"
    ENDED = "ended"
    UNSURE = "unsure"
    LAWLESS = "lawless"


@dataclass(frozen=True, slots=True)
class Handle:
    """A session handle; `session` identifies the session behind it, None where it cannot be known.

    `doubts` names the requirements to blame, one for each kind of event, if the handle
    is found dead.
    """

    token: str
    session: int | None
    life: Life = Life.OPEN
    doubts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Mail:
    """A message by an identifier that a call gave; `own` ones were made by the sequence.

    `subject` is None where it is not known.
    `doubts` names the requirements to blame if the message turns out to be gone or changed.
    """

    text: str
    subject: str | None = None
    own: bool = False
    doubts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Buffer:
    """What MAPIReadMail returned, and the handle it came with ("" where that is not certain)."""

    token: str
    handle: str
    freed: bool = False


@dataclass(frozen=True, slots=True)
class Simple:
    """What is known after a prefix of a trace.

    `fewest` and `most` bound the number of sessions that the next look may show; the
    documents leave
    open whether a logon joins a session made with MAPI_NEW_SESSION (contradiction X-08).
    `leaked` is what earlier looks showed beyond that.
    `quiet` says that no session exists for certain; `honoured` where MAPI_NEW_SESSION
    was seen to make a session: beside a shared one (True), beside none (False).
    `worked` are the calls that may be made without a session and succeeded on a good handle;
    `loose` is how many sessions that looks showed could be left over and not the caller's.
    `whole` are the names of handles whose `mails` are all that the mailbox holds.
    `unsaved` are the subjects that no message had when a refused call gave them, with the
    requirement to blame if one has now; `given` are those of all other calls.
    """

    handles: Mapping[str, Handle] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    made: int = 0
    shared: int | None = None
    fewest: int = 0
    most: int = 0
    leaked: int = 0
    events: frozenset[str] = frozenset()
    armed: bool = False
    honoured: frozenset[bool] = frozenset()
    quiet: bool = True
    full: bool = False
    room: bool = False
    mails: Mapping[str, tuple[Mail, ...]] = field(default_factory=dict)
    buffers: Mapping[str, Buffer] = field(default_factory=dict)
    worked: frozenset[str] = frozenset()
    loose: int = 0
    whole: frozenset[str] = frozenset()
    unsaved: Mapping[str, str] = field(default_factory=dict)
    given: frozenset[str] = frozenset()

    def handle(self, name: object) -> Handle | None:
        """The handle bound to a name."""
        key = self.names.get(name) if isinstance(name, str) else None
        return None if key is None else self.handles[key]

    def live(self) -> list[Handle]:
        """The handles that are good, oldest first."""
        return [handle for handle in self.handles.values() if handle.life is Life.OPEN]

    def possible(self) -> list[Handle]:
        """The handles that may be good: the live ones, and those of which nothing is known."""
        lives = (Life.OPEN, Life.UNSURE)
        return [handle for handle in self.handles.values() if handle.life in lives]

    def shares(self) -> bool:
        """A shared session exists for certain."""
        return self.shared is not None and any(
            h.session == self.shared and not h.doubts for h in self.live()
        )

    def known(self) -> bool:
        """The session behind every handle that may be good is known."""
        return all(handle.session is not None for handle in self.possible())

    def settled(self, blame: str) -> bool:
        """Whether only events of one kind may have ended a live handle."""
        return all(handle.doubts <= {blame} for handle in self.live())

    def meant(self, value: int) -> list[str]:
        """The handles that may be good and that a number may stand for."""
        lives = (Life.OPEN, Life.UNSURE)
        return [
            key
            for key, handle in self.handles.items()
            if handle.life in lives and could_mean(handle.token, value)
        ]

    def reused(self, name: object) -> bool:
        """The name's handle has ended, and its value may be that of a live one now."""
        handle = self.handle(name)
        if handle is None or handle.life is Life.OPEN:
            return False
        others = (other for other in self.possible() if other is not handle)
        return any(other.token == handle.token for other in others)
