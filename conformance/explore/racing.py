"""Playing a race: what comes first, calls on several threads, and what shows what they did.

All calls are drawn before the threads run, those after them by name and not by what happened, so
that a seed makes the same calls however the threads run.
What these sequences show to be met is not counted, because it may depend on chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from conformance.branches import bound, parallel
from conformance.codes import PR_STORE_SUPPORT_MASK
from conformance.explore.alphabet import Letter, alphabet_of
from conformance.explore.alphabet.imsg import close_session
from conformance.explore.alphabet.simple import logoff
from conformance.explore.alphabet.simple_mail import find_next
from conformance.explore.choose import Chooser, Personality, RandomSource
from conformance.explore.deaths import Deaths
from conformance.model import model_of
from conformance.model.imsg.state import Imsg, Message, Session
from conformance.model.simple.state import Simple
from conformance.orders import calls_of
from conformance.play import Player
from conformance.trace import Call

Threads = list[list[Call]]
OBSERVE = Call("observe", {})


@dataclass(slots=True)
class Racing:
    """Plays sequences with a `parallel` step on one implementation."""

    player: Player
    deaths: Deaths
    letters: dict[str, Letter] = field(init=False)
    looking: bool = field(init=False)

    def __post_init__(self) -> None:
        self.letters = alphabet_of(self.player.family).offered(self.player.capabilities)
        self.looking = self.letters.pop("observe", None) is not None

    def begin(self, seed: int) -> Chooser:
        """Begin a sequence; how it will behave depends on the seed."""
        source = RandomSource(Random(seed))  # noqa: S311 - reproducible, not secret
        errors = (0, 0, 60, 300)[source.below(4)]
        taste = ("any", "newest", "oldest")[source.below(3)]
        character = Personality(source.below(7), errors, 200, 0, taste, 4, 0)
        capabilities = self.player.capabilities
        choose = Chooser(source, character, capabilities.null_arguments)
        self.player.begin()
        self.play(alphabet_of(self.player.family).preamble(capabilities, choose))
        return choose

    def play(self, calls: Iterable[Call]) -> bool:
        """Play calls one after another; whether the implementation is still there."""
        for call in calls:
            if self.player.over:
                break
            if call.method == "observe" and not self.looking:
                continue
            if not self.deaths.expects(call):
                self.deaths.note(call, self.player.perform(call))
        return not self.player.over

    def allowed(self, threads: Threads) -> bool:
        """Whether the calls may be made together: some call may reach what another has ended."""
        # In the family simple, and where objects are checked, what has ended may be passed again.
        if self.player.capabilities.checked_handles or self.player.family == "simple":
            return True
        return model_of(self.player.family).together(self.player.state, threads)

    def finish(self, threads: Threads, choose: Chooser) -> None:
        """The threads, and what shows later what they did."""
        call = parallel(threads)
        self.play([call, *_suffix(self.player.state, call, choose)])


def _suffix(state: Any, call: Call, choose: Chooser) -> Iterator[Call]:
    """Look, use everything by its name, end it, and look again."""
    made = sorted(bound(call))
    yield OBSERVE
    if isinstance(state, Simple):
        handles = [*state.names, *(name for name in made if name.startswith("h"))]
        for name in handles:
            yield find_next(name)
        for name in handles:
            yield logoff(name)
        yield OBSERVE
        return
    sessions = [*_names(state, Session), *(name for name in made if name.startswith("s"))]
    messages = [*_names(state, Message), *(name for name in made if name.startswith("g"))]
    for name in messages:
        yield Call("IMessage.GetProps", {"this": name, "tags": [PR_STORE_SUPPORT_MASK]})
    release = [one for name in messages for one in _releases(name, _references(state, name, call))]
    close = [close_session(name) for name in sessions]
    yield from (*release, OBSERVE, *close) if choose.chance(500) else (*close, OBSERVE, *release)
    yield OBSERVE


def _names(state: Imsg, kind: type[Session] | type[Message]) -> list[str]:
    return [key for key, thing in state.things.items() if type(thing) is kind]


def _references(state: Imsg, name: str, call: Call) -> int:
    """The references to a message after the threads, if each of their calls was counted."""
    found = state.thing(name)
    held = found[1].refs if found is not None and isinstance(found[1], Message) else 1
    for thread in calls_of(call):
        for one in thread:
            if one.params.get("this") == name:
                held += {"IMessage.AddRef": 1, "IMessage.Release": -1}.get(one.method, 0)
    return held


def _releases(name: str, references: int) -> list[Call]:
    """Every release of a message, with a look before the last one."""
    one = Call("IMessage.Release", {"this": name})
    return [one] * (references - 1) + ([OBSERVE] if references > 1 else []) + [one]
