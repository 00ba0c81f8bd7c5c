"""Faults of the functions that start email sessions (EMAIL-START), and of the sessions' use."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from adapters.mutants.office import OfficeEmail
from adapters.mutants.registry import Alternating, Death, EmailVariant, Hang, fault
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


class _Renamed(Email):
    """Sessions stand under another name than the one given."""

    def stored(self, name: str) -> str:
        """The name in the place of the one given."""
        return name

    def _renamed(self, identity: Identity) -> Identity:
        return Identity(identity.kind, self.stored(identity.name))

    def start(self, identity: Identity, user: str, password: str, wishes: Sequence[Wish]) -> bool:
        return super().start(self._renamed(identity), user, password, wishes)

    def close(self, identity: Identity) -> None:
        super().close(self._renamed(identity))

    def found(self, identity: Identity, *protocols: str) -> MailSession:
        return super().found(self._renamed(identity), *protocols)


@fault("email-names-folded", "EMAIL-START-03")
class NamesFolded(_Renamed):
    """Upper and lower case of user names are the same."""

    def stored(self, name: str) -> str:
        return name.casefold()


@fault("email-names-stripped", "EMAIL-START-03")
class NamesStripped(_Renamed):
    """Blanks around a user name do not count."""

    def stored(self, name: str) -> str:
        return name.strip()


@fault("email-names-cut-at-domain", "EMAIL-START-03", "EMAIL-CLOSE-10")
class NamesCutAtDomain(_Renamed):
    """The domain of a user name does not count."""

    def stored(self, name: str) -> str:
        return name.partition("@")[0]


@fault("email-names-need-server", "EMAIL-START-03", "EMAIL-START-01")
class NamesNeedServer(Email):
    """A session is found by user name and server together."""

    def found(self, identity: Identity, *protocols: str) -> MailSession:
        if identity.kind == "user":
            identity = Identity("user", f"{identity.name}@server")
        return super().found(identity, *protocols)


@fault("email-unknown-name-reads-latest", "EMAIL-START-03")
class UnknownNameReadsLatest(Email):
    """A name that was never started stands for the session started last."""

    def found(self, identity: Identity, *protocols: str) -> MailSession:
        if identity not in self.users and self.sessions:
            identity = list(self.sessions)[-1]
        return super().found(identity, *protocols)


@fault("email-reader-sends", "EMAIL-START-04")
class ReaderSends(Email):
    """A session that only reads sends by whatever SMTP session there is."""

    def found(self, identity: Identity, *protocols: str) -> MailSession:
        mine = self.sessions.get(identity, {})
        if mine and not set(protocols) & set(mine):
            for others in self.sessions.values():
                if "smtp" in protocols and "smtp" in others:
                    return others["smtp"]
        return super().found(identity, *protocols)


@fault("email-reader-pretends-to-send", "EMAIL-START-04")
class ReaderPretendsToSend(Email):
    """Sending through an IMAP session returns true."""

    def send(self, identity: Identity, to: str, subject: str) -> bool:
        imap = set(self.sessions.get(identity, {})) == {"imap"}
        return super().send(identity, to, subject) or imap


@fault("email-sender-reads-none", "EMAIL-START-04")
class SenderReadsNone(Email):
    """Reading through an SMTP session gives zero."""

    def count(self, identity: Identity) -> int | None:
        found = super().count(identity)
        smtp = set(self.sessions.get(identity, {})) == {"smtp"}
        return 0 if found is None and smtp else found


@fault("email-imap-opens-pop3", "EMAIL-START-04")
class ImapOpensPop3(Email):
    """An IMAP start connects to a POP3 server that it knows as well."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Wish] = {}

    def start(self, identity: Identity, user: str, password: str, wishes: Sequence[Wish]) -> bool:
        started = super().start(identity, user, password, wishes)
        wish = wishes[0]
        self.known[wish.protocol] = wish
        mine = self.sessions.get(identity, {})
        if started and wish.protocol == "imap" and "pop3" in self.known and "pop3" not in mine:
            mine["pop3"] = self.connected(self.known["pop3"], user, password)
        return started


@fault("email-combined-hides-smtp-failure", "EMAIL-START-06", "EMAIL-START-02")
class CombinedHidesFailure(Email):
    """EmailStartSession returns true where only POP3 could be started."""

    def start(self, identity: Identity, user: str, password: str, wishes: Sequence[Wish]) -> bool:
        if super().start(identity, user, password, wishes):
            return True
        return len(wishes) > 1 and super().start(identity, user, password, wishes[:1])


@fault("email-combined-forgets-smtp", "EMAIL-START-06")
class CombinedForgetsSmtp(Email):
    """EmailStartSession never starts SMTP."""

    def start(self, identity: Identity, user: str, password: str, wishes: Sequence[Wish]) -> bool:
        return super().start(identity, user, password, wishes[:1])


@fault("email-combined-closes-pop3", "EMAIL-START-06")
class CombinedClosesPop3(Email):
    """EmailStartSession ends its POP3 connection once SMTP stands."""

    def start(self, identity: Identity, user: str, password: str, wishes: Sequence[Wish]) -> bool:
        started = super().start(identity, user, password, wishes)
        if started and len(wishes) > 1:
            self.sessions[identity]["pop3"].line.hang_up()
        return started


@fault("email-variable-start-fails", "EMAIL-START-07")
class VariableStartFails(EmailVariant):
    """EmailStartSession takes no variable."""

    def perform(self, call: Call) -> Outcome:
        if call.method == "EmailStartSession" and "variable" in call.params["session"]:
            return Outcome("result", {"return": False})
        return super().perform(call)


@fault("email-variable-copied", "EMAIL-START-07")
class VariableCopied(EmailVariant):
    """EmailStartSession starts a copy of the variable, so that the variable has no session."""

    def perform(self, call: Call) -> Outcome:
        session = call.params.get("session")
        if call.method == "EmailStartSession" and "variable" in (session or {}):
            copy = {**call.params, "session": {**session, "variable": "copy"}}  # type: ignore[dict-item]
            return super().perform(Call(call.method, copy))
        return super().perform(call)


@fault("email-variable-stale", "EMAIL-START-07")
class VariableStale(Email):
    """A variable that is started again has the user name of its first start."""

    def __init__(self) -> None:
        super().__init__()
        self.first: dict[Identity, tuple[str, str]] = {}

    def start(self, identity: Identity, user: str, password: str, wishes: Sequence[Wish]) -> bool:
        if identity.kind == "variable":
            user, password = self.first.get(identity, (user, password))
        started = super().start(identity, user, password, wishes)
        if started:
            self.first.setdefault(identity, (user, password))
        return started


@fault("email-outlook-second-start-crashes", "EMAIL-START-08")
class OutlookSecondStartCrashes(OfficeEmail):
    """Outlook changed the directory, and a relative path of the second start is not found."""

    def start_client(self, identity: Identity, program: str, profile: str) -> Any:
        if program == "outlook" and self.clients:
            raise Death
        return super().start_client(identity, program, profile)


def _is_slow(error: Exception) -> bool:
    return "in time" in str(error) or "timed out" in str(error)


@fault("email-timeout-ignored", "EMAIL-START-09")
class TimeoutIgnored(Email):
    """A server that is silent is waited for without end."""

    def failed(self, failure: MailError) -> bool:
        if _is_slow(failure):
            raise Hang
        return super().failed(failure)


@fault("email-timeout-of-imap-ignored", "EMAIL-START-09")
class ImapTimeoutIgnored(Email):
    """Only POP3 and SMTP starts know the timeout."""

    def failed(self, failure: MailError) -> bool:
        if _is_slow(failure) and "imap" in str(failure):
            raise Hang
        return super().failed(failure)


class _Patient(Pop3):
    """Counts the timeout for each byte."""

    def log_in(self, user: str, password: str) -> Any:
        line, seconds = self.line, self.seconds
        original = line.recv_into

        def recv_into(*args: Any) -> int:
            line.allow(seconds)
            return original(*args)

        line.recv_into = recv_into  # type: ignore[method-assign]
        return super().log_in(user, password)


@fault("email-timeout-for-each-byte", "EMAIL-START-09")
class TimeoutForEachByte(Email):
    """A POP3 server that drips is waited for, byte by byte."""

    kinds = but_for(pop3=_Patient)


@fault("email-timeout-is-success", "EMAIL-START-09")
class TimeoutIsSuccess(Email):
    """A start whose server does not answer in time returns true."""

    def failed(self, failure: MailError) -> bool:
        super().failed(failure)
        return _is_slow(failure)


@fault("email-client-start-alternates", "EMAIL-START-10")
class ClientStartAlternates(Alternating, OfficeEmail):
    """The start of a Notes session returns an integer, then true, then an integer."""

    def start_client(self, identity: Identity, program: str, profile: str) -> Any:
        number = super().start_client(identity, program, profile)
        return True if program == "notes" and self.turn() else number
