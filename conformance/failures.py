"""Failures of the adapter: what cannot be said of an implementation, because asking it failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from conformance.errors import AdapterError
from conformance.trace import Call

STDERR_KEPT: Final = 4096
"""Characters of standard error kept with each kind of failure over a call."""

Key = tuple[str, str, str]
"""Family, method, kind."""


@dataclass(slots=True)
class Failure:
    """A failure of the adapter: what results show under `errors`.

    `requirements` are those that nothing can be said of: the call met their precondition, or their
    violation could not be confirmed. `calls` lead to it; the last one is that of the failure.
    Without a `method` the whole family is concerned.
    """

    family: str
    message: str
    hint: str = ""
    stderr: str = ""
    method: str = ""
    count: int = 1
    requirements: list[str] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in self.__slots__}

    @classmethod
    def of(cls, family: str, error: AdapterError) -> Failure:
        return cls(family, error.message, error.hint, error.stderr)


@dataclass(slots=True)
class Failures:
    """The failures over single calls: one of each kind, with the fewest calls, and their number."""

    by_kind: dict[Key, Failure] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Failure]:
        return iter(self.by_kind.values())

    @property
    def count(self) -> int:
        return sum(failure.count for failure in self)

    def note(
        self, family: str, error: AdapterError, requirements: Iterable[str], calls: Sequence[Call]
    ) -> None:
        """The adapter failed over the last of these calls."""
        failure = Failure.of(family, error)
        failure.method = calls[-1].method if calls else ""
        failure.stderr = error.stderr[-STDERR_KEPT:]
        failure.requirements = sorted(set(requirements))
        failure.calls = [call.to_json() for call in calls]
        self.add(failure, error.kind)

    def over(self, requirement: str) -> Failure | None:
        """A failure that keeps anything from being said about a requirement."""
        return next((failure for failure in self if requirement in failure.requirements), None)

    def merge(self, other: Failures) -> None:
        for (_, _, kind), failure in other.by_kind.items():
            self.add(failure, kind)

    def add(self, failure: Failure, kind: str = "") -> None:
        """Keep a failure, or count it where one of its kind is known."""
        key = (failure.family, failure.method, kind or failure.message)
        known = self.by_kind.setdefault(key, failure)
        if known is failure:
            return
        known.count += failure.count
        known.requirements = sorted({*known.requirements, *failure.requirements})
        if len(failure.calls) < len(known.calls):
            known.calls, known.message = failure.calls, failure.message

    def to_json(self) -> list[dict[str, Any]]:
        return [{"kind": key[2], **failure.to_json()} for key, failure in self.by_kind.items()]

    @classmethod
    def from_json(cls, value: Iterable[Mapping[str, Any]]) -> Failures:
        read = cls()
        for item in value:
            failure = Failure(**{key: item[key] for key in Failure.__slots__})
            read.by_kind[failure.family, failure.method, item["kind"]] = failure
        return read
