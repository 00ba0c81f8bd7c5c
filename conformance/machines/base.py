"""What the Hypothesis machines share: they play, record, and never raise on a violation.

Rules and the choices in them read the model's state only, so that Hypothesis can steer by them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from conformance.errors import ConformanceError
from conformance.explore.alphabet import Alphabet, alphabet_of
from conformance.explore.choose import PLAIN, Chooser
from conformance.explore.deaths import Deaths
from conformance.play import Player
from conformance.trace import Call

DRAWS = st.data()


class DrawSource:
    """Choices that Hypothesis makes."""

    def __init__(self, data: Any) -> None:
        self.data = data

    def below(self, bound: int) -> int:
        return int(self.data.draw(st.integers(0, bound - 1)))


class SessionMachine(RuleBasedStateMachine):
    """A machine on one player; a subclass has a rule for each documented function.

    A real subclass is made for every run, with the player as a class attribute,
    because rules take no fixtures and because Hypothesis keys its state by class.
    """

    family: ClassVar[str]
    player: ClassVar[Player]
    deaths: ClassVar[Deaths]
    failures: ClassVar[list[ConformanceError]]

    @staticmethod
    def until() -> bool:
        """Whether the budget is used; a run puts its own in the place of this."""
        return False

    def __init__(self) -> None:
        super().__init__()
        self.alphabet: Alphabet = alphabet_of(self.family)
        self.letters = self.alphabet.offered(self.player.capabilities)
        self.choose = Chooser(DrawSource(None), PLAIN, self.player.capabilities.null_arguments)

    @initialize(data=DRAWS)
    def start(self, data: Any) -> None:
        """Begin a sequence; not in `__init__`, where an error would skip `teardown`."""
        self.choose.source = DrawSource(data)
        self._guarded(self.player.begin)
        for call in self.alphabet.preamble(self.player.capabilities, self.choose):
            self._perform(call)

    @rule()
    def look(self) -> None:
        """Observe what the harness can see; also keeps the machine going where nothing else can."""
        if "observe" in self.letters:
            self._perform(Call("observe", {}))

    def draw(self, method: str, data: Any) -> None:
        """Make the next call of one kind, if there is one to make."""
        letter = self.letters.get(method)
        if letter is None or self.player.over:
            return
        self.choose.source = DrawSource(data)
        call = letter.draw(self.player.state, self.choose)
        if call is not None:
            self._perform(call)

    def _perform(self, call: Call) -> None:
        if self.player.over or self.deaths.expects(call):
            return
        self._guarded(lambda: self._noted(call))

    def _noted(self, call: Call) -> None:
        outcome = self.player.perform(call)
        self.deaths.note(self.player.charged, outcome, self.player.seconds)

    def _guarded(self, act: Callable[[], None]) -> None:
        """Keep an error of ours from Hypothesis, which would run the example again."""
        if self.failures or self.until():
            return
        try:
            act()
        except ConformanceError as error:
            self.failures.append(error)
