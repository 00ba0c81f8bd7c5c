"""The state of the email model: sessions by identity, and what the servers must show.

Of each protocol and user the model follows one session: what a second start under a live name does
is not documented, so that nothing is concluded after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

Identity = tuple[str, str]
"""What a session is given to functions by: ("user", name), ("variable", name)."""

Key = tuple[str, str]
"""Protocol and user name, as the servers count connections; "" is a user not yet accepted."""

MAIL: Final = ("pop3", "smtp", "imap")
"""The protocols that the servers see."""
READING: Final = ("pop3", "imap")
CLIENTS: Final = ("outlook", "notes")
"""Sessions of other programs, which no server of the suite sees."""

UNKNOWN: Final = ""
"""The blame for what no requirement explains: it keeps others from being blamed."""


class Life(Enum):
    """Where a session stands: of UNSURE ones nothing is known; MAYBE waits for a look.

    MAYBE ones are what a close may have ended, by one reading of the documents.
    """

    OPEN = "open"
    MAYBE = "maybe"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Session:
    """A session that was started; `number` is the integer that identifies it, if one does.

    `doubts` names the requirements to blame if it turns out to be unusable.
    """

    user: str
    life: Life = Life.OPEN
    doubts: frozenset[str] = frozenset()
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many connections the next look may show, and what to blame for more or for fewer."""

    fewest: int = 0
    most: int = 0
    excess: frozenset[str] = frozenset()
    lack: frozenset[str] = frozenset()

    def changed(
        self,
        fewest: int = 0,
        most: int = 0,
        excess: str | None = None,
        lack: str | None = None,
    ) -> Tally:
        """The tally after an event that may be to blame."""
        return Tally(
            max(0, self.fewest + fewest),
            max(0, self.most + most),
            self.excess if excess is None else self.excess | {excess},
            self.lack if lack is None else self.lack | {lack},
        )

    def blamed(self, seen: int) -> frozenset[str]:
        """What may explain that `seen` does not fit; empty where it fits."""
        if seen > self.most:
            return self.excess or frozenset({UNKNOWN})
        if seen < self.fewest:
            return self.lack or frozenset({UNKNOWN})
        return frozenset()


NONE: Final = Tally()


@dataclass(frozen=True, slots=True)
class Question:
    """A reading that the next look decides: whether the connections of `keys` are gone.

    `gone` and `there` are the readings that explain either; "" where that breaks the requirement,
    and "-" where it says nothing.
    """

    requirement: str
    keys: frozenset[Key]
    gone: str
    there: str
    aspect: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at the servers showed, for the one after `shutdown` to compare with."""

    live: Mapping[Key, int]
    farewells: Mapping[Key, int]


@dataclass(frozen=True, slots=True)
class Email:
    """What is known after a prefix of a trace.

    `protocols` and `tls` are what the implementation declares.
    `past` are identities whose sessions ended, `failed` those whose last start failed; `users` is
    the user name of each variable, `programs` the client that it was started through.
    `tallies` are what the servers must show, `held` the connections that the harness must show, and
    `delivered` the mails that the server must have accepted.
    `last` says what kind of call ErrorInfo would speak of; `looked` is the last look, if nothing
    happened since; `left` counts the sessions that were live when the program ended.
    """

    protocols: frozenset[str] = frozenset()
    tls: bool = False
    sessions: Mapping[tuple[Identity, str], Session] = field(default_factory=dict)
    past: frozenset[Identity] = frozenset()
    failed: frozenset[Identity] = frozenset()
    users: Mapping[Identity, str] = field(default_factory=dict)
    programs: Mapping[Identity, str] = field(default_factory=dict)
    tallies: Mapping[Key, Tally] = field(default_factory=dict)
    held: Tally = NONE
    delivered: Tally = NONE
    questions: tuple[Question, ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)
    timeout: int | None = None
    last: str = ""
    looked: Look | None = None
    over: bool = False
    left: int = 0

    def under(self, identity: Identity) -> dict[str, Session]:
        """The sessions of an identity, by protocol."""
        return {p: session for (who, p), session in self.sessions.items() if who == identity}

    def of_user(self, user: str) -> dict[tuple[Identity, str], Session]:
        """All mail sessions of a user, whatever they are identified by."""
        return {
            place: session
            for place, session in self.sessions.items()
            if session.user == user and place[1] in MAIL
        }

    def live(self) -> list[tuple[Identity, str]]:
        """The sessions that are certainly open, oldest first."""
        return [place for place, one in self.sessions.items() if one.life is Life.OPEN]

    def tally(self, key: Key) -> Tally:
        return self.tallies.get(key, NONE)

    def tallied(self, keys: Iterable[Key], *, held: bool = True, **change: object) -> Email:
        """The state with the tallies of some keys changed; with `held` that of the harness too."""
        tallies, total = dict(self.tallies), self.held
        for key in keys:
            tallies[key] = tallies.get(key, NONE).changed(**change)  # type: ignore[arg-type]
            if held:
                total = total.changed(**change)  # type: ignore[arg-type]
        return replace(self, tallies=tallies, held=total)

    def with_sessions(self, changed: Mapping[tuple[Identity, str], Session | None]) -> Email:
        """The state with some sessions changed; None ends one."""
        sessions = dict(self.sessions)
        for place, session in changed.items():
            if session is None:
                sessions.pop(place, None)
            else:
                sessions[place] = session
        return replace(self, sessions=sessions)

    def unsure(self, places: Iterable[tuple[Identity, str]]) -> Email:
        """Nothing is known of these any more: they may be gone."""
        after = self
        for place in places:
            session = after.sessions[place]
            key = (place[1], session.user)
            after = after.forgetting(key)
            if session.life is Life.UNSURE:
                continue
            gone = {place: replace(session, life=Life.UNSURE, doubts=frozenset())}
            less = -1 if session.life is Life.OPEN else 0
            after = after.with_sessions(gone)
            if place[1] in MAIL:
                after = after.tallied([key], fewest=less, lack=UNKNOWN)
            else:
                after = replace(after, held=after.held.changed(fewest=less, lack=UNKNOWN))
        return after

    def doubted(self, blame: str, spared: Identity, user: str | None = None) -> Email:
        """An event that must leave the sessions of all others alone, and their connections."""
        after = self
        for (identity, protocol), session in self.sessions.items():
            if identity == spared or session.life is not Life.OPEN or session.user == user:
                continue
            doubted = replace(session, doubts=session.doubts | {blame})
            after = after.with_sessions({(identity, protocol): doubted})
            if protocol in MAIL:
                after = after.tallied([(protocol, session.user)], lack=blame)
            else:
                after = replace(after, held=after.held.changed(lack=blame))
        return after

    def excusing(self, blame: str, key: Key) -> Email:
        """A connection is expected here from now on, which could not be told from another cause."""
        tally = self.tally(key)
        excused = replace(tally, excess=tally.excess - {blame})
        return replace(self, tallies={**self.tallies, key: excused})

    def forgetting(self, key: Key) -> Email:
        """No question about these connections can be answered any more."""
        if not self.questions:
            return self
        kept = tuple(question for question in self.questions if key not in question.keys)
        return replace(self, questions=kept)
