"""Exhaustive exploration: every sequence of a few calls over a small set of argument classes.

In order of length, so that what it finds is as short as can be; the only explorer that can state a
guarantee.
Names go by the order of creation, so that sequences that differ in names only are played once.
A prefix that fails just as one before it did is not continued.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from conformance.capabilities import Capabilities
from conformance.dependence import binds
from conformance.explore.choose import Chooser, Personality
from conformance.explore.deaths import Deaths
from conformance.explore.kit import Kit
from conformance.explore.words import EMPTY, Scene, Word
from conformance.findings import Broken
from conformance.guarantee import Guarantee
from conformance.play import Player
from conformance.trace import LAPSED, Call

OBSERVE: Final = Call("observe", {})
_ORDERLY: Final = Personality(8, 0, 0, 0, "oldest", 1, 0, ending="oldest")
_SPLIT_AT: Final = 2
"""Sequences of this length are dealt out to the shards, with all that continues them."""


class _First:
    """Takes the first of whatever is offered."""

    def below(self, _bound: int) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class Node:
    """A sequence of words with the objects that it has made."""

    calls: tuple[Call, ...] = ()
    scene: Scene = EMPTY


@dataclass(slots=True)
class Exhaustive:
    """The exhaustive part of one shard; `index` of `shards` share the sequences out."""

    player: Player
    deaths: Deaths
    kit: Kit
    index: int = 0
    shards: int = 1
    _failures: set[Any] = field(init=False, default_factory=set)
    _sequences: int = field(init=False, default=0)
    _left_out: int = field(init=False, default=0)

    def run(self, depth: int, until: Callable[[], bool]) -> Guarantee | None:
        """Play every sequence of up to `depth` calls; None where the family has no words."""
        words = self._offered()
        if not words:
            return None
        self.player.found_by = "exhaustive"
        plain = [word for word in words if not word.probe]
        probes = [word for word in words if word.probe]
        frontier, reached = [Node()], 0
        for length in range(1, depth + 1):
            if length < depth and not self._probed(frontier, probes, length - 1, until):
                break
            grown = self._grown(frontier, plain, length, until)
            if grown is None:
                break
            frontier, reached = grown, length
        family = self.player.family
        return Guarantee(
            family, reached, len(words), self._sequences, self._left_out, depth, 1, self.shards
        )

    def _offered(self) -> list[Word]:
        """The words that can be said to this implementation."""
        able = self.player.capabilities
        return [word for word in self.kit.vocabulary.words if self._can(word, able)]

    def _first(self) -> list[Call]:
        """What comes before every sequence."""
        start = [Call("MAPIInitialize", {})] if self.player.initialises else []
        return [*start, *self.kit.vocabulary.lent]

    def _can(self, word: Word, able: Capabilities) -> bool:
        if word.ended and self.kit.vocabulary.ended_need_checks and not able.checked_handles:
            return False
        calls = word.make("x1", "1")
        memory = any(call.method == "world.fail_allocation" for call in calls)
        return (
            all(self.player.offered(call.method) for call in calls)
            and (able.null_arguments or not word.null)
            and (able.fail_allocation or not memory)
        )

    def _grown(
        self, frontier: list[Node], words: list[Word], length: int, until: Callable[[], bool]
    ) -> list[Node] | None:
        """The sequences that are one word longer, once they are played; None if cut off."""
        grown: list[Node] = []
        for number, node in enumerate(_continued(frontier, words, length)):
            mine = length > _SPLIT_AT or number % self.shards == self.index
            if not mine:
                if length < _SPLIT_AT:
                    grown.append(node)
                continue
            if until():
                return None
            if self._play(node.calls):
                grown.append(node)
        return grown

    def _probed(
        self, frontier: list[Node], probes: list[Word], length: int, until: Callable[[], bool]
    ) -> bool:
        """Say all probes after each sequence; False if cut off."""
        for number, node in enumerate(frontier):
            if length <= _SPLIT_AT - 1 and number % self.shards != self.index:
                continue
            if until():
                return False
            calls = list(node.calls)
            for count, word in enumerate(probes):
                used = next(node.scene.uses(word), None)
                if used is not None:
                    calls += word.make(used, f"p{count}")
            if len(calls) > len(node.calls):
                self._play(calls)
        return True

    def _play(self, calls: Sequence[Call]) -> bool:
        """Play one sequence and close what it left; whether continuing it may show more."""
        player = self.player
        player.begin()
        failures: list[tuple[str, str]] = []
        for call in (*self._first(), *calls):
            if self.deaths.expects(call):
                self._left_out += 1
                return False
            outcome = player.perform(call)
            self.deaths.note(player.charged, outcome, player.seconds)
            if outcome is LAPSED:
                self._left_out += 1
                return False
            failures += [
                (name, found.observed) for name, found in player.findings if type(found) is Broken
            ]
            if outcome.silent:
                # It uses what the implementation did not give, so it says no more than its prefix.
                return False
            if player.over:
                break
        self._sequences += 1
        known = bool(failures) and tuple(failures) in self._failures
        self._failures.add(tuple(failures))
        if not player.over:
            self._close()
        self._left_out += known
        return not known and not player.over

    def _close(self) -> None:
        player, looking = self.player, bool(self.player.capabilities.observes)
        choose = Chooser(_First(), _ORDERLY, closing=True)
        if looking:
            player.perform(OBSERVE)
        closed = False
        while not player.over:
            call = self.kit.alphabet.epilogue(player.state, choose)
            if call is None or not player.offered(call.method) or self.deaths.expects(call):
                break
            outcome = player.perform(call)
            self.deaths.note(player.charged, outcome, player.seconds)
            closed = True
        if closed and looking and not player.over:
            player.perform(OBSERVE)


def _continued(frontier: list[Node], words: list[Word], length: int) -> Iterator[Node]:
    for node in frontier:
        for word in words:
            for used in node.scene.uses(word):
                calls = word.make(used, str(length))
                made = next(iter(binds(calls[-1])), "")
                yield Node((*node.calls, *calls), node.scene.after(word, used, made))
