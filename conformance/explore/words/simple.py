"""The words of Simple MAPI.

Sources: L1 and L2 for the classes of the arguments; H4 for the flags that are defined.
"""

from __future__ import annotations

from typing import Any, Final

from conformance.codes import MAPI_FORCE_DOWNLOAD, MAPI_NEW_SESSION
from conformance.explore.alphabet.simple import UNDEFINED_FLAGS, logoff, logon
from conformance.explore.alphabet.simple_mail import find_next
from conformance.explore.words import Make, Vocabulary, Word
from conformance.symbols import literal
from conformance.trace import Call

HANDLE: Final = "handle"


def _on(**params: Any) -> Make:
    return lambda _used, fresh: [logon(out=f"h{fresh}", **params)]


def _off(**params: int) -> Make:
    return lambda used, _fresh: [logoff(used, **params)]


def _forged(offset: int, **params: int) -> Make:
    return lambda used, _fresh: [logoff({"forged": {"of": used, "offset": offset}}, **params)]


def _bits(mask: int) -> list[int]:
    return [1 << bit for bit in range(32) if mask >> bit & 1]


_LONG: Final = "x" * 257

WORDS: Final = (
    Word("MAPILogon", _on(), makes=HANDLE),
    Word("MAPILogon with MAPI_NEW_SESSION", _on(flags=MAPI_NEW_SESSION), makes=HANDLE),
    Word("MAPILogon without credentials", _on(profile=None, password=None), makes=HANDLE),
    Word("MAPILogon with MAPI_FORCE_DOWNLOAD", _on(flags=MAPI_FORCE_DOWNLOAD), makes=HANDLE),
    Word("MAPILogoff", _off(), HANDLE, ends=True),
    Word("MAPILogoff of an ended handle", _off(), HANDLE, ended=True),
    Word("MAPILogoff of a forged handle", _forged(1), HANDLE),
    Word("MAPILogoff of zero", lambda _used, _fresh: [logoff(literal(0))]),
    Word("MAPILogoff with flags", _off(flFlags=1), HANDLE),
    Word("MAPILogoff of zero with flags", lambda _used, _fresh: [logoff(literal(0), flFlags=1)]),
    Word("MAPILogoff of an ended handle with flags", _off(flFlags=1), HANDLE, ended=True),
    Word("MAPILogoff with ulReserved", _off(ulReserved=1), HANDLE),
    Word("MAPILogoff with a window", _off(ulUIParam=1), HANDLE, ends=True),
    Word("MAPIFindNext", lambda used, _fresh: [find_next(used)], HANDLE),
    Word("MAPIFindNext on an ended handle", lambda used, _: [find_next(used)], HANDLE, ended=True),
    Word("MAPIFindNext on zero", lambda _used, _fresh: [find_next(literal(0))]),
    Word("MAPILogon with a bad profile", _on(profile="no such profile")),
    Word("MAPILogon with ulReserved", _on(ulReserved=1)),
    Word("MAPILogon with a NULL handle pointer", lambda _used, _fresh: [logon()], null=True),
    Word(
        "no memory",
        lambda _used, _fresh: [Call("world.fail_allocation", {"count": 1})],
    ),
    Word("MAPILogon with a bad password", _on(password="no such password"), probe=True),  # noqa: S106 - a wrong one
    Word("MAPILogon with a long profile", _on(profile=_LONG), probe=True),
    Word("MAPILogon with a long password", _on(password=_LONG), probe=True),
    *(
        Word(f"MAPILogon with flag 0x{bit:08X}", _on(flags=bit), probe=True)
        for bit in _bits(UNDEFINED_FLAGS)
    ),
    *(
        Word(f"MAPILogoff of a handle {offset:#x} away", _forged(offset), HANDLE, probe=True)
        for offset in (-1, *_bits(0xFFFFFFFE), 1 << 32)
    ),
    *(
        Word(f"MAPILogoff with flag 0x{bit:08X}", _off(flFlags=bit), HANDLE, probe=True)
        for bit in _bits(0xFFFFFFFE)
    ),
)

VOCABULARY: Final = Vocabulary(WORDS)
