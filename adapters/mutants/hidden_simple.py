"""Faults of Simple MAPI that show under rare circumstances only."""

from __future__ import annotations

from adapters.mutants.registry import fault
from adapters.reference.mailbox import Mail
from adapters.reference.sessions import Session
from adapters.reference.simple import ReadMail, SimpleMapi
from adapters.reference.wire import Out
from conformance.codes import (
    MAPI_E_FAILURE,
    MAPI_E_INVALID_SESSION,
    MAPI_E_TOO_MANY_SESSIONS,
    SUCCESS_SUCCESS,
)


@fault("logoff-neighbour-accepted", "SIMPLE-LOGOFF-04")
class NeighbourAccepted(SimpleMapi):
    """The handle after a good one is good as well."""

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        if handle - 1 in self.handles:
            handle -= 1
        return super().logoff(handle, flags, reserved)


@fault("logoff-low-half-compared", "SIMPLE-LOGOFF-04")
class LowHalfCompared(SimpleMapi):
    """Only the low 32 bits of a handle are compared."""

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        return super().logoff(handle & 0xFFFFFFFF, flags, reserved)


@fault("logoff-sign-ignored", "SIMPLE-LOGOFF-04")
class SignIgnored(SimpleMapi):
    """The highest of 32 bits of a handle is ignored."""

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        return super().logoff(handle & ~0x80000000, flags, reserved)


@fault("logoff-one-bit-unchecked", "SIMPLE-LOGOFF-05")
class OneBitUnchecked(SimpleMapi):
    """One flag bit of 32 is not looked at."""

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        return super().logoff(handle, flags & ~0x02000000, reserved)


@fault("handle-revives-after-four-logons", "SIMPLE-LOGOFF-02")
class RevivesAfterFour(SimpleMapi):
    """A dead handle is good again after four more logons."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: dict[int, int] = {}
        self.logons = 0

    def issue_handle(self, session: Session) -> int:
        self.logons += 1
        return super().issue_handle(session)

    def retire_handle(self, handle: int) -> None:
        self.ended[handle] = self.logons
        super().retire_handle(handle)

    def logoff(self, handle: int, flags: int, reserved: int) -> int:
        if handle in self.ended and self.logons - self.ended[handle] >= 4 and not flags:
            return SUCCESS_SUCCESS
        return super().logoff(handle, flags, reserved)


@fault("handle-counter-wraps", "SIMPLE-LOGON-07")
class CounterWraps(SimpleMapi):
    """The 17th handle of a sequence is the first one again, live or not."""

    def issue_handle(self, session: Session) -> int:
        handle = super().issue_handle(session)
        wrapped = (handle - self.first_handle) % (16 * self.handle_step) + self.first_handle
        if wrapped != handle:
            del self.handles[handle]
            replaced = self.handles.get(wrapped)
            if replaced is not None:
                replaced.handles -= 1
            self.handles[wrapped] = session
        return wrapped


@fault("logoff-oldest-when-many", "SIMPLE-LOGOFF-01", "SIMPLE-LOGOFF-02", "SIMPLE-LOGOFF-10")
class OldestWhenMany(SimpleMapi):
    """With more than eight handles a logoff ends the oldest one."""

    def retire_handle(self, handle: int) -> None:
        super().retire_handle(next(iter(self.handles)) if len(self.handles) > 8 else handle)


@fault("logoff-owner-ends-all", "SIMPLE-LOGOFF-10")
class OwnerEndsAll(SimpleMapi):
    """The logoff of the handle that made the shared session ends it for all."""

    def retire_handle(self, handle: int) -> None:
        session = self.handles[handle]
        mine = [other for other, of in self.handles.items() if of is session]
        for other in mine if handle == mine[0] else [handle]:
            super().retire_handle(other)


@fault("logoff-room-miscounted", "SIMPLE-LOGON-03")
class RoomMiscounted(SimpleMapi):
    """Only the logoff of the newest session makes room."""

    taken = 0

    def begin_session(self, shared: bool) -> Session:
        self.taken = max(self.taken, len(self.sessions) + 1)
        return super().begin_session(shared)

    def retire_handle(self, handle: int) -> None:
        if handle == next(reversed(self.handles)):
            self.taken -= 1
        super().retire_handle(handle)

    def check_new_session(self, profile: str | None, password: str | None) -> int:
        if self.taken >= self.most_sessions:
            return MAPI_E_TOO_MANY_SESSIONS
        return super().check_new_session(profile, password)


@fault("logon-flags-odd-bit-fails", "SIMPLE-LOGON-08")
class OddBitFails(SimpleMapi):
    """One undefined flag bit gives a code that is meant for something else."""

    def logon(
        self, profile: str | None, password: str | None, flags: int, reserved: int, out: Out | None
    ) -> int:
        code = super().logon(profile, password, flags, reserved, out)
        return MAPI_E_TOO_MANY_SESSIONS + 1 if code and flags & 0x01000000 else code


@fault("logons-carried-over", "SIMPLE-LOGON-01")
class LogonsCarriedOver(SimpleMapi):
    """The 600th logon of a process fails; no new sequence resets that."""

    logons = 0

    def issue_handle(self, session: Session) -> int:
        type(self).logons += 1
        return super().issue_handle(session)

    def check_new_session(self, profile: str | None, password: str | None) -> int:
        code = super().check_new_session(profile, password)
        return MAPI_E_FAILURE if not code and self.logons >= 600 else code


@fault("probe-carried-over", "SIMPLE-LOGON-05")
class ProbeCarriedOver(SimpleMapi):
    """The probe finds what an earlier sequence opened, and makes it anew."""

    shared_before = 0

    def begin_session(self, shared: bool) -> Session:
        if shared:
            type(self).shared_before += 1
        return super().begin_session(shared)

    def check_new_session(self, profile: str | None, password: str | None) -> int:
        if not profile and self.shared_before > 40:
            return SUCCESS_SUCCESS
        return super().check_new_session(profile, password)


@fault("save-dead-handle-saves", "SIMPLE-CALL-02")
class SaveDeadSaves(SimpleMapi):
    """A new message is refused on a handle that was logged off, and saved all the same."""

    def save_mail(
        self, handle: int, identifier: str | None, subject: str | None, flags: int, reserved: int
    ) -> tuple[int, str | None]:
        code, saved = super().save_mail(handle, identifier, subject, flags, reserved)
        if code == MAPI_E_INVALID_SESSION and handle and not identifier:
            self.mailbox.mails.append(Mail(subject or ""))
        return code, saved


@fault("read-dead-handle-gives-message", "SIMPLE-CALL-02")
class ReadDeadGives(SimpleMapi):
    """Reading on a handle that was logged off fails, and gives the message."""

    def read_mail(
        self, handle: int, identifier: str | None, flags: int, reserved: int, out: Out | None
    ) -> tuple[int, str | None]:
        code, subject = super().read_mail(handle, identifier, flags, reserved, out)
        if code == MAPI_E_INVALID_SESSION and handle and identifier and out is not None:
            out.value = self.buffers[0] = ReadMail(self.address(), "")
        return code, subject
