"""The embedded default backend: a correct implementation of all families.

Where to look: `imsg.py`, `sessions.py`, `simple.py` and `email.py` are the documented functions;
`message.py`, `attachment.py` and `objects.py` the objects behind them; `msgwrite.py` and
`compound.py` the file that they leave; `lent.py` and `storage.py` what a caller lends;
`mailclients.py` and `lines.py` the connections to mail servers; and `*_harness.py` translate from
and to the harness protocol.
"""

from adapters.reference.adapter import Reference

__all__ = ["Reference"]
