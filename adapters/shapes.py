"""The shape of results: what the tables of the harness protocol promise (docs/protocol.md, Calls).

A result of the wrong shape is the harness's mistake, so it must never become a verdict on the
implementation. Members that the tables do not name are ignored.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from conformance.capabilities import Capabilities
from conformance.errors import ProtocolError
from conformance.trace import Call

Json = dict[str, Any]
Shape = Callable[[Any], bool]

_ULONG: Final = 0xFFFFFFFF
_TAG: Final = re.compile(r"0[xX][0-9A-Fa-f]{8}")


def is_ulong(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _ULONG


def is_count(value: Any) -> bool:
    return type(value) is int


def is_boolean(value: Any) -> bool:
    return type(value) is bool


def is_null(value: Any) -> bool:
    return value is None


def is_text(value: Any) -> bool:
    return value is None or type(value) is str


def is_base64(value: Any) -> bool:
    try:
        return type(value) is str and binascii.a2b_base64(value, strict_mode=True) is not None
    except (binascii.Error, ValueError):
        return False


def is_strings(value: Any) -> bool:
    return type(value) is list and all(type(item) is str for item in value)


def is_tags(value: Any) -> bool:
    return type(value) is list and all(
        item is None or (type(item) is str and _TAG.fullmatch(item)) for item in value
    )


def _by_tag(shape: Shape) -> Shape:
    def test(value: Any) -> bool:
        return type(value) is dict and all(
            _TAG.fullmatch(tag) and shape(item) for tag, item in value.items()
        )

    return test


def _members(*names: str) -> Shape:
    def test(value: Any) -> bool:
        return type(value) is dict and all(is_count(value.get(name)) for name in names)

    return test


def _named(shape: Shape) -> Shape:
    def test(value: Any) -> bool:
        return type(value) is dict and all(shape(item) for item in value.values())

    return test


def _is_property(value: Any) -> bool:
    if type(value) is list:
        return all(type(item) in (str, int, bool) for item in value)
    return type(value) in (str, int, bool)


def _is_released(value: Any) -> bool:
    return type(value) is list and all(
        type(item) is dict and is_ulong(item.get("ulCallerData")) and is_text(item.get("message"))
        for item in value
    )


def _either(*shapes: Shape) -> Shape:
    return lambda value: any(shape(value) for shape in shapes)


# A function without a result that gives one all the same is judged, not refused.
_ANYTHING: Final = _either(is_null, is_boolean, is_ulong)

# What `return` is; every other function returns an SCODE or a Simple MAPI number, never negative.
RETURNS: Final[Mapping[str, Shape]] = {
    "CloseIMsgSession": _ANYTHING,
    "MAPIUninitialize": _ANYTHING,
    "EmailStartSession": is_boolean,
    "EmailStartPOP3Session": is_boolean,
    "EmailStartIMAPSession": is_boolean,
    "EmailStartSMTPSession": is_boolean,
    "EmailStartNotesSession": _either(is_boolean, is_ulong),
    "EmailStartOutlookSession": _either(is_boolean, is_ulong),
    "EmailCloseSession": _ANYTHING,
    "EmailSetTimeOut": _ANYTHING,
    "EmailGetCount": _either(is_null, is_count),
    "EmailSendMessage": is_boolean,
}

# Further members: checked where present; those with True are required where the call succeeded.
MEMBERS: Final[Mapping[str, tuple[tuple[str, Shape, bool], ...]]] = {
    "IMessage.GetProps": (("props", _by_tag(_is_property), True),),
    "IAttach.GetProps": (("props", _by_tag(_is_property), True),),
    "IMessage.SetProps": (("problems", _by_tag(is_ulong), False),),
    "IAttach.SetProps": (("problems", _by_tag(is_ulong), False),),
    "IMessage.CreateAttach": (("number", is_ulong, True),),
    "IMessage.GetIDsFromNames": (("tags", is_tags, True),),
    "GetAttribIMsgOnIStg": (("attribs", _by_tag(is_ulong), True),),
    "SetAttribIMsgOnIStg": (("problems", _by_tag(is_ulong), False),),
    "MAPIFindNext": (("lpszMessageID", is_text, True),),
    "MAPISaveMail": (("lpszMessageID", is_text, True),),
    "MAPIReadMail": (("subject", is_text, False),),
}

# Methods that stand outside the implementation: all of these members are required.
PLAIN: Final[Mapping[str, tuple[tuple[str, Shape], ...]]] = {
    "begin": (),
    "shutdown": (),
    "world.malloc": (),
    "world.storage": (),
    "world.reopen": (),
    "world.create": (),
    "world.commit": (),
    "world.fail_allocation": (),
    "world.release": (("return", is_count),),
    "world.elements": (("elements", is_strings),),
    "world.bytes": (("base64", is_base64),),
    "world.profile": (("profile", is_text), ("password", is_text)),
    "ErrorInfo": (("occurred", is_boolean), ("message", lambda value: type(value) is str)),
}

_SESSIONS: Final = _members("sessions")
OBSERVED: Final[Mapping[str, Shape]] = {
    "mallocs": _named(_members("live", "bytes", "references", "foreign_frees")),
    "storages": _named(_members("references", "commits", "calls_after_release")),
    "released": _is_released,
    "live": _SESSIONS,
    "buffers": _members("live", "foreign_frees"),
}


def check(call: Call, result: Any, capabilities: Capabilities | None) -> None:
    """Check one result; raises :class:`ProtocolError` that says which part is wrong.

    `capabilities` are those of the family of the sequence; None before the first `begin`.
    """
    method = call.method
    if type(result) is not dict:
        raise _wrong(method, "is no object")
    if method == "observe":
        _observation(result, capabilities.observes if capabilities else frozenset())
    elif method in PLAIN:
        for name, shape in PLAIN[method]:
            if name not in result or not shape(result[name]):
                raise _wrong(method, _lack(name, result))
    elif method == "parallel":
        _parallel(call, result, capabilities)
    else:
        _function(call, result)


def _function(call: Call, result: Json) -> None:
    method = call.method
    value = result.get("return", _ABSENT)
    if not RETURNS.get(method, is_ulong)(value):
        raise _wrong(method, _lack("return", result), _UNSIGNED if type(value) is int else "")
    out = result.get("out")
    if out is not None and (type(out) is not dict or not all(map(is_text, out.values()))):
        raise _wrong(method, "has an `out` that is no object of strings and nulls")
    if value == 0:
        for param, name in call.params.items():
            # `lpp` is how the documents mark the parameters that return an object or a handle.
            if param[:3] in ("lpp", "lpl") and type(name) is str and (not out or param not in out):
                raise _wrong(method, f"lacks `{param}` in `out`")
    for name, shape, needed in MEMBERS.get(method, ()):
        if (value == 0 and needed) if name not in result else not shape(result[name]):
            raise _wrong(method, _lack(name, result))


def _observation(result: Json, declared: frozenset[str]) -> None:
    for name in declared:
        if name not in result or not OBSERVED[name](result[name]):
            raise _wrong("observe", _lack(name, result))


def _parallel(call: Call, result: Json, capabilities: Capabilities | None) -> None:
    asked = call.params.get("threads", ())
    threads = result.get("threads")
    if type(threads) is not list or [_length(each) for each in threads] != [*map(len, asked)]:
        raise _wrong("parallel", "does not answer each call of each thread in `threads`")
    for calls, answers in zip(asked, threads, strict=True):
        for inner, answer in zip(calls, answers, strict=True):
            _stamped(Call(inner["method"], inner.get("params", {})), answer, capabilities)


def _stamped(call: Call, answer: Any, capabilities: Capabilities | None) -> None:
    if type(answer) is not dict or ("result" in answer) == ("error" in answer):
        raise _wrong("parallel", "holds an answer with both or neither of result and error")
    start, end = answer.get("start"), answer.get("end")
    if type(start) is not int or type(end) is not int or start >= end:
        raise _wrong("parallel", "holds an answer whose stamps `start` and `end` do not increase")
    if "result" in answer:
        check(call, answer["result"], capabilities)
    elif type(answer["error"]) is not dict or type(answer["error"].get("code")) is not int:
        raise _wrong("parallel", "holds an error without an integer code")


_ABSENT: Final = object()
_UNSIGNED: Final = "codes travel unsigned, 0x80070057 as 2147942487"


def _length(value: Any) -> int:
    return len(value) if type(value) is list else -1


def _lack(name: str, result: Json) -> str:
    return f"has a `{name}` of the wrong shape" if name in result else f"lacks `{name}`"


def _wrong(method: str, what: str, hint: str = "") -> ProtocolError:
    return ProtocolError(f"the answer to {method} {what}", hint)
