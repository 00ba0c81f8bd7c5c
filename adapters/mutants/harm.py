"""Faults of closing what is no open session: harm to others (IMSG-CLOSE-05 to -07), and kin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from adapters.mutants.registry import Variant, benign, fault
from adapters.reference.imsg import Imsg, MessageSession
from adapters.reference.objects import Result
from adapters.reference.topmessage import TopMessage
from conformance.codes import S_OK
from conformance.trace import Call, Outcome

_SUBJECT: Final = 0x0037


@fault("close-null-closes-newest", "IMSG-CLOSE-05")
class NullClosesNewest(Imsg):
    """Closing NULL closes the session opened last."""

    def close_session(self, session: Any) -> Any:
        if session is None and self.sessions:
            session = list(self.sessions.values())[-1]
        return super().close_session(session)


@fault("close-twice-closes-another", "IMSG-CLOSE-06")
class TwiceClosesAnother(Imsg):
    """Closing a session again closes the one opened last."""

    def close_session(self, session: Any) -> Any:
        again = isinstance(session, MessageSession) and not session.open
        if again and self.sessions:
            session = list(self.sessions.values())[-1]
        return super().close_session(session)


@fault("close-twice-kills-messages", "IMSG-CLOSE-06")
class TwiceKillsMessages(Imsg):
    """Closing a session again leaves the messages of other sessions unusable."""

    class Message(TopMessage):
        """Not usable any more once it was hit."""

        hit = False

        @property
        def usable(self) -> bool:
            return super().usable and not self.hit

    message_class = Message

    def close_session(self, session: Any) -> Any:
        if isinstance(session, MessageSession) and not session.open:
            for message in self.messages.values():
                message.hit = True  # type: ignore[attr-defined]
        return super().close_session(session)


@fault("close-twice-frees-again", "IMSG-CLOSE-06")
class TwiceFreesAgain(Imsg):
    """Closing a session again frees its memory again."""

    def close_session(self, session: Any) -> Any:
        if isinstance(session, MessageSession) and not session.open:
            session.malloc.free(session.address)
        return super().close_session(session)


@fault("close-shell-writes", "IMSG-CLOSE-07")
class ShellWrites(TopMessage):
    """A message that the close took answers nothing, but still saves."""

    def save_changes(self, flags: int) -> int:
        if not self.closed or not self.references:
            return super().save_changes(flags)
        self.storage.commit()
        return S_OK


@fault("message-leaves-buffer", "IMSG-CLOSE-10", "IMSG-MSG-03")
class LeavesBuffer(TopMessage):
    """A block of the caller's routines that a message works with is never freed."""

    work = 0

    def take_hold(self) -> None:
        super().take_hold()
        self.work = self.services.routines.chain(64, [])


@fault("message-leaves-buffer-of-text", "IMSG-CLOSE-10", "IMSG-MSG-03")
class LeavesBufferOfText(TopMessage):
    """Reading a text property leaves a block of the caller's routines behind."""

    def get_props(self, tags: Sequence[int]) -> Result:
        if self.usable and any(tag >> 16 == _SUBJECT for tag in tags):
            self.services.routines.chain(64, [])
        return super().get_props(tags)


@benign("message-works-with-buffer")
class WorksWithBuffer(LeavesBuffer):
    """A message works with a block of the caller's routines, and frees it at its end."""

    def give_back(self) -> None:
        free = self.services.routines.free
        assert free is not None
        free(self.work)
        super().give_back()


@benign("harness-frees-late")
class FreesLate(Variant):
    """The harness frees what it was handed when the sequence is over."""

    def perform(self, call: Call) -> Outcome:
        outcome = super().perform(call)
        if call.method == "begin" and call.params["family"] == "imsg":
            harness: Any = getattr(self._methods["observe"], "__self__")  # noqa: B009 - a bound method
            buffers = harness.world.buffers
            freed = buffers.free
            buffers.free = lambda address: None if address in buffers.chains else freed(address)
        return outcome
