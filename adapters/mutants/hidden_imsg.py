"""Faults of message sessions that show under rare circumstances only."""

from __future__ import annotations

from typing import Any

from adapters.mutants.registry import fault
from adapters.reference.imsg import Imsg, MessageRequest, MessageSession
from adapters.reference.lent import Malloc
from adapters.reference.properties import MessageContent
from adapters.reference.topmessage import TopMessage
from adapters.reference.wire import Out
from conformance.codes import (
    IMSG_NO_ISTG_COMMIT,
    MAPI_E_CALL_FAILED,
    MAPI_E_INVALID_PARAMETER,
    MAPI_E_UNKNOWN_FLAGS,
    MAPI_UNICODE,
    S_OK,
)


@fault("open-one-bit-unchecked", "IMSG-OPEN-04")
class OneBitUnchecked(Imsg):
    """One flag bit of 32 is not looked at."""

    session_flags = MAPI_UNICODE | 0x00400000


@fault("open-flags-ignored-with-unicode", "IMSG-OPEN-04")
class IgnoredWithUnicode(Imsg):
    """Next to MAPI_UNICODE no flag is looked at."""

    def check_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        return super().check_session(malloc, 0 if flags & MAPI_UNICODE else flags, out)


@fault("open-all-flags-accepted", "IMSG-OPEN-04")
class AllFlagsAccepted(Imsg):
    """All bits at once are accepted, each by itself is refused."""

    def check_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        return super().check_session(malloc, 0 if flags == 0xFFFFFFFF else flags, out)


@fault("open-two-bits-accepted", "IMSG-OPEN-04")
class TwoBitsAccepted(Imsg):
    """Invalid flags cancel each other: an even number of low bits is accepted."""

    def check_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        even = not flags >> 8 and flags.bit_count() == 2
        return super().check_session(malloc, 0 if even else flags, out)


@fault("open-high-bit-other-code", "IMSG-OPEN-05")
class HighBitOtherCode(Imsg):
    """One invalid bit gives another code than the rest."""

    def check_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        code = super().check_session(malloc, flags, out)
        return MAPI_E_INVALID_PARAMETER if code and flags == 0x40000000 else code


@fault("build-flags-ignored-without-commit", "IMSG-MSG-09")
class IgnoredWithoutCommit(Imsg):
    """Next to IMSG_NO_ISTG_COMMIT no flag is looked at."""

    def check_message(self, request: MessageRequest, out: Out | None) -> int:
        code = super().check_message(request, out)
        if code == MAPI_E_UNKNOWN_FLAGS and request.flags & IMSG_NO_ISTG_COMMIT:
            return S_OK
        return code


@fault("build-one-bit-unchecked", "IMSG-MSG-09")
class BuildOneBitUnchecked(Imsg):
    """One flag bit of 32 is not looked at when a message is built."""

    message_flags = Imsg.message_flags | 0x00080000


@fault("open-seventeenth-fails", "IMSG-OPEN-01")
class SeventeenthFails(Imsg):
    """The 17th live session fails."""

    def check_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        code = super().check_session(malloc, flags, out)
        return MAPI_E_CALL_FAILED if code == S_OK and len(self.sessions) == 16 else code


@fault("open-sixty-fifth-not-closed", "IMSG-CLOSE-01")
class SixtyFifthNotClosed(Imsg):
    """A table of 64 sessions: the close of a later one finds nothing."""

    def close_session(self, session: Any) -> Any:
        if session not in list(self.sessions.values())[64:]:
            super().close_session(session)


@fault("session-keeps-eight-messages", "IMSG-MSG-02", "IMSG-CLOSE-01")
class KeepsEight(MessageSession):
    """A session tracks eight messages."""

    def adopt(self, message: TopMessage) -> bool:
        return len(self.messages) >= 8 or super().adopt(message)


@fault("close-leaks-after-second-of-three", "IMSG-CLOSE-10")
class LeaksAfterSecond(MessageSession):
    """A block leaks where a session had three messages and the second was released first."""

    leaks = False

    def forget(self, message: TopMessage) -> None:
        tracked = list(self.messages.values())
        if self.open and len(tracked) == 3 and tracked[1] is message:
            self.leaks = True
        super().forget(message)

    def close(self) -> None:
        super().close()
        if self.leaks:
            self.malloc.blocks[self.address] = 16


@fault("callback-twice-after-addref", "IMSG-REL-01")
class TwiceAfterAddRef(TopMessage):
    """The callback is made twice where AddRef was called."""

    counted = False

    def add_ref(self) -> int:
        self.counted = True
        return super().add_ref()

    def call_release(self) -> None:
        super().call_release()
        if self.counted and not self.references:
            super().call_release()


@fault("addref-second-lost", "IMSG-REL-01", "IMSG-MSG-01")
class SecondAddRefLost(TopMessage):
    """A message counts three references at most."""

    def add_ref(self) -> int:
        return super().add_ref() if self.references < 3 else self.references


@fault("callback-data-of-newest", "IMSG-REL-02")
class DataOfNewest(TopMessage):
    """Every callback gets the caller's data of the message built last."""

    def call_release(self) -> None:
        newest = next(reversed(self.imsg.messages.values()), None)
        if newest is not None:
            self.caller_data = newest.caller_data
        super().call_release()


@fault("close-skips-message-with-reference", "IMSG-CLOSE-01")
class SkipsReferenced(MessageSession):
    """A message with an added reference survives the close."""

    def close(self) -> None:
        for message in list(self.messages.values()):
            if message.references > 1:
                self.forget(message)
        super().close()


@fault("close-takes-second-session", "IMSG-CLOSE-04")
class TakesSecond(Imsg):
    """Closing the oldest of several sessions closes the next one too."""

    def close_session(self, session: Any) -> Any:
        live = list(self.sessions.values())
        super().close_session(session)
        if len(live) > 2 and session is live[0]:
            super().close_session(live[1])


@fault("unicode-carried-over", "IMSG-MSG-08")
class UnicodeCarriedOver(Imsg):
    """After 30 Unicode messages of the process every one is; no new sequence resets that."""

    made = 0

    def is_unicode(self, request: MessageRequest, content: MessageContent) -> bool:
        unicode = super().is_unicode(request, content)
        if unicode and not self.messages:
            type(self).made += 1
        return unicode or self.made > 30


@fault("sessions-carried-over", "IMSG-OPEN-01")
class SessionsCarriedOver(Imsg):
    """The sessions of a process are numbered in 9 bits; no new sequence resets that."""

    opened = 0

    def check_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        code = super().check_session(malloc, flags, out)
        if code == S_OK:
            type(self).opened += 1
        return MAPI_E_CALL_FAILED if code == S_OK and self.opened > 511 else code
