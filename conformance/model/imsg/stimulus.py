"""Which documented case a call is: the preconditions that requirements share.

A call that departs from the rules in two ways at once is no clean case of either,
because the documents give no order in which errors are found; only IMSG-OPEN-13 speaks of two.
"""

from __future__ import annotations

from typing import Any, Final

from conformance.codes import IMSG_NO_ISTG_COMMIT, MAPI_UNICODE
from conformance.model.imsg.state import LIVE, Imsg, Session
from conformance.model.values import remembered
from conformance.trace import Call

BUILD_FLAGS: Final = IMSG_NO_ISTG_COMMIT | MAPI_UNICODE
ROUTINES: Final = ("lpAllocateBuffer", "lpAllocateMore", "lpFreeBuffer")


@remembered
def opening(state: Imsg, call: Call) -> str:
    """The case of an OpenIMsgSession call, or "other" where no document decides it.

    Source: D1, Parameters and Return value; D12 for the case before MAPIInitialize.
    """
    params = call.params
    allocator, flags, out = params.get("lpMalloc"), params.get("ulFlags"), params.get("lppMsgSess")
    if not isinstance(flags, int):
        return "other"
    invalid = bool(flags & ~MAPI_UNICODE)
    if not state.ready():
        usable = allocator is not None and out is not None and not flags
        return "uninitialised" if usable and not _failing(state, allocator) else "other"
    if allocator is None or out is None:
        nulls = "-".join(
            name for name, value in (("malloc", allocator), ("out", out)) if value is None
        )
        if invalid:
            return f"null-{nulls}+flags"
        null = "null-malloc" if out is not None else "null-out"
        return f"{null}+unicode" if flags else null
    if _failing(state, allocator):
        return "other" if flags else "memory"
    if invalid:
        return "flags"
    return "unicode" if flags else "valid"


@remembered
def building(state: Imsg, call: Call) -> str:
    """The case of an OpenIMsgOnIStg call: how it departs from the rules of D3, or "valid".

    "orphaned" is a valid call in a session whose allocator the caller has given up (IMSG-OPEN-10),
    "memory" one that may run out of memory.

    "other" stands for two departures at once, and for what no document decides.
    """
    departures = set(_departures(state, call))
    if not departures:
        return "valid"
    return departures.pop() if len(departures) == 1 else "other"


def features(state: Imsg, call: Call) -> frozenset[str]:
    """What a rule-abiding OpenIMsgOnIStg call makes use of beside the plain case."""
    found = set()
    if call.params.get("lpMsgSess") is None:
        found.add("null-session")
    if call.params.get("ulFlags", 0) & MAPI_UNICODE:
        found.add("unicode")
    if state.storages[call.params["lpStg"]].mode == "read":
        found.add("read")
    return frozenset(found)


def _departures(state: Imsg, call: Call) -> list[str]:
    params = call.params
    found = []
    if not state.ready():
        found.append("uninitialised")
    if params.get("lpMsgSess") is not None:
        found += _session(state, params["lpMsgSess"])
    if any(params.get(routine) is None for routine in ROUTINES):
        found.append("routine")
    allocator = state.allocators.get(params.get("lpMalloc") or "")
    if allocator is None or not allocator.own:
        found.append("other")
    elif allocator.fail_after is not None:
        found.append("memory")
    flags = params.get("ulFlags", 0)
    if not isinstance(flags, int) or flags & ~BUILD_FLAGS:
        found.append("flags")
    if params.get("lppMsg") is None or params.get("lpMapiSup") is not None:
        found.append("other")
    return found + _storage(state, params.get("lpStg"))


def _session(state: Imsg, name: Any) -> list[str]:
    found = state.thing(name)
    if found is None or state.reused(name) or not isinstance(found[1], Session):
        return ["other"]
    session = found[1]
    if session.life not in LIVE:
        return ["dead-session"]
    if _failing(state, session.allocator):
        return ["memory"]
    return [] if state.allocators[session.allocator].own else ["orphaned"]


def _storage(state: Imsg, name: Any) -> list[str]:
    storage = state.storages.get(name or "")
    if storage is None or not storage.own or storage.used or storage.given:
        # How files are read that others wrote is a matter of the family msgfile.
        return ["other"]
    if storage.mode == "write":
        return ["write-only"]
    if storage.mode == "read":
        return [] if storage.verified else ["other"]
    return [] if storage.transacted else ["not-transacted"]


def _failing(state: Imsg, allocator: Any) -> bool:
    known = state.allocators.get(allocator or "")
    return known is None or known.fail_after is not None
