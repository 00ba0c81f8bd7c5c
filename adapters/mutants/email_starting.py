"""Faults of single starts of email sessions, and of starts that fail (EMAIL-START-01, -02)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from adapters.mutants.registry import Death, EmailVariant, fault
from adapters.reference.email import Email, Identity, Wish, but_for
from adapters.reference.mailclients import Imap, MailError, MailSession, Pop3, Smtp
from conformance.trace import Call, Outcome


class Lazy:
    """A session that connects when it is used for the first time."""

    def __init__(self, email: Email, wish: Wish, user: str, password: str) -> None:
        self.protocol = wish.protocol
        self.made: MailSession | None = None
        self._make: Callable[[], MailSession] = partial(
            Email.connected, email, wish, user, password
        )

    def __getattr__(self, name: str) -> Any:
        self.made = self.made or self._make()
        return getattr(self.made, name)

    def end(self) -> None:
        if self.made is not None:
            self.made.end()


@fault("email-start-without-login", "EMAIL-START-01", "EMAIL-START-02")
class StartWithoutLogin(Email):
    """A start succeeds before anything is connected."""

    def connected(self, wish: Wish, user: str, password: str) -> Any:
        return Lazy(self, wish, user, password)


@fault("email-smtp-without-login", "EMAIL-START-01")
class SmtpWithoutLogin(Email):
    """SMTP sessions connect at their first use, where the server would let them in."""

    def connected(self, wish: Wish, user: str, password: str) -> Any:
        session = super().connected(wish, user, password)
        if wish.protocol != "smtp":
            return session
        session.line.hang_up()
        return Lazy(self, wish, user, password)


@fault("email-start-second-protocol-fails", "EMAIL-START-01")
class SecondProtocolFails(Email):
    """A name that has a POP3 session cannot start an IMAP session."""

    def start(self, identity: Identity, user: str, password: str, wishes: Sequence[Wish]) -> bool:
        if wishes[0].protocol == "imap" and "pop3" in self.sessions.get(identity, {}):
            return self.failed(MailError("there is a session already"))
        return super().start(identity, user, password, wishes)


@fault("email-start-crashes-on-domain", "EMAIL-START-01")
class CrashesOnDomain(Email):
    """A user name with a domain crashes the IMAP start."""

    def start(self, identity: Identity, user: str, password: str, wishes: Sequence[Wish]) -> bool:
        if "@" in user and wishes[0].protocol == "imap":
            raise Death
        return super().start(identity, user, password, wishes)


class _CountsFromZero(Imap):
    def count(self) -> int:
        return super().count() - 1


@fault("email-imap-count-one-less", "EMAIL-START-01", "EMAIL-START-03")
class ImapCountOneLess(Email):
    """IMAP mails are counted from zero."""

    kinds = but_for(imap=_CountsFromZero)


class _Swallows(Smtp):
    def send(self, sender: str, to: str, subject: str) -> None:
        """Nothing leaves."""


@fault("email-send-swallowed", "EMAIL-START-01")
class SendSwallowed(Email):
    """A mail is sent with success, and the server never sees it."""

    kinds = but_for(smtp=_Swallows)


@fault("email-failure-returns-true", "EMAIL-START-02")
class FailureReturnsTrue(Email):
    """A refused connection is no failure of the start."""

    def failed(self, failure: MailError) -> bool:
        super().failed(failure)
        return "connection" in str(failure)


@fault("email-wrong-password-accepted", "EMAIL-START-02")
class WrongPasswordAccepted(Email):
    """An SMTP start takes no notice of a refused login."""

    def connected(self, wish: Wish, user: str, password: str) -> Any:
        try:
            return super().connected(wish, user, password)
        except MailError:
            if wish.protocol == "smtp":
                return Lazy(self, wish, user, password)
            raise


@fault("email-failure-raises", "EMAIL-START-02")
class FailureRaises(Email):
    """A start raises where the login is refused."""

    def failed(self, failure: MailError) -> bool:
        if "login" in str(failure):
            raise failure
        return super().failed(failure)


@fault("email-failure-without-text", "EMAIL-START-02")
class FailureWithoutText(EmailVariant):
    """After a failed start ErrorInfo has no text."""

    def perform(self, call: Call) -> Outcome:
        outcome = super().perform(call)
        if call.method == "ErrorInfo":
            return Outcome("result", {**outcome.body, "message": ""})
        return outcome


@fault("email-failure-unnoticed", "EMAIL-START-02")
class FailureUnnoticed(EmailVariant):
    """ErrorInfo has a text, and says that no error occurred."""

    def perform(self, call: Call) -> Outcome:
        outcome = super().perform(call)
        if call.method == "ErrorInfo":
            return Outcome("result", {**outcome.body, "occurred": False})
        return outcome


class _Leaks(Pop3):
    """Leaves the connection of a refused login open, as the standard library does."""

    kept: list[Any] = []  # noqa: RUF012 - it outlives the object: that is the leak

    def log_in(self, user: str, password: str) -> Any:
        line = self.line
        try:
            return super().log_in(user, password)
        except Exception:
            _Leaks.kept.append(line)
            self.line = _Deaf()  # type: ignore[assignment]
            raise


class _Deaf:
    """Stands for a line, and does not hang up."""

    def hang_up(self) -> None:
        """Leave everything as it is."""


@fault("email-failed-login-leaks", "EMAIL-START-02")
class FailedLoginLeaks(Email):
    """The connection of a POP3 login that was refused stays open."""

    kinds = but_for(pop3=_Leaks)


@fault("email-failed-start-ends-another", "EMAIL-START-02")
class FailedStartEndsAnother(Email):
    """A start that fails ends the session that was started last."""

    def failed(self, failure: MailError) -> bool:
        if self.sessions and "login" in str(failure):
            self.close(list(self.sessions)[-1])
        return super().failed(failure)


@fault("email-failed-start-blocks-name", "EMAIL-START-02")
class FailedStartBlocksName(Email):
    """A name whose start failed can never be started again."""

    def __init__(self) -> None:
        super().__init__()
        self.blocked: set[Identity] = set()

    def start(self, identity: Identity, user: str, password: str, wishes: Sequence[Wish]) -> bool:
        if identity in self.blocked:
            return self.failed(MailError("this session failed before"))
        started = super().start(identity, user, password, wishes)
        if not started:
            self.blocked.add(identity)
        return started


@fault("email-combined-half-left", "EMAIL-START-02", "EMAIL-START-06")
class CombinedHalfLeft(Email):
    """Where SMTP fails, EmailStartSession returns false and leaves POP3 connected."""

    half: Sequence[MailSession] = ()

    def start(self, identity: Identity, user: str, password: str, wishes: Sequence[Wish]) -> bool:
        if super().start(identity, user, password, wishes):
            return True
        if len(wishes) > 1:
            error = self.error
            with contextlib.suppress(MailError):
                self.half = [*self.half, self.connected(wishes[0], user, password)]
            self.error = error
        return False

    def end_program(self) -> None:
        super().end_program()
        self.end_all(self.half)
