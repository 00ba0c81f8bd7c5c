"""Correct implementations of email sessions of other habits than the reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from adapters.mutants.office import OfficeEmail
from adapters.mutants.registry import EmailVariant, benign
from adapters.reference.email import Email, Identity, Wish
from adapters.reference.email_harness import EmailHarness
from adapters.reference.mailclients import FAILURES, MailError, MailSession
from conformance.trace import Call, Outcome


@benign("email-with-clients")
class WithClients(OfficeEmail):
    """There are sessions of Outlook and Notes, identified by integers."""


@benign("email-reads-start-10-b")
class ClientsByVariable(OfficeEmail):
    """The start of such a session returns true; its variable identifies it."""

    def start_client(self, identity: Identity, program: str, profile: str) -> Any:
        super().start_client(identity, program, profile)
        return True


@benign("email-reads-close-04-b")
class UserEnds(Email):
    """A variable ends all sessions of its user."""

    def close(self, identity: Identity) -> None:
        user = self.users.get(identity)
        super().close(identity)
        if identity.kind == "variable":
            for other in [one for one in self.sessions if self.users.get(one) == user]:
                super().close(other)


@benign("email-reads-close-05-b")
class ImapNotByName(Email):
    """A name is none that was used with nothing but EmailStartIMAPSession."""

    def close(self, identity: Identity) -> None:
        if identity.kind == "user" and set(self.sessions.get(identity, {})) == {"imap"}:
            self.error = "no such session"
            return
        super().close(identity)


@benign("email-reads-close-08-b")
class CloseReports(Email):
    """To close what is not open is an error, told by ErrorInfo."""

    def close(self, identity: Identity) -> None:
        known = identity in self.sessions
        super().close(identity)
        if not known:
            self.failed(MailError("no such session"))


@benign("email-close-raises-on-nothing")
class CloseRaises(Email):
    """To close what is not open raises an error of the language; so does using it."""

    def close(self, identity: Identity) -> None:
        if identity not in self.sessions:
            raise KeyError(identity.name)
        super().close(identity)

    def count(self, identity: Identity) -> int | None:
        self.error = ""
        return self.found(identity, "pop3", "imap").count()

    def send(self, identity: Identity, to: str, subject: str) -> bool:
        self.error = ""
        self.found(identity, "smtp").send(self.sender(identity), to, subject)
        return True


@benign("email-connects-for-each-use")
class ConnectsForEachUse(Email):
    """A start logs in and takes leave again; each use connects anew."""

    def __init__(self) -> None:
        super().__init__()
        self.how: dict[int, tuple[Wish, str, str]] = {}

    def connected(self, wish: Wish, user: str, password: str) -> MailSession:
        session = super().connected(wish, user, password)
        self.how[id(session)] = (wish, user, password)
        session.end()
        return session

    def count(self, identity: Identity) -> int | None:
        self.error = ""
        try:
            session = self._anew(self.found(identity, "pop3", "imap"))
            try:
                return session.count()
            finally:
                session.end()
        except MailError as failure:
            self.failed(failure)
            return None

    def send(self, identity: Identity, to: str, subject: str) -> bool:
        self.error = ""
        try:
            session = self._anew(self.found(identity, "smtp"))
            try:
                session.send(self.sender(identity), to, subject)
            finally:
                session.end()
        except MailError as failure:
            return self.failed(failure)
        return True

    def held(self) -> int:
        return 0

    def _anew(self, session: MailSession) -> MailSession:
        return super().connected(*self.how[id(session)])


@benign("email-hangs-up")
class HangsUp(Email):
    """A close takes no leave of the server."""

    def end_all(self, sessions: Sequence[MailSession]) -> None:
        for session in sessions:
            session.line.hang_up()


@benign("email-name-taken")
class NameTaken(Email):
    """A start under a name that has such a session is refused."""

    def start(self, identity: Identity, user: str, password: str, wishes: Sequence[Wish]) -> bool:
        mine = self.sessions.get(identity, {})
        if any(wish.protocol in mine for wish in wishes):
            return self.failed(MailError("there is such a session already"))
        return super().start(identity, user, password, wishes)


@benign("email-by-user-alone")
class ByUserAlone(Email):
    """A variable stands for its user name, so that it ends whatever the user has."""

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, str] = {}

    def start(self, identity: Identity, user: str, password: str, wishes: Sequence[Wish]) -> bool:
        if identity.kind == "variable":
            self.names[identity.name] = user
        return super().start(Identity("user", user), user, password, wishes)

    def close(self, identity: Identity) -> None:
        super().close(self._by_name(identity))

    def found(self, identity: Identity, *protocols: str) -> MailSession:
        return super().found(self._by_name(identity), *protocols)

    def _by_name(self, identity: Identity) -> Identity:
        if identity.kind == "variable":
            return Identity("user", self.names.get(identity.name, ""))
        return identity


@benign("email-failed-start-clears-name")
class FailedStartClearsName(Email):
    """A start that fails ends what else stood under its name."""

    def start(self, identity: Identity, user: str, password: str, wishes: Sequence[Wish]) -> bool:
        started = super().start(identity, user, password, wishes)
        if not started:
            self.end_all(list(self.sessions.pop(identity, {}).values()))
        return started


@benign("email-distrusts-certificates")
class Distrusts(Email):
    """A certificate that nobody vouches for is refused."""

    def connected(self, wish: Wish, user: str, password: str) -> MailSession:
        if wish.tls:
            raise MailError("the certificate of the server is not trusted")
        return super().connected(wish, user, password)


@benign("email-ends-dead-sessions")
class EndsDeadSessions(Email):
    """A session whose server has died is forgotten at once."""

    def found(self, identity: Identity, *protocols: str) -> MailSession:
        session = super().found(identity, *protocols)
        session.line.allow(2.0)
        try:
            session.client.noop()
        except FAILURES as error:
            self.sessions[identity].pop(session.protocol).line.hang_up()
            raise MailError(f"the server has gone: {error}") from error
        return session


class _Less(EmailVariant):
    """Declares less than there is."""

    protocols = EmailHarness.capabilities.protocols
    observes = EmailHarness.capabilities.observes
    tls = True
    without: frozenset[str] = frozenset()

    def __init__(self) -> None:
        super().__init__()
        offered = self.offer["email"]
        less = replace(
            offered,
            functions=offered.functions - self.without,
            protocols=self.protocols,
            observes=self.observes,
            tls=self.tls,
        )
        self.offer = {"email": less}


@benign("email-observes-nothing")
class ObservesNothing(_Less):
    """The harness observes nothing, and there is no TLS."""

    observes = frozenset()
    tls = False


@benign("email-pop3-and-smtp")
class Pop3AndSmtp(_Less):
    """POP3 and SMTP are declared; the function for IMAP is offered, and works all the same."""

    protocols = frozenset({"pop3", "smtp"})


@benign("email-pop3-and-smtp-alone")
class Pop3AndSmtpAlone(_Less):
    """There is nothing but POP3 and SMTP; a start of IMAP is refused."""

    protocols = frozenset({"pop3", "smtp"})

    def perform(self, call: Call) -> Outcome:
        if call.method == "EmailStartIMAPSession":
            return Outcome("result", {"return": False})
        return super().perform(call)


@benign("email-imap-alone")
class ImapAlone(_Less):
    """There is nothing but IMAP, and no ErrorInfo."""

    protocols = frozenset({"imap"})
    without = frozenset(
        {
            "EmailStartSession",
            "EmailStartPOP3Session",
            "EmailStartSMTPSession",
            "EmailSendMessage",
            "EmailSetTimeOut",
            "ErrorInfo",
        }
    )
