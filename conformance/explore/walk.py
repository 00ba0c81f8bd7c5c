"""The walker: takes the steps of one whole sequence from a seed and a personality.

A closing epilogue ends it, because leaks and ownership faults show only there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from conformance.explore.alphabet import Alphabet, Letter
from conformance.explore.choose import Chooser
from conformance.explore.deaths import Deaths
from conformance.play import Player
from conformance.trace import Call

OBSERVE: Final = Call("observe", {})
_TRIES: Final = 8


def walk(
    player: Player, alphabet: Alphabet, choose: Chooser, deaths: Deaths, prefix: Sequence[Call] = ()
) -> None:
    """Play one sequence: preamble, prefix, drawn steps, epilogue, a last look."""
    letters = alphabet.offered(player.capabilities)
    looking = letters.pop("observe", None) is not None
    letters = {
        m: letter for m, letter in letters.items() if m not in choose.character.off
    } or letters
    player.begin()
    for call in _calls(player, alphabet, letters, choose, prefix, looking):
        if deaths.expects(call):
            continue
        outcome = player.perform(call)
        deaths.note(call, outcome)
        if player.over:
            return


def _calls(
    player: Player,
    alphabet: Alphabet,
    letters: dict[str, Letter],
    choose: Chooser,
    prefix: Sequence[Call],
    looking: bool,
) -> Iterator[Call]:
    character = choose.character
    yield from alphabet.preamble(player.capabilities, choose)
    yield from prefix
    methods = list(letters)
    # Every sequence is fond of some kinds of calls, so that long chains of them come about.
    fond = [5 if choose.source.below(6) == 0 else 1 for _ in methods]
    weights = _running(
        [letter.weight * n for letter, n in zip(letters.values(), fond, strict=True)]
    )
    last = methods[0]
    for _ in range(character.length):
        call = None
        for _ in range(_TRIES):
            if not choose.chance(character.burst):
                last = methods[_index(weights, choose.source.below(weights[-1]))]
            call = letters[last].draw(player.state, choose)
            if call is not None:
                break
        if call is None:
            break
        yield call
        if looking and choose.chance(character.looks):
            yield OBSERVE
    for _ in range(2 * character.length + 20):
        call = alphabet.epilogue(player.state, choose)
        if call is None or not player.offered(call.method):
            break
        yield call
        if looking and choose.chance(600):
            yield OBSERVE
    if looking:
        yield OBSERVE


def _running(weights: Sequence[int]) -> list[int]:
    total, sums = 0, []
    for weight in weights:
        total += weight
        sums.append(total)
    return sums


def _index(sums: Sequence[int], value: int) -> int:
    for index, total in enumerate(sums):
        if value < total:
            return index
    return len(sums) - 1
