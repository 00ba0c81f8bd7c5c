"""The harness half of `imsg` that lends: allocators, storages, routines, the release callback."""

from __future__ import annotations

from typing import Any, get_args

from adapters.reference import compound
from adapters.reference.lent import Buffers, Malloc, Memory
from adapters.reference.storage import EMPTY, Mode, Storage, paths
from adapters.reference.topmessage import TopMessage
from adapters.reference.wire import (
    Names,
    Params,
    WireError,
    bad,
    boolean,
    param,
    text,
    to_base64,
    token,
    ulong,
    unbase64,
)
from conformance.trace import NOT_EXPRESSIBLE

Result = dict[str, Any]


class World:
    """Everything that the suite lends in one sequence, and what can be seen of it."""

    def __init__(self) -> None:
        self.names = Names()
        self.memory = Memory()
        self.buffers = Buffers(self.memory)
        self.mallocs: dict[str, Malloc] = {}
        self.storages: dict[str, Storage] = {}
        self.released: list[dict[str, Any]] = []
        self.on_storage: dict[int, tuple[TopMessage, Storage]] = {}  # open messages, by address

    def malloc(self, params: Params) -> Result:
        fail_after = None if params.get("fail_after") is None else ulong(params, "fail_after")
        self.mallocs[self._new(params)] = malloc = Malloc(self.memory, fail_after)
        self.names.bound[params["name"]] = malloc
        return {}

    def storage(self, params: Params) -> Result:
        """A storage with the class of mail messages, as the caller has to mark it (MSGF-CLS-01)."""
        tree, clsid = EMPTY, compound.CLSID_MAIL_MESSAGE
        if params.get("base64") is not None:
            try:
                tree, clsid = compound.read(unbase64(params["base64"], "base64"))
            except compound.CompoundError as error:
                raise WireError(NOT_EXPRESSIBLE, str(error)) from None
        return self._lend(params, tree, clsid)

    def reopen(self, params: Params) -> Result:
        origin = self._storage(params, "from")
        return self._lend(params, origin.committed, origin.committed_clsid)

    def release(self, params: Params) -> Result:
        """Give up the suite's reference, once."""
        lent = self.names[param(params, "name")]
        if not isinstance(lent, (Malloc, Storage)) or lent.given_up:
            raise WireError(NOT_EXPRESSIBLE, f"{params['name']} is not the suite's to release")
        lent.given_up = True
        return {"return": lent.give_up()}

    def elements(self, params: Params) -> Result:
        return {"elements": paths(self._storage(params).committed)}

    def create(self, params: Params) -> Result:
        path = (text(params, "element") or "").split("/")
        if not all(compound.is_name(name) for name in path):
            raise bad("element is no slash-separated path of names")
        self._writable(params).create(path, unbase64(params.get("base64"), "base64"))
        return {}

    def commit(self, params: Params) -> Result:
        self._writable(params).commit_by_caller()
        return {}

    def file(self, params: Params) -> Result:
        storage = self._storage(params)
        content = compound.write(storage.committed, storage.committed_clsid)
        return {"base64": to_base64(content)}

    def message_released(self, caller_data: int, message: Any) -> None:
        """The harness's MSGCALLRELEASE."""
        address = getattr(message, "address", 0)
        self.released.append({"ulCallerData": caller_data, "message": token(address)})
        self._message_gone(address)

    def settle(self) -> None:
        """Notice which messages without a callback ended in the call just made."""
        for address, (message, _) in list(self.on_storage.items()):
            if message.closed and message.callback is None:
                self._message_gone(address)

    def observe(self) -> Result:
        return {
            "mallocs": {name: malloc.observe() for name, malloc in self.mallocs.items()},
            "storages": {name: storage.observe() for name, storage in self.storages.items()},
            "released": list(self.released),
            "buffers": self.buffers.observe(),
        }

    def _message_gone(self, address: int) -> None:
        found = self.on_storage.pop(address, None)
        if found is not None:
            found[1].message_gone()

    def _new(self, params: Params) -> str:
        name = text(params, "name")
        if name is None or name in self.names.bound:
            raise bad(f"the name {name!r} is not free")
        return name

    def _lend(self, params: Params, tree: compound.Tree, clsid: bytes) -> Result:
        name = self._new(params)
        mode: Mode = param(params, "mode")
        if mode not in get_args(Mode):
            raise bad(f"the mode {mode!r} is none of readwrite, read, write")
        storage = Storage(self.memory, mode, boolean(params, "transacted"), tree, clsid)
        self.storages[name] = self.names.bound[name] = storage
        return {}

    def _storage(self, params: Params, key: str = "name") -> Storage:
        found = self.names[param(params, key)]
        if isinstance(found, Storage):
            return found
        raise bad(f"{params[key]} is no storage")

    def _writable(self, params: Params) -> Storage:
        """A storage that the suite itself can still write to."""
        storage = self._storage(params)
        if storage.given_up or storage.mode == "read":
            raise WireError(NOT_EXPRESSIBLE, f"{params['name']} cannot be written to by the suite")
        return storage
