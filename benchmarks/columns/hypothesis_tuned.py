"""Hypothesis as somebody who knows the API would use it: flags by bit, lists, an epilogue."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from columns.common import main
from columns.machines import Played, hunt

BIT = st.sampled_from([1 << bit for bit in range(32)])


def flags(*legal: int) -> Any:
    return st.sampled_from(legal) | BIT


class MessageMachine(Played, RuleBasedStateMachine):
    part = "imsg"

    @rule()
    def open(self) -> None:
        self.play(["open", 1, 0, 1])

    @rule(bits=flags(0x80000000))
    def open_flags(self, bits: int) -> None:
        self.play(["open", 1, bits, 1])

    @rule(allocator=st.booleans(), out=st.booleans())
    def open_null(self, allocator: bool, out: bool) -> None:
        self.play(["open", int(allocator), 0, int(out)])

    @rule(data=st.data(), bits=st.just(0) | flags(1, 0x80000000))
    def create(self, data: Any, bits: int) -> None:
        session = data.draw(st.sampled_from([-1, *self.referee.live["session"]]))
        self.play(["create", session, bits])

    @precondition(lambda self: self.referee.live["message"])
    @rule(data=st.data(), name=st.sampled_from(["addref", "release"]))
    def count(self, data: Any, name: str) -> None:
        self.play([name, data.draw(st.sampled_from(self.referee.live["message"]))])

    @precondition(lambda self: self.referee.live["session"])
    @rule(data=st.data())
    def close(self, data: Any) -> None:
        self.play(["close", data.draw(st.sampled_from(self.referee.live["session"]))])

    @rule()
    def look(self) -> None:
        self.play(["look"])

    def teardown(self) -> None:
        for session in list(self.referee.live["session"]):
            self.play(["close", session])
        for message in list(self.referee.live["message"]):
            while message in self.referee.live["message"]:
                self.play(["release", message])
        self.play(["look"])
        super().teardown()


class LogonMachine(Played, RuleBasedStateMachine):
    part = "simple"

    @rule(bits=st.sampled_from([0, 2]))
    def logon(self, bits: int) -> None:
        self.play(["logon", bits])

    @rule(bits=BIT)
    def logon_flags(self, bits: int) -> None:
        self.play(["logon", bits])

    @rule(data=st.data(), name=st.sampled_from(["logoff", "logoff flags", "find"]), bits=BIT)
    def use(self, data: Any, name: str, bits: int) -> None:
        known = [*self.referee.live["handle"], *self.referee.dead, -1, -2]
        handle = data.draw(st.sampled_from(known))
        if name == "find":
            self.play(["find", handle])
        else:
            self.play(["logoff", handle, bits if name == "logoff flags" else 0])

    @rule()
    def look(self) -> None:
        self.play(["look"])

    def teardown(self) -> None:
        for handle in list(self.referee.live["handle"]):
            self.play(["logoff", handle, 0])
        self.play(["look"])
        super().teardown()


MACHINES = {"imsg": MessageMachine, "simple": LogonMachine}

if __name__ == "__main__":
    main(lambda row, seed, calls: hunt(MACHINES, row, seed, calls))
