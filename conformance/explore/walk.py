"""The walker: takes the steps of one whole sequence from a seed and a personality.

A closing epilogue ends it, because leaks and ownership faults show only there, and then touches
what was closed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from conformance.explore.alphabet import Alphabet
from conformance.explore.choose import Chooser
from conformance.explore.deaths import Deaths
from conformance.play import Player
from conformance.trace import Call

_BEST_LOOK: Final = 700
"""How often, per thousand."""
_TRIES: Final = 8
_TOUCHES: Final = 4
_FONDNESS: Final = 5


@dataclass(frozen=True, slots=True)
class Lead:
    """What a sequence begins with, and the methods that it then prefers."""

    prefix: Sequence[Call] = ()
    fond_of: frozenset[str] = frozenset()


NO_LEAD: Final = Lead()


def walk(
    player: Player, alphabet: Alphabet, choose: Chooser, deaths: Deaths, lead: Lead = NO_LEAD
) -> None:
    """Play one sequence: preamble, prefix, drawn steps, epilogue, a last look.

    A `carried` one goes on after a further `begin`, so that what the first part left behind in the
    implementation shows in a trace that holds both.
    """
    walker = _Walker(player, alphabet, choose, lead)
    player.begin()
    choose.reserve(lead.prefix)
    _play(player, walker.calls(lead.prefix), deaths)


def _play(player: Player, calls: Iterator[Call], deaths: Deaths) -> None:
    for call in calls:
        if deaths.expects(call):
            continue
        outcome = player.perform(call)
        deaths.note(player.charged, outcome, player.seconds)
        if player.over:
            return


class _Walker:
    """Chooses the calls of one sequence; each is chosen after the one before was performed."""

    def __init__(self, player: Player, alphabet: Alphabet, choose: Chooser, lead: Lead) -> None:
        self.player, self.alphabet, self.choose = player, alphabet, choose
        letters = alphabet.offered(player.capabilities)
        self.looks = [Call(method, {}) for method in alphabet.looks if letters.pop(method, None)]
        off = choose.character.off
        self.letters = {m: letter for m, letter in letters.items() if m not in off} or letters
        self.fond_of = lead.fond_of

    def calls(self, prefix: Sequence[Call]) -> Iterator[Call]:
        """The whole sequence, in one part or in two."""
        yield from self._opening(prefix)
        if self.choose.character.carried:
            if not self.choose.character.abrupt:
                yield from self._ending()
            yield Call("begin", {"family": self.player.family})
            yield from self._opening()
        yield from self._ending()

    def _opening(self, prefix: Sequence[Call] = ()) -> Iterator[Call]:
        self.choose.closing = False
        yield from self.alphabet.preamble(self.player.capabilities, self.choose)
        yield from prefix
        if not any(call.method == "shutdown" for call in prefix):  # nothing can be called after it
            yield from self._steps()

    def _steps(self) -> Iterator[Call]:
        """The steps that are drawn one by one."""
        choose, methods = self.choose, list(self.letters)
        # Every sequence is fond of some kinds of calls, so that long chains of them come about.
        weights = list(
            accumulate(
                letter.weight
                * (_FONDNESS if choose.source.below(6) == 0 or method in self.fond_of else 1)
                for method, letter in self.letters.items()
            )
        )
        last = methods[0]
        for _ in range(choose.character.length):
            for _ in range(_TRIES):
                if not choose.chance(choose.character.burst):
                    last = methods[bisect_right(weights, choose.source.below(weights[-1]))]
                call = self.letters[last].draw(self.player.state, choose)
                if call is not None:
                    break
            else:
                return
            yield call
            yield from self._look(choose.character.looks)

    def _ending(self) -> Iterator[Call]:
        """Close everything, look, touch what was closed, look again."""
        player, choose = self.player, self.choose
        choose.closing = True
        for _ in range(2 * choose.character.length + 20):
            call = self.alphabet.epilogue(player.state, choose)
            if call is None or not player.offered(call.method):
                break
            yield call
            yield from self._look(600)
        yield from self.looks
        for _ in range(_TOUCHES):
            call = self.alphabet.touch(player.state, choose)
            if call is None or not player.offered(call.method):
                return
            yield call
            yield from self._look()

    def _look(self, per_thousand: int = 1000) -> Iterator[Call]:
        """A look, mostly the most telling one."""
        if not self.looks or not self.choose.chance(per_thousand):
            return
        best = len(self.looks) == 1 or self.choose.chance(_BEST_LOOK)
        yield self.looks[0] if best else self.choose.pick(self.looks)
