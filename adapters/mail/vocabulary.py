"""The words that the mail servers are spoken to with."""

from __future__ import annotations

from typing import Final, Literal, get_args

Protocol = Literal["pop3", "smtp", "imap"]
PROTOCOLS: Final[tuple[Protocol, ...]] = get_args(Protocol)

Mode = Literal["none", "refuse", "silent", "drip", "drop", "nonsense"]
MODES: Final[tuple[Mode, ...]] = get_args(Mode)
"""How a server behaves, from `servers.fault` on, on the connections that are there too.

| mode | what a client meets |
|---|---|
| `none` | the server, which goes on where a fault held it up |
| `refuse` | nobody who accepts a new connection |
| `silent` | a server that accepts, and neither answers nor hears |
| `drip` | answers one byte at a time, at least a second for each line |
| `drop` | half of the answer to the next command, then the end of the connection |
| `nonsense` | a line that is no greeting, or no answer to the next command, then the end |
"""
