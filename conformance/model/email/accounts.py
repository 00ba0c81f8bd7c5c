"""The mail accounts of the suite's own servers: both the servers and the model are built from them.

Deliveries by SMTP do not change a mailbox, so that EmailGetCount has one right answer.
"""

from __future__ import annotations

from typing import Final

MAILS: Final = 2
"""Mails in every mailbox, from `begin` on."""

PEOPLE: Final = ("ann", "anna", "ann@example.org", "ben", "cas", "dee", "eva", "finn", "gus", "ida")
"""Some begin alike, so that a name that is cut or compared in part hits the wrong session."""
CROWD: Final = tuple(f"user{number:03d}" for number in range(300))
USERS: Final = PEOPLE + CROWD
"""The user names that the servers know, all in lower case and each a mailbox of its own."""


def password(user: str) -> str:
    """The password of a user; no two users share one."""
    return f"secret-of-{user}"
