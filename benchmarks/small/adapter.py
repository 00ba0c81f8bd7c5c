"""The small API behind the port of the suite, so that the product's own engine runs on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from conformance.capabilities import Capabilities, Implementation, Offer
from conformance.trace import NOT_EXPRESSIBLE, NOT_OFFERED, Call, Outcome
from small.api import DATA, FAILURE, PARAMETER, Fault, Logons, Messages

REFUSED: Final = 0x80030005
PROFILE: Final = "default"
PASSWORD: Final = "secret"
LOGON_FAILURE: Final = 3
FORCE_DOWNLOAD: Final = 0x1000

IMSG: Final = Capabilities(
    frozenset(
        {
            "OpenIMsgSession",
            "CloseIMsgSession",
            "OpenIMsgOnIStg",
            "IMessage.AddRef",
            "IMessage.Release",
        }
    ),
    frozenset({"mallocs", "storages", "released", "live"}),
)
SIMPLE: Final = Capabilities(
    frozenset({"MAPILogon", "MAPILogoff", "MAPIFindNext"}), frozenset({"live"})
)

Params = dict[str, Any]


class Adapter:
    """One part of the small API as an adapter of its family."""

    implementation: Final = Implementation("small", "1")
    stderr: Final = ""

    def __init__(self, part: str, fault: Fault | None = None) -> None:
        self.part, self.fault = part, fault
        self.offer: Offer = {"imsg": IMSG} if part == "imsg" else {"simple": SIMPLE}
        self.calls = 0
        self._begin({})

    def perform(self, call: Call) -> Outcome:
        self.calls += not call.method.startswith(("world.", "begin"))
        method = self._methods.get(call.method)
        if method is None:
            return Outcome("error", {"code": NOT_OFFERED, "message": call.method})
        try:
            result = method(dict(call.params))
        except (KeyError, ValueError):
            return Outcome("crash", {"status": 1})
        if result is None:
            return Outcome("error", {"code": NOT_EXPRESSIBLE, "message": call.method})
        return Outcome("result", result)

    def close(self) -> None:
        self._begin({})

    def _begin(self, _params: Params) -> Params:
        self._tokens: dict[str, int] = {}
        self._mallocs: dict[str, int] = {}
        self._storages: dict[str, tuple[int, str, bool]] = {}
        self._data: dict[int, int] = {}
        self._called: set[int] = set()
        self._messages, self._logons = Messages(self.fault), Logons(self.fault)
        self._methods: dict[str, Callable[[Params], Params | None]] = {
            "begin": self._begin,
            **(self._imsg() if self.part == "imsg" else self._simple()),
        }
        return {}

    def _imsg(self) -> dict[str, Callable[[Params], Params | None]]:
        return {
            "OpenIMsgSession": self._open,
            "CloseIMsgSession": self._close,
            "OpenIMsgOnIStg": self._create,
            "IMessage.AddRef": lambda p: {"return": self._messages.addref(self._tokens[p["this"]])},
            "IMessage.Release": lambda p: {
                "return": self._messages.release(self._tokens[p["this"]])
            },
            "world.malloc": self._malloc,
            "world.storage": self._storage,
            "world.release": lambda _p: None,
            "observe": self._look,
        }

    def _simple(self) -> dict[str, Callable[[Params], Params | None]]:
        return {
            "MAPILogon": self._logon,
            "MAPILogoff": self._logoff,
            "MAPIFindNext": self._find,
            "world.profile": lambda _p: {"profile": PROFILE, "password": PASSWORD},
            "observe": lambda _p: {"live": {"sessions": self._logons.look()[0]}},
        }

    def _malloc(self, p: Params) -> Params | None:
        if p.get("fail_after") is not None:
            return None
        self._mallocs[p["name"]] = len(self._mallocs) + 1
        return {}

    def _storage(self, p: Params) -> Params | None:
        if p.get("base64") is not None:
            return None
        self._storages[p["name"]] = (len(self._storages) + 1, p["mode"], p["transacted"])
        return {}

    def _bound(self, p: Params, name: str, token: int) -> Params:
        out = p[name]
        if out is not None and token:
            self._tokens[out] = token
        return {name: hex(token) if token else "untouched" if out is not None else None}

    def _open(self, p: Params) -> Params:
        allocator = 0 if p["lpMalloc"] is None else self._mallocs[p["lpMalloc"]]
        out = int(p["lppMsgSess"] is not None)
        code, token = self._messages.open(allocator, p["ulFlags"], out)
        return {"return": code, "out": self._bound(p, "lppMsgSess", token)}

    def _close(self, p: Params) -> Params:
        if p["lpMsgSess"] is not None:
            self._messages.close(self._tokens[p["lpMsgSess"]])
        return {"return": None}

    def _create(self, p: Params) -> Params:
        routines = ("lpAllocateBuffer", "lpAllocateMore", "lpFreeBuffer", "lpMalloc", "lpStg")
        token = 0
        if any(p[name] is None for name in (*routines, "lppMsg")):
            code = PARAMETER
        else:
            storage, mode, transacted = self._storages[p["lpStg"]]
            if mode == "write" or (mode == "readwrite" and not transacted):
                code = REFUSED
            else:
                session = 0 if p["lpMsgSess"] is None else self._tokens[p["lpMsgSess"]]
                code, token = self._messages.create(session, p["ulFlags"], storage)
                if token:
                    self._data[DATA + self._messages.calls["create"]] = p["ulCallerData"]
                    if p["lpfMsgCallRelease"]:
                        self._called.add(token)
        return {"return": code, "out": self._bound(p, "lppMsg", token)}

    def _look(self, _p: Params) -> Params:
        api = self._messages
        sessions, messages, *_ = api.look()
        return {
            "mallocs": {
                name: {
                    "live": 0,
                    "bytes": 0,
                    "references": 1 + api.allocators.get(number, 0),
                    "foreign_frees": 0,
                }
                for name, number in self._mallocs.items()
            },
            "storages": {
                name: {
                    "references": 1 + api.storages.get(number, 0),
                    "commits": 0,
                    "calls_after_release": 0,
                }
                for name, (number, _mode, _transacted) in self._storages.items()
            },
            "released": [
                {"ulCallerData": self._data.get(data, data), "message": hex(token)}
                for data, token in api.released
                if token in self._called
            ],
            "live": {"sessions": sessions, "messages": messages},
        }

    def _logon(self, p: Params) -> Params:
        code, token = self._refusal(p), 0
        if code is None:
            code, token = self._logons.logon(p["flFlags"] & ~FORCE_DOWNLOAD)
        elif code == 0:
            code, token = self._logons.logon(0)
        return {"return": code, "out": self._bound(p, "lplhSession", token)}

    def _refusal(self, p: Params) -> int | None:
        """What a correct logon refuses before it makes a handle; 0 for a probe that joins."""
        if p["ulReserved"] or p["lplhSession"] is None:
            return FAILURE
        name, password = p["lpszProfileName"], p["lpszPassword"]
        if name is None and password is None and not p["flFlags"]:
            return 0 if not all(self._logons.handles.values()) else LOGON_FAILURE
        if (name, password) != (PROFILE, PASSWORD):
            return LOGON_FAILURE
        return None

    def _handle(self, p: Params) -> int:
        given = p["lhSession"]
        if isinstance(given, str):
            return self._tokens[given]
        number = given["literal"]
        return int(number, 16) if isinstance(number, str) else int(number)

    def _logoff(self, p: Params) -> Params:
        handle = self._handle(p)
        if p["ulReserved"]:
            return {"return": FAILURE if handle in self._logons.handles else 19}
        return {"return": self._logons.logoff(handle, p["flFlags"])}

    def _find(self, p: Params) -> Params:
        return {"return": self._logons.find(self._handle(p)), "lpszMessageID": None}
