"""The state of the model in words: what was live before a call, and what after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from conformance.capabilities import Capabilities, wire_family
from conformance.errors import ConformanceError
from conformance.model import model_of
from conformance.model.email.state import Email, Tally
from conformance.model.email.state import Life as EmailLife
from conformance.model.imsg.state import Attachment, Imsg, Message, Session
from conformance.model.imsg.state import Life as ImsgLife
from conformance.model.simple.state import Life as SimpleLife
from conformance.model.simple.state import Simple
from conformance.trace import trace_from_json
from reports.clean import line

_IMSG: Final = {
    ImsgLife.OPEN: "open",
    ImsgLife.PARTING: "without references of the caller, held by its parts",
    ImsgLife.ENDED: "without references of the caller; closed, or kept by the session",
    ImsgLife.KEPT: "without references of the caller, kept by the session",
    ImsgLife.CLOSED: "closed with its session",
    ImsgLife.GONE: "gone",
    ImsgLife.LAWLESS: "nothing is known of it any more",
}
_SIMPLE: Final = {
    SimpleLife.OPEN: "logged on",
    SimpleLife.ENDED: "logged off",
    SimpleLife.UNSURE: "nothing is certain any more",
    SimpleLife.LAWLESS: "handed out by a call that failed",
}
_EMAIL: Final = {
    EmailLife.OPEN: "open",
    EmailLife.MAYBE: "open, or ended by the last close",
    EmailLife.UNSURE: "nothing is certain any more",
}
_MOST: Final = 40
_DAMAGED: Final = (
    ArithmeticError,
    AttributeError,
    ConformanceError,
    LookupError,
    RecursionError,
    TypeError,
)

States = tuple[tuple[str, ...], tuple[str, ...]]


def before_and_after(trace: object, family: str, capabilities: object) -> States:
    """Describe the state before the last call of a trace, and what is different after it.

    Both are empty where the trace cannot be followed, as in a damaged file.
    """
    played = wire_family(family)
    try:
        model = model_of(played)
        state = model.begin(Capabilities.from_json(capabilities, played))
        *earlier, last = trace_from_json(trace)
        for step in earlier:
            if step.outcome.kind == "result":
                state = model.advance(state, step.call, step.outcome)
        before = _lines(state)
        if last.outcome.died:
            return before, ("the process of the implementation has ended",)
        if last.outcome.kind == "result":
            state = model.advance(state, last.call, last.outcome)
    except (*_DAMAGED, ValueError):
        return (), ()
    after = tuple(text for text in _lines(state) if text not in before)
    return before, after or ("as before",)


def _lines(state: Any) -> tuple[str, ...]:
    match state:
        case Imsg():
            words = _imsg(state)
        case Simple():
            words = _simple(state)
        case Email():
            words = _email(state)
        case _:
            return ()
    lines = [line(text, 200) for text in words]
    shown = lines[:_MOST]
    if len(lines) > _MOST:
        shown.append(f"… and {len(lines) - _MOST:,} more")
    return tuple(shown) or ("nothing is live",)


def _imsg(state: Imsg) -> Iterator[str]:
    if state.initialises:
        yield "MAPI is initialised" if state.initialised else "MAPI is not initialised"
    for name, lent in state.allocators.items():
        limit = "" if lent.fail_after is None else f", out of memory after {lent.fail_after} blocks"
        yield f"allocator {name}: lent{limit}" + ("" if lent.own else ", released by the caller")
    for name, store in state.storages.items():
        kind = f"{store.mode}{', transacted' if store.transacted else ''}"
        yield f"storage {name}: {kind}" + ("" if store.own else ", released by the caller")
    for name, thing in state.things.items():
        life = _IMSG[thing.life]
        if isinstance(thing, Session):
            yield f"session {name}: {life}"
        elif isinstance(thing, Message):
            yield f"message {name} {_home(thing)}: {life}{_references(thing)}{_callback(thing)}"
        elif isinstance(thing, Attachment):
            saved = "saved" if thing.saved else "not saved"
            yield f"attachment {name} of {thing.message}: {life}, {saved}"


def _home(message: Message) -> str:
    if message.parent:
        return f"in attachment {message.parent}"
    owner = f"of session {message.session}" if message.session else "without a session"
    return f"{owner} on storage {message.storage}"


def _references(message: Message) -> str:
    count = message.refs
    shown = f", {count} reference{'' if count == 1 else 's'}"
    return shown if message.life is ImsgLife.OPEN else ""


def _callback(message: Message) -> str:
    if not message.callback:
        return ""
    times = {0: "not run", 1: "run once"}.get(message.fired, f"run {message.fired} times")
    return f", its callback {times}"


def _simple(state: Simple) -> Iterator[str]:
    for name, handle in state.handles.items():
        yield f"handle {name} ({handle.token}): {_SIMPLE[handle.life]}"
    if state.fewest != state.most:
        yield f"sessions: {state.fewest} to {state.most}"
    elif state.most or state.handles:
        yield f"sessions: {state.most}"
    if state.armed:
        yield "the next allocations fail"
    for name, buffer in state.buffers.items():
        yield f"message buffer {name}: {'freed' if buffer.freed else 'not freed'}"
    known = sum(len(mails) for mails in state.mails.values())
    if known:
        yield f"message identifiers known: {known}"


def _email(state: Email) -> Iterator[str]:
    for (identity, protocol), session in state.sessions.items():
        shown = f"{protocol} session of {_identity(identity)}"
        if identity[0] != "user" and session.user:
            shown += f" for user {session.user}"
        yield f"{shown}: {_EMAIL[session.life]}"
    for identity in sorted(state.past):
        if not state.under(identity):
            yield f"sessions of {_identity(identity)}: ended"
    for (protocol, user), tally in state.tallies.items():
        if tally.most:
            whose = f"of {user}" if user else "of nobody who logged in"
            yield f"connections {whose} on the {protocol} server: {_expected(tally)}"
    for protocol, mode in state.faults.items():
        yield f"the {protocol} server plays {mode}"
    if state.timeout is not None:
        yield f"time out: {state.timeout:,} ms"
    if state.over:
        yield "the program has ended"


def _identity(identity: tuple[str, str]) -> str:
    kind, name = identity
    return f"user {name}" if kind == "user" else f"{kind} {name}"


def _expected(tally: Tally) -> str:
    if tally.fewest == tally.most:
        return str(tally.most)
    return f"{tally.fewest} to {tally.most}"


def capabilities_of(families: Mapping[str, Any], family: str) -> Mapping[str, Any]:
    """What a results file says of the family that a requirement is played on."""
    found = families.get(wire_family(family))
    return found if isinstance(found, Mapping) else {"functions": []}
