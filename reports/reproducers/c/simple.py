"""Calls of Simple MAPI as C statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from reports.reproducers.c.values import integer, string
from reports.reproducers.c.writer import Writer

Params = Mapping[str, Any]
_ROOM: Final = 1024  # twice the 512 bytes that the documents ask callers for


def _logon(writer: Writer, params: Params) -> None:
    pointer, variable = writer.out(params.get("lplhSession"), "LHANDLE")
    arguments = (
        _window(params),
        writer.credential("lpszProfileName", params.get("lpszProfileName")),
        writer.credential("lpszPassword", params.get("lpszPassword")),
        *_tail(params),
        pointer,
    )
    _call(writer, "MAPILogon", arguments)
    _wrote(writer, variable)


def _logoff(writer: Writer, params: Params) -> None:
    handle = writer.handle(params.get("lhSession"))
    _call(writer, "MAPILogoff", (handle, _window(params), *_tail(params)))
    if isinstance(params.get("lhSession"), str):
        writer.lines.append(f"if (code == 0) forget((uintptr_t){handle});")


def _find_next(writer: Writer, params: Params) -> None:
    buffer = _identifier(writer, None)
    handle = writer.handle(params.get("lhSession"))
    kind, seed = (
        writer.text(params.get(key), None) for key in ("lpszMessageType", "lpszSeedMessageID")
    )
    arguments = (handle, _window(params), kind, seed, *_tail(params), buffer)
    _call(writer, "MAPIFindNext", arguments)


def _read_mail(writer: Writer, params: Params) -> None:
    handle = writer.handle(params.get("lhSession"))
    pointer, variable = writer.out(params.get("lppMessage"), "lpMapiMessage")
    identifier = writer.text(params.get("lpszMessageID"), None)
    arguments = (handle, _window(params), identifier, *_tail(params), pointer)
    _call(writer, "MAPIReadMail", arguments)
    _wrote(writer, variable)
    if variable:
        good = f"{variable} && (uintptr_t){variable} != UNTOUCHED"
        show = f'text("subject", {variable}->lpszSubject);'
        writer.lines.append(f"if (code == 0 && {good}) {show}")


def _delete_mail(writer: Writer, params: Params) -> None:
    handle = writer.handle(params.get("lhSession"))
    identifier = writer.text(params.get("lpszMessageID"), None)
    _call(writer, "MAPIDeleteMail", (handle, _window(params), identifier, *_tail(params)))


def _save_mail(writer: Writer, params: Params) -> None:
    buffer = _identifier(writer, params.get("lpszMessageID"))
    handle, message = writer.handle(params.get("lhSession")), _message(writer, params)
    _call(writer, "MAPISaveMail", (handle, "0", message, *_tail(params), buffer))
    writer.lines.append(f'text("lpszMessageID", {buffer});')


def _send_mail(writer: Writer, params: Params) -> None:
    handle, message = writer.handle(params.get("lhSession")), _message(writer, params)
    _call(writer, "MAPISendMail", (handle, "0", message, *_tail(params)))


def _resolve_name(writer: Writer, params: Params) -> None:
    variable = f"recipient_{writer.step}"
    writer.declare(variable, "lpMapiRecipDesc")
    handle, shown = writer.handle(params.get("lhSession")), string(params.get("lpszName"))
    _call(writer, "MAPIResolveName", (handle, "0", shown, *_tail(params), f"&{variable}"))


def _free_buffer(writer: Writer, params: Params) -> None:
    buffer = writer.thing(params.get("pv"), "lpMapiMessage")
    _call(writer, "MAPIFreeBuffer", (buffer,))
    if buffer != "NULL":
        writer.lines.append(f"if (code == 0) forget((uintptr_t){buffer});")


def _convert(writer: Writer, params: Params) -> None:
    handle = writer.handle(params.get("lhSession"))
    pointer, variable = writer.out(params.get("lppMAPISession"), "LPVOID")
    arguments = (handle, integer(params.get("ulFlags")), "NULL", pointer)
    _call(writer, "ScMAPIXFromSMAPI", arguments)
    _wrote(writer, variable)


CALLS: Final[dict[str, Callable[[Writer, Params], None]]] = {
    "MAPILogon": _logon,
    "MAPILogoff": _logoff,
    "MAPIFindNext": _find_next,
    "MAPIReadMail": _read_mail,
    "MAPIDeleteMail": _delete_mail,
    "MAPISaveMail": _save_mail,
    "MAPISendMail": _send_mail,
    "MAPIResolveName": _resolve_name,
    "MAPIFreeBuffer": _free_buffer,
    "ScMAPIXFromSMAPI": _convert,
}


def _call(writer: Writer, method: str, arguments: tuple[str, ...]) -> None:
    called = writer.function(method, len(arguments))
    writer.lines.append(f"code = (ULONG){called}({', '.join(arguments)});")
    writer.lines.append('add("returned %u", (unsigned)code);')


def _window(params: Params) -> str:
    return integer(params.get("ulUIParam"), 2**64 - 1)


def _tail(params: Params) -> tuple[str, str]:
    return integer(params.get("flFlags")), integer(params.get("ulReserved"))


def _wrote(writer: Writer, variable: str) -> None:
    if variable:
        writer.lines.append(f'wrote("{variable}", (uintptr_t){variable});')


def _identifier(writer: Writer, given: object) -> str:
    buffer = f"id_{writer.step}"
    preset = writer.text(given, None) if given is not None else '""'
    writer.data.append(f"static char {buffer}[{_ROOM}];")
    writer.lines.append(f'snprintf({buffer}, sizeof {buffer}, "%s", {preset});')
    return buffer


def _message(writer: Writer, params: Params) -> str:
    variable = f"mail_{writer.step}"
    writer.lines.append(f"MapiMessage {variable} = mail({string(params.get('subject'))});")
    return f"&{variable}"
