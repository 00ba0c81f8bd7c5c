"""Exhaustive exploration: nothing is left out, and it says so only where it is true."""

from __future__ import annotations

from itertools import product

import pytest

from adapters.reference import Reference
from conformance.explore.deaths import Deaths
from conformance.explore.exhaustive import Exhaustive
from conformance.explore.kit import kit_of
from conformance.explore.words import vocabulary_of
from conformance.guarantee import Guarantee
from conformance.play import Player
from conformance.requirements.load import catalogue
from conformance.trace import Call, Outcome, Step

from .fakes import CRASH, Twisted, result

FAMILIES = ("imsg", "simple")


class Watched(Player):
    """A player that keeps all its sequences, as they were meant."""

    def begin(self) -> None:
        super().begin()
        if not hasattr(self, "played"):
            self.played: list[list[Step]] = []
        self.played.append(self.steps)


def explored(
    adapter: Reference, family: str, depth: int, index: int = 0, of: int = 1
) -> tuple[Guarantee, Watched]:
    player = Watched(adapter, family, catalogue().homes[family])
    guarantee = Exhaustive(player, Deaths(), kit_of(family), index, of).run(depth, lambda: False)
    assert guarantee is not None
    return guarantee, player


def sequences(player: Watched) -> list[tuple[Call, ...]]:
    """The calls of each sequence, without the looks."""
    return [
        tuple(step.call for step in steps if step.call.method != "observe")
        for steps in player.played
    ]


def test_every_pair_of_words_that_need_no_object_is_played_by_hand_count() -> None:
    _, player = explored(Reference(), "simple", 2)
    played = sequences(player)
    free = [word for word in vocabulary_of("simple").words if not word.uses and not word.probe]
    for first, second in product(free, free):
        wanted = (*first.make("", "1"), *second.make("", "2"))
        assert any(calls[: len(wanted)] == wanted for calls in played), (first.name, second.name)


def test_a_handle_is_used_by_every_word_that_takes_one_after_every_word_that_makes_one() -> None:
    _, player = explored(Reference(), "simple", 2)
    played = sequences(player)
    words = [word for word in vocabulary_of("simple").words if not word.probe]
    makers = [word for word in words if word.makes and "credentials" not in word.name]
    users = [word for word in words if word.uses and not word.ended]
    assert len(makers) >= 3
    assert len(users) >= 5
    for first, second in product(makers, users):
        wanted = (*first.make("", "1"), *second.make("h1", "2"))
        assert any(calls[: len(wanted)] == wanted for calls in played), (first.name, second.name)


@pytest.mark.parametrize("family", FAMILIES)
def test_shards_share_the_sequences_out_and_promise_the_same_together(family: str) -> None:
    whole, alone = explored(Reference(), family, 2)
    apart: list[tuple[Call, ...]] = []
    merged: Guarantee | None = None
    for index in range(3):
        part, player = explored(Reference(), family, 2, index, 3)
        assert not part.complete
        merged = merged.merged(part) if merged else part
        apart += sequences(player)
    assert merged is not None
    assert sorted(map(repr, apart)) == sorted(map(repr, sequences(alone)))
    assert (merged.depth, merged.sequences, merged.classes, merged.complete) == (
        whole.depth,
        whole.sequences,
        whole.classes,
        True,
    )


def test_shorter_sequences_come_first() -> None:
    _, player = explored(Reference(), "simple", 3)
    words = {word.name: word for word in vocabulary_of("simple").words}
    logon = words["MAPILogon"].make("", "1")[0]
    logoff = words["MAPILogoff"].make("h1", "2")[0]
    again = words["MAPILogoff of an ended handle"].make("h1", "3")[0]
    played = sequences(player)
    starts = [
        next(n for n, calls in enumerate(played) if calls[: len(wanted)] == wanted)
        for wanted in ((logon,), (logon, logoff), (logon, logoff, again))
    ]
    assert starts == sorted(starts)


def test_what_the_budget_cuts_off_is_not_promised() -> None:
    player = Player(Reference(), "simple", catalogue().homes["simple"])
    explorer = Exhaustive(player, Deaths(), kit_of("simple"))
    guarantee = explorer.run(3, lambda: player.evidence.calls >= 400)
    assert guarantee is not None
    assert guarantee.depth < 3
    assert not guarantee.complete
    assert "cut off by the budget" in guarantee.text


def test_a_fault_is_first_found_in_the_fewest_calls() -> None:
    def wrong(call: Call, outcome: Outcome) -> Outcome:
        code = outcome.body.get("return") if outcome.kind == "result" else None
        return result(0) if call.method == "MAPILogoff" and code == 19 else outcome

    _, player = explored(Twisted(answers=[wrong]), "simple", 3)
    found = {
        name: min(len(violation.trace) for violation in row.violations)
        for name, row in player.evidence.rows.items()
        if row.broken
    }
    assert found["SIMPLE-LOGOFF-03"] == 1  # the logoff of zero
    assert found["SIMPLE-LOGOFF-04"] == 2  # a logon and the logoff of a forged handle
    assert found["SIMPLE-LOGOFF-02"] == 3  # a logon and two logoffs


def test_a_prefix_that_fails_as_another_did_is_not_continued() -> None:
    def dies(call: Call, outcome: Outcome) -> Outcome:
        return CRASH if call.method == "MAPILogoff" else outcome

    fewer, _ = explored(Twisted(answers=[dies]), "simple", 3)
    whole, _ = explored(Reference(), "simple", 3)
    assert fewer.sequences < whole.sequences / 2
    assert fewer.left_out > 0
    assert "not continued" in fewer.text


def test_ended_objects_are_passed_only_where_the_harness_checks_them() -> None:
    words = [word for word in vocabulary_of("imsg").words if word.ended]
    assert words
    guarantee, player = explored(Reference(), "imsg", 1)
    assert player.capabilities.checked_handles
    assert guarantee.classes == len(vocabulary_of("imsg").words)


def test_the_words_are_different_calls() -> None:
    for family in FAMILIES:
        words = vocabulary_of(family).words
        assert len({word.name for word in words}) == len(words)
        assert len({(repr(w.make("x", "1")), w.uses, w.ended) for w in words}) == len(words)
