"""Blocks of the caller's three memory routines: who hands them out, and whether they are freed.

Source: D3, Notes to callers (memory for use by client applications).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from conformance.model.imsg.state import Buffers
from conformance.model.values import replace
from conformance.trace import Call, Outcome

HANDING: Final = frozenset(
    {
        "IMessage.GetProps",
        "IMessage.SetProps",
        "IMessage.GetIDsFromNames",
        "IAttach.GetProps",
        "IAttach.SetProps",
        "GetAttribIMsgOnIStg",
        "SetAttribIMsgOnIStg",
    }
)
"""What gives the caller memory of the three routines, which the caller frees."""


def handed(buffers: Buffers, call: Call, outcome: Outcome) -> Buffers:
    """A function was called that may hand out memory, and does where its answer holds something."""
    filled = any(outcome.body.get(key) for key in ("props", "problems", "tags", "attribs"))
    surely = buffers.surely | {call.method} if filled else buffers.surely
    return replace(buffers, handed=buffers.handed | {call.method}, surely=surely)


def counted(known: Buffers, live: int | None, left: Iterable[int]) -> Buffers:
    """What is known after a look, which showed `left` more blocks than were reported before."""
    if live == 0:
        none: frozenset[str] = frozenset()
        known = replace(known, handed=none, surely=none, freed=known.freed | known.surely)
    for blocks in left:
        known = replace(known, users=frozenset(), left=known.left + blocks)
    return known
