"""The top-level message: a message on a storage, with or without a session."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from adapters.reference import layout
from adapters.reference.compound import Element, Tree
from adapters.reference.message import Message
from adapters.reference.objects import Services
from adapters.reference.properties import MessageContent
from conformance.codes import IMSG_NO_ISTG_COMMIT, MAPI_E_NOT_ENOUGH_MEMORY, S_OK

if TYPE_CHECKING:
    from adapters.reference.imsg import Imsg, MessageRequest, MessageSession
    from adapters.reference.storage import Storage

Callback = Callable[[int, Any], None]  # MSGCALLRELEASE: caller data, message. Source: D4


class TopMessage(Message):
    """A message that OpenIMsgOnIStg built."""

    def __init__(
        self,
        address: int,
        services: Services,
        content: MessageContent,
        request: MessageRequest,
        imsg: Imsg,
    ) -> None:
        assert request.storage is not None
        super().__init__(address, services, content, request.storage.mode == "readwrite")
        self.storage: Storage = request.storage
        self.session: MessageSession | None = request.session
        self.callback = request.callback
        self.caller_data = request.caller_data
        self.commits = not request.flags & IMSG_NO_ISTG_COMMIT
        self.imsg = imsg

    def take_hold(self) -> None:
        """Own references to allocator and storage (IMSG-OPEN-10, IMSG-MSG-17)."""
        self.services.malloc.add_ref()
        self.storage.add_ref()

    def store(self) -> int:
        """Write the file's elements; commit unless the caller does (IMSG-SAVE-01, -02)."""
        writer = self.imsg.writer_class(self.services.unicode)
        tree = writer.write(self.content, self.services.names)
        work = self.services.malloc.alloc(tree_size(tree))
        if not work:
            return MAPI_E_NOT_ENOUGH_MEMORY
        self.write(tree)
        if self.commits:
            self.storage.commit()
        self.services.malloc.free(work)
        return S_OK

    def write(self, tree: Tree) -> None:
        """Replace the message's elements; those of the caller stay (IMSG-SAVE-03)."""
        obsolete = [name for name in self.storage.read() if layout.is_own(name)]
        changes: dict[str, Element | None] = dict.fromkeys(obsolete)
        self.storage.write({**changes, **tree})

    def give_back(self) -> None:
        """The storage is not touched after this (IMSG-REL-03)."""
        self.storage.release()
        super().give_back()
        self.services.malloc.release()

    def leave(self) -> None:
        self.imsg.message_closed(self)
        self.call_release()

    def call_release(self) -> None:
        """The release callback, the last thing that happens. Source: D3, D4; H1 NOTE 3."""
        if self.callback is not None:
            self.callback(self.caller_data, self)


def tree_size(tree: Tree) -> int:
    """The bytes that the elements of a file hold."""
    return sum(
        len(element) if isinstance(element, bytes) else tree_size(element)
        for element in tree.values()
    )
