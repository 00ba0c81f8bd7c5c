"""Correct implementations that read the documents otherwise, or differ where they may."""

from __future__ import annotations

import struct
from itertools import count
from typing import Any

from adapters.mutants.closing import ShellWorks
from adapters.mutants.messages import NotTransactedAccepted, OnClosedSession
from adapters.mutants.registry import Death, Variant, benign
from adapters.reference.imsg import Imsg, MessageRequest, MessageSession
from adapters.reference.lent import Malloc
from adapters.reference.msgwrite import MessageWriter
from adapters.reference.objects import PropertyObject
from adapters.reference.properties import MessageContent
from adapters.reference.topmessage import TopMessage
from adapters.reference.wire import Out
from conformance.codes import (
    MAPI_E_NOT_INITIALIZED,
    MAPI_E_UNKNOWN_FLAGS,
    S_OK,
)
from conformance.trace import NOT_EXPRESSIBLE, Call, Outcome

benign("reads-msg-06-b")(NotTransactedAccepted)
benign("reads-msg-11-b")(OnClosedSession)
benign("reads-close-07-c")(ShellWorks)


@benign("reads-open-06-b")
class UnicodeRefused(Imsg):
    """OpenIMsgSession refuses MAPI_UNICODE like every other flag."""

    session_flags = 0


@benign("reads-open-09-b")
class PointerCleared(Imsg):
    """Every failing open clears the out pointer."""

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        if out is not None:
            out.value = None
        return super().open_session(malloc, flags, out)


@benign("clears-pointer-after-null-checks")
class PointerClearedLate(Imsg):
    """The out pointer is cleared once neither pointer was found to be NULL."""

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        if malloc is not None and out is not None:
            out.value = None
        return super().open_session(malloc, flags, out)


@benign("reads-open-12-a")
class NeedsInitialize(Imsg):
    """Nothing opens before MAPIInitialize."""

    def check_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        if not self.initialised:
            return MAPI_E_NOT_INITIALIZED
        return super().check_session(malloc, flags, out)


@benign("reads-open-13-b")
class FlagsFirst(Imsg):
    """Flags are looked at before pointers."""

    def check_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        if flags & ~self.session_flags:
            return MAPI_E_UNKNOWN_FLAGS
        return super().check_session(malloc, flags, out)


@benign("opens-from-own-heap")
class OwnHeap(Imsg):
    """A session is no block of the caller's allocator, so that lack of memory goes unnoticed."""

    addresses = count(0x5000_0000, 0x10)

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        code = self.check_session(malloc, flags, out)
        if code == S_OK and malloc is not None and out is not None:
            address = next(self.addresses)
            session = self.session_class(address, malloc, bool(flags))
            self.sessions[address] = out.value = session
        return code

    class OwnSession(MessageSession):
        """Its close frees nothing of the caller's allocator."""

        def close(self) -> None:
            self.malloc.blocks[self.address] = 0
            super().close()

    session_class = OwnSession


@benign("reads-msg-10-b")
class OwnFlagOnly(Imsg):
    """Only a message's own flag makes it a Unicode one."""

    def is_unicode(self, request: MessageRequest, content: MessageContent) -> bool:
        if request.session is None:
            return super().is_unicode(request, content)
        carried, request.session.unicode = request.session.unicode, False
        unicode = super().is_unicode(request, content)
        request.session.unicode = carried
        return unicode


@benign("reads-close-05-b-and-06-b")
class BadCloseCrashes(Imsg):
    """Closing NULL, or a session again, is undefined, and fatal here."""

    def close_session(self, session: Any) -> Any:
        if session is None or not session.open:
            raise Death
        return super().close_session(session)


@benign("reads-close-07-b")
class ShellCrashes(TopMessage):
    """A message that the close took must not be touched, and is fatal here."""

    @property
    def usable(self) -> bool:
        if self.closed:
            raise Death
        return super().usable

    def release(self) -> int:
        if self.closed:
            raise Death
        return super().release()


@benign("reads-close-09-b")
class KeptForClose(TopMessage):
    """A message released in a session lives until the session is closed."""

    def settle(self) -> None:
        if self.session is None:
            PropertyObject.settle(self)


@benign("reads-rel-05-b")
class CallbackAtRelease(TopMessage):
    """After a close the callback waits for the caller's last Release."""

    def call_release(self) -> None:
        if not self.references:
            super().call_release()

    def release(self) -> int:
        last = self.closed and self.references == 1
        left = super().release()
        if last:
            self.call_release()
        return left


@benign("storage-not-referenced", "IMSG-MSG-17")
class StorageNotReferenced(TopMessage):
    """The caller has to keep the storage until the callback."""

    def take_hold(self) -> None:
        super().take_hold()
        self.storage.release()

    def give_back(self) -> None:
        self.storage.add_ref()
        super().give_back()


@benign("mask-of-a-real-store")
class RealMask(TopMessage):
    """The support mask has the other bits of a store as well."""

    def support_mask(self) -> int:
        return super().support_mask() | 0x0000_0E79


@benign("build-flags-first")
class BuildFlagsFirst(Imsg):
    """OpenIMsgOnIStg looks at its flags before anything else."""

    def check_message(self, request: MessageRequest, out: Out | None) -> int:
        if request.flags & ~self.message_flags:
            return MAPI_E_UNKNOWN_FLAGS
        return super().check_message(request, out)


@benign("harness-without-bytes")
class WithoutBytes(Variant):
    """The harness cannot give the bytes of a storage."""

    def perform(self, call: Call) -> Outcome:
        if call.method == "world.bytes":
            return Outcome("error", {"code": NOT_EXPRESSIBLE, "message": "no bytes"})
        return super().perform(call)


@benign("file-next-counts-on")
class NextCountsOn(MessageWriter):
    """The next identifier of attachments goes on from numbers that were deleted."""

    def header(self, recipients: int, attachments: int, size: int) -> bytes:
        following = attachments + 3 if attachments else 0
        counts = (recipients, following, recipients, attachments)
        return struct.pack("<8x4I", *counts).ljust(size, b"\0")


@benign("file-arrays-without-terminator")
class WithoutTerminator(MessageWriter):
    """The strings of an array are stored without a NUL at their ends."""

    def terminator(self, tag: int) -> bytes:
        del tag
        return b""
