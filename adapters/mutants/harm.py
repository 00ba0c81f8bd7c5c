"""Faults of closing what is no open session: harm to others (IMSG-CLOSE-05 to -07), and kin."""

from __future__ import annotations

from typing import Any

from adapters.mutants.registry import fault
from adapters.reference.imsg import Imsg, MessageSession
from adapters.reference.topmessage import TopMessage
from conformance.codes import S_OK


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
