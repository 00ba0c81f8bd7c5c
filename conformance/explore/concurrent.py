"""Concurrent exploration: a few calls on two or three threads between a beginning and a check.

Only implementations that declare `parallel` are asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from conformance.explore.alphabet import Letter
from conformance.explore.alphabet.imsg import close_session, malloc, storage
from conformance.explore.alphabet.simple import logoff
from conformance.explore.choose import Chooser
from conformance.explore.deaths import Deaths
from conformance.explore.races import RACES
from conformance.explore.racing import Racing, Threads
from conformance.model.imsg.state import Imsg
from conformance.play import Player
from conformance.profiles import derived
from conformance.trace import Call

ON_THREADS: Final = {
    "imsg": (
        "OpenIMsgSession",
        "CloseIMsgSession",
        "OpenIMsgOnIStg",
        "IMessage.AddRef",
        "IMessage.Release",
        "IMessage.GetProps",
        "IMessage.CreateAttach",
        "IAttach.Release",
    ),
    "simple": (
        "MAPILogon",
        "MAPILogoff",
        "MAPIFindNext",
        "MAPIReadMail",
        "MAPISaveMail",
        "MAPIDeleteMail",
        "MAPISendMail",
        "MAPIResolveName",
    ),
}
"""The calls about sessions, and what ends and counts with them."""

_OUT: Final = ("lppMsgSess", "lppMsg", "lppAttach", "lplhSession", "lppMessage")
_STORAGES: Final = 3
TIMES: Final = 3
"""Plays of each race that was written by hand."""
_TRIES: Final = 8
_MOST_SEQUENCES: Final = 100_000


def run_races(player: Player, deaths: Deaths, seed: int, until: Callable[[], bool]) -> None:
    """Play the races written by hand, each a few times, because a race may go well."""
    if not player.capabilities.parallel or player.family not in RACES:
        return
    racing = Racing(player, deaths)
    player.found_by, player.suspicious = "race", True
    for number, (before, threads) in enumerate(RACES[player.family]()):
        for time in range(TIMES):
            if until():
                break
            choose = racing.begin(derived(seed, f"race {number} {time}"))
            if racing.play(before) and racing.allowed(threads):
                racing.finish(threads, choose)
    player.suspicious = False


def run_concurrent(player: Player, deaths: Deaths, seed: int, until: Callable[[], bool]) -> None:
    """Play drawn sequences with a `parallel` step until the budget is used."""
    if not player.capabilities.parallel or player.family not in ON_THREADS:
        return
    racing = Racing(player, deaths)
    player.found_by, player.suspicious = "concurrent", True
    for number in range(_MOST_SEQUENCES):
        if until():
            break
        choose = racing.begin(derived(seed, f"concurrent {number}"))
        if racing.play(_prefix(player, racing.letters, choose)):
            threads = _threads(racing, choose)
            if threads:
                racing.finish(threads, choose)
    player.suspicious = False


def _prefix(player: Player, letters: dict[str, Letter], choose: Chooser) -> Iterator[Call]:
    """What the threads will use, and a few calls more."""
    if player.family == "imsg":
        yield malloc(choose.fresh("m"))
        for _ in range(_STORAGES):
            yield storage(choose.fresh("t"))
    first = [name for name in ("OpenIMsgSession", "OpenIMsgOnIStg", "MAPILogon") if name in letters]
    for name in first:
        for _ in range(choose.source.below(3)):
            call = letters[name].draw(player.state, choose)
            if call is not None:
                yield call
    methods = list(letters)
    weights = [letter.weight for letter in letters.values()]
    for _ in range(choose.character.length):
        call = letters[_weighed(methods, weights, choose)].draw(player.state, choose)
        if call is not None:
            yield call


def _weighed(methods: Sequence[str], weights: Sequence[int], choose: Chooser) -> str:
    left = choose.source.below(sum(weights))
    for method, weight in zip(methods, weights, strict=True):
        left -= weight
        if left < 0:
            return method
    return methods[-1]


def _threads(racing: Racing, choose: Chooser) -> Threads:
    """Calls for two or three threads, half of the time the same on each; [] where none fit."""
    player, letters = racing.player, racing.letters
    state = player.state
    allowed = [name for name in ON_THREADS[player.family] if name in letters]
    weights = [letters[name].weight for name in allowed]

    def draw() -> Call | None:
        for _ in range(_TRIES):
            call = letters[_weighed(allowed, weights, choose)].draw(state, choose)
            if call is not None and call.method in allowed and not racing.deaths.expects(call):
                return call
        return None

    def thread() -> list[Call]:
        calls: list[Call] = []
        for _ in range(choose.pick((1, 1, 1, 2, 2, 3))):
            call = _ending(calls[-1]) if calls and choose.chance(500) else None
            call = call or draw()
            if call is not None:
                calls.append(call)
        return calls

    for _ in range(_TRIES if allowed else 0):
        count = 3 if choose.chance(250) else 2
        one = thread()
        same = choose.chance(500)
        threads = [one, *(_again(one, choose) if same else thread() for _ in range(count - 1))]
        threads = [kept for kept in _on_storages_of_their_own(state, threads) if kept]
        if len(threads) == count and racing.allowed(threads):
            return threads
    return []


def _ending(call: Call) -> Call | None:
    """The end of what the call before it has made."""
    if call.method == "OpenIMsgSession" and call.params.get("lppMsgSess"):
        return close_session(call.params["lppMsgSess"])
    if call.method == "OpenIMsgOnIStg" and call.params.get("lppMsg"):
        return Call("IMessage.Release", {"this": call.params["lppMsg"]})
    if call.method == "MAPILogon" and call.params.get("lplhSession"):
        return logoff(call.params["lplhSession"])
    return None


def _again(calls: Sequence[Call], choose: Chooser) -> list[Call]:
    """The same calls for another thread, with names of their own for what they make."""
    made: dict[Any, str] = {}
    again = []
    for call in calls:
        for param in _OUT:
            name = call.params.get(param)
            if isinstance(name, str):
                made[name] = choose.fresh(name.rstrip("0123456789"))
        params = {
            key: made.get(value, value) if isinstance(value, str) else value
            for key, value in call.params.items()
        }
        again.append(Call(call.method, params))
    return again


def _on_storages_of_their_own(state: Any, threads: Threads) -> Threads:
    """Each message on a storage that nothing else uses: two on one storage are undefined."""
    if not isinstance(state, Imsg):
        return threads
    spare = [
        name
        for name, lent in state.storages.items()
        if lent.own and not lent.used and lent.mode == "readwrite" and lent.transacted
    ]
    kept: Threads = []
    for thread in threads:
        kept.append([])
        for call in thread:
            if call.method != "OpenIMsgOnIStg":
                kept[-1].append(call)
            elif spare:
                kept[-1].append(Call(call.method, {**call.params, "lpStg": spare.pop(0)}))
            else:
                break
    return kept
