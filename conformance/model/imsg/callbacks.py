"""Which release callback belongs to which message.

`observe.released` grows in order; each new entry is matched by pointer and caller data.
Sources: D3 lpfMsgCallRelease and Notes to callers, D4, H1 NOTE 3; contradiction X-11.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.model.imsg.state import Attachment, Imsg, Life, Message


@dataclass(frozen=True, slots=True)
class Fired:
    """One callback: the message it belongs to, or the part it was wrongly made for, or neither."""

    token: Any
    caller_data: Any
    message: str | None = None
    part: str | None = None
    same_token: bool = False
    same_data: bool = False


def fired(state: Imsg, released: Sequence[Mapping[str, Any]] | None) -> tuple[Fired, ...]:
    """The callbacks made since the last look."""
    if not released:
        return ()
    matched: list[Fired] = []
    for entry in released[state.fired :]:
        matched.append(_match(state, entry, {call.message for call in matched}))
    return tuple(matched)


def _match(state: Imsg, entry: Mapping[str, Any], taken: set[str | None]) -> Fired:
    token, data = entry.get("message"), entry.get("ulCallerData")
    candidates = [
        (key, thing)
        for key, thing in state.things.items()
        if type(thing) is Message and thing.callback and thing.storage is not None
    ]
    best: tuple[int, str, Message] | None = None
    for key, message in candidates:
        same_token, same_data = message.token == token, message.caller_data == data
        if not same_token and not same_data:
            continue
        waiting = message.life not in (Life.OPEN, Life.KEPT)
        unpaid = not message.fired and key not in taken
        rank = 8 * (same_token and same_data) + 4 * unpaid + 2 * waiting + same_token
        if best is None or rank > best[0]:
            best = (rank, key, message)
    if best is not None:
        _, key, message = best
        return Fired(
            token,
            data,
            message=key,
            same_token=message.token == token,
            same_data=message.caller_data == data,
        )
    for key, thing in state.things.items():
        part = type(thing) is Attachment or (type(thing) is Message and thing.parent is not None)
        if part and thing.token == token:
            return Fired(token, data, part=key)
    owing = [key for key, thing in candidates if thing.owed and not thing.fired]
    if len(owing) == 1 and owing[0] not in taken:
        return Fired(token, data, message=owing[0])
    return Fired(token, data)


def unpaid(state: Imsg, calls: Sequence[Fired], ended: Life | None) -> tuple[str, ...]:
    """The messages that are gone for certain and whose callback was never made."""
    paid = {call.message for call in calls}
    owing = []
    for key, thing in state.things.items():
        if type(thing) is not Message or not thing.callback or thing.fired or key in paid:
            continue
        if (thing.owed and thing.life is not Life.CLOSED) or (
            thing.life is Life.ENDED and ended is Life.GONE
        ):
            owing.append(key)
    return tuple(owing)
