"""The mailboxes of the embedded servers: always the same mails, whatever a client does to them."""

from __future__ import annotations

from collections.abc import Iterable
from email import message_from_bytes
from io import BytesIO

from twisted.internet.defer import Deferred, succeed
from twisted.mail import imap4, pop3, smtp
from zope.interface import implementer

from adapters.mail.mails import DATE, mail
from conformance.model.email.accounts import MAILS


class Pop3Mailbox(pop3.Mailbox):
    """A mailbox as POP3 sees it."""

    def listMessages(self, i: int | None = None) -> int | list[int]:
        sizes = [len(mail(number)) for number in range(1, MAILS + 1)]
        return sizes if i is None else sizes[i]

    def getMessage(self, i: int) -> BytesIO:
        return BytesIO(mail(range(1, MAILS + 1)[i]))

    def getUidl(self, i: int) -> bytes:
        return b"mail-%d" % range(1, MAILS + 1)[i]

    def deleteMessage(self, i: int) -> None:
        """Leave it where it is."""


@implementer(imap4.IMessage)
class ImapMessage:
    """A mail as IMAP sees it."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._parsed = message_from_bytes(mail(number))

    def getUID(self) -> int:
        return self._number

    def getFlags(self) -> list[str]:
        return []

    def getInternalDate(self) -> str:
        return DATE

    def getHeaders(self, negate: bool, *names: bytes) -> dict[str, str]:
        wanted = {name.decode().lower() for name in names}
        headers = {name.lower(): str(value) for name, value in self._parsed.items()}
        return {name: value for name, value in headers.items() if (name in wanted) != negate}

    def getBodyFile(self) -> BytesIO:
        return BytesIO(mail(self._number).partition(b"\r\n\r\n")[2])

    def getSize(self) -> int:
        return len(mail(self._number))

    def isMultipart(self) -> bool:
        return False

    def getSubPart(self, part: int) -> None:
        raise IndexError(part)


@implementer(imap4.IMailbox)
class ImapMailbox:
    """A mailbox as IMAP sees it."""

    def getFlags(self) -> list[str]:
        return ["\\Seen", "\\Deleted"]

    def getHierarchicalDelimiter(self) -> str:
        return "/"

    def getUIDValidity(self) -> int:
        return 1

    def getUIDNext(self) -> int:
        return MAILS + 1

    def getUID(self, message: int) -> int:
        return message

    def getMessageCount(self) -> int:
        return MAILS

    def getRecentCount(self) -> int:
        return 0

    def getUnseenCount(self) -> int:
        return MAILS

    def isWriteable(self) -> bool:
        return True

    def destroy(self) -> None:
        """Leave it where it is."""

    def requestStatus(self, names: Iterable[str]) -> object:
        return imap4.statusRequestHelper(self, names)

    def addListener(self, _listener: object) -> None:
        """Nothing ever changes, so nobody is told."""

    def removeListener(self, _listener: object) -> None:
        """Nobody was added."""

    def addMessage(self, message: object, flags: object = (), date: object = None) -> Deferred[int]:
        return succeed(MAILS + 1)

    def expunge(self) -> list[int]:
        return []

    def fetch(self, messages: imap4.MessageSet, uid: bool) -> list[tuple[int, ImapMessage]]:
        messages.last = MAILS
        return [(number, ImapMessage(number)) for number in messages if 1 <= number <= MAILS]

    def store(self, *_what: object, **_how: object) -> dict[int, list[str]]:
        return {}


@implementer(smtp.IMessageDelivery)
class Delivery:
    """Takes every mail and keeps none."""

    def receivedHeader(self, *_about: object) -> bytes:
        return b"Received: by mapi-conformance"

    def validateFrom(self, _helo: object, origin: smtp.Address) -> smtp.Address:
        return origin

    def validateTo(self, _user: smtp.User) -> type[Drop]:
        return Drop


@implementer(smtp.IMessage)
class Drop:
    """One mail on its way nowhere."""

    def lineReceived(self, _line: bytes) -> None:
        """Drop the line."""

    def eomReceived(self) -> Deferred[None]:
        return succeed(None)

    def connectionLost(self) -> None:
        """Nothing was kept."""
