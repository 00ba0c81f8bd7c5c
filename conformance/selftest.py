"""The selftest: every planted fault has to be found, and nothing correct accused.

It knows no adapter: a *fault* is a factory together with the requirements that it breaks, a
*variant* a factory of something correct.
Each is explored in process, a fault until one of its requirements is ruled broken.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Final, Protocol, TypeVar

from conformance.capabilities import Offer, wire_family
from conformance.evidence import Evidence
from conformance.explore.shard import Closable, run_shard
from conformance.profiles import PROFILES, derived, shards
from conformance.requirements.load import catalogue
from conformance.run import BUILT
from conformance.verdicts import Question, Ruling, Verdict, rule

FAULT_PROFILE: Final = "ci"
VARIANT_PROFILE: Final = "smoke"

Factory = Callable[[], Closable]


class Fault(Protocol):
    """An implementation with one fault; any requirement of `breaks` must be reported."""

    @property
    def name(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def breaks(self) -> tuple[str, ...]: ...
    @property
    def readings(self) -> Mapping[str, str]: ...
    @property
    def factory(self) -> Factory: ...


class Variant(Protocol):
    """A correct implementation; only requirements of `deviates` may be reported."""

    @property
    def name(self) -> str: ...
    @property
    def deviates(self) -> frozenset[str]: ...
    @property
    def factory(self) -> Factory: ...


@dataclass(frozen=True, slots=True)
class Hunt:
    """What became of one fault: `killed_by` of its own requirements, and what else was reported."""

    name: str
    breaks: tuple[str, ...]
    killed_by: tuple[str, ...]
    others: tuple[str, ...]
    calls: int

    @property
    def survived(self) -> bool:
        return not self.killed_by


@dataclass(frozen=True, slots=True)
class Trial:
    """What a correct implementation was accused of."""

    name: str
    accused_of: tuple[str, ...]
    calls: int


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a selftest."""

    seed: int
    hunts: tuple[Hunt, ...]
    trials: tuple[Trial, ...]
    seconds: float

    @property
    def survivors(self) -> tuple[Hunt, ...]:
        return tuple(hunt for hunt in self.hunts if hunt.survived)

    @property
    def accused(self) -> tuple[Trial, ...]:
        return tuple(trial for trial in self.trials if trial.accused_of)

    @property
    def passed(self) -> bool:
        return not self.survivors and not self.accused


class _Enough(BaseException):
    """The fault was found; no `Exception`, which Hypothesis would take for a failing example."""


def hunt(seed: int, fault: Fault, profile: str = FAULT_PROFILE) -> Hunt:
    """Explore an implementation with a fault until one of its requirements is broken."""
    evidence = Evidence()
    offer: Offer = {}

    def progress(so_far: Evidence) -> None:
        if any(name in so_far.rows for name in fault.breaks):
            found = _failed(so_far, offer, (fault.family,), fault.readings)
            if any(name in found for name in fault.breaks):
                raise _Enough

    adapter = fault.factory()
    offer = adapter.offer
    try:
        played = [wire_family(fault.family)]
        for shard in shards(PROFILES[profile], played, derived(seed, fault.name)):
            run_shard(adapter, shard, catalogue(), progress, evidence)
    except _Enough:
        pass
    finally:
        adapter.close()
    found = _failed(evidence, offer, (fault.family,), fault.readings)
    killed_by = tuple(name for name in fault.breaks if name in found)
    others = tuple(name for name in found if name not in fault.breaks)
    return Hunt(fault.name, fault.breaks, killed_by, others, _calls_to_find(evidence, killed_by))


def trial(seed: int, variant: Variant, profile: str = VARIANT_PROFILE) -> Trial:
    """Explore a correct implementation with a whole budget."""
    evidence = Evidence()
    adapter = variant.factory()
    offer = adapter.offer
    families = [family for family in BUILT if wire_family(family) in offer]
    played = list(dict.fromkeys(wire_family(family) for family in families))
    try:
        for shard in shards(PROFILES[profile], played, derived(seed, variant.name)):
            run_shard(adapter, shard, catalogue(), lambda _evidence: None, evidence)
    finally:
        adapter.close()
    found = _failed(evidence, offer, families, {})
    accused_of = tuple(name for name in found if name not in variant.deviates)
    return Trial(variant.name, accused_of, evidence.calls)


def selftest(
    faults: Sequence[Fault],
    variants: Sequence[Variant],
    seed: int,
    jobs: int = 1,
    tell: Callable[[str], None] = lambda _what: None,
) -> Report:
    """Hunt every fault and try every correct implementation, with several processes if asked to."""
    started = time.monotonic()
    with _mapper(jobs) as each:
        hunts = tuple(_told(each(partial(hunt, seed), faults), tell))
        trials = tuple(_told(each(partial(trial, seed), variants), tell))
    return Report(seed, hunts, trials, time.monotonic() - started)


Item = TypeVar("Item")
Done = TypeVar("Done", Hunt, Trial)


class _mapper:  # noqa: N801 - a context manager, called like a function
    """Maps in this process, or in several fresh ones."""

    def __init__(self, jobs: int) -> None:
        self._pool = (
            ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) if jobs > 1 else None
        )

    def __enter__(self) -> _mapper:
        return self

    def __exit__(self, *_reason: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def __call__(self, work: Callable[[Item], Done], items: Iterable[Item]) -> Iterator[Done]:
        return map(work, items) if self._pool is None else self._pool.map(work, items)


def _told(done: Iterable[Done], tell: Callable[[str], None]) -> Iterator[Done]:
    for one in done:
        tell(one.name)
        yield one


def _failed(
    evidence: Evidence, offer: Offer, families: Sequence[str], readings: Mapping[str, str]
) -> dict[str, Ruling]:
    """The requirements that are broken, or of which two readings were taken."""
    question = Question(
        readings, strict=False, families=families, offer=offer, errors={}, complete=False
    )
    rulings = rule(catalogue(), evidence, question)
    return {name: one for name, one in rulings.items() if one.verdict is Verdict.FAIL}


def _calls_to_find(evidence: Evidence, killed_by: Sequence[str]) -> int:
    """The calls until the first violation, or until a conflict of readings was noticed."""
    found = [
        violation.calls_to_find
        for name in killed_by
        for violation in evidence.rows[name].violations
    ]
    return min(found, default=evidence.calls)
