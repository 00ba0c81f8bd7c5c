"""The judge: a pure function of a trace and the declared capabilities.

For every step it asks the checks that speak about the method, and then lets the model
follow what the implementation did.
The calls of one wire family may decide the requirements of several families; each has its own
model and checks.
A crash or a hang on a stimulus that the documents allow, and that no requirement's
precondition covers, is charged to the function's home row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.capabilities import Capabilities, wire_family
from conformance.checks.registry import Check, Registry, registries
from conformance.checks.words import observed
from conformance.findings import Broken, Finding, Held
from conformance.model import Model, model_of
from conformance.trace import Call, Outcome, Trace

Findings = list[tuple[str, Held | Broken]]


@dataclass(slots=True)
class _Bench:
    """The model and the checks of one family of requirements."""

    model: Model
    registry: Registry
    state: Any = None
    _checks: dict[str, list[tuple[str, Check]]] = field(default_factory=dict)

    def findings(self, call: Call, outcome: Outcome) -> Findings:
        """What the checks say of one step."""
        checks = self._checks.get(call.method)
        if checks is None:
            checks = self._checks[call.method] = self.registry.for_method(call.method)
        findings: Findings = []
        for requirement, check in checks:
            found: Finding = check(self.state, call, outcome)
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
    _own: _Bench = field(init=False, repr=False)
    _others: list[_Bench] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        names = [name for name in registries() if wire_family(name) == self.family]
        benches = {name: _Bench(model_of(name), registries()[name]) for name in names}
        self._own = benches.pop(self.family)
        self._others = list(benches.values())
        self.begin()

    @property
    def state(self) -> Any:
        """The state of the family's own model, which explorers choose their calls by."""
        return self._own.state

    def begin(self) -> None:
        """Start a new sequence: nothing is live, nothing is bound."""
        for bench in (self._own, *self._others):
            bench.state = bench.model.begin(self.capabilities)

    def permits(self, call: Call) -> bool:
        """Whether the call may be made now (see :meth:`conformance.model.Model.permits`)."""
        return self._own.model.permits(self.state, call)

    def allows(self, call: Call) -> bool:
        """Whether the documents allow the call (see :meth:`conformance.model.Model.allows`)."""
        return self._own.model.allows(self.state, call)

    def step(self, call: Call, outcome: Outcome) -> Findings:
        """What one step shows, and move on to the state after it."""
        if call.method == "begin":
            self.begin()
            return []
        if outcome.kind == "error" and outcome.silent:
            return []
        findings: Findings = []
        muted = self._own.model.mute(self.state, call, outcome)
        if not muted:
            findings = self._own.findings(call, outcome)
            charged = any(isinstance(found, Broken) for _, found in findings)
            for bench in self._others:
                for name, found in bench.findings(call, outcome):
                    if not (charged and isinstance(found, Broken)):
                        findings.append((name, found))
        if outcome.died:
            return findings or ([] if muted else self._homeless(call, outcome))
        for bench in (self._own, *self._others):
            bench.state = bench.model.advance(bench.state, call, outcome)
        return findings

    def _homeless(self, call: Call, outcome: Outcome) -> Findings:
        home = self.homes.get(call.method)
        if home is None or not self.allows(call):
            return []
        return [(home, Broken("the call returns", observed(outcome, self.family)))]


def judge(
    trace: Trace, family: str, capabilities: Capabilities, homes: Mapping[str, str] | None = None
) -> list[Findings]:
    """The findings of every step of a trace of calls of one wire family."""
    one = Judge(family, capabilities, homes or {})
    return [one.step(step.call, step.outcome) for step in trace]
