"""The harness half of `imsg` that calls: each documented function, from params to result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from adapters.reference import wireprops
from adapters.reference.attachment import Attachment
from adapters.reference.imsg import Imsg, MessageRequest
from adapters.reference.imsg_world import Result, World
from adapters.reference.lent import Malloc, Routines
from adapters.reference.message import Message
from adapters.reference.objects import PropertyObject
from adapters.reference.objects import Result as Handed
from adapters.reference.storage import Storage
from adapters.reference.topmessage import TopMessage
from adapters.reference.wire import Params, bad, boolean, out, param, ulong
from conformance.capabilities import Capabilities

Method = Callable[[Params], Result]


class ImsgHarness:
    """One sequence of calls to an implementation of message sessions."""

    def __init__(self, imsg: Imsg) -> None:
        self.imsg = imsg
        self.guard = imsg.guard
        self.world = World()
        self.names = self.world.names

    def methods(self) -> dict[str, Method]:
        """What can be called, by its name on the wire."""
        world = self.world
        return {name: getattr(self, method) for name, method in FUNCTIONS.items()} | {
            "observe": self.observe,
            "world.malloc": world.malloc,
            "world.storage": world.storage,
            "world.reopen": world.reopen,
            "world.release": world.release,
            "world.elements": world.elements,
            "world.create": world.create,
            "world.commit": world.commit,
            "world.bytes": world.file,
        }

    def end(self) -> None:
        """Nothing is held outside of this process."""

    def observe(self, _params: Params) -> Result:
        live = {"sessions": len(self.imsg.sessions), "messages": len(self.imsg.messages)}
        return {**self.world.observe(), "live": live}

    def initialize(self, _params: Params) -> Result:
        return {"return": self.imsg.initialize()}

    def uninitialize(self, _params: Params) -> Result:
        self.imsg.uninitialize()
        return {"return": None}

    def open_session(self, params: Params) -> Result:
        cell = out(params, "lppMsgSess")
        code = self.imsg.open_session(self._malloc(params), ulong(params, "ulFlags"), cell)
        return {"return": code, "out": {"lppMsgSess": self.names.pointer(cell)}}

    def close_session(self, params: Params) -> Result:
        answer = self.imsg.close_session(self.names[param(params, "lpMsgSess")])
        if self.world.on_storage:
            self.world.settle()
        return {"return": answer}

    def open_message(self, params: Params) -> Result:
        request, cell = self._request(params), out(params, "lppMsg")
        storage = request.storage
        before = storage.message_opens() if storage else False
        code = self.imsg.open_message(request, cell)
        made = cell.value if cell and isinstance(cell.value, TopMessage) else None
        if storage:
            storage.message_opened(made is not None, before)
        if storage and made:
            self.world.on_storage[made.address] = made, storage
        return {"return": code, "out": {"lppMsg": self.names.pointer(cell)}}

    def _request(self, params: Params) -> MessageRequest:
        buffers, world = self.world.buffers, self.world
        if params.get("lpMapiSup") is not None:
            raise bad("lpMapiSup has to be null")
        storage = self.names[param(params, "lpStg")]
        if not isinstance(storage, Storage | None):
            raise bad("lpStg is no storage")
        return MessageRequest(
            session=self.names[param(params, "lpMsgSess")],
            routines=Routines(
                buffers.allocate if boolean(params, "lpAllocateBuffer") else None,
                buffers.more if boolean(params, "lpAllocateMore") else None,
                buffers.free if boolean(params, "lpFreeBuffer") else None,
            ),
            malloc=self._malloc(params),
            storage=storage,
            callback=world.message_released if boolean(params, "lpfMsgCallRelease") else None,
            caller_data=ulong(params, "ulCallerData"),
            flags=ulong(params, "ulFlags"),
        )

    def add_ref(self, params: Params) -> Result:
        return {"return": self._object(params).add_ref()}

    def release(self, params: Params) -> Result:
        left = self._object(params).release()
        if self.world.on_storage:
            self.world.settle()
        return {"return": left}

    def get_props(self, params: Params) -> Result:
        return self._copied("props", self._object(params).get_props(wireprops.tags(params)))

    def set_props(self, params: Params) -> Result:
        values = wireprops.decode(param(params, "props"))
        return self._copied("problems", self._object(params).set_props(values))

    def save_changes(self, params: Params) -> Result:
        return {"return": self._object(params).save_changes(ulong(params, "ulFlags"))}

    def create_attachment(self, params: Params) -> Result:
        cell = out(params, "lppAttach")
        code, number = self._message(params).create_attachment(cell)
        return {"return": code, "out": {"lppAttach": self.names.pointer(cell)}, "number": number}

    def open_attachment(self, params: Params) -> Result:
        cell, number = out(params, "lppAttach"), ulong(params, "number")
        code = self._message(params).open_attachment(number, _flags(params), cell)
        return {"return": code, "out": {"lppAttach": self.names.pointer(cell)}}

    def delete_attachment(self, params: Params) -> Result:
        number = ulong(params, "number")
        return {"return": self._message(params).delete_attachment(number, _flags(params))}

    def modify_recipients(self, params: Params) -> Result:
        flags, rows = ulong(params, "ulFlags"), wireprops.rows(params)
        return {"return": self._message(params).modify_recipients(flags, rows)}

    def submit(self, params: Params) -> Result:
        return {"return": self._message(params).submit(ulong(params, "ulFlags"))}

    def ids_from_names(self, params: Params) -> Result:
        names, create = wireprops.names(params), boolean(params, "create")
        code, buffer = self._message(params).ids_from_names(names, create)
        answer = self._copied("tags", (code, buffer))
        return {**answer, "tags": [wireprops.tag_text(tag) for tag in answer["tags"].values()]}

    def open_embedded(self, params: Params) -> Result:
        cell = out(params, "lppMsg")
        attachment = self._object(params)
        if not isinstance(attachment, Attachment):
            raise bad("this is no attachment")
        code = attachment.open_message(boolean(params, "create"), cell)
        return {"return": code, "out": {"lppMsg": self.names.pointer(cell)}}

    def get_attributes(self, params: Params) -> Result:
        target = self.names[param(params, "lpObject")]
        return self._copied("attribs", self.imsg.get_attributes(target, wireprops.tags(params)))

    def set_attributes(self, params: Params) -> Result:
        target = self.names[param(params, "lpObject")]
        given = wireprops.attributes(params)
        return self._copied("problems", self.imsg.set_attributes(target, given))

    def _copied(self, key: str, handed: Handed) -> Result:
        """Copy what the implementation handed out, and free it with the caller's own routine."""
        code, buffer = handed
        if buffer is None:
            return {"return": code, key: {}}
        answer = {"return": code, key: wireprops.encode(buffer.value)}
        self.world.buffers.free(buffer.address)
        return answer

    def _malloc(self, params: Params) -> Malloc | None:
        found = self.names[param(params, "lpMalloc")]
        if found is None or isinstance(found, Malloc):
            return found
        raise bad("lpMalloc is no allocator")

    def _object(self, params: Params) -> PropertyObject:
        found = self.names[param(params, "this")]
        if isinstance(found, PropertyObject):
            return found
        raise bad("this is neither a message nor an attachment")

    def _message(self, params: Params) -> Message:
        found = self._object(params)
        if isinstance(found, Message):
            return found
        raise bad("this is no message")


def _flags(params: Params) -> int:
    return 0 if params.get("ulFlags") is None else ulong(params, "ulFlags")


FUNCTIONS: Final = {
    "MAPIInitialize": "initialize",
    "MAPIUninitialize": "uninitialize",
    "OpenIMsgSession": "open_session",
    "CloseIMsgSession": "close_session",
    "OpenIMsgOnIStg": "open_message",
    "IMessage.AddRef": "add_ref",
    "IMessage.Release": "release",
    "IMessage.GetProps": "get_props",
    "IMessage.SetProps": "set_props",
    "IMessage.SaveChanges": "save_changes",
    "IMessage.CreateAttach": "create_attachment",
    "IMessage.OpenAttach": "open_attachment",
    "IMessage.DeleteAttach": "delete_attachment",
    "IMessage.ModifyRecipients": "modify_recipients",
    "IMessage.SubmitMessage": "submit",
    "IMessage.GetIDsFromNames": "ids_from_names",
    "IAttach.Release": "release",
    "IAttach.GetProps": "get_props",
    "IAttach.SetProps": "set_props",
    "IAttach.SaveChanges": "save_changes",
    "IAttach.OpenMessage": "open_embedded",
    "GetAttribIMsgOnIStg": "get_attributes",
    "SetAttribIMsgOnIStg": "set_attributes",
}

CAPABILITIES: Final = Capabilities(
    functions=frozenset(FUNCTIONS),
    observes=frozenset({"mallocs", "storages", "released", "live", "buffers"}),
    checked_handles=True,
    parallel=True,
)
