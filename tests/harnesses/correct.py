"""A small correct implementation of message and Simple MAPI sessions, from the protocol alone.

An argument `--wrong=NAME` plants one fault; see WRONG.
"""

from __future__ import annotations

import itertools
import json
import sys
from typing import Any

Json = dict[str, Any]

INVALID, UNKNOWN_FLAGS, NO_MEMORY = 0x80070057, 0x80040106, 0x8007000E
WRONG = {
    "ignores-flags",
    "null-allocator",
    "leaks-allocator",
    "keeps-messages",
    "fires-twice",
    "logoff-twice",
    "zero-session",
}
wrong = next((a.removeprefix("--wrong=") for a in sys.argv if a.startswith("--wrong=")), "")
assert not wrong or wrong in WRONG, wrong


class Malloc:
    def __init__(self, fail_after: int | None) -> None:
        self.left: int | None = fail_after
        self.live, self.references = 0, 1

    def alloc(self) -> bool:
        if self.left == 0:
            return False
        self.left = None if self.left is None else self.left - 1
        self.live += 1
        return True


class Storage:
    def __init__(self, mode: str, transacted: bool) -> None:
        self.mode, self.transacted, self.references, self.commits = mode, transacted, 1, 0


class Message:
    def __init__(
        self,
        world: World,
        storage: Storage,
        callback: bool,
        data: int,
    ) -> None:
        self.world, self.storage = world, storage
        self.callback, self.data, self.count, self.open = callback, data, 1, True
        storage.references += 1

    def close(self) -> None:
        if self.open:
            self.open = False
            self.storage.references -= 1
            fired = {"ulCallerData": self.data, "message": self.world.token(self)}
            self.world.released += [fired] * (self.callback + (wrong == "fires-twice"))


class Session:
    def __init__(self, malloc: Malloc) -> None:
        self.malloc, self.open = malloc, True
        self.messages: list[Message] = []
        malloc.references += 1


class World:
    """All of one sequence."""

    def __init__(self, family: str) -> None:
        self.family, self.tokens = family, itertools.count(0x1000)
        self.names: dict[str, Any] = {}
        self.given: dict[int, tuple[str, Any]] = {}
        self.released: list[Json] = []
        self.handles: set[int] = set()
        self.logons: list[tuple[int, bool]] = []

    def token(self, thing: Any) -> str:
        if isinstance(thing, int):
            return hex(thing)
        return self.given.setdefault(id(thing), (hex(next(self.tokens)), thing))[0]

    def answer(
        self,
        code: int | None,
        param: str | None = None,
        name: str | None = None,
        thing: object = None,
    ) -> Json:
        if param is None:
            return {"return": code}
        if name is not None and thing is not None:
            self.names[name] = thing
        written = self.token(thing) if thing is not None else None
        return {"return": code, "out": {param: written} if name is not None else {}}

    def find(self, name: str | None, kind: type) -> Any:
        thing = self.names[name] if name is not None else None
        return thing if isinstance(thing, kind) else None

    # --- lent objects

    def world_malloc(self, name: str, fail_after: int | None = None) -> Json:
        self.names[name] = Malloc(fail_after)
        return {}

    def world_storage(self, name: str, **options: Any) -> Json:
        self.names[name] = Storage(options["mode"], options["transacted"])
        return {}

    def world_release(self, name: str) -> Json:
        self.names[name].references -= 1
        return {"return": self.names[name].references}

    def world_profile(self) -> Json:
        return {"profile": "default", "password": None}

    # --- message sessions

    def OpenIMsgSession(self, lpMalloc: str | None, ulFlags: int, lppMsgSess: str | None) -> Json:
        malloc = self.find(lpMalloc, Malloc)
        code = 0
        if (malloc is None and wrong != "null-allocator") or lppMsgSess is None:
            code = INVALID
        elif ulFlags & ~0x80000000 and wrong != "ignores-flags":
            code = UNKNOWN_FLAGS
        elif malloc and not malloc.alloc():
            code = NO_MEMORY
        session = Session(malloc or Malloc(None)) if code == 0 else None
        return self.answer(code, "lppMsgSess", lppMsgSess, session)

    def CloseIMsgSession(self, lpMsgSess: str | None) -> Json:
        session = self.find(lpMsgSess, Session)
        if session is not None and session.open:
            session.open = False
            for message in session.messages if wrong != "keeps-messages" else ():
                message.close()
            if wrong != "leaks-allocator":
                session.malloc.live -= 1
                session.malloc.references -= 1
        return self.answer(None)

    def OpenIMsgOnIStg(self, lpStg: str, ulFlags: int, lppMsg: str | None, **given: Any) -> Json:
        session, storage = self.find(given["lpMsgSess"], Session), self.find(lpStg, Storage)
        routines = ("lpAllocateBuffer", "lpAllocateMore", "lpFreeBuffer", "lpMalloc")
        code = 0
        if storage is None or lppMsg is None or not all(given.get(r) for r in routines):
            code = INVALID
        elif ulFlags & ~0x80000001:
            code = UNKNOWN_FLAGS
        elif storage.mode == "write" or (storage.mode != "read" and not storage.transacted):
            code = 0x80070005
        elif session is not None and not session.open:
            code = INVALID
        message = None
        if code == 0:
            callback = bool(given.get("lpfMsgCallRelease"))
            message = Message(self, storage, callback, given.get("ulCallerData", 0))
            if session:
                session.messages.append(message)
        return self.answer(code, "lppMsg", lppMsg, message)

    def IMessage_AddRef(self, this: str) -> Json:
        self.names[this].count += 1
        return self.answer(self.names[this].count)

    def IMessage_Release(self, this: str) -> Json:
        message = self.names[this]
        message.count = max(0, message.count - 1)
        if message.count == 0:
            message.close()
        return self.answer(message.count)

    # --- Simple MAPI

    def MAPILogon(self, flFlags: int, lplhSession: str | None, **given: Any) -> Json:
        strings = (given["lpszProfileName"], given["lpszPassword"])
        if lplhSession is None or any(len(each or "") > 256 for each in strings):
            return self.answer(2, "lplhSession", lplhSession)
        handle = next(self.tokens)
        self.handles.add(handle)
        self.logons.append((handle, bool(flFlags & 2)))
        return self.answer(0, "lplhSession", lplhSession, handle)

    def MAPILogoff(self, lhSession: Any, flFlags: int, **_: Any) -> Json:
        handle = lhSession["literal"] if isinstance(lhSession, dict) else self.names[lhSession]
        handle = int(handle, 16) if isinstance(handle, str) else handle
        if handle == 0 and wrong == "zero-session" and self.handles:
            handle = max(self.handles)
        if handle not in self.handles:
            return self.answer(0 if wrong == "logoff-twice" else 19)
        if flFlags:
            return self.answer(2)
        self.handles.discard(handle)
        self.logons = [each for each in self.logons if each[0] != handle]
        return self.answer(0)

    def MAPIFreeBuffer(self, pv: str | None) -> Json:
        return self.answer(0)

    # --- what can be seen

    def observe(self) -> Json:
        if self.family == "simple":
            shared = any(not own for _, own in self.logons)
            own = sum(own for _, own in self.logons)
            return {"live": {"sessions": own + shared}}
        seen: Json = {"mallocs": {}, "storages": {}, "released": self.released}
        things: list[Any] = [thing for _, thing in self.given.values()]
        for name, thing in self.names.items():
            if isinstance(thing, Malloc):
                counts = {"live": thing.live, "bytes": 16 * thing.live, "foreign_frees": 0}
                seen["mallocs"][name] = {**counts, "references": thing.references}
            elif isinstance(thing, Storage):
                counts = {"commits": thing.commits, "calls_after_release": 0}
                seen["storages"][name] = {**counts, "references": thing.references}
        live: dict[str, Any] = {"sessions": Session, "messages": Message}
        seen["live"] = {
            key: sum(type(thing) is kind and thing.open for thing in things)
            for key, kind in live.items()
        }
        return seen


FUNCTIONS = {
    "imsg": [
        "OpenIMsgSession",
        "CloseIMsgSession",
        "OpenIMsgOnIStg",
        "IMessage.AddRef",
        "IMessage.Release",
    ],
    "simple": ["MAPILogon", "MAPILogoff", "MAPIFreeBuffer"],
}
OBSERVES = {"imsg": ["mallocs", "storages", "released", "live"], "simple": ["live"]}
world = World("simple")


def respond(method: str, params: Json) -> Json:
    global world
    if method == "initialize":
        families = {
            family: {"functions": names, "observes": OBSERVES[family], "checked_handles": True}
            for family, names in FUNCTIONS.items()
        }
        who = {"name": "correct", "version": "1", "language": "Python"}
        return {"protocol": 1, "implementation": who, "families": families}
    if method == "begin":
        world = World(params["family"])
        return {}
    if method == "shutdown":
        return {}
    answer: Json = getattr(world, method.replace(".", "_"))(**params)
    return answer


def main() -> None:
    for line in sys.stdin.buffer:
        if line.strip():
            request = json.loads(line)
            answer = {"jsonrpc": "2.0", "id": request["id"]}
            try:
                answer["result"] = respond(request["method"], request["params"])
            except AttributeError:
                answer["error"] = {"code": -32601, "message": "not offered"}
            except (KeyError, TypeError) as error:
                answer["error"] = {"code": -32602, "message": str(error)}
            print(json.dumps(answer), flush=True)
            if request["method"] == "shutdown":
                break


main()
