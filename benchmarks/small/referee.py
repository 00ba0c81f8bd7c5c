"""The oracle of the engines that bring none: a correct instance beside the one under test.

Operations are symbolic, so that a sequence means the same in every port: objects are numbered in
the order in which they came.

    ["open", allocator, flags, out]  ["create", session or -1, flags]  ["addref", message]
    ["release", message]  ["close", session]
    ["logon", flags]  ["logoff", handle, flags]  ["find", handle]     handle -1 is zero, -2 unknown
    ["look"]
"""

from __future__ import annotations

from typing import Any

from small.api import OK, PARTS, Fault, Logons, Messages

UNKNOWN = 0x7777
Operation = list[Any]


class Instance:
    """One implementation, and the tokens that its calls gave out."""

    def __init__(self, part: str, fault: Fault | None = None) -> None:
        self.api: Messages | Logons = PARTS[part](fault)
        self.sessions: list[int] = []
        self.messages: list[int] = []
        self.handles: list[int] = []

    def perform(self, operation: Operation) -> list[Any]:
        """The result, with 1 for a new token, 2 for one that is given out twice, 0 for none."""
        name, *given = operation
        api: Any = self.api
        if name == "look":
            return list(api.look())
        if name == "open":
            return self.given(api.open(*given), self.sessions)
        if name == "create":
            session = self.sessions[given[0]] if given[0] >= 0 else 0
            return self.given(api.create(session, given[1], 1), self.messages)
        if name in ("addref", "release"):
            return [getattr(api, name)(self.messages[given[0]])]
        if name == "close":
            return [api.close(self.sessions[given[0]])]
        if name == "logon":
            return self.given(api.logon(*given), self.handles)
        handle = {-1: 0, -2: UNKNOWN}.get(given[0])
        handle = self.handles[given[0]] if handle is None else handle
        return [getattr(api, name)(handle, *given[1:])]

    def given(self, result: tuple[int, int], tokens: list[int]) -> list[int]:
        code, token = result
        if not token:
            return [code, 0]
        again = token in tokens
        tokens.append(token)
        return [code, 2 if again else 1]


class Referee:
    """Plays operations on a correct instance and on one with a fault; differences are findings."""

    def __init__(self, part: str, fault: Fault) -> None:
        self.right, self.tested = Instance(part), Instance(part, fault)
        self.live: dict[str, list[int]] = {"session": [], "message": [], "handle": []}
        self.dead: list[int] = []
        self.refs: dict[int, int] = {}
        self.owner: dict[int, int] = {}

    def differs(self, operation: Operation) -> bool:
        """Whether the tested instance answers this operation otherwise than a correct one."""
        expected = self.right.perform(operation)
        try:
            observed = self.tested.perform(operation)
        except (LookupError, ValueError):
            return True  # it has lost an object that is alive
        self.follow(operation, expected)
        return observed != expected

    def follow(self, operation: Operation, result: list[Any]) -> None:
        """Keep what may be used next: only live sessions and messages, but any handle."""
        name = operation[0]
        if name == "open" and result[1]:
            self.live["session"].append(len(self.right.sessions) - 1)
        elif name == "create" and result[1]:
            number = len(self.right.messages) - 1
            self.live["message"].append(number)
            self.owner[number] = operation[1]
        elif name == "release" and not result[0]:
            self.live["message"].remove(operation[1])
        elif name == "close":
            self.live["session"].remove(operation[1])
            kept = [one for one in self.live["message"] if self.owner[one] != operation[1]]
            self.live["message"] = kept
        elif name == "logon" and result[1]:
            self.live["handle"].append(len(self.right.handles) - 1)
        elif name == "logoff" and result[0] == OK and operation[1] in self.live["handle"]:
            self.live["handle"].remove(operation[1])
            self.dead.append(operation[1])


def differs(part: str, fault: Fault, operations: list[Operation]) -> int:
    """How many operations it takes to see a difference; 0 where none is seen."""
    referee = Referee(part, fault)
    for number, operation in enumerate(operations, 1):
        if referee.differs(operation):
            return number
    return 0
