"""Simple MAPI: the mail calls that are bound to a session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from adapters.reference.mailbox import Mail, resolves
from adapters.reference.numbers import MAPI_E_UNKNOWN_RECIPIENT
from adapters.reference.sessions import Session, Sessions
from adapters.reference.wire import Out
from conformance.codes import (
    MAPI_E_FAILURE,
    MAPI_E_INSUFFICIENT_MEMORY,
    MAPI_E_INVALID_MESSAGE,
    MAPI_E_NO_MESSAGES,
    SUCCESS_SUCCESS,
)

_KNOWN_FLAGS = (
    0x0000_FFFF | 0x0004_0000 | 0x0002_0000
)  # all that any mail call defines. Source: H4, L3


class ReadMail:
    """The buffer that MAPIReadMail returns; it belongs to the caller, not to the session."""

    def __init__(self, address: int, subject: str) -> None:
        self.address = address
        self.subject = subject


class SimpleMapi(Sessions):
    """The implementation: one instance for each sequence of calls."""

    known_flags = _KNOWN_FLAGS

    def __init__(self) -> None:
        super().__init__()
        self.buffers: dict[int, ReadMail] = {}

    def check_call(self, handle: int, flags: int, reserved: int) -> int:
        """What the mail calls on an existing session check. Source: L5, L6, L8, returns."""
        code = self.check_handle(handle)
        return code if code != SUCCESS_SUCCESS else self.check_rest(flags, reserved)

    def check_optional(self, handle: int, flags: int, reserved: int) -> int:
        """The same for calls that make a session where the handle is zero. Source: L3, L7, L9."""
        if handle:
            return self.check_call(handle, flags, reserved)
        return self.check_rest(flags, reserved)

    def check_rest(self, flags: int, reserved: int) -> int:
        """Reserved has to be zero, flags have to be known; then the call takes its memory."""
        if reserved or flags & ~self.known_flags:
            return MAPI_E_FAILURE
        return SUCCESS_SUCCESS if self.allocate() else MAPI_E_INSUFFICIENT_MEMORY

    @contextmanager
    def session_for_call(self, handle: int) -> Iterator[Session]:
        """The session of a handle, or for zero one that lasts for the call (SIMPLE-CALL-03)."""
        if handle:
            yield self.handles[handle]
            return
        session = self.begin_session(shared=False)
        try:
            yield session
        finally:
            self.end_session(session)

    def find_next(
        self, handle: int, seed: str | None, flags: int, reserved: int
    ) -> tuple[int, str | None]:
        """MAPIFindNext: the message after the seed, or the first. Source: L5."""
        code = self.check_call(handle, flags, reserved)
        if code != SUCCESS_SUCCESS:
            return code, None
        known, mails = self.handles[handle].identifiers, self.mailbox.mails
        following = 0
        if seed:
            mail = known.find(seed)
            if mail is None or mail not in mails:
                return MAPI_E_INVALID_MESSAGE, None
            following = mails.index(mail) + 1
        if following == len(mails):
            return MAPI_E_NO_MESSAGES, None
        return SUCCESS_SUCCESS, known.issue(mails[following])

    def read_mail(
        self, handle: int, identifier: str | None, flags: int, reserved: int, out: Out | None
    ) -> tuple[int, str | None]:
        """MAPIReadMail: the subject, and a buffer that the caller frees. Source: L6."""
        code, mail = self.addressed_mail(handle, identifier, flags, reserved)
        if mail is None:
            return code, None
        if out is None:
            return MAPI_E_FAILURE, None
        buffer = ReadMail(self.address(), mail.subject)
        self.buffers[buffer.address] = out.value = buffer
        return SUCCESS_SUCCESS, mail.subject

    def delete_mail(self, handle: int, identifier: str | None, flags: int, reserved: int) -> int:
        """MAPIDeleteMail. Source: L8."""
        code, mail = self.addressed_mail(handle, identifier, flags, reserved)
        if mail is not None:
            self.mailbox.mails.remove(mail)
        return code

    def addressed_mail(
        self, handle: int, identifier: str | None, flags: int, reserved: int
    ) -> tuple[int, Mail | None]:
        """The stored message of a call, or why there is none."""
        code = self.check_call(handle, flags, reserved)
        if code != SUCCESS_SUCCESS:
            return code, None
        mail = self.handles[handle].identifiers.find(identifier)
        if mail is None or mail not in self.mailbox.mails:
            return MAPI_E_INVALID_MESSAGE, None
        return SUCCESS_SUCCESS, mail

    def save_mail(
        self, handle: int, identifier: str | None, subject: str | None, flags: int, reserved: int
    ) -> tuple[int, str | None]:
        """MAPISaveMail: a new message, or new content of one. Source: L7 (SIMPLE-CALL-01, -03)."""
        if identifier:
            return self.replace_mail(handle, identifier, subject, flags, reserved)
        code = self.check_optional(handle, flags, reserved)
        if code != SUCCESS_SUCCESS:
            return code, None
        with self.session_for_call(handle) as session:
            mail = Mail(subject or "")
            self.mailbox.mails.append(mail)
            return SUCCESS_SUCCESS, session.identifiers.issue(mail)

    def replace_mail(
        self, handle: int, identifier: str, subject: str | None, flags: int, reserved: int
    ) -> tuple[int, str | None]:
        """An existing message takes a session that exists."""
        code, mail = self.addressed_mail(handle, identifier, flags, reserved)
        if mail is None:
            return code, None
        mail.subject = subject or ""
        return SUCCESS_SUCCESS, identifier

    def send_mail(self, handle: int, subject: str | None, flags: int, reserved: int) -> int:
        """MAPISendMail. Source: L3 (SIMPLE-CALL-03, SIMPLE-CALL-05 reading A)."""
        code = self.check_optional(handle, flags, reserved)
        if code == SUCCESS_SUCCESS:
            with self.session_for_call(handle):
                self.mailbox.sent.append(Mail(subject or ""))
        return code

    def resolve_name(self, handle: int, name: str | None, flags: int, reserved: int) -> int:
        """MAPIResolveName. Source: L9 (SIMPLE-CALL-03, SIMPLE-CALL-05 reading A)."""
        code = self.check_optional(handle, flags, reserved)
        if code != SUCCESS_SUCCESS:
            return code
        with self.session_for_call(handle):
            return SUCCESS_SUCCESS if resolves(name) else MAPI_E_UNKNOWN_RECIPIENT

    def free_buffer(self, buffer: object) -> int:
        """MAPIFreeBuffer; NULL is nothing to free. Source: D20, L10 (SIMPLE-MEM-01, -02)."""
        if buffer is None:
            return SUCCESS_SUCCESS
        freed = self.buffers.pop(getattr(buffer, "address", 0), None)
        return MAPI_E_FAILURE if freed is None else SUCCESS_SUCCESS
