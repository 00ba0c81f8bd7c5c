"""Plain Hypothesis, as its documentation shows: bundles, 32-bit integers for flags, 50 steps."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, rule

from columns.common import main
from columns.machines import Played, hunt

FLAGS = st.integers(0, 2**32 - 1)


class MessageMachine(Played, RuleBasedStateMachine):
    part = "imsg"
    sessions = Bundle("sessions")
    messages = Bundle("messages")

    @rule(target=sessions, allocator=st.booleans(), flags=st.just(0) | FLAGS, out=st.booleans())
    def open(self, allocator: bool, flags: int, out: bool) -> int:
        return self.play(["open", int(allocator), flags, int(out)])

    @rule(target=messages, session=st.just(-1) | sessions, flags=st.just(0) | FLAGS)
    def create(self, session: int, flags: int) -> int:
        if session != -1 and session not in self.referee.live["session"]:
            return -1
        return self.play(["create", session, flags])

    @rule(message=messages)
    def addref(self, message: int) -> None:
        if message in self.referee.live["message"]:
            self.play(["addref", message])

    @rule(message=messages)
    def release(self, message: int) -> None:
        if message in self.referee.live["message"]:
            self.play(["release", message])

    @rule(session=consumes(sessions))
    def close(self, session: int) -> None:
        if session in self.referee.live["session"]:
            self.play(["close", session])

    @rule()
    def look(self) -> None:
        self.play(["look"])


class LogonMachine(Played, RuleBasedStateMachine):
    part = "simple"
    handles = Bundle("handles")

    @rule(target=handles, flags=st.sampled_from([0, 2]) | FLAGS)
    def logon(self, flags: int) -> int:
        return self.play(["logon", flags])

    @rule(handle=st.sampled_from([-1, -2]) | handles, flags=st.just(0) | FLAGS)
    def logoff(self, handle: int, flags: int) -> None:
        self.play(["logoff", handle, flags])

    @rule(handle=st.sampled_from([-1, -2]) | handles)
    def find(self, handle: int) -> None:
        self.play(["find", handle])

    @rule()
    def look(self) -> None:
        self.play(["look"])


MACHINES = {"imsg": MessageMachine, "simple": LogonMachine}

if __name__ == "__main__":
    main(lambda row, seed, calls: hunt(MACHINES, row, seed, calls))
