"""The kit of a family: all that the explorers know of it."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.explore.alphabet import Alphabet, alphabet_of
from conformance.explore.prelude import Sequences, sequences_of
from conformance.explore.scenarios import SCENARIOS, Scenarios
from conformance.explore.words import Vocabulary, vocabulary_of
from conformance.machines import machine_of
from conformance.machines.base import SessionMachine


@dataclass(frozen=True, slots=True)
class Kit:
    """What explorers draw from: letters for random sequences, words for exhaustive ones."""

    alphabet: Alphabet
    vocabulary: Vocabulary
    sequences: Sequences
    machine: type[SessionMachine] | None = None
    scenarios: Scenarios = tuple


def kit_of(family: str) -> Kit:
    """The kit of one family of the product."""
    return Kit(
        alphabet_of(family),
        vocabulary_of(family),
        sequences_of(family),
        machine_of(family),
        SCENARIOS[family],
    )
