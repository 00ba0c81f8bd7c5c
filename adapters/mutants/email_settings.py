"""Faults of combined starts, variables, Outlook and timeouts (EMAIL-START-06 to -10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adapters.mutants.office import OfficeEmail
from adapters.mutants.registry import Alternating, Death, EmailVariant, Hang, fault
from adapters.reference.email import Email, Identity, Wish, but_for
from adapters.reference.mailclients import MailError, Pop3
from conformance.trace import Call, Outcome


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
