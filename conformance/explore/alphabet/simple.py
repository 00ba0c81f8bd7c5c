"""The alphabet of Simple MAPI.

Flags that could open a dialog are left out: a window that nobody answers would stop the run.
"""

from __future__ import annotations

from typing import Any, Final

from conformance.capabilities import Capabilities
from conformance.codes import MAPI_FORCE_DOWNLOAD, MAPI_NEW_SESSION
from conformance.explore.alphabet import Alphabet, Letter
from conformance.explore.alphabet.simple_mail import MAIL, find_next
from conformance.explore.choose import Chooser, Params
from conformance.model.simple.state import Life, Simple
from conformance.model.simple.stimulus import DEFINED_FLAGS
from conformance.symbols import literal
from conformance.trace import Call

GOOD: Final = {"profile": "default"}
OBSERVE: Final = Call("observe", {})
OFFSETS: Final = (1, -1, 2, -2, 4, 8, 16, 0x100, 0x10000, 0x80000000, 1 << 32, 3, 5, 7)
LITERALS: Final = (1, 2, 7, 0x7FFFFFF1, 0x80000001, 0xFFFFFFFF, 0x1_0000_0001, 0x5AFEC0DE)
UNDEFINED_FLAGS: Final = 0xFFFFFFFF & ~DEFINED_FLAGS
WINDOWS: Final = (1, 0x1234, 0xDEADBEEF)


def logon(
    profile: Any = GOOD, password: Any = GOOD, flags: int = 0, out: str | None = None, **more: int
) -> Call:
    """A MAPILogon call; with the defaults one that logs on."""
    params: Params = {
        "ulUIParam": 0,
        "lpszProfileName": profile,
        "lpszPassword": password,
        "flFlags": flags,
        "ulReserved": 0,
        "lplhSession": out,
    }
    return Call("MAPILogon", {**params, **more})


def logoff(handle: Any, **more: int) -> Call:
    """A MAPILogoff call; with the defaults a plain one."""
    params: Params = {"lhSession": handle, "ulUIParam": 0, "flFlags": 0, "ulReserved": 0}
    return Call("MAPILogoff", {**params, **more})


def _logon(state: Simple, choose: Chooser) -> Call:
    if choose.errs():
        return _odd_logon(choose)
    crowded = len(state.live()) >= choose.character.crowd
    flags = choose.pick((0, MAPI_NEW_SESSION, MAPI_NEW_SESSION, MAPI_FORCE_DOWNLOAD))
    if crowded and choose.chance(500):
        flags = 0
    return logon(flags=flags, out=choose.fresh("h"))


def _odd_logon(choose: Chooser) -> Call:
    out = choose.fresh("h")
    flags = choose.pick((0, MAPI_NEW_SESSION))
    kind = choose.source.below(9)
    if kind <= 1:
        return logon(None, None, out=out)
    if kind == 2:
        undefined = choose.invalid_flags(MAPI_NEW_SESSION | MAPI_FORCE_DOWNLOAD, UNDEFINED_FLAGS)
        return logon(flags=undefined | flags, out=out)
    if kind == 3:
        return logon(flags=flags, out=out, ulReserved=choose.number() or 1)
    if kind == 4 and choose.nulls:
        return logon(flags=flags)
    if kind == 5:
        return logon(flags=flags, out=out, ulUIParam=choose.pick(WINDOWS))
    if kind == 6:
        text = "x" * choose.pick((255, 256, 257, 300, 1024))
        return choose.pick(
            (logon(text, GOOD, MAPI_NEW_SESSION, out), logon(GOOD, text, MAPI_NEW_SESSION, out))
        )
    if kind == 7:
        return logon(GOOD, "no such password", MAPI_NEW_SESSION, out)
    return logon("no such profile", GOOD, MAPI_NEW_SESSION, out)


def _good_handle(state: Simple, choose: Chooser) -> str | None:
    live = [key for key, handle in state.handles.items() if handle.life is Life.OPEN]
    return choose.liked(live) if live else None


def _bad_handle(state: Simple, choose: Chooser) -> Any:
    ended = [key for key, handle in state.handles.items() if handle.life is Life.ENDED]
    if ended and choose.chance(300 + choose.character.dead):
        return choose.liked(ended)
    kind = choose.source.below(4)
    if kind == 0:
        return literal(0)
    if kind <= 2 and state.handles:
        return {"forged": {"of": choose.pick(list(state.handles)), "offset": choose.pick(OFFSETS)}}
    return literal(choose.pick(LITERALS))


def _logoff(state: Simple, choose: Chooser) -> Call | None:
    good = _good_handle(state, choose)
    if good is None and not choose.errs():
        return None
    if good is not None and not choose.errs():
        few = not choose.closing and not choose.crowded(len(state.live()))
        return _logon(state, choose) if few and choose.chance(400) else logoff(good)
    kind = choose.source.below(8)
    handle = _bad_handle(state, choose)
    if good is None or kind <= 2:
        return logoff(handle)
    if kind <= 4:
        return logoff(good, flFlags=choose.invalid_flags(0))
    if kind == 5:
        return logoff(good, ulReserved=choose.number() or 1)
    if kind == 6:
        return logoff(good, ulUIParam=choose.pick(WINDOWS))
    return logoff(handle, flFlags=choose.invalid_flags(0))


def _observe(_state: Simple, _choose: Chooser) -> Call:
    return OBSERVE


def _fail_allocation(state: Simple, choose: Chooser) -> Call | None:
    return (
        None
        if state.armed
        else Call("world.fail_allocation", {"count": 1 + choose.source.below(2)})
    )


def _preamble(_capabilities: Capabilities, _choose: Chooser) -> list[Call]:
    return []


def _epilogue(state: Simple, choose: Chooser) -> Call | None:
    """Log everything off, in the order that the sequence likes."""
    handle = _good_handle(state, choose)
    return None if handle is None else logoff(handle)


def _touch(state: Simple, choose: Chooser) -> Call | None:
    """Log off what was logged off, or look for messages with it."""
    ended = [key for key, handle in state.handles.items() if handle.life is Life.ENDED]
    if not ended:
        return None
    handle = choose.pick(ended)
    return find_next(handle) if choose.chance(300) else logoff(handle)


ALPHABET: Final = Alphabet(
    {
        "MAPILogon": Letter(_logon, 40),
        "MAPILogoff": Letter(_logoff, 35),
        "observe": Letter(_observe, 0),
        "world.fail_allocation": Letter(_fail_allocation, 3),
        **MAIL,
    },
    _preamble,
    _epilogue,
    _touch,
)
