"""The mails in every mailbox of the suite's servers."""

from __future__ import annotations

from typing import Final

DATE: Final = "Thu, 01 Jan 1970 00:00:00 +0000"
_MAIL: Final = (
    "From: suite@localhost\r\nTo: you@localhost\r\nSubject: mail {0}\r\n"
    f"Message-ID: <{{0}}@localhost>\r\nDate: {DATE}\r\n\r\nHello.\r\n"
)


def mail(number: int) -> bytes:
    """The text of a mail, counted from 1."""
    return _MAIL.format(number).encode()
