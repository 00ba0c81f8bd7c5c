"""The words of message sessions: the lifetimes of sessions and messages, and their arguments.

Sources: D1 to D4 for the classes of the arguments.
"""

from __future__ import annotations

from typing import Any, Final

from conformance.codes import IMSG_NO_ISTG_COMMIT, MAPI_UNICODE
from conformance.explore.alphabet.imsg import build, close_session, malloc, open_session, storage
from conformance.explore.words import Make, Vocabulary, Word
from conformance.trace import Call

SESSION: Final = "session"
MESSAGE: Final = "message"
SUITE: Final = "m"
"""The allocator that every sequence is lent."""


def _open(flags: int = 0) -> Make:
    return lambda _used, fresh: [open_session(SUITE, f"s{fresh}", flags)]


def _build(**more: Any) -> Make:
    return lambda used, fresh: [
        storage(f"t{fresh}"),
        build(used or None, SUITE, f"t{fresh}", f"g{fresh}", **more),
    ]


def _built_on(mode: str) -> Make:
    return lambda used, fresh: [
        storage(f"t{fresh}", mode),
        build(used or None, SUITE, f"t{fresh}", f"g{fresh}"),
    ]


def _on(method: str, **more: Any) -> Make:
    return lambda used, _fresh: [Call(method, {"this": used, **more})]


def _out_of_memory(_used: str, fresh: str) -> list[Call]:
    return [malloc(f"n{fresh}", 0), open_session(f"n{fresh}", f"s{fresh}")]


def _bits(mask: int) -> list[int]:
    return [1 << bit for bit in range(32) if mask >> bit & 1]


_CALLBACK: Final = {"lpfMsgCallRelease": True, "ulCallerData": 7}
_PROPS: Final = {"0x0037001E": "Subject"}

WORDS: Final = (
    Word("OpenIMsgSession", _open(), makes=SESSION),
    Word("CloseIMsgSession", lambda used, _: [close_session(used)], SESSION, ends=True),
    Word(
        "CloseIMsgSession of an ended session",
        lambda used, _: [close_session(used)],
        SESSION,
        ended=True,
    ),
    Word("OpenIMsgOnIStg in a session", _build(), SESSION, makes=MESSAGE),
    Word("OpenIMsgOnIStg without a session", _build(), makes=MESSAGE),
    Word("OpenIMsgOnIStg with a callback", _build(**_CALLBACK), SESSION, makes=MESSAGE),
    Word("OpenIMsgOnIStg in an ended session", _build(), SESSION, ended=True),
    Word("IMessage.Release", _on("IMessage.Release"), MESSAGE, ends=True),
    Word("IMessage.AddRef", _on("IMessage.AddRef"), MESSAGE),
    Word("OpenIMsgSession with MAPI_UNICODE", _open(MAPI_UNICODE)),
    Word("OpenIMsgSession with an invalid flag", _open(1)),
    Word(
        "OpenIMsgSession with a NULL allocator",
        lambda _, n: [open_session(None, f"s{n}")],
        null=True,
    ),
    Word(
        "OpenIMsgSession with a NULL out pointer",
        lambda _, _n: [open_session(SUITE, None)],
        null=True,
    ),
    Word("OpenIMsgSession without memory", _out_of_memory),
    Word("CloseIMsgSession of NULL", lambda _used, _fresh: [close_session(None)], null=True),
    Word("OpenIMsgOnIStg with an invalid flag", _build(ulFlags=2), SESSION),
    Word("OpenIMsgOnIStg without a routine", _build(lpFreeBuffer=None), SESSION, null=True),
    Word("OpenIMsgOnIStg on a storage to write", _built_on("write"), SESSION),
    Word("IMessage.SaveChanges", _on("IMessage.SaveChanges", ulFlags=2), MESSAGE),
    Word("IMessage.SetProps", _on("IMessage.SetProps", props=_PROPS), MESSAGE),
    Word(
        "IMessage.CreateAttach",
        lambda used, n: [Call("IMessage.CreateAttach", {"this": used, "lppAttach": f"a{n}"})],
        MESSAGE,
    ),
    Word(
        "OpenIMsgSession with both NULL",
        lambda _, _n: [open_session(None, None)],
        probe=True,
        null=True,
    ),
    Word(
        "OpenIMsgSession with a NULL allocator and MAPI_UNICODE",
        lambda _, n: [open_session(None, f"s{n}", MAPI_UNICODE)],
        probe=True,
        null=True,
    ),
    Word(
        "OpenIMsgSession with a NULL out pointer and MAPI_UNICODE",
        lambda _, _n: [open_session(SUITE, None, MAPI_UNICODE)],
        probe=True,
        null=True,
    ),
    *(
        Word(f"OpenIMsgSession with flag 0x{bit | legal:08X}", _open(bit | legal), probe=True)
        for bit in _bits(0x7FFFFFFF)
        for legal in (0, MAPI_UNICODE)
        if bit | legal != 1
    ),
    *(
        Word(f"OpenIMsgOnIStg with flag 0x{bit:08X}", _build(ulFlags=bit), SESSION, probe=True)
        for bit in _bits(0x7FFFFFFC & ~IMSG_NO_ISTG_COMMIT)
    ),
    *(
        Word(
            f"OpenIMsgOnIStg with NULL {name}",
            _build(**{name: None}),
            SESSION,
            probe=True,
            null=True,
        )
        for name in ("lpAllocateBuffer", "lpAllocateMore")
    ),
)

VOCABULARY: Final = Vocabulary(WORDS, (malloc(SUITE),), ended_need_checks=True)
