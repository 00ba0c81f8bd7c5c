"""Faults of the release callback (IMSG-REL)."""

from __future__ import annotations

from types import SimpleNamespace

from adapters.mutants.registry import Death, fault
from adapters.reference.attachment import Attachment
from adapters.reference.imsg import MessageSession
from adapters.reference.message import EmbeddedMessage
from adapters.reference.topmessage import TopMessage


@fault("callback-never", "IMSG-REL-01")
class Never(TopMessage):
    """The callback is never made."""

    def call_release(self) -> None:
        return


@fault("callback-every-release", "IMSG-REL-01")
class EveryRelease(TopMessage):
    """Every Release makes the callback."""

    def release(self) -> int:
        if self.references > 1:
            self.call_release()
        return super().release()


@fault("callback-twice", "IMSG-REL-01")
class Twice(TopMessage):
    """The callback is made twice at the last release."""

    def call_release(self) -> None:
        super().call_release()
        if not self.references:
            super().call_release()


@fault("callback-null-crashes", "IMSG-REL-01", "IMSG-MSG-03")
class NullCrashes(TopMessage):
    """Without a callback the last release is fatal."""

    def call_release(self) -> None:
        if self.callback is None:
            raise Death
        super().call_release()


@fault("callback-data-zero", "IMSG-REL-02")
class DataZero(TopMessage):
    """The callback gets zero for the caller's data."""

    def call_release(self) -> None:
        self.caller_data = 0
        super().call_release()


@fault("callback-data-truncated", "IMSG-REL-02")
class DataTruncated(TopMessage):
    """The caller's data loses its highest bit."""

    def call_release(self) -> None:
        self.caller_data &= 0x7FFFFFFF
        super().call_release()


@fault("callback-passes-session", "IMSG-REL-02")
class PassesSession(TopMessage):
    """The callback gets the session instead of the message."""

    def call_release(self) -> None:
        if self.callback is not None:
            self.callback(self.caller_data, self.session or SimpleNamespace(address=0))


@fault("callback-before-storage-release", "IMSG-REL-03")
class BeforeStorageRelease(TopMessage):
    """The storage is released after the callback."""

    def close(self) -> None:
        self.storage.add_ref()
        super().close()
        self.storage.release()


@fault("callback-then-commit", "IMSG-REL-03")
class ThenCommit(TopMessage):
    """The storage is committed after the callback at a close."""

    def call_release(self) -> None:
        super().call_release()
        if self.references and self.callback is not None and self.storage.references > 0:
            self.storage.commit()


@fault("callback-for-attachments", "IMSG-REL-04")
class ForAttachments(Attachment):
    """Each attachment makes a callback of its own."""

    def leave(self) -> None:
        super().leave()
        message = self.message
        if isinstance(message, TopMessage) and message.callback is not None:
            message.callback(message.caller_data, self)


@fault("callback-for-embedded-messages", "IMSG-REL-04")
class ForEmbedded(EmbeddedMessage):
    """An embedded message makes the callback of its top-level message."""

    def leave(self) -> None:
        super().leave()
        message = self.attachment.message
        if isinstance(message, TopMessage) and not message.closed:
            message.call_release()


@fault("callback-not-at-close", "IMSG-REL-05")
class NotAtClose(TopMessage):
    """A message that the close took is never called back, not at its last Release either."""

    def call_release(self) -> None:
        if not self.references:
            super().call_release()


@fault("callback-twice-at-close", "IMSG-REL-05", "IMSG-REL-01")
class TwiceAtClose(MessageSession):
    """The close makes the callback twice."""

    def close(self) -> None:
        messages = list(self.messages.values())
        super().close()
        for message in messages:
            message.call_release()


@fault("callback-at-close-and-release", "IMSG-REL-05", "IMSG-REL-01")
class AtCloseAndRelease(TopMessage):
    """The callback is made at the close, and again at the last Release."""

    def release(self) -> int:
        again = self.closed and self.references == 1
        left = super().release()
        if again:
            self.call_release()
        return left


@fault("callback-at-close-alternates", "IMSG-REL-05")
class AtCloseAlternates(TopMessage):
    """Some closes make the callback, after others it waits for the last Release."""

    def call_release(self) -> None:
        if not (self.references and self.address % 0x20):
            super().call_release()

    def release(self) -> int:
        waits = self.closed and self.references == 1 and self.address % 0x20
        left = super().release()
        if waits:
            self.call_release()
        return left
