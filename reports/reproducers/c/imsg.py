"""Calls of message sessions as C statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from reports.reproducers.c.values import (
    InexpressibleError,
    integer,
    name,
    property_list,
    tag,
    tag_array,
)
from reports.reproducers.c.writer import Writer

Params = Mapping[str, Any]
_OBJECTS: Final = ("LPMESSAGE", "LPATTACH")
_MODES: Final = {"read": (0x0, 0x20), "write": (0x1, 0x10), "readwrite": (0x2, 0x10)}
_TRANSACTED: Final = 0x10000
_DATA_OBJECT: Final = 0x3701000D
_CREATE: Final = "3u"  # MAPI_CREATE | MAPI_MODIFY


def _malloc(writer: Writer, params: Params) -> None:
    variable, limit = name(params.get("name")), params.get("fail_after")
    writer.declare(variable, "Lent *")
    successes = "-1" if limit is None else integer(limit)
    writer.lines.append(f"Lent *{variable} = lend({successes});")
    writer.lines.append(f'(void){variable}, add("lent");')


def _storage(writer: Writer, params: Params) -> None:
    variable, mode = name(params.get("name")), params.get("mode")
    if "base64" in params or mode not in _MODES:
        raise InexpressibleError("it needs a storage with content")
    access, share = _MODES[str(mode)]
    flags = access | share | (_TRANSACTED if params.get("transacted") else 0)
    writer.declare(variable, "LPSTORAGE")
    writer.parts.add("storage")
    writer.lines.append(f"IStorage *{variable} = storage(0x{flags:X});")
    writer.lines.append(f'add({variable} ? "lent" : "there is no OLE here");')


def _world_release(writer: Writer, params: Params) -> None:
    lent = writer.thing(params.get("name"), "Lent *", "LPSTORAGE")
    kind = "IStorage_Release" if writer.variables[lent] == "LPSTORAGE" else ""
    called = f"{kind}({lent})" if kind else f"lent_release(&{lent}->object)"
    writer.lines.append(f'add("returned %u", (unsigned){called});')


def _initialize(writer: Writer, _params: Params) -> None:
    _code(writer, f"{writer.function('MAPIInitialize', 1)}(NULL)")


def _uninitialize(writer: Writer, _params: Params) -> None:
    writer.lines += [f"{writer.function('MAPIUninitialize', 0)}();", 'add("returned");']


def _open(writer: Writer, params: Params) -> None:
    pointer, variable = writer.out(params.get("lppMsgSess"), "LPMSGSESS")
    arguments = (_allocator(writer, params), integer(params.get("ulFlags")), pointer)
    _code(writer, f"{writer.function('OpenIMsgSession', 3)}({', '.join(arguments)})")
    _wrote(writer, variable)


def _close(writer: Writer, params: Params) -> None:
    session = writer.thing(params.get("lpMsgSess"), "LPMSGSESS")
    called = writer.function("CloseIMsgSession", 1)
    writer.lines += [f"{called}({session});", 'add("returned");']
    if session != "NULL":
        writer.lines.append(f"forget((uintptr_t){session});")


def _build(writer: Writer, params: Params) -> None:
    pointer, variable = writer.out(params.get("lppMsg"), "LPMESSAGE")
    routines = (
        ("lpAllocateBuffer", "allocate_buffer"),
        ("lpAllocateMore", "allocate_more"),
        ("lpFreeBuffer", "free_buffer"),
    )
    arguments = (
        writer.thing(params.get("lpMsgSess"), "LPMSGSESS"),
        *(f"(void *){routine}" if params.get(key) else "NULL" for key, routine in routines),
        _allocator(writer, params),
        "NULL",
        writer.thing(params.get("lpStg"), "LPSTORAGE"),
        "on_release" if params.get("lpfMsgCallRelease") else "NULL",
        integer(params.get("ulCallerData")),
        integer(params.get("ulFlags")),
        pointer,
    )
    _code(writer, f"{writer.function('OpenIMsgOnIStg', 11)}({', '.join(arguments)})")
    _wrote(writer, variable)


def _counting(method: str) -> Callable[[Writer, Params], None]:
    def write(writer: Writer, params: Params) -> None:
        this = _this(writer, params)
        writer.lines.append(f"code = {this}->lpVtbl->{method}({this});")
        writer.lines.append('add("returned %u", (unsigned)code);')
        if method == "Release":
            writer.lines.append(f"if (code == 0) forget((uintptr_t){this});")

    return write


def _save(writer: Writer, params: Params) -> None:
    _method(writer, params, "SaveChanges", integer(params.get("ulFlags")))


def _submit(writer: Writer, params: Params) -> None:
    _method(writer, params, "SubmitMessage", integer(params.get("ulFlags")))


def _create_attach(writer: Writer, params: Params) -> None:
    pointer, variable = writer.out(params.get("lppAttach"), "LPATTACH")
    number = f"{variable or f'step{writer.step}'}_number"
    writer.declare(number, "ULONG")
    _method(writer, params, "CreateAttach", "NULL", "0", f"&{number}", pointer)
    _wrote(writer, variable)


def _open_attach(writer: Writer, params: Params) -> None:
    pointer, variable = writer.out(params.get("lppAttach"), "LPATTACH")
    number, flags = writer.number(params.get("number")), integer(params.get("ulFlags", 0))
    _method(writer, params, "OpenAttach", number, "NULL", flags, pointer)
    _wrote(writer, variable)


def _delete_attach(writer: Writer, params: Params) -> None:
    number, flags = writer.number(params.get("number")), integer(params.get("ulFlags", 0))
    _method(writer, params, "DeleteAttach", number, "0", "NULL", flags)


def _open_message(writer: Writer, params: Params) -> None:
    pointer, variable = writer.out(params.get("lppMsg"), "LPMESSAGE")
    writer.data.append(
        "static const GUID message_interface = {0x00020307, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};"
    )
    target = "NULL" if pointer == "NULL" else f"(LPUNKNOWN *){pointer}"
    flags = _CREATE if params.get("create") else "0"
    arguments = (f"0x{_DATA_OBJECT:X}", "&message_interface", "0", flags, target)
    _method(writer, params, "OpenProperty", *arguments)
    _wrote(writer, variable)


def _get_props(writer: Writer, params: Params) -> None:
    tags, count, values = (f"{each}_{writer.step}" for each in ("tags", "count", "values"))
    writer.parts.add("props")
    writer.data += tag_array(params.get("tags"), tags)
    writer.declare(count, "ULONG")
    writer.declare(values, "LPSPropValue")
    writer.lines.append(f"{count} = 0;")
    _method(writer, params, "GetProps", f"(LPSPropTagArray)&{tags}", "0", f"&{count}", f"&{values}")
    writer.lines.append(f"properties((HRESULT)code, {count}, {values});")


def _set_props(writer: Writer, params: Params) -> None:
    values, wrong = f"values_{writer.step}", f"problems_{writer.step}"
    listed = params.get("props")
    writer.data += property_list(listed, values)
    writer.declare(wrong, "LPSPropProblemArray")
    _method(writer, params, "SetProps", str(len(listed or ())), values, f"&{wrong}")


def _modify(writer: Writer, params: Params) -> None:
    rows, entries = params.get("rows"), []
    if not isinstance(rows, list) or not rows:
        raise InexpressibleError("its rows are empty or damaged")
    for number, row in enumerate(rows, 1):
        variable = f"row_{writer.step}_{number}"
        writer.data += property_list(row, variable)
        entries.append(f"{{0, {len(row)}, {variable}}}")
    table = f"rows_{writer.step}"
    writer.data.append(
        f"static struct {{ ULONG cEntries; ADRENTRY aEntries[{len(rows)}]; }} {table} = "
        f"{{{len(rows)}, {{{', '.join(entries)}}}}};"
    )
    _method(
        writer, params, "ModifyRecipients", integer(params.get("ulFlags")), f"(LPADRLIST)&{table}"
    )


def _get_attributes(writer: Writer, params: Params) -> None:
    tags, found = f"tags_{writer.step}", f"attributes_{writer.step}"
    writer.data += tag_array(params.get("tags"), tags)
    writer.declare(found, "LPSPropAttrArray")
    subject = writer.thing(params.get("lpObject"), *_OBJECTS)
    called = writer.function("GetAttribIMsgOnIStg", 3)
    _code(writer, f"{called}({subject}, (LPSPropTagArray)&{tags}, &{found})")


def _set_attributes(writer: Writer, params: Params) -> None:
    attributes = params.get("attribs")
    if not isinstance(attributes, Mapping):
        raise InexpressibleError("its attributes are damaged")
    tags, given, wrong = (f"{each}_{writer.step}" for each in ("tags", "attributes", "problems"))
    writer.data += tag_array([f"0x{tag(key):08X}" for key in attributes], tags)
    numbers = ", ".join(integer(each) for each in attributes.values())
    writer.data.append(
        f"static struct {{ ULONG cValues, aPropAttr[{len(attributes)}]; }} {given} = "
        f"{{{len(attributes)}, {{{numbers}}}}};"
    )
    writer.declare(wrong, "LPSPropProblemArray")
    subject = writer.thing(params.get("lpObject"), *_OBJECTS)
    called = writer.function("SetAttribIMsgOnIStg", 4)
    arrays = f"(LPSPropTagArray)&{tags}, (LPSPropAttrArray)&{given}, &{wrong}"
    _code(writer, f"{called}({subject}, {arrays})")


def _observe(writer: Writer, _params: Params) -> None:
    writer.lines.append('add("looked");')
    for variable, kind in writer.variables.items():
        if kind == "Lent *":
            writer.lines.append(f'count("{variable}", {variable});')
    writer.lines.append('add("; %u released", released);')
    writer.lines.append(
        'add("; buffers: %u live, %u foreign", block_count(&buffers), foreign_buffers);'
    )


CALLS: Final[dict[str, Callable[[Writer, Params], None]]] = {
    "world.malloc": _malloc,
    "world.storage": _storage,
    "world.release": _world_release,
    "observe": _observe,
    "MAPIInitialize": _initialize,
    "MAPIUninitialize": _uninitialize,
    "OpenIMsgSession": _open,
    "CloseIMsgSession": _close,
    "OpenIMsgOnIStg": _build,
    "IMessage.AddRef": _counting("AddRef"),
    "IMessage.Release": _counting("Release"),
    "IAttach.Release": _counting("Release"),
    "IMessage.SaveChanges": _save,
    "IAttach.SaveChanges": _save,
    "IMessage.SubmitMessage": _submit,
    "IMessage.CreateAttach": _create_attach,
    "IMessage.OpenAttach": _open_attach,
    "IMessage.DeleteAttach": _delete_attach,
    "IAttach.OpenMessage": _open_message,
    "IMessage.GetProps": _get_props,
    "IAttach.GetProps": _get_props,
    "IMessage.SetProps": _set_props,
    "IAttach.SetProps": _set_props,
    "IMessage.ModifyRecipients": _modify,
    "GetAttribIMsgOnIStg": _get_attributes,
    "SetAttribIMsgOnIStg": _set_attributes,
}


def _allocator(writer: Writer, params: Params) -> str:
    lent = writer.thing(params.get("lpMalloc"), "Lent *")
    return lent if lent == "NULL" else f"(LPMALLOC)&{lent}->object"


def _this(writer: Writer, params: Params) -> str:
    this = writer.thing(params.get("this"), *_OBJECTS)
    if this == "NULL":
        raise InexpressibleError("a method needs an object")
    return this


def _method(writer: Writer, params: Params, method: str, *arguments: str) -> None:
    this = _this(writer, params)
    _code(writer, f"{this}->lpVtbl->{method}({', '.join((this, *arguments))})")


def _code(writer: Writer, call: str) -> None:
    writer.lines += [f"code = (ULONG){call};", 'add("returned 0x%08X", (unsigned)code);']


def _wrote(writer: Writer, variable: str) -> None:
    if variable:
        writer.lines.append(f'wrote("{variable}", (uintptr_t){variable});')
