"""Playing calls on an implementation: resolve, perform, judge, record.

A :class:`Player` is the one way from an explorer to an implementation; minimiser and
replay use it too, so that a stored trace is judged just as it was when it was found.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from conformance import branches
from conformance.capabilities import Capabilities, Offer
from conformance.checks.words import observed
from conformance.errors import AdapterError
from conformance.evidence import Evidence, Violation
from conformance.findings import Broken
from conformance.judge import Judge
from conformance.orders import Findings, threads_of
from conformance.symbols import Bindings, Unresolvable
from conformance.trace import (
    BAD_PARAMS,
    LAPSED,
    NOT_EXPRESSIBLE,
    NOT_IMPLEMENTED,
    NOT_OFFERED,
    Call,
    Outcome,
    Step,
    Trace,
    size,
)


class Performer(Protocol):
    """The part of an adapter that playing needs (see :class:`adapters.port.Adapter`)."""

    @property
    def offer(self) -> Offer: ...

    def perform(self, call: Call) -> Outcome: ...


_NAMED: Final = ("this", "lpMsgSess", "lpMalloc", "lpStg", "lpObject", "lhSession", "pv", "from")
_NAMED_IN_WORLD: Final = ("name", "from")
_ON_LENT: Final = frozenset(
    {"world.release", "world.elements", "world.create", "world.commit", "world.bytes"}
)
_ALWAYS: Final = frozenset({"begin", "observe", "shutdown"})


@dataclass(slots=True)
class Player:
    """Plays sequences of one family on one adapter, and gathers the evidence.

    `found_by` is what violations say of who found them.
    `novelty` counts the steps whose method and answer never followed those of the step before.
    `suspicious` leaves aside what was met, and what was new, where that depends on chance.
    `charged` is the call that the last outcome belongs to: the one performed, or the one before
    where the adapter noticed a failure late; `seconds` is how long it took.
    """

    adapter: Performer
    family: str
    homes: Mapping[str, str]
    evidence: Evidence = field(default_factory=Evidence)
    found_by: str = ""
    suspicious: bool = False
    judge: Judge = field(init=False)
    steps: list[Step] = field(init=False, default_factory=list)
    over: bool = field(init=False, default=True)
    findings: Findings = field(init=False, default_factory=list)
    novelty: int = field(init=False, default=0)
    _seen: set[Any] = field(init=False, default_factory=set)
    _last: Any = field(init=False, default=None)
    charged: Call = field(init=False, default=Call("begin"))
    seconds: float = field(init=False, default=0.0)
    _bindings: Bindings = field(init=False, default_factory=Bindings)
    _sent: int = field(init=False, default=-1)
    _lent: set[str] = field(init=False, default_factory=set)
    _profile: tuple[str | None, str | None] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.judge = self._fresh_judge()

    @property
    def capabilities(self) -> Capabilities:
        return self.adapter.offer[self.family]

    @property
    def initialises(self) -> bool:
        """MAPIInitialize is offered, and comes before everything else."""
        return "MAPIInitialize" in self.capabilities.functions

    @property
    def state(self) -> Any:
        """The model's state, which explorers choose their calls by."""
        return self.judge.state

    def begin(self) -> None:
        """Start a new sequence in a fresh state.

        Raises :class:`AdapterError` where that fails twice in a row.
        """
        begin = Call("begin", {"family": self.family})
        try:
            self.adapter.perform(begin)
        except AdapterError as error:
            if error.final:
                raise
            self._fail(begin, error)
            self.adapter.perform(begin)
        self.judge.begin()
        self.findings = []
        self.steps, self._sent = [], -1
        self.over = False
        self._lent = set()
        self._bindings = Bindings()
        if self.family == "simple":
            self._bindings.profile, self._bindings.password = self._credentials()
        if self.family == "email":
            self._bindings.servers = self._addresses()
        self.evidence.sequences += 1

    def perform(self, call: Call) -> Outcome:
        """Perform one call of the sequence and judge it; a call that ends the run sets `over`.

        Raises :class:`AdapterError` where the adapter is beyond use.
        """
        self.charged = call
        started = time.perf_counter()
        try:
            outcome = self._parallel(call) if call.method == "parallel" else self._outcome(call)
        except AdapterError as error:
            if error.final:
                raise
            return self._fail(call, error)
        self.seconds = time.perf_counter() - started
        self.evidence.calls += size([Step(call, outcome)])
        self.steps.append(Step(call, outcome))
        if outcome.kind == "result" and call.method != "parallel":
            self._bind(call, outcome)
        self.findings = findings = self.judge.step(call, outcome)
        if findings:
            self.note(findings)
        if outcome.kind != "result":
            self._ended(call, outcome, findings)
        if not self.suspicious:
            self._count_new(call, outcome)
        return outcome

    def _count_new(self, call: Call, outcome: Outcome) -> None:
        answer = outcome.body.get("return") if outcome.kind == "result" else outcome.kind
        last = (call.method, answer if type(answer) in (int, str) else None)
        if (self._last, last) not in self._seen:
            self._seen.add((self._last, last))
            self.novelty += 1
        self._last = last

    def _fail(self, call: Call, error: AdapterError) -> Outcome:
        """Note that the adapter failed, and what of; the sequence is over."""
        self.over = True
        steps = self.steps[: self._sent + 1] if error.late else self.steps
        calls = [step.call for step in steps]
        if error.late and calls:
            self.charged = calls[-1]
            at_stake = _at_stake(self._fresh_judge(), steps[:-1], self.charged)
        else:
            if call.method == "begin":
                calls = []
            calls.append(call)
            at_stake = _at_stake(self.judge, (), call)
        self.findings = []
        self.evidence.failures.note(self.family, error, at_stake, calls)
        return LAPSED

    def _fresh_judge(self) -> Judge:
        return Judge(self.family, self.capabilities, self.homes)

    def offered(self, method: str) -> bool:
        """Whether the implementation offers a method; the suite's own ones always are."""
        if method == "parallel":
            return self.capabilities.parallel
        if method in _ALWAYS or method.startswith(("world.", "servers.")):
            return True
        return method in self.capabilities.functions

    def _outcome(self, call: Call) -> Outcome:
        if not self.offered(call.method):
            return Outcome("error", {"code": NOT_OFFERED, "message": "not listed in functions"})
        if call.method == "begin":
            self._bindings = self._bindings.renewed()
            self._lent = set()
        try:
            self._check_names(call)
            if call.method != "begin" and not self.judge.permits(call):
                raise Unresolvable("the object has ended, and the harness does not check that")
            resolved, values = self._bindings.resolve(call)
        except Unresolvable as reason:
            return Outcome("error", {"code": NOT_EXPRESSIBLE, "message": str(reason)})
        outcome = self.adapter.perform(resolved)
        self._sent = len(self.steps)
        if outcome.code == BAD_PARAMS:
            if "lpObject" in call.params and not self.judge.allows(call):
                # A harness may know messages only where the documents do.
                return Outcome("error", {**outcome.body, "code": NOT_EXPRESSIBLE})
            said = str(outcome.body.get("message", ""))
            what = f"the adapter does not understand the params of {call.method}"
            hint = "compare them with the tables of the harness protocol"
            raise AdapterError(what, hint, said=said)
        return Outcome(outcome.kind, outcome.body, values) if values else outcome

    def _parallel(self, call: Call) -> Outcome:
        """Perform the calls of several threads, or none where one of them cannot be made."""
        if not self.offered(call.method):
            return Outcome("error", {"code": NOT_OFFERED, "message": "parallel is not declared"})
        try:
            resolved, values = branches.resolve(call, self._resolved)
        except Unresolvable as reason:
            return Outcome("error", {"code": NOT_EXPRESSIBLE, "message": str(reason)})
        outcome = self.adapter.perform(resolved)
        self._sent = len(self.steps)
        if outcome.kind != "result":
            return outcome
        outcome = branches.with_values(outcome, values)
        answered = [one for thread in threads_of(call, outcome) for one in thread]
        for one in sorted(answered, key=lambda one: one.end):
            if one.outcome.code == BAD_PARAMS:
                said = one.outcome.body.get("message", "")
                raise AdapterError(f"the adapter does not understand its {one.call.method}: {said}")
            self._bindings.bind(one.call, one.outcome)
            self.over |= one.outcome.died
        return outcome

    def _resolved(self, call: Call, made: Collection[str]) -> tuple[Call, dict[str, Any]]:
        """A call of a thread for the wire; `made` are the names that its thread may have bound."""
        if call.method not in self.capabilities.functions:
            raise Unresolvable(f"{call.method} is not offered")
        self._check_names(call, made)
        if not self.judge.permits(call):
            raise Unresolvable("the object has ended, and the harness does not check that")
        return self._bindings.resolve(call)

    def _check_names(self, call: Call, made: Collection[str] = ()) -> None:
        named = _NAMED_IN_WORLD if call.method in _ON_LENT else _NAMED
        for param in named:
            name = call.params.get(param)
            if type(name) is not str or name in self._bindings.tokens or name in self._lent:
                continue
            if name not in made:
                raise Unresolvable(f"{name} was not bound")

    def _bind(self, call: Call, outcome: Outcome) -> None:
        if call.method.startswith("world."):
            if "name" in call.params and call.method not in _ON_LENT:
                self._lent.add(call.params["name"])
        else:
            self._bindings.bind(call, outcome)

    def note(self, findings: Findings) -> None:
        """Take the findings of the last step into the evidence."""
        for requirement, found in findings:
            if isinstance(found, Broken):
                trace = tuple(self.steps)
                violation = Violation(
                    trace, found.expected, found.observed, self.found_by, self.evidence.calls
                )
                self.evidence.note_broken(requirement, violation)
            elif not self.suspicious:
                self.evidence.note_held(requirement, found, self.steps, self.found_by)

    def _ended(self, call: Call, outcome: Outcome, findings: Findings) -> None:
        if outcome.lost:
            self.over = True
            what = str(outcome.body.get("message"))
            self.evidence.note_incident(self.family, call.method, what, tuple(self.steps))
        elif outcome.died:
            self.over = True
            if not any(isinstance(found, Broken) for _, found in findings):
                what = observed(outcome, self.family)
                self.evidence.note_incident(self.family, call.method, what, tuple(self.steps))
        elif outcome.code == NOT_IMPLEMENTED:
            self.evidence.stubs[call.method] = self.evidence.stubs.get(call.method, 0) + 1
        elif outcome.code == NOT_OFFERED:
            self.evidence.absent[call.method] = self.evidence.absent.get(call.method, 0) + 1

    def _credentials(self) -> tuple[str | None, str | None]:
        if self._profile is None:
            outcome = self.adapter.perform(Call("world.profile", {}))
            body = outcome.body if outcome.kind == "result" else {}
            self._profile = (body.get("profile"), body.get("password"))
            if outcome.died:
                self.adapter.perform(Call("begin", {"family": self.family}))
        return self._profile

    def _addresses(self) -> Mapping[str, str]:
        outcome = self.adapter.perform(Call("servers.addresses", {}))
        return outcome.body if outcome.kind == "result" else {}


def _at_stake(judge: Judge, steps: Sequence[Step], call: Call) -> list[str]:
    """The requirements that a crash of the call would break after these steps."""
    try:
        for step in steps:
            judge.step(step.call, step.outcome)
        died = judge.step(call, LAPSED)
    except (AttributeError, KeyError, TypeError, ValueError):
        return []  # a stored call with params that no harness understands
    return [name for name, found in died if isinstance(found, Broken)]


def play(player: Player, calls: Iterable[Call]) -> Trace:
    """Play calls from a fresh state until they end or the implementation does."""
    player.begin()
    for call in calls:
        if player.over:
            break
        player.perform(call)
    return tuple(player.steps)
