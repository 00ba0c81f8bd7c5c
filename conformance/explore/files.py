"""Scenarios about the file that a message session leaves behind (MSGF).

They fill messages with every kind of property and part, save them, and look at the bytes.
Strings come in both widths, because a file has one width for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from conformance.codes import IMSG_NO_ISTG_COMMIT, MAPI_UNICODE
from conformance.explore.alphabet.imsg import build, close_session, malloc, open_session, storage
from conformance.trace import Call

_PARTS: Final = 17  # decimal and hexadecimal numbers differ from ten on
_SAVE: Final = {"ulFlags": 2}
_GUID: Final = "AAECAwQFBgcICQoLDA0ODw=="
_SET: Final = "00062008-0000-0000-C000-000000000046"
_NAMES: Final = [
    {"guid": _SET, "id": 0x8501},
    {"guid": _SET, "name": "suite"},
    {"guid": "00020329-0000-0000-C000-000000000046", "name": "Keywords"},
]
_WIDE: Final = " é 字"
"""Text that no narrow string can hold."""
_LONG: Final = "0x00170003"


def _on(method: str, this: str, **more: Any) -> Call:
    return Call(method, {"this": this, **more})


def _text(identifier: int, flags: int, multiple: int = 0) -> str:
    """The tag of a string property in the width of the message."""
    kind = 0x001F if flags & MAPI_UNICODE else 0x001E
    return f"0x{identifier << 16 | multiple | kind:08X}"


def _values(flags: int) -> dict[str, Any]:
    """A property of every type that calls can express."""
    more = _WIDE if flags & MAPI_UNICODE else ""
    return {
        _text(0x0037, flags): f"Subject{more}",
        _text(0x1000, flags): "",
        _LONG: 0xFFFFFFFF,
        "0x0E1F000B": True,
        "0x66070102": "AAECAwQFBgc=",
        "0x66700048": _GUID,
        _text(0x6671, flags, 0x1000): ["one", "", f"three{more}"],
        "0x66721003": [1, 0, 0xFFFFFFFF],
        "0x66731102": ["AA==", "", "AQI="],
        "0x66741048": [_GUID, _GUID],
    }


def _opened(flags: int) -> list[Call]:
    """A message g1 on the storage t1."""
    return [malloc("m1"), storage("t1"), build(None, "m1", "t1", "g1", ulFlags=flags)]


def _saved(name: str = "g1", store: str = "t1") -> list[Call]:
    return [_on("IMessage.SaveChanges", name, **_SAVE), _bytes(store)]


def _bytes(store: str = "t1") -> Call:
    return Call("world.bytes", {"name": store})


def _again(flags: int) -> list[Call]:
    """Open a copy of what is committed in t1, read it, and save it once more."""
    lend = {"name": "t2", "from": "t1", "mode": "readwrite", "transacted": True}
    get = _on("IMessage.GetProps", "g2", tags=list(_values(flags)))
    reopened = build(None, "m1", "t2", "g2", ulFlags=flags)
    return [Call("world.reopen", lend), reopened, get, *_saved("g2", "t2")]


def _recipients(flags: int, count: int) -> Call:
    rows = [
        {"0x0C150003": 1, _text(0x3001, flags): f"recipient {number}", "0x0FFF0102": "AAEC"}
        for number in range(count)
    ]
    return _on("IMessage.ModifyRecipients", "g1", ulFlags=0, rows=rows)


def _attachment(name: str, flags: int, props: dict[str, Any], *inner: Call) -> list[Call]:
    create = _on("IMessage.CreateAttach", "g1", lppAttach=name)
    given = _on(
        "IAttach.SetProps",
        name,
        props={_text(0x3707, flags): f"file {name}{_WIDE if flags else ''}", **props},
    )
    return [create, given, *inner, _on("IAttach.SaveChanges", name, **_SAVE)]


def _embedded(flags: int) -> list[Call]:
    """An attachment that is a message."""
    inner = [
        _on("IAttach.OpenMessage", "a0", create=True, lppMsg="e1"),
        _on("IMessage.SetProps", "e1", props=_values(flags)),
        _on("IMessage.SaveChanges", "e1", **_SAVE),
    ]
    return _attachment("a0", flags, {"0x37050003": 5}, *inner)


def files() -> Iterator[list[Call]]:
    """Messages of every shape, in both widths of strings."""
    for flags in (0, MAPI_UNICODE):
        opened, values = _opened(flags), _on("IMessage.SetProps", "g1", props=_values(flags))
        yield [*opened, *_saved()]
        get = _on("IMessage.GetProps", "g1", tags=list(_values(flags)))
        yield [*opened, values, get, *_saved(), *_again(flags)]
        yield [*opened, _recipients(flags, _PARTS), *_saved(), _recipients(flags, 1), *_saved()]
        attached = []
        for number in range(1, _PARTS + 1):
            attached += _attachment(f"a{number}", flags, {"0x37010102": "AAEC"})
        yield [*opened, *attached, *_saved(), *_again(flags)]
        yield [*opened, *_embedded(flags), *_saved(), *_again(flags)]
        gone = {"number": {"number": {"of": "a1"}}, "ulFlags": 0}
        less = [_on("IAttach.Release", "a1"), _on("IMessage.DeleteAttach", "g1", **gone)]
        yield [*opened, *attached[:8], *_saved(), *less, *_saved()]
        names = _on("IMessage.GetIDsFromNames", "g1", names=_NAMES, create=True)
        yield [*opened, names, *_saved(), *_again(flags)]
        full = [values, _recipients(flags, 2), names, *_embedded(flags), *attached[:4]]
        yield [*opened, *full, *_saved(), *_again(flags)]
    yield from _storages()
    yield from _attributes()


def _storages() -> Iterator[list[Call]]:
    """What the caller and the session do with the storage changes nothing in the file."""
    values = _on("IMessage.SetProps", "g1", props=_values(0))
    mine = Call("world.create", {"name": "t1", "element": "mine/inner", "base64": "aGVsbG8="})
    yield [*_opened(0), mine, values, *_saved()]
    commit = Call("world.commit", {"name": "t1"})
    yield [*_opened(IMSG_NO_ISTG_COMMIT), values, *_saved(), commit, _bytes()]
    session = [malloc("m1"), open_session("m1", "s1"), storage("t1")]
    end = [close_session("s1"), _bytes()]
    yield [*session, build("s1", "m1", "t1", "g1"), values, *_saved(), *end]


def _attributes() -> Iterator[list[Call]]:
    """A flag that forbids something is broken in each way that calls have (MSGF-PROP-04)."""
    values = _on("IMessage.SetProps", "g1", props={_LONG: 1, "0x66070102": "AAEC"})
    change = _on("IMessage.SetProps", "g1", props={_LONG: 2})
    get = _on("IMessage.GetProps", "g1", tags=[_LONG])
    for flags in (2, 3, 4, 6):
        given = Call("SetAttribIMsgOnIStg", {"lpObject": "g1", "attribs": {_LONG: flags}})
        look = [get] if flags & 2 else []
        yield [*_opened(0), values, given, change, *look, *_saved()]
        yield [*_opened(0), values, given, get, *_saved()]
