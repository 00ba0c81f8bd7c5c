"""Objects of this process that take their process down: for --isolate."""

from __future__ import annotations

import os
import sys
import time

from adapters.reference import Reference
from conformance.trace import Call, Outcome


class Exits(Reference):
    """Ends its process when a session handle is zero; prints while it works."""

    def perform(self, call: Call) -> Outcome:
        print("a stray line", call.method)
        if call.method == "MAPILogoff" and call.params["lhSession"] == {"literal": 0}:
            os._exit(5)
        return super().perform(call)


class Sleeps(Reference):
    """Falls asleep when a session handle is zero."""

    def perform(self, call: Call) -> Outcome:
        if call.method == "MAPILogoff" and call.params["lhSession"] == {"literal": 0}:
            time.sleep(60)
        return super().perform(call)


class Raises(Reference):
    """Raises by mistake when a session handle is zero."""

    def perform(self, call: Call) -> Outcome:
        if call.method == "MAPILogoff" and call.params["lhSession"] == {"literal": 0}:
            raise LookupError("by mistake")
        return super().perform(call)


def unusable() -> Reference:
    sys.stderr.write("a reason on standard error\n")
    raise RuntimeError("no server to talk to")
