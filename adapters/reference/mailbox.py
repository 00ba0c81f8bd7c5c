"""The mailbox behind Simple MAPI, and the message identifiers of a session."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Final

ADDRESS_BOOK: Final = frozenset({"default", "alice", "bob"})


@dataclass(slots=True, eq=False)
class Mail:
    """One stored message; two with the same subject are still two."""

    subject: str


@dataclass(slots=True)
class Mailbox:
    """Received and saved messages in order, and what was sent."""

    mails: list[Mail] = field(
        default_factory=lambda: [Mail("Welcome"), Mail("Minutes"), Mail("Lunch")]
    )
    sent: list[Mail] = field(default_factory=list)


@dataclass(slots=True)
class Identifiers:
    """Message identifiers, valid in one session only. Source: L5, L7, remarks (SIMPLE-CALL-04)."""

    prefix: int
    _numbers: count[int] = field(default_factory=count)
    _mails: dict[str, Mail] = field(default_factory=dict)

    def issue(self, mail: Mail) -> str:
        """The identifier of a message, always the same within the session."""
        for identifier, known in self._mails.items():
            if known is mail:
                return identifier
        identifier = f"{self.prefix:08X}{next(self._numbers):08X}"
        self._mails[identifier] = mail
        return identifier

    def find(self, identifier: str | None) -> Mail | None:
        """The message that an identifier of this session stands for."""
        return self._mails.get(identifier or "")


def resolves(name: str | None) -> bool:
    """Whether a name is in the address book, or is an address."""
    return name is not None and (name.lower() in ADDRESS_BOOK or "@" in name)
