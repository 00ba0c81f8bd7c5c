"""The small session API: message sessions and logons, and what a single fault changes of them.

Two parts, each with about ten rules of the catalogue. Ported to JavaScript (`api.mjs`) and Erlang
(`small.erl`); `crosscheck.py` plays the same random sequences on all three.

A *fault* is a kind, with parameters, and a trigger `when` that says when it shows:
{} always; {"nth": n} from the n-th call of the function on; {"live": n} while at least n of what
the place counts (mostly live objects) are there; {"late": true} only for an object that is older
than another live one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

OK, PARAMETER, FLAGS, MEMORY = 0, 0x80070057, 0x80040106, 0x8007000E
SUCCESS, FAILURE, TOO_MANY, NO_MESSAGES, BAD_SESSION = 0, 2, 8, 16, 19
UNICODE, NO_COMMIT, NEW_SESSION = 0x80000000, 1, 2
DATA = 1000

Fault = dict[str, Any]


@dataclass
class Session:
    token: int
    allocator: int
    messages: list[Message] = field(default_factory=list)
    born: int = 0


@dataclass
class Message:
    token: int
    data: int
    session: Session | None
    storage: int
    refs: int = 1


class Part:
    """What both parts share: tokens that are never used again, and the fault's trigger."""

    def __init__(self, fault: Fault | None = None) -> None:
        self.fault = fault or {}
        self.made = 0
        self.calls: dict[str, int] = {}

    def token(self) -> int:
        self.made += 1
        return 0x1000 + 16 * self.made

    def count(self, function: str) -> None:
        self.calls[function] = self.calls.get(function, 0) + 1

    def has(self, kind: str, function: str, live: int, late: bool = False) -> bool:
        """Whether the fault is of this kind and shows now."""
        if self.fault.get("kind") != kind:
            return False
        when = self.fault.get("when", {})
        return (
            self.calls.get(function, 0) >= when.get("nth", 0)
            and live >= when.get("live", 0)
            and (late or not when.get("late", False))
        )

    def unchecked(self, function: str, flags: int) -> int:
        """The flags that this function looks at: all but those that the fault forgets."""
        if self.fault.get("kind") == "flag-unchecked" and self.fault["function"] == function:
            return flags & ~(1 << self.fault["bit"])
        return flags

    def flag_code(self, function: str, flags: int, right: int) -> int:
        if self.fault.get("kind") == "flag-code" and self.fault["function"] == function:
            return int(self.fault["code"]) if flags & (1 << self.fault["bit"]) else right
        return right


class Messages(Part):
    """Sessions that close what was created in them (IMSG-OPEN, -MSG, -CLOSE, -REL)."""

    def __init__(self, fault: Fault | None = None) -> None:
        super().__init__(fault)
        self.sessions: dict[int, Session] = {}
        self.messages: dict[int, Message] = {}
        self.free: list[Message] = []
        self.allocators: dict[int, int] = {}
        self.storages: dict[int, int] = {}
        self.released: list[tuple[int, int]] = []
        self.leaked = 0

    def open(self, allocator: int, flags: int, out: int) -> tuple[int, int]:
        self.count("open")
        live = len(self.sessions)
        if not allocator and not self.has("null-allocator", "open", live):
            return PARAMETER, 0
        if not out:
            if self.has("null-out-leaks", "open", live):
                self.leaked += 1
            return (FAILURE if self.has("null-out-code", "open", live) else PARAMETER), 0
        if self.unchecked("open", flags) & ~UNICODE:
            if self.has("bad-flags-leak", "open", live):
                self.leaked += 1
            return self.flag_code("open", flags, FLAGS), 0
        if self.has("capacity", "open", live):
            return MEMORY, 0
        if self.has("same-session", "open", live) and self.sessions:
            return OK, min(self.sessions)
        token = self.token()
        self.sessions[token] = Session(token, allocator, born=self.made)
        self.allocators[allocator] = self.allocators.get(allocator, 0) + 1
        return OK, token

    def create(self, session: int, flags: int, storage: int) -> tuple[int, int]:
        self.count("create")
        owner = self.sessions.get(session)
        live = len(owner.messages) if owner else len(self.free)
        if self.unchecked("create", flags) & ~(UNICODE | NO_COMMIT):
            return self.flag_code("create", flags, FLAGS), 0
        if self.has("message-capacity", "create", live):
            return MEMORY, 0
        if owner is None and self.sessions and self.has("null-adopted", "create", live):
            owner = self.sessions[max(self.sessions)]
        message = Message(self.token(), DATA + self.calls["create"], owner, storage)
        self.messages[message.token] = message
        (self.free if owner is None else owner.messages).append(message)
        self.storages[storage] = self.storages.get(storage, 0) + 1
        return OK, message.token

    def addref(self, token: int) -> int:
        self.count("addref")
        message = self.messages[token]
        if not self.has("addref-lost", "addref", message.refs):
            message.refs += 1
        return message.refs

    def release(self, token: int) -> int:
        self.count("release")
        message = self.messages[token]
        message.refs -= 1
        if message.refs:
            if self.has("callback-early", "release", len(self.messages)):
                self.released.append((message.data, token))
            return message.refs
        siblings = self.free if message.session is None else message.session.messages
        late = message is siblings[0] and len(siblings) > 1
        self.end(message, "release", late)
        return 0

    def close(self, token: int) -> int:
        self.count("close")
        session = self.sessions.pop(token)
        late = any(other.born > session.born for other in self.sessions.values())
        mine = list(session.messages)
        if self.has("close-keeps", "close", len(mine), late) and mine:
            self.free.append(mine.pop(self.fault["index"] % len(mine)))
            self.free[-1].session = None
        for message in mine:
            self.end(message, "close", late)
        if self.has("close-all", "close", len(self.sessions), late):
            for message in list(self.messages.values()):
                self.end(message, "close", late)
        if self.has("close-free", "close", len(self.free), late):
            for message in list(self.free):
                self.end(message, "close", late)
        if self.has("callback-again", "close", self.calls.get("release", 0)) and self.released:
            self.released.append(self.released[-1])
        if not self.has("allocator-leak", "close", len(session.messages) + len(mine), late):
            self.allocators[session.allocator] -= 1
        return 0

    def end(self, message: Message, by: str, late: bool) -> None:
        del self.messages[message.token]
        siblings = self.free if message.session is None else message.session.messages
        if message in siblings:
            siblings.remove(message)
        if not self.has(f"storage-leak-{by}", by, len(siblings) + 1, late):
            self.storages[message.storage] -= 1
        if self.has("callback-never", "release", len(siblings) + 1, late):
            return
        data = message.data & 0xFF if self.has("callback-data", "release", 0) else message.data
        self.released.append((data, message.token))
        if self.has("callback-twice", "release", len(siblings) + 1, late):
            self.released.append((data, message.token))

    def look(self) -> list[Any]:
        """Live sessions and messages, references, and the callbacks so far (data only)."""
        return [
            len(self.sessions) + self.leaked,
            len(self.messages),
            sum(self.allocators.values()),
            sum(self.storages.values()),
            [data for data, _token in self.released],
        ]


class Logons(Part):
    """Handles of shared and of new sessions (SIMPLE-LOGON, SIMPLE-LOGOFF, SIMPLE-CALL)."""

    def __init__(self, fault: Fault | None = None) -> None:
        super().__init__(fault)
        self.handles: dict[int, bool] = {}
        self.dead: list[int] = []
        self.leaked = 0

    def logon(self, flags: int) -> tuple[int, int]:
        self.count("logon")
        live = len(self.handles)
        if self.unchecked("logon", flags) & ~NEW_SESSION:
            if self.has("bad-logon-leaks", "logon", live):
                self.leaked += 1
            return FAILURE, 0
        if self.has("logon-capacity", "logon", live):
            return FAILURE, 0
        if self.has("zero-handle", "logon", live):
            return SUCCESS, 0
        if self.has("same-handle", "logon", live) and self.handles:
            return SUCCESS, max(self.handles)
        handle = self.token()
        new = bool(flags & NEW_SESSION) and not self.has("new-ignored", "logon", live)
        self.handles[handle] = new or self.has("always-new", "logon", live)
        return SUCCESS, handle

    def logoff(self, handle: int, flags: int) -> int:
        self.count("logoff")
        live = len(self.handles)
        if handle not in self.handles:
            if handle in self.dead:
                wrong = self.has("dead-accepted", "logoff", len(self.dead))
            elif not handle:
                wrong = self.has("zero-accepted", "logoff", live)
            else:
                wrong = self.has("unknown-accepted", "logoff", live)
            if wrong and self.handles and self.fault.get("ends"):
                self.drop(max(self.handles))
            return SUCCESS if wrong else BAD_SESSION
        if self.unchecked("logoff", flags):
            return self.flag_code("logoff", flags, FAILURE)
        late = handle == min(self.handles) and live > 1
        if self.has("logoff-keeps", "logoff", live, late):
            self.leaked += self.handles[handle]
            self.drop(handle)
            return SUCCESS
        if self.has("logoff-ends-all", "logoff", live, late):
            for other in list(self.handles):
                self.drop(other)
            return SUCCESS
        self.drop(handle)
        return SUCCESS

    def drop(self, handle: int) -> None:
        del self.handles[handle]
        self.dead.append(handle)

    def find(self, handle: int) -> int:
        self.count("find")
        if handle in self.handles:
            return NO_MESSAGES
        if handle in self.dead and self.has("dead-used", "find", len(self.dead)):
            return NO_MESSAGES
        return BAD_SESSION

    def look(self) -> list[Any]:
        """Live sessions: the shared one once, however many handles it has."""
        shared = any(not new for new in self.handles.values())
        return [sum(self.handles.values()) + shared + self.leaked]


PARTS = {"imsg": Messages, "simple": Logons}
