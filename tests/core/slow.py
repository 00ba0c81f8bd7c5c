"""A backend that takes its time, for runs that are stopped in the middle."""

from __future__ import annotations

import time

from adapters.reference import Reference
from conformance.trace import Call, Outcome


class Slow(Reference):
    """The reference, each of whose logoffs loses its session's end and takes a while."""

    def perform(self, call: Call) -> Outcome:
        outcome = super().perform(call)
        time.sleep(0.002)
        if call.method == "MAPILogoff" and outcome.body.get("return") == 19:
            return Outcome("result", {"return": 0})
        return outcome
