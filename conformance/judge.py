"""The judge: a pure function of a trace and the declared capabilities.

For every step it asks the checks that speak about the method, and then lets the model
follow what the implementation did.
A crash or a hang on a stimulus that the documents allow, and that no requirement's
precondition covers, is charged to the function's home row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.capabilities import Capabilities
from conformance.checks.registry import Check, Registry, registries
from conformance.checks.words import observed
from conformance.findings import Broken, Finding, Held
from conformance.model import Model, model_of
from conformance.trace import Call, Outcome, Trace

Findings = list[tuple[str, Held | Broken]]


@dataclass(slots=True)
class Judge:
    """Judges the steps of one sequence after another, for one family of one implementation."""

    family: str
    capabilities: Capabilities
    homes: Mapping[str, str] = field(default_factory=dict)
    state: Any = None
    _model: Model = field(init=False, repr=False)
    _registry: Registry = field(init=False, repr=False)
    _checks: dict[str, list[tuple[str, Check]]] = field(
        init=False, repr=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        self._model = model_of(self.family)
        self._registry = registries()[self.family]
        self.begin()

    def begin(self) -> None:
        """Start a new sequence: nothing is live, nothing is bound."""
        self.state = self._model.begin(self.capabilities)

    def permits(self, call: Call) -> bool:
        """Whether the call may be made now (see :meth:`conformance.model.Model.permits`)."""
        return self._model.permits(self.state, call)

    def step(self, call: Call, outcome: Outcome) -> Findings:
        """What one step shows, and move on to the state after it."""
        if call.method == "begin":
            self.begin()
            return []
        if outcome.kind == "error" and outcome.silent:
            return []
        state = self.state
        checks = self._checks.get(call.method)
        if checks is None:
            checks = self._checks[call.method] = self._registry.for_method(call.method)
        findings: Findings = []
        muted = self._model.mute(state, call, outcome)
        for requirement, check in () if muted else checks:
            found: Finding = check(state, call, outcome)
            if found is not None:
                findings.append((requirement, found))
        if self._registry.general and len(findings) > 1:
            findings = self._specific(findings, call.method)
        if outcome.died:
            return findings or ([] if muted else self._homeless(call, outcome))
        self.state = self._model.advance(state, call, outcome)
        return findings

    def _specific(self, findings: Findings, method: str) -> Findings:
        """The findings without general requirements, where a specific one is broken too."""
        general = self._registry.general
        broken = {name for name, found in findings if isinstance(found, Broken)}
        if broken <= general.keys():
            return findings
        return [
            (name, found)
            for name, found in findings
            if general.get(name, method) == method or name not in broken
        ]

    def _homeless(self, call: Call, outcome: Outcome) -> Findings:
        home = self.homes.get(call.method)
        if home is None or not self._model.allows(self.state, call):
            return []
        return [(home, Broken("the call returns", observed(outcome, self.family)))]


def judge(
    trace: Trace, family: str, capabilities: Capabilities, homes: Mapping[str, str] | None = None
) -> list[Findings]:
    """The findings of every step of a trace."""
    one = Judge(family, capabilities, homes or {})
    return [one.step(step.call, step.outcome) for step in trace]
