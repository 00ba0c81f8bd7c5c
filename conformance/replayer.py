"""Replaying calls in a fresh state, to see whether they show something again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from conformance.findings import Broken, Held
from conformance.play import Performer, Player
from conformance.trace import LAPSED, Call, Trace

Shown = Callable[[str, Held | Broken], bool]

RACY_TRIES: Final = 5
"""Replays of calls on several threads before they are taken to show nothing."""


def racy(calls: Sequence[Call]) -> bool:
    """Whether what calls show may depend on how threads happen to run."""
    return any(call.method == "parallel" for call in calls)


class Closable(Performer, Protocol):
    """A performer that can be ended."""

    def close(self) -> None: ...


class Replayer:
    """Replays calls of one family on one adapter, in a fresh state each time.

    `reopen` closes the adapter and gives a new one; with `always_fresh` each replay has its own.
    `lapsed` says that the adapter failed over the last replay, which shows nothing then.
    """

    def __init__(
        self,
        adapter: Performer,
        family: str,
        homes: Mapping[str, str],
        reopen: Callable[[], Performer] | None = None,
    ) -> None:
        self._adapter, self.family, self._homes = adapter, family, homes
        self._reopen = reopen
        self.replays = 0
        self.lapsed = False
        self.always_fresh = False

    def refresh(self) -> None:
        """Forget all that the implementation may carry over from one sequence to the next."""
        self.reopened()

    def reopened(self) -> Performer:
        """The adapter, opened anew where that is possible."""
        if self._reopen is not None:
            self._adapter = self._reopen()
        return self._adapter

    def first(self, calls: Sequence[Call], shown: Shown) -> tuple[Trace, Held | Broken] | None:
        """Replay until a step shows it: the trace up to that step and the finding, or None."""
        self.replays += 1
        self.lapsed = False
        if self.always_fresh:
            self.refresh()
        player = Player(self._adapter, self.family, self._homes)
        player.begin()
        for call in calls:
            if player.over:
                return None
            if player.perform(call) is LAPSED:
                self.lapsed = True
                return None
            for requirement, found in player.findings:
                if shown(requirement, found):
                    return tuple(player.steps), found
        return None


class Shows:
    """Whether calls break one requirement."""

    def __init__(self, replayer: Replayer, requirement: str) -> None:
        self._replayer, self._requirement = replayer, requirement

    def find(self, calls: Sequence[Call]) -> tuple[Trace, Held | Broken] | None:
        return self._replayer.first(calls, self._shown)

    def several(
        self, calls: Sequence[Call], times: int
    ) -> list[tuple[Trace, Held | Broken] | None]:
        """Replay so many times; those that the adapter failed over are left out."""
        found = [(self.find(calls), self._replayer.lapsed) for _ in range(times)]
        return [one for one, lapsed in found if not lapsed]

    def __call__(self, calls: Sequence[Call]) -> Trace | None:
        for _ in range(RACY_TRIES if racy(calls) else 1):
            found = self.find(calls)
            if found:
                return found[0]
        return None

    def _shown(self, name: str, found: Held | Broken) -> bool:
        return name == self._requirement and isinstance(found, Broken)


class Reopening:
    """One open adapter at a time."""

    def __init__(self, opener: Callable[[], Closable]) -> None:
        self._opener = opener
        self._open: Closable | None = None

    def __enter__(self) -> Reopening:
        return self

    def __exit__(self, *_reason: object) -> None:
        self._close()

    def reopen(self) -> Closable:
        """A new one, in the place of the one before."""
        self._close()
        self._open = self._opener()
        return self._open

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None
