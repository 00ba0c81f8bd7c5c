"""Faults of the calls bound to a session (SIMPLE-CALL, SIMPLE-MEM, SIMPLE-CONV)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from adapters.mutants.registry import Alternating, Death, fault
from adapters.reference.mailbox import Mail
from adapters.reference.sessions import Session
from adapters.reference.simple import SimpleMapi
from adapters.reference.wire import Out
from conformance.codes import (
    MAPI_E_FAILURE,
    MAPI_E_INVALID_MESSAGE,
    MAPI_E_INVALID_PARAMETER,
    MAPI_E_INVALID_SESSION,
    MAPI_E_UNKNOWN_FLAGS,
    S_OK,
    SUCCESS_SUCCESS,
)


@fault("find-zero-accepted", "SIMPLE-CALL-01")
class FindZeroAccepted(SimpleMapi):
    """MAPIFindNext makes itself a session where the handle is zero."""

    def find_next(
        self, handle: int, seed: str | None, flags: int, reserved: int
    ) -> tuple[int, str | None]:
        if handle:
            return super().find_next(handle, seed, flags, reserved)
        with self.session_for_call(0) as session:
            return SUCCESS_SUCCESS, session.identifiers.issue(self.mailbox.mails[0])


@fault("mail-zero-means-newest", "SIMPLE-CALL-01")
class ZeroMeansNewest(SimpleMapi):
    """Reading and deleting take zero for the newest session."""

    def addressed_mail(
        self, handle: int, identifier: str | None, flags: int, reserved: int
    ) -> tuple[int, Mail | None]:
        newest = next(reversed(self.handles), 0)
        return super().addressed_mail(handle or newest, identifier, flags, reserved)


@fault("find-dead-handle-works", "SIMPLE-CALL-02")
class FindDeadWorks(SimpleMapi):
    """MAPIFindNext finds messages on any handle but zero."""

    def find_next(
        self, handle: int, seed: str | None, flags: int, reserved: int
    ) -> tuple[int, str | None]:
        code, found = super().find_next(handle, seed, flags, reserved)
        return (
            (SUCCESS_SUCCESS, "0") if code == MAPI_E_INVALID_SESSION and handle else (code, found)
        )


@fault("mail-dead-handle-code", "SIMPLE-CALL-02")
class DeadHandleCode(SimpleMapi):
    """Reading and deleting call a dead handle a wrong message."""

    def addressed_mail(
        self, handle: int, identifier: str | None, flags: int, reserved: int
    ) -> tuple[int, Mail | None]:
        code, mail = super().addressed_mail(handle, identifier, flags, reserved)
        return (MAPI_E_INVALID_MESSAGE if code == MAPI_E_INVALID_SESSION else code), mail


@fault("mail-dead-handle-deletes", "SIMPLE-CALL-02")
class DeadHandleDeletes(SimpleMapi):
    """Deleting on a dead handle gives the right code, and deletes a message."""

    def delete_mail(self, handle: int, identifier: str | None, flags: int, reserved: int) -> int:
        code = super().delete_mail(handle, identifier, flags, reserved)
        if code == MAPI_E_INVALID_SESSION and self.mailbox.mails:
            del self.mailbox.mails[0]
        return code


@fault("call-session-leaks", "SIMPLE-CALL-03")
class CallSessionLeaks(SimpleMapi):
    """The session of a call outlives it."""

    @contextmanager
    def session_for_call(self, handle: int) -> Iterator[Session]:
        yield self.handles[handle] if handle else self.begin_session(shared=False)


@fault("send-zero-refused", "SIMPLE-CALL-03")
class SendZeroRefused(SimpleMapi):
    """Sending needs a session."""

    def send_mail(self, handle: int, subject: str | None, flags: int, reserved: int) -> int:
        return super().send_mail(handle, subject, flags, reserved) if handle else MAPI_E_FAILURE


@fault("resolve-session-leaks", "SIMPLE-CALL-03")
class ResolveSessionLeaks(SimpleMapi):
    """The session that MAPIResolveName makes outlives the call where the name is unknown."""

    def resolve_name(self, handle: int, name: str | None, flags: int, reserved: int) -> int:
        code = super().resolve_name(handle, name, flags, reserved)
        if code and not handle:
            self.begin_session(shared=False)
        return code


@fault("identifiers-mean-another-message", "SIMPLE-CALL-04")
class IdentifiersReused(SimpleMapi):
    """An identifier of an ended session acts on the first message there is."""

    def addressed_mail(
        self, handle: int, identifier: str | None, flags: int, reserved: int
    ) -> tuple[int, Mail | None]:
        code, mail = super().addressed_mail(handle, identifier, flags, reserved)
        if code == MAPI_E_INVALID_MESSAGE and identifier and self.mailbox.mails:
            return SUCCESS_SUCCESS, self.mailbox.mails[-1]
        return code, mail


@fault("send-bad-handle-is-zero", "SIMPLE-CALL-05")
class BadHandleIsZero(SimpleMapi):
    """Sending and resolving take a bad handle for zero."""

    def check_optional(self, handle: int, flags: int, reserved: int) -> int:
        return super().check_optional(handle if handle in self.handles else 0, flags, reserved)

    @contextmanager
    def session_for_call(self, handle: int) -> Iterator[Session]:
        with super().session_for_call(handle if handle in self.handles else 0) as session:
            yield session


@fault("send-bad-handle-alternates", "SIMPLE-CALL-05")
class BadHandleAlternates(Alternating, SimpleMapi):
    """Sending on a bad handle gives 19 on one call, and 2 on the next."""

    def send_mail(self, handle: int, subject: str | None, flags: int, reserved: int) -> int:
        code = super().send_mail(handle, subject, flags, reserved)
        return MAPI_E_FAILURE if code == MAPI_E_INVALID_SESSION and self.turn() else code


@fault("free-null-fails", "SIMPLE-MEM-02")
class FreeNullFails(SimpleMapi):
    """Freeing NULL is a failure."""

    def free_buffer(self, buffer: object) -> int:
        return MAPI_E_FAILURE if buffer is None else super().free_buffer(buffer)


@fault("free-null-crashes", "SIMPLE-MEM-02")
class FreeNullCrashes(SimpleMapi):
    """Freeing NULL is fatal."""

    def free_buffer(self, buffer: object) -> int:
        if buffer is None:
            raise Death
        return super().free_buffer(buffer)


@fault("convert-simple-codes", "SIMPLE-CONV-01")
class SimpleCodes(SimpleMapi):
    """The conversion answers with the codes of Simple MAPI."""

    def convert(self, handle: int, flags: int, out: Out | None) -> int:
        code = super().convert(handle, flags, out)
        codes = {
            MAPI_E_INVALID_PARAMETER: MAPI_E_INVALID_SESSION,
            MAPI_E_UNKNOWN_FLAGS: MAPI_E_FAILURE,
        }
        return codes.get(code, code)


@fault("convert-flags-ignored", "SIMPLE-CONV-01")
class ConvertFlagsIgnored(SimpleMapi):
    """The conversion ignores flags."""

    def convert(self, handle: int, flags: int, out: Out | None) -> int:
        del flags
        return super().convert(handle, 0, out)


@fault("convert-dead-handle", "SIMPLE-CONV-01")
class ConvertDeadHandle(SimpleMapi):
    """The conversion takes any handle."""

    def convert(self, handle: int, flags: int, out: Out | None) -> int:
        code = super().convert(handle, flags, out)
        known = code != MAPI_E_INVALID_PARAMETER or out is None or not handle
        return code if known else S_OK


@fault("logoff-frees-buffers", "SIMPLE-MEM-01")
class LogoffFreesBuffers(SimpleMapi):
    """Logging off frees what was read."""

    def retire_handle(self, handle: int) -> None:
        super().retire_handle(handle)
        self.buffers.clear()
