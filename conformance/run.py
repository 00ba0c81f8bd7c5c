"""A run: shards gather evidence, violations are confirmed, rulings follow.

Everything that takes time is a part of the workspace, so that any number of processes share it out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Protocol

from conformance.capabilities import Implementation, Offer, wire_family
from conformance.confirm import Confirmed, confirm, shortest_for
from conformance.errors import AdapterError
from conformance.evidence import Evidence, Taken, Violation
from conformance.expectations import applied
from conformance.explore.shard import run_shard
from conformance.failures import Failure
from conformance.play import Performer
from conformance.profiles import PROFILES, Shard, shards
from conformance.recall import recall
from conformance.replayer import Reopening, Replayer
from conformance.requirements.catalogue import Catalogue
from conformance.trace import Call, trace_to_json
from conformance.verdicts import Question, Ruling, Verdict, rule
from conformance.workspace import Settings, Workspace

BUILT: Final = ("imsg", "simple", "email", "msgfile")
"""The families that have checks."""

_TELL_EVERY_SECONDS: Final = 0.5


class Opened(Performer, Protocol):
    """An open adapter."""

    @property
    def implementation(self) -> Implementation: ...

    @property
    def stderr(self) -> str: ...

    def close(self) -> None: ...


Opener = Callable[[], Opened]


@dataclass(slots=True)
class Run:
    """One run in one workspace; every process that takes part has its own.

    `families` are those whose requirements are asked for.
    """

    settings: Settings
    workspace: Workspace
    catalogue: Catalogue
    open_adapter: Opener
    families: tuple[str, ...]
    offer: Offer
    implementation: Implementation
    on_progress: Callable[[str], None] = lambda _what: None
    started: float = field(default_factory=time.time)

    def shards(self) -> list[Shard]:
        played = list(dict.fromkeys(wire_family(family) for family in self.families))
        return shards(PROFILES[self.settings.profile], played, self.settings.seed)

    def gather(self) -> tuple[Evidence, list[Failure]]:
        """The evidence of all shards: claimed ones are run here, the others waited for."""
        for shard in self.shards():
            if self.workspace.claim(shard.name):
                self.workspace.write(shard.name, self._explore(shard))
        return self.collected([self.workspace.answer(s.name, dict) for s in self.shards()])

    def so_far(self) -> tuple[Evidence, list[Failure]]:
        """The evidence that has been written yet."""
        answers = [self.workspace.so_far(shard.name) for shard in self.shards()]
        return self.collected([answer for answer in answers if answer is not None])

    @staticmethod
    def collected(answers: list[Any]) -> tuple[Evidence, list[Failure]]:
        """Merge the answers of shards, in their fixed order."""
        evidence, failures = Evidence(), []
        for answer in answers:
            evidence.merge(Evidence.from_json(answer["evidence"]))
            if answer["failure"]:
                failures.append(Failure(**answer["failure"]))
        return evidence, failures

    def _explore(self, shard: Shard) -> dict[str, Any]:
        evidence, failure = Evidence(), None
        last = [0.0]

        def progress(so_far: Evidence) -> None:
            if time.monotonic() - last[0] >= _TELL_EVERY_SECONDS:
                last[0] = time.monotonic()
                value = {"evidence": so_far.to_json(), "failure": None}
                self.workspace.write(shard.name, value, done=False)
                self.on_progress(shard.name)

        try:
            adapter = self.open_adapter()
            try:
                run_shard(adapter, shard, self.catalogue, progress, evidence, self._known(shard))
            finally:
                adapter.close()
        except AdapterError as error:
            failure = Failure.of(shard.family, error).to_json()
        return {"evidence": evidence.to_json(), "failure": failure}

    def _known(self, shard: Shard) -> list[tuple[str, list[Call]]]:
        """The traces of expected failures, which the first shard of their family plays first."""
        return [
            (f"expectation of {one.requirement}", [step.call for step in one.trace])
            for one in self.settings.expectations
            if one.trace and wire_family(self.catalogue[one.requirement].family) == shard.family
        ]

    def question(self, failures: list[Failure], complete: bool = True) -> Question:
        """What the rulings of this run are asked."""
        errors = {
            family: failure.message
            for failure in failures
            for family in self.families
            if wire_family(family) == failure.family
        }
        return Question(
            dict(self.settings.readings),
            self.settings.strict,
            self.families,
            self.offer,
            errors,
            complete,
        )

    def confirmation(self, requirement: str, evidence: Evidence) -> Confirmed | None:
        """The confirmed violation of a broken row; None where the adapter failed over it.

        That failure is added to the evidence then.
        """
        row = evidence.rows.get(requirement)
        if row is None or not row.broken:
            return None

        def work() -> dict[str, Any]:
            return self._with_replayer(
                requirement,
                lambda replayer: confirmed_to_json(
                    confirm(replayer, requirement, row.violations, partial(self._recall, replayer))
                ),
            )

        answer = self.workspace.answer(f"confirm-{requirement}", work)
        if "failure" in answer:
            failure = Failure(**{**answer["failure"], "requirements": [requirement]})
            evidence.failures.add(failure)
        return confirmed_from_json(answer)

    def conflict(self, ruling: Ruling) -> dict[str, Any]:
        """One minimal trace for each reading that an implementation takes against the choice."""
        requirement = ruling.requirement.id

        def minimal(replayer: Replayer, taken: Taken) -> list[dict[str, Any]]:
            return trace_to_json(shortest_for(replayer, requirement, taken))

        def work() -> dict[str, Any]:
            return self._with_replayer(
                requirement,
                lambda replayer: {
                    "/".join(sorted(taken.readings)): minimal(replayer, taken)
                    for taken in ruling.conflict
                },
            )

        answer: dict[str, Any] = self.workspace.answer(f"readings-{requirement}", work)
        return answer

    def _with_replayer(
        self, requirement: str, work: Callable[[Replayer], dict[str, Any]]
    ) -> dict[str, Any]:
        family = wire_family(self.catalogue[requirement].family)
        self.on_progress(f"minimising {requirement}")
        try:
            with Reopening(self.open_adapter) as adapters:
                first = adapters.reopen()
                homes = self.catalogue.homes[family]
                return work(Replayer(first, family, homes, adapters.reopen))
        except AdapterError as error:
            return {"failure": Failure.of(family, error).to_json()}

    def _recall(self, replayer: Replayer, requirement: str) -> list[list[Call]]:
        self.on_progress(f"looking for what led to {requirement}")
        return recall(replayer.reopened, self.shards(), self.catalogue, requirement, self._known)

    def rule(
        self, evidence: Evidence, question: Question, confirmed: Mapping[str, Confirmed]
    ) -> dict[str, Ruling]:
        """The rulings, in which failures that are listed as expected are that."""
        rulings = rule(self.catalogue, evidence, question, confirmed)
        seen = {
            name: violation.observed
            for name, row in evidence.rows.items()
            for violation in row.violations[:1]
        }
        seen |= {name: one.violation.observed for name, one in confirmed.items()}
        return applied(rulings, self.settings.expectations, seen)

    def rulings(
        self, evidence: Evidence, failures: list[Failure], complete: bool = True
    ) -> tuple[dict[str, Ruling], dict[str, Confirmed], dict[str, Any]]:
        """The rulings, with every violation confirmed and every conflict of readings minimised."""
        question = self.question(failures, complete)
        confirmed = {}
        for requirement in evidence.rows:
            asked = self.catalogue[requirement].family in self.families
            one = self.confirmation(requirement, evidence) if asked else None
            if one is not None:
                confirmed[requirement] = one
        rulings = self.rule(evidence, question, confirmed)
        conflicts = {
            name: self.conflict(ruling)
            for name, ruling in rulings.items()
            if ruling.conflict and ruling.verdict is Verdict.FAIL
        }
        return rulings, confirmed, conflicts


def confirmed_to_json(confirmed: Confirmed) -> dict[str, Any]:
    return {
        "violation": confirmed.violation.to_json(),
        "broke": confirmed.broke,
        "replays": confirmed.replays,
    }


def confirmed_from_json(value: Mapping[str, Any]) -> Confirmed | None:
    if "violation" not in value:
        return None
    return Confirmed(Violation.from_json(value["violation"]), value["broke"], value["replays"])
