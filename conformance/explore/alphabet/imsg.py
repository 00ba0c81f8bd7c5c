"""The alphabet of message sessions: sessions, messages, and what ends a sequence."""

from __future__ import annotations

from typing import Any, Final

from conformance.capabilities import Capabilities
from conformance.codes import IMSG_NO_ISTG_COMMIT, MAPI_UNICODE, PR_STORE_SUPPORT_MASK
from conformance.explore.alphabet import Alphabet, Letter
from conformance.explore.alphabet.imsg_parts import PARTS
from conformance.explore.alphabet.imsg_save import SAVING
from conformance.explore.choose import Chooser, Params
from conformance.model.imsg.ledger import live_messages
from conformance.model.imsg.state import LIVE, Attachment, Imsg, Life, Message, Session
from conformance.trace import Call

OBSERVE: Final = Call("observe", {})


def malloc(name: str, fail_after: int | None = None) -> Call:
    """Lend a counting allocator."""
    return Call("world.malloc", {"name": name, "fail_after": fail_after})


def storage(name: str, mode: str = "readwrite", transacted: bool = True) -> Call:
    """Lend an empty counting storage."""
    params = {"name": name, "mode": mode, "transacted": transacted}
    return Call("world.storage", params)


def open_session(allocator: str | None, out: str | None, flags: int = 0) -> Call:
    """An OpenIMsgSession call."""
    return Call("OpenIMsgSession", {"lpMalloc": allocator, "ulFlags": flags, "lppMsgSess": out})


def close_session(session: str | None) -> Call:
    """A CloseIMsgSession call."""
    return Call("CloseIMsgSession", {"lpMsgSess": session})


def build(session: str | None, allocator: str, store: str, out: str | None, **more: Any) -> Call:
    """An OpenIMsgOnIStg call; with the defaults a plain one."""
    params: Params = {
        "lpMsgSess": session,
        "lpAllocateBuffer": True,
        "lpAllocateMore": True,
        "lpFreeBuffer": True,
        "lpMalloc": allocator,
        "lpMapiSup": None,
        "lpStg": store,
        "lpfMsgCallRelease": None,
        "ulCallerData": 0,
        "ulFlags": 0,
        "lppMsg": out,
    }
    return Call("OpenIMsgOnIStg", {**params, **more})


def _allocators(state: Imsg, failing: bool = False) -> list[str]:
    return [
        name
        for name, lent in state.allocators.items()
        if lent.own and (lent.fail_after is not None) == failing
    ]


def _open(state: Imsg, choose: Chooser) -> Call:
    allocators = _allocators(state)
    if not allocators or choose.chance(100):
        return malloc(choose.fresh("m"))
    live = _sessions(state, *LIVE)
    if choose.crowded(len(live)) and choose.chance(600):
        return close_session(choose.liked(live))
    allocator, out = choose.pick(allocators), choose.fresh("s")
    if not choose.errs():
        return open_session(allocator, out, MAPI_UNICODE if choose.chance(150) else 0)
    kind = choose.source.below(8)
    if kind == 0 and choose.nulls:
        return open_session(None, out)
    if kind == 1 and choose.nulls:
        return open_session(choose.pick((allocator, None)), None)
    if kind == 2 and choose.nulls:
        flags = choose.invalid_flags(MAPI_UNICODE)
        pointers = choose.pick(((None, None), (None, None), (None, out), (allocator, None)))
        return open_session(*pointers, flags)
    if kind <= 4:
        failing = _allocators(state, failing=True)
        if not failing:
            return malloc(choose.fresh("m"), choose.pick((0, 0, 0, 1, 2, 3, 5)))
        return open_session(choose.pick(failing), out)
    return open_session(allocator, out, choose.invalid_flags(MAPI_UNICODE))


def _sessions(state: Imsg, *lives: Life) -> list[str]:
    return [
        key for key, thing in state.things.items() if type(thing) is Session and thing.life in lives
    ]


def _close(state: Imsg, choose: Chooser) -> Call | None:
    live, ended = _sessions(state, *LIVE), _sessions(state, Life.GONE)
    if choose.errs():
        if choose.nulls and choose.chance(300):
            return close_session(None)
        if ended and state.checked_handles:
            return close_session(choose.liked(ended))
    if live and not choose.crowded(len(live)) and choose.chance(400):
        return _open(state, choose)
    return close_session(choose.liked(live)) if live else None


def _build(state: Imsg, choose: Chooser) -> Call | None:
    allocators = _allocators(state)
    if not allocators:
        return malloc(choose.fresh("m"))
    wanted = _mode(choose)
    stores = [
        name
        for name, lent in state.storages.items()
        if lent.own and not lent.used and (lent.mode, lent.transacted) == wanted
        if lent.mode != "read" or lent.verified
    ]
    if not stores:
        return _lend(state, choose, wanted)
    session = _session_for(state, choose)
    more: Params = {
        "ulFlags": choose.pick((0, 0, 0, MAPI_UNICODE, MAPI_UNICODE, IMSG_NO_ISTG_COMMIT))
    }
    if choose.chance(50):
        more["ulFlags"] = MAPI_UNICODE | IMSG_NO_ISTG_COMMIT
    if choose.chance(600):
        more |= {"lpfMsgCallRelease": True, "ulCallerData": choose.number()}
    if choose.errs():
        if choose.nulls and choose.chance(400):
            routines = ("lpAllocateBuffer", "lpAllocateMore", "lpFreeBuffer")
            more[choose.pick(routines)] = None
        else:
            more["ulFlags"] = choose.invalid_flags(MAPI_UNICODE | IMSG_NO_ISTG_COMMIT)
    memory = _running_out(state, session) or choose.pick(allocators)
    return build(session, memory, choose.pick(stores), choose.fresh("g"), **more)


def _running_out(state: Imsg, session: str | None) -> str | None:
    """The allocator of a session, if it runs out of memory: the message is to feel it too."""
    found = state.thing(session)
    allocator = found[1].allocator if found and isinstance(found[1], Session) else None
    return allocator if allocator in _allocators(state, failing=True) else None


def _mode(choose: Chooser) -> tuple[str, bool]:
    if choose.errs() and choose.chance(400):
        # What follows on a storage that is not transacted is undefined, so it is rare.
        rare = choose.chance(150)
        return ("readwrite", False) if rare else ("write", choose.chance(500))
    return ("read", False) if choose.chance(120) else ("readwrite", True)


def _lend(state: Imsg, choose: Chooser, wanted: tuple[str, bool]) -> Call | None:
    mode, transacted = wanted
    if mode != "read":
        return storage(choose.fresh("t"), mode, transacted)
    origins = [name for name, lent in state.storages.items() if lent.verified and lent.filled]
    if origins:
        params = {"name": choose.fresh("t"), "from": choose.pick(origins)}
        return Call("world.reopen", {**params, "mode": "read", "transacted": transacted})
    filled = [name for name, lent in state.storages.items() if lent.filled]
    return Call("world.elements", {"name": choose.pick(filled)}) if filled else None


def _session_for(state: Imsg, choose: Chooser) -> str | None:
    live = _sessions(state, *LIVE)
    ended = _sessions(state, Life.GONE)
    if ended and state.checked_handles and choose.errs() and choose.chance(150):
        return choose.liked(ended)
    if not live or (choose.nulls and choose.chance(250)):
        return None
    return choose.liked(live)


def _release(state: Imsg, choose: Chooser) -> Call | None:
    live = [key for key, message in state.live(Message) if message.life is Life.OPEN]
    shells = [
        key
        for key, thing in state.things.items()
        if type(thing) is Message and thing.life is Life.CLOSED and thing.refs and thing.storage
    ]
    if shells and state.checked_handles and choose.chance(choose.character.dead):
        return Call("IMessage.Release", {"this": choose.liked(shells)})
    if live and not choose.crowded(len(live)) and choose.chance(400):
        return _build(state, choose)
    return Call("IMessage.Release", {"this": choose.liked(live)}) if live else None


def _give_back(state: Imsg, choose: Chooser) -> Call | None:
    """The caller gives up its own reference to something that is in use."""
    lent = [name for name, storage in state.storages.items() if storage.own and storage.used]
    lent += [
        name
        for name, allocator in state.allocators.items()
        if allocator.own and any(s.allocator == name for _, s in state.live(Session))
    ]
    return Call("world.release", {"name": choose.pick(lent)}) if lent else None


def _observe(_state: Imsg, _choose: Chooser) -> Call:
    return OBSERVE


def _initialise(_state: Imsg, _choose: Chooser) -> Call:
    return Call("MAPIInitialize", {})


def _uninitialise(state: Imsg, choose: Chooser) -> Call | None:
    quiet = not state.live(Session) and not live_messages(state)
    return Call("MAPIUninitialize", {}) if quiet and state.initialised and choose.errs() else None


def _preamble(capabilities: Capabilities, choose: Chooser) -> list[Call]:
    if "MAPIInitialize" in capabilities.functions and not choose.chance(60):
        return [Call("MAPIInitialize", {})]
    return []


def _epilogue(state: Imsg, choose: Chooser) -> Call | None:
    """Release and close everything, in the order that the sequence likes."""
    messages = [key for key, message in state.live(Message) if message.life is Life.OPEN]
    sessions = _sessions(state, *LIVE)
    parts = [key for key, part in state.live(Attachment) if part.life is Life.OPEN]
    if choose.character.parts_first and parts:
        return Call("IAttach.Release", {"this": choose.liked(parts)})
    if messages and (choose.character.parts_first or not sessions or choose.chance(150)):
        return Call("IMessage.Release", {"this": choose.liked(messages)})
    return close_session(choose.liked(sessions)) if sessions else None


def _touch(state: Imsg, choose: Chooser) -> Call | None:
    """Use what was closed, where the harness checks that: a double close, a message in a shell."""
    if not state.checked_handles:
        return None
    things = state.things.items()
    closed = [
        (key, thing)
        for key, thing in things
        if type(thing) is Message and thing.storage
        if thing.life is Life.CLOSED
    ]
    held = [key for key, message in closed if message.refs]
    ended = _sessions(state, Life.GONE)
    if ended and (not closed or choose.chance(400)):
        return close_session(choose.pick(ended))
    if held and choose.chance(500):
        return Call("IMessage.Release", {"this": choose.pick(held)})
    tags = [PR_STORE_SUPPORT_MASK]
    shells = [key for key, _ in closed]
    return (
        Call("IMessage.GetProps", {"this": choose.pick(shells), "tags": tags}) if shells else None
    )


ALPHABET: Final = Alphabet(
    {
        "OpenIMsgSession": Letter(_open, 30),
        "CloseIMsgSession": Letter(_close, 15),
        "OpenIMsgOnIStg": Letter(_build, 30),
        "IMessage.Release": Letter(_release, 16),
        "observe": Letter(_observe, 0),
        "world.release": Letter(_give_back, 5),
        "MAPIInitialize": Letter(_initialise, 1),
        "MAPIUninitialize": Letter(_uninitialise, 1),
        **PARTS,
        **SAVING,
    },
    _preamble,
    _epilogue,
    _touch,
)
