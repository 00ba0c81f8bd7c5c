"""The judge: a pure function of a trace and the declared capabilities.

For every step it asks the checks that speak about the method, and then lets the model
follow what the implementation did.
The calls of one wire family may decide the requirements of several families; each has its own
model and checks.
A crash or a hang on a stimulus that the documents allow, and that no requirement's
precondition covers, is charged to the function's home row.
Where the calls of a `parallel` step can be explained in several orders, the judge follows several
states side by side; a step then shows what it shows in all of them (:mod:`conformance.orders`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from conformance.capabilities import Capabilities, wire_family
from conformance.checks.registry import Check, Registry, registries
from conformance.checks.words import observed
from conformance.findings import Broken, Finding
from conformance.model import Model, model_of
from conformance.orders import (
    MOST_ORDERS,
    MOST_STATES,
    End,
    Findings,
    calls_of,
    ends,
    settle,
    threads_of,
)
from conformance.trace import Call, Outcome, Trace

States = tuple[Any, ...]
"""The states of the benches, in their order."""


@dataclass(slots=True)
class _Bench:
    """The model and the checks of one family of requirements."""

    model: Model
    registry: Registry
    _checks: dict[str, list[tuple[str, Check]]] = field(default_factory=dict)

    def findings(self, state: Any, call: Call, outcome: Outcome) -> Findings:
        """What the checks say of one step."""
        checks = self._checks.get(call.method)
        if checks is None:
            checks = self._checks[call.method] = self.registry.for_method(call.method)
        findings: Findings = []
        for requirement, check in checks:
            found: Finding = check(state, call, outcome)
            if found is not None:
                findings.append((requirement, found))
        if self.registry.general and len(findings) > 1:
            return self._specific(findings, call.method)
        return findings

    def _specific(self, findings: Findings, method: str) -> Findings:
        """The findings without general requirements, where a specific one is broken too."""
        general = self.registry.general
        broken = {name for name, found in findings if isinstance(found, Broken)}
        if broken <= general.keys():
            return findings
        return [
            (name, found)
            for name, found in findings
            if general.get(name, method) == method or name not in broken
        ]


@dataclass(slots=True)
class Judge:
    """Judges the steps of one sequence after another, played on one wire family.

    Its own requirements come first, and its own model says what a call may do; after them come
    those of other families that its calls decide, which are not charged with an outcome that breaks
    a requirement of its own.
    """

    family: str
    capabilities: Capabilities
    homes: Mapping[str, str] = field(default_factory=dict)
    _benches: list[_Bench] = field(init=False, repr=False)
    _possible: list[States] = field(init=False, repr=False)
    _lost: bool = field(init=False, repr=False, default=False)

    def __post_init__(self) -> None:
        names = [name for name in registries() if wire_family(name) == self.family]
        names.sort(key=lambda name: name != self.family)
        self._benches = [_Bench(model_of(name), registries()[name]) for name in names]
        self.begin()

    @property
    def state(self) -> Any:
        """The state of the family's own model, which explorers choose their calls by."""
        return self._possible[0][0]

    def begin(self) -> None:
        """Start a new sequence: nothing is live, nothing is bound."""
        self._possible = [tuple(bench.model.begin(self.capabilities) for bench in self._benches)]
        self._lost = False

    def permits(self, call: Call) -> bool:
        """Whether the call may be made now (see :meth:`conformance.model.Model.permits`)."""
        model = self._benches[0].model
        return all(model.permits(states[0], call) for states in self._possible)

    def allows(self, call: Call) -> bool:
        """Whether the documents allow the call (see :meth:`conformance.model.Model.allows`)."""
        return self._allows(self._possible[0], call)

    def step(self, call: Call, outcome: Outcome) -> Findings:
        """What one step shows, and move on to the state after it."""
        if call.method == "begin":
            self.begin()
            return []
        if self._lost or (outcome.kind == "error" and outcome.silent):
            return []
        if call.method == "parallel":
            return self._parallel(call, outcome)
        if len(self._possible) == 1:
            end = self._follow(self._possible[0], call, outcome)
            self._possible = [end.state]
            return end.findings
        return self._settle([self._follow(states, call, outcome) for states in self._possible])

    def _follow(self, states: States, call: Call, outcome: Outcome) -> End[States]:
        """What one call shows in one possible state, and the state after it."""
        if outcome.kind == "error" and outcome.silent:
            return End([], states)
        own, *others = self._benches
        findings: Findings = []
        muted = own.model.mute(states[0], call, outcome)
        if not muted:
            findings = own.findings(states[0], call, outcome)
            charged = any(isinstance(found, Broken) for _, found in findings)
            for bench, state in zip(others, states[1:], strict=True):
                for name, found in bench.findings(state, call, outcome):
                    if not (charged and isinstance(found, Broken)):
                        findings.append((name, found))
        if outcome.died:
            return End(findings or ([] if muted else self._homeless(states, call, outcome)), states)
        after = (
            bench.model.advance(state, call, outcome)
            for bench, state in zip(self._benches, states, strict=True)
        )
        return End(findings, tuple(after))

    def _settle(self, found: list[End[States]]) -> Findings:
        """Go on with the states that are still possible."""
        end = settle(found)
        self._possible = end.state
        self._lost = len(end.state) > MOST_STATES
        return end.findings

    def _parallel(self, call: Call, outcome: Outcome) -> Findings:
        if outcome.died:
            return self._crashed(call, outcome)
        if outcome.kind != "result":
            return []
        threads = threads_of(call, outcome)
        found: list[End[States]] = []
        for states in self._possible:
            ways = list(islice(ends(states, threads, self._follow), MOST_ORDERS + 1))
            if len(ways) > MOST_ORDERS:
                self._lost = True
                return []
            found += ways
        if all(end.broken for end in found):
            return [(name, _racing(one)) for name, one in self._settle(found)]
        return self._settle(found)

    def _crashed(self, call: Call, outcome: Outcome) -> Findings:
        """Nobody knows which of the calls it was: the function that most of them are to."""
        threads = calls_of(call)
        calls = [one for thread in threads for one in thread]
        model = self._benches[0].model
        if not calls or not all(model.together(states[0], threads) for states in self._possible):
            return []
        (method, _), *_ = Counter(one.method for one in calls).most_common(1)
        home = self.homes.get(method)
        if home is None:
            return []
        return [(home, Broken("all calls return", observed(outcome, self.family)))]

    def _allows(self, states: States, call: Call) -> bool:
        return self._benches[0].model.allows(states[0], call)

    def _homeless(self, states: States, call: Call, outcome: Outcome) -> Findings:
        home = self.homes.get(call.method)
        if home is None or not self._allows(states, call):
            return []
        return [(home, Broken("the call returns", observed(outcome, self.family)))]


def _racing(found: object) -> Broken:
    if not isinstance(found, Broken):
        raise TypeError(found)
    return Broken(f"{found.expected}, in some order of the calls", found.observed)


def judge(
    trace: Trace, family: str, capabilities: Capabilities, homes: Mapping[str, str] | None = None
) -> list[Findings]:
    """The findings of every step of a trace of calls of one wire family."""
    one = Judge(family, capabilities, homes or {})
    return [one.step(step.call, step.outcome) for step in trace]
