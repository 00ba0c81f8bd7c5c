"""Words: the calls of exhaustive exploration, each with one class for every argument.

A letter of the alphabets draws its arguments; a word has them fixed, but for the objects it uses.
An object is named by its number in the order of creation, so that sequences that differ in names
only are one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from conformance.trace import Call

Make = Callable[[str, str], Sequence[Call]]
"""(name of the object used, suffix for fresh names) -> the call, after what has to be lent for it.
"""


@dataclass(frozen=True, slots=True)
class Word:
    """One class of arguments for one call.

    `uses` is the kind of object it takes, "" where it takes none; with `ended` one that has ended.
    It `makes` an object of a kind, or `ends` the one that it uses.
    A `probe` must change nothing, by the documents: it stands at the end of a sequence only, one
    after the other with the rest of the probes, so that all flag bits cost one sequence.
    `null` tells that it passes a NULL that the documents forbid.
    """

    name: str
    make: Make
    uses: str = ""
    ended: bool = False
    makes: str = ""
    ends: bool = False
    probe: bool = False
    null: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """The objects of a sequence in the order of creation: name, kind, and whether it has ended."""

    objects: tuple[tuple[str, str, bool], ...] = ()

    def after(self, word: Word, used: str, made: str) -> Scene:
        """The scene after a word, if the implementation does as it should."""
        objects = self.objects
        if word.ends:
            objects = tuple((name, kind, ended or name == used) for name, kind, ended in objects)
        return Scene((*objects, (made, word.makes, False))) if word.makes else Scene(objects)

    def uses(self, word: Word) -> Iterator[str]:
        """The objects that a word may be made with; "" where it needs none."""
        if not word.uses:
            yield ""
        for name, kind, ended in self.objects:
            if kind == word.uses and ended == word.ended:
                yield name


EMPTY: Final = Scene()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one family, and what is lent before every sequence.

    `ended_need_checks` tells that ended objects may be passed only where the harness checks them.
    """

    words: Sequence[Word] = ()
    lent: Sequence[Call] = ()
    ended_need_checks: bool = False


def vocabulary_of(family: str) -> Vocabulary:
    """The words of one family; none where it has no exhaustive exploration."""
    from conformance.explore.words import imsg, simple

    known = {"imsg": imsg.VOCABULARY, "simple": simple.VOCABULARY}
    return known.get(family, Vocabulary())
