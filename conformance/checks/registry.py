"""Where checks are found: one function a requirement, by id and by the methods it speaks about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.errors import CatalogueError
from conformance.findings import Finding
from conformance.trace import Call, Outcome

Check = Callable[[Any, Call, Outcome], Finding]
"""(state before the step, call, outcome) -> finding; pure."""


@dataclass(slots=True)
class Registry:
    """The checks of one family."""

    family: str
    by_id: dict[str, Check] = field(default_factory=dict)
    by_method: dict[str, list[tuple[str, Check]]] = field(default_factory=dict)
    general: dict[str, str] = field(default_factory=dict)
    """Requirements on every call, with the function that they are about first of all.

    Elsewhere they are charged only where no other requirement speaks of the outcome.
    """

    def check(self, requirement: str, *methods: str) -> Callable[[Check], Check]:
        """Register the check of one requirement for the methods whose outcomes it judges."""

        def register(function: Check) -> Check:
            if requirement in self.by_id:
                raise CatalogueError(f"{requirement} has two checks")
            self.by_id[requirement] = function
            for method in methods:
                self.by_method.setdefault(method, []).append((requirement, function))
            return function

        return register

    def also(self, requirement: str, *methods: str) -> Callable[[Check], Check]:
        """Register a second check of a requirement, which speaks about something else."""

        def register(function: Check) -> Check:
            for method in methods:
                self.by_method.setdefault(method, []).append((requirement, function))
            return function

        return register

    def for_method(self, method: str) -> list[tuple[str, Check]]:
        """The checks that speak about a method."""
        return self.by_method.get(method, [])


def registries() -> Mapping[str, Registry]:
    """The checks of every family that has some."""
    from conformance.checks import email, imsg, msgfile, simple

    families = (imsg, simple, email, msgfile)
    return {family.CHECKS.family: family.CHECKS for family in families}
