"""The port: what the suite asks of the other side.

An adapter performs one call and returns one outcome.
It is found by its SPEC on the command line (see :mod:`adapters.find`).
"""

from __future__ import annotations

from typing import Protocol

from conformance.capabilities import Implementation, Offer
from conformance.trace import Call, Outcome


class Adapter(Protocol):
    """One implementation, ready to be called.

    `perform` never raises for anything the implementation does: results, errors, crashes and hangs
    are outcomes.
    It raises :class:`conformance.errors.AdapterError` where the adapter itself failed.
    A sequence starts with `Call("begin", {"family": FAMILY})`, whose outcome is always a result:
    after a crash or a hang it is what brings a fresh process up.
    """

    @property
    def implementation(self) -> Implementation:
        """Who is on the other side, as `initialize` said."""

    @property
    def offer(self) -> Offer:
        """The families that the implementation offers, with their capabilities."""

    @property
    def stderr(self) -> str:
        """The last 64 KiB of what the other side wrote to its standard error; "" in process."""

    def perform(self, call: Call) -> Outcome:
        """Perform one call whose symbols are resolved."""

    def close(self) -> None:
        """End the other side; harmless when repeated."""
