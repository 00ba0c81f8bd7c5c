"""Calls on an implementation, judged as they are made: what a pasted test is written with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.capabilities import wire_family
from conformance.errors import AdapterError, UsageError
from conformance.findings import Broken
from conformance.orders import Findings
from conformance.play import Performer, Player
from conformance.requirements.load import catalogue
from conformance.trace import Call, Outcome


class Sequence:
    """A sequence of calls in a fresh state of one family.

    Raises :class:`UsageError` where the adapter does not offer the family.
    """

    def __init__(self, adapter: Performer, family: str) -> None:
        played = wire_family(family)
        if played not in adapter.offer:
            raise UsageError(f"the adapter does not offer the family {played}")
        self._player = Player(adapter, played, catalogue().homes[played])
        self._player.begin()
        self._found: Findings = []

    def call(self, method: str, params: Mapping[str, Any]) -> Outcome:
        """Make one call, with parameters in the encoding of the harness protocol.

        Raises :class:`AdapterError` where an earlier call ended the process.
        """
        if self._player.over:
            raise AdapterError(f"{method} cannot be called: an earlier call ended the process")
        outcome = self._player.perform(Call(method, dict(params)))
        self._found += self._player.findings
        return outcome

    def broken(self, requirement: str) -> list[str]:
        """Say how the calls so far broke a requirement, in words; nothing where they kept it.

        Raises :class:`AdapterError` where the last call never reached the implementation.
        """
        last = self._player.steps[-1].outcome if self._player.steps else None
        if last is not None and last.silent:
            raise AdapterError(f"the last call could not be played: {last.body.get('message', '')}")
        return [
            f"expected {found.expected}, observed {found.observed}"
            for name, found in self._found
            if name == requirement and isinstance(found, Broken)
        ]

    def readings(self, requirement: str) -> frozenset[str]:
        """Give the documented readings that explain everything seen of a requirement so far."""
        taken = [
            found.readings
            for name, found in self._found
            if name == requirement and not isinstance(found, Broken) and found.readings
        ]
        return frozenset.intersection(*taken) if taken else frozenset()
