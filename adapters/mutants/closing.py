"""Faults of CloseIMsgSession (IMSG-CLOSE)."""

from __future__ import annotations

from typing import Any

from adapters.mutants.registry import Death, fault
from adapters.reference.attachment import Attachment
from adapters.reference.imsg import Imsg, MessageSession
from adapters.reference.message import EmbeddedMessage
from adapters.reference.topmessage import TopMessage
from conformance.codes import MAPI_E_NO_ACCESS


@fault("close-does-nothing", "IMSG-CLOSE-01")
class DoesNothing(Imsg):
    """The close is an empty function."""

    def close_session(self, session: Any) -> Any:
        del session
        return None


@fault("close-empty-does-nothing", "IMSG-CLOSE-01")
class EmptyDoesNothing(Imsg):
    """A session without messages stays open."""

    def close_session(self, session: Any) -> Any:
        if isinstance(session, MessageSession) and session.messages:
            super().close_session(session)


@fault("close-leaves-messages", "IMSG-CLOSE-01")
class LeavesMessages(MessageSession):
    """The messages of the session stay open."""

    def close(self) -> None:
        for message in list(self.messages.values()):
            self.forget(message)
        super().close()


@fault("close-leaves-storage-locked", "IMSG-CLOSE-01")
class LeavesStorage(MessageSession):
    """The messages are closed, but their storages stay referenced."""

    def close(self) -> None:
        for message in self.messages.values():
            message.storage.add_ref()
        super().close()


@fault("close-crashes-with-messages", "IMSG-CLOSE-01")
class CrashesWithMessages(MessageSession):
    """Closing a session with open messages is fatal."""

    def close(self) -> None:
        if self.messages:
            raise Death
        super().close()


@fault("close-skips-attachments", "IMSG-CLOSE-02")
class SkipsAttachments(TopMessage):
    """Parts stay open at the close, and hold the storage through their message."""

    def close(self) -> None:
        if self.references and self.parts:
            self.storage.add_ref()
            self.parts.clear()
        super().close()


@fault("close-crashes-with-attachments", "IMSG-CLOSE-02")
class CrashesWithAttachments(TopMessage):
    """Closing a session whose message has open parts is fatal."""

    def close(self) -> None:
        if self.references and self.parts:
            raise Death
        super().close()


@fault("close-returns-code", "IMSG-CLOSE-03")
class ReturnsCode(Imsg):
    """The close returns a code, as its siblings do."""

    def close_session(self, session: Any) -> Any:
        super().close_session(session)
        return 0


@fault("close-raises", "IMSG-CLOSE-03")
class Raises(Imsg):
    """The close of a session with messages raises an error after its work."""

    def close_session(self, session: Any) -> Any:
        complains = isinstance(session, MessageSession) and bool(session.messages)
        super().close_session(session)
        if complains:
            raise RuntimeError("messages were still open")


@fault("close-takes-all-sessions", "IMSG-CLOSE-04")
class TakesAllSessions(Imsg):
    """Closing one session closes every one."""

    def close_session(self, session: Any) -> Any:
        if isinstance(session, MessageSession) and session.open:
            for each in list(self.sessions.values()):
                super().close_session(each)


@fault("close-takes-foreign-messages", "IMSG-CLOSE-04", "IMSG-MSG-03")
class TakesForeignMessages(Imsg):
    """Closing a session closes every message of the process."""

    def close_session(self, session: Any) -> Any:
        closes = isinstance(session, MessageSession) and session.open
        super().close_session(session)
        for message in list(self.messages.values()) if closes else ():
            message.close()


@fault("close-null-crashes", "IMSG-CLOSE-05", readings={"IMSG-CLOSE-05": "A"})
class NullCrashes(Imsg):
    """Closing NULL is fatal."""

    def close_session(self, session: Any) -> Any:
        if session is None:
            raise Death
        return super().close_session(session)


@fault("close-twice-crashes", "IMSG-CLOSE-06", readings={"IMSG-CLOSE-06": "A"})
class TwiceCrashes(Imsg):
    """Closing a session again is fatal."""

    def close_session(self, session: Any) -> Any:
        if isinstance(session, MessageSession) and not session.open:
            raise Death
        return super().close_session(session)


@fault("close-shell-works", "IMSG-CLOSE-07", readings={"IMSG-CLOSE-07": "A"})
class ShellWorks(TopMessage):
    """A message that the close took goes on working, without its storage."""

    @property
    def usable(self) -> bool:
        return self.references > 0

    def store(self) -> int:
        return MAPI_E_NO_ACCESS if self.closed else super().store()


@fault("release-then-close-frees-again", "IMSG-CLOSE-08")
class FreesAgain(MessageSession):
    """A message that was released before the close is freed a second time."""

    released = 0

    def forget(self, message: TopMessage) -> None:
        if self.open:
            self.released = message.address
        super().forget(message)

    def close(self) -> None:
        super().close()
        if self.released:
            self.malloc.free(self.released)


@fault("release-then-close-calls-again", "IMSG-CLOSE-08", "IMSG-REL-01")
class CallsAgain(MessageSession):
    """A message that was released before the close gets a second callback."""

    released: TopMessage | None = None

    def forget(self, message: TopMessage) -> None:
        if self.open:
            self.released = message
        super().forget(message)

    def close(self) -> None:
        super().close()
        if self.released is not None:
            self.released.call_release()


@fault("release-keeps-every-second", "IMSG-CLOSE-09")
class KeepsEverySecond(Imsg):
    """Every second message released in a session is kept until the close."""

    class Message(TopMessage):
        """Its release may leave it to the close."""

        def settle(self) -> None:
            keeps = self.session is not None and self.address % 0x20
            if not keeps or not self.session or not self.session.open:
                super().settle()

    message_class = Message


@fault("close-forgets-released", "IMSG-CLOSE-01", "IMSG-CLOSE-09", "IMSG-CLOSE-10")
class ForgetsReleased(TopMessage):
    """Neither the last release in a session nor the close frees the message."""

    def settle(self) -> None:
        if self.session is None:
            super().settle()
        elif not self.references and not self.parts:
            self.session.forget(self)


@fault("close-leaks-block", "IMSG-CLOSE-10")
class LeaksBlock(MessageSession):
    """The session's own memory is not freed."""

    def close(self) -> None:
        super().close()
        self.malloc.blocks[self.address] = 48


@fault("close-releases-storage-twice", "IMSG-CLOSE-01", "IMSG-CLOSE-10")
class ReleasesStorageTwice(TopMessage):
    """The close of a session gives up the caller's own reference to a storage too."""

    def give_back(self) -> None:
        if self.session is not None and not self.session.open:
            self.storage.release()
        super().give_back()


@fault("close-skips-nested-parts", "IMSG-CLOSE-02", "IMSG-CLOSE-10")
class SkipsNestedParts(EmbeddedMessage):
    """What was opened from an embedded message is not closed with it."""

    def close(self) -> None:
        self.parts.clear()
        super().close()


@fault("build-without-memory-keeps-allocator", "IMSG-CLOSE-10")
class WithoutMemoryKeepsAllocator(MessageSession):
    """A message that there is no memory for leaves a reference to the allocator behind."""

    def adopt(self, message: TopMessage) -> bool:
        adopted = super().adopt(message)
        if not adopted:
            self.malloc.add_ref()
        return adopted


@fault("close-leaks-attachment-block", "IMSG-CLOSE-10", "IMSG-CLOSE-02")
class LeaksAttachmentBlock(Attachment):
    """An attachment that the close took is not freed."""

    def give_back(self) -> None:
        if not self.references or not self.message.closed:
            super().give_back()


@fault("close-order-matters", "IMSG-CLOSE-01", "IMSG-CLOSE-04")
class OrderMatters(Imsg):
    """The close ends the session opened last, whichever was meant."""

    def close_session(self, session: Any) -> Any:
        if isinstance(session, MessageSession) and session.open:
            super().close_session(list(self.sessions.values())[-1])


@fault("parts-never-close", "IMSG-CLOSE-10", "IMSG-MSG-03", "IMSG-MSG-17")
class PartsNeverClose(TopMessage):
    """A message whose attachment outlived its last release is never freed."""

    def part_closed(self, number: int) -> None:
        self.parts.pop(number, None)
