"""IMSG-SAVE: what is permanent after a save, and what is not (IMessage.SaveChanges).

Each function is the check of the requirement named above it.
Where a message was built against the rules nothing is said of any storage from then on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from conformance.checks.imsg.base import CHECKS
from conformance.checks.words import observed, returns
from conformance.codes import IMSG_NO_ISTG_COMMIT, KEEP_OPEN_READWRITE, S_OK
from conformance.findings import HELD, Broken, Finding
from conformance.model.imsg.content import Kept
from conformance.model.imsg.ledger import number
from conformance.model.imsg.props import own_message, read, same_value, stays
from conformance.model.imsg.saving import unsaved_on
from conformance.model.imsg.state import Attachment, Imsg, Life, Message
from conformance.model.outcome import succeeded
from conformance.trace import Call, Outcome

SAVE: Final = "IMessage.SaveChanges"
GET: Final = "IMessage.GetProps"
ELEMENTS: Final = "world.elements"
_IN_STREAMS: Final = frozenset({0x001E, 0x001F, 0x0102})
_PREFIX: Final = "__"
_ATTACHMENT: Final = "__attach_version1.0_#"
_KINDS: Final = (_ATTACHMENT, "__recip_version1.0_#", "__nameid_version1.0")
_PROPERTIES: Final = "__properties_version1.0"


def _saves(state: Imsg, call: Call, outcome: Outcome, *, quiet: bool) -> Finding:
    """A plain save of a message that can be saved; what it did only shows later."""
    message = own_message(state, call)
    if message is None or message.doubts or state.murky or not state.ready():
        return None
    storage = state.storages.get(message.storage or "")
    if storage is None or not storage.own or storage.mode != "readwrite":
        return None
    if call.params.get("ulFlags") != KEEP_OPEN_READWRITE:
        return None
    if bool(message.flags & IMSG_NO_ISTG_COMMIT) is not quiet or succeeded(outcome):
        return None
    return Broken("S_OK (0x00000000), the message is saved", observed(outcome, "imsg"))


@dataclass(frozen=True, slots=True)
class _Reread:
    """One property as a message on a copied storage gives it: None stands for absent."""

    tag: int
    old: Any
    got: Any
    unsaved: Any = None
    quiet: Any = None

    def is_(self, value: Any) -> bool:
        return value is not None and self.got is not None and same_value(self.tag, value, self.got)

    def kept(self) -> bool:
        return self.got is None if self.old is None else self.is_(self.old)


def _reread(state: Imsg, call: Call, outcome: Outcome) -> tuple[Kept, list[_Reread]] | None:
    """What the storage had kept of each property asked for, and what was read.

    Left out are properties that were set on this object, and those of which nothing is certain.
    """
    message = own_message(state, call)
    if message is None or message.doubts or state.murky or not succeeded(outcome):
        return None
    storage = state.storages.get(message.storage or "")
    if storage is None:
        return None
    kept = storage.kept
    if not kept.committed.props and not kept.unsaved and not kept.quiet:
        return None
    return kept, list(_properties(message, kept, call, outcome))


def _properties(message: Message, kept: Kept, call: Call, outcome: Outcome) -> Iterator[_Reread]:
    own = {tag >> 16 for tag in message.props}
    ids = {tag >> 16 for tag in kept.committed.props}
    for text in call.params.get("tags", ()):
        tag = int(text, 16)
        known = tag in kept.committed.props or (kept.committed.complete and tag >> 16 not in ids)
        if known and tag >> 16 not in own and stays(message, tag):
            old = kept.committed.props.get(tag)
            values = (kept.unsaved.get(tag), kept.quiet.get(tag))
            # Zero, false and the empty text could be what an absent property reads as.
            unsaved, quiet = (
                value if value and (old is None or not same_value(tag, value, old)) else None
                for value in values
            )
            yield _Reread(tag, old, read(outcome, tag), unsaved, quiet)


def _lasting(state: Imsg, call: Call, outcome: Outcome, requirement: str) -> Finding:
    """What was saved, and committed by whoever had to, is read from the copy."""
    found = _reread(state, call, outcome)
    if found is None or requirement not in found[0].committed.by:
        return None
    kept, properties = found
    finding: Finding = None
    for one in properties:
        if one.old is None or one.is_(one.unsaved) or one.is_(one.quiet):
            continue
        if one.kept():
            finding = HELD
        elif len(kept.committed.by) == 1:
            return Broken(f"0x{one.tag:08X} reads {one.old!r}, as it was saved", f"{one.got!r}")
    return finding


def _commits(state: Imsg, outcome: Outcome) -> Iterator[tuple[str, Kept, int]]:
    """How often the implementation committed each storage since the last look."""
    seen = outcome.body.get("storages", {}) if outcome.kind == "result" else {}
    for name, storage in state.storages.items():
        commits = seen.get(name, {}).get("commits")
        if isinstance(commits, int):
            yield name, storage.kept, commits - storage.kept.commits


@CHECKS.check("IMSG-SAVE-01", SAVE, GET, "observe")
def commits_by_default(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if call.method == SAVE:
        return _saves(state, call, outcome, quiet=False)
    if call.method == GET:
        return _lasting(state, call, outcome, "IMSG-SAVE-01")
    finding: Finding = None
    for _, kept, commits in () if state.murky else _commits(state, outcome):
        if commits < kept.due:
            return Broken(f"at least {kept.due} Commit call(s) on the storage", f"{commits}")
        if kept.due:
            finding = HELD
    return finding


@CHECKS.check("IMSG-SAVE-02", SAVE, GET, "observe")
def leaves_the_commit_to_the_caller(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if call.method == SAVE:
        return _saves(state, call, outcome, quiet=True)
    if call.method == GET:
        return _uncommitted(state, call, outcome) or _lasting(state, call, outcome, "IMSG-SAVE-02")
    finding: Finding = None
    for name, kept, commits in () if state.murky else _commits(state, outcome):
        if kept.silent and commits > 0 and not kept.opened and not _ended(state, name):
            return Broken("no Commit call on the storage", f"{commits} Commit call(s)")
        if kept.silent and not commits:
            finding = HELD
    return finding


def _ended(state: Imsg, storage: str) -> bool:
    """Some message on the storage is no longer open, and its end may have committed."""
    return any(
        type(thing) is Message and thing.storage == storage and thing.life is not Life.OPEN
        for thing in state.things.values()
    )


def _uncommitted(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    found = _reread(state, call, outcome)
    finding: Finding = None
    for one in found[1] if found else ():
        if one.quiet is None or one.is_(one.unsaved):
            continue
        if one.is_(one.quiet):
            expected = f"0x{one.tag:08X} is not permanent before the caller commits"
            return Broken(expected, f"a copy of the storage has it: {one.got!r}")
        finding = HELD if one.kept() else finding
    return finding


def _listed(outcome: Outcome) -> list[str]:
    listed = outcome.body.get("elements") if outcome.kind == "result" else None
    return listed if isinstance(listed, list) else []


@CHECKS.check("IMSG-SAVE-03", ELEMENTS)
def reserved_names(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    storage = state.storages.get(call.params.get("name") or "")
    if storage is None or state.murky or not storage.kept.committed.by:
        return None
    kept, listed = storage.kept, _listed(outcome)
    mine = {path.partition("/")[0] for path in kept.made}
    # the promise is about storages, and those that hold something are known to be some.
    for path in listed:
        top, inside, _ = path.partition("/")
        if inside and top not in mine and not top.startswith(_PREFIX):
            return Broken("the names of its storages begin with two underscores", f"{top!r}")
    gone = sorted(path for path in kept.made if path not in listed and path[:2] != _PREFIX)
    if gone:
        return Broken("what the caller wrote beside the message is left alone", f"{gone[0]!r} gone")
    return HELD if listed else None


@CHECKS.check("IMSG-SAVE-04", GET, ELEMENTS)
def unsaved_changes(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if call.method == ELEMENTS:
        return _unsaved_streams(state, call, outcome)
    found = _reread(state, call, outcome)
    finding: Finding = None
    for one in found[1] if found else ():
        if one.unsaved is None or one.is_(one.quiet):
            continue
        if one.is_(one.unsaved):
            expected = f"0x{one.tag:08X} is not permanent without SaveChanges"
            return Broken(expected, f"a copy of the storage has it: {one.got!r}")
        finding = HELD if one.kept() else finding
    return finding


def _unsaved_streams(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    """The stream of a value that was never saved is not in the storage."""
    name = call.params.get("name") or ""
    storage = state.storages.get(name)
    if storage is None or state.murky or not storage.kept.committed.complete:
        return None
    if outcome.kind != "result":
        return None
    saved = {tag >> 16 for tag in (*storage.kept.committed.props, *storage.kept.pending.props)}
    saved |= {tag >> 16 for tag in storage.kept.quiet}
    unsaved = {**storage.kept.unsaved, **unsaved_on(state, name)}
    tags = [tag for tag in unsaved if tag & 0xFFFF in _IN_STREAMS and tag >> 16 not in saved]
    listed = _listed(outcome)
    streams = {f"__substg1.0_{tag >> 16:04X}" for tag in tags}
    for path in listed:
        if path[:16].upper() in {stream.upper() for stream in streams}:
            return Broken("nothing is permanent without SaveChanges", f"{path!r} is there")
    return HELD if tags or (unsaved and not listed) else None


@CHECKS.check("IMSG-SAVE-05", ELEMENTS, "IMessage.OpenAttach")
def attachments_take_two_saves(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    if call.method == "IMessage.OpenAttach":
        return _opens_saved(state, call, outcome)
    name = call.params.get("name") or ""
    storage = state.storages.get(name)
    if storage is None or state.murky or outcome.kind != "result":
        return None
    expected, pending = storage.kept.committed.parts, storage.kept.pending.parts
    messages = {
        key: thing
        for key, thing in state.things.items()
        if isinstance(thing, Message) and thing.storage == name
    }
    # Attachments that wait for a commit (SAVE-02), or for a deletion to be saved (SAVE-04).
    if (
        expected is None
        or expected != pending
        or any(_shrunk(message, expected) for message in messages.values())
    ):
        return None
    listed = _listed(outcome)
    there = sum(path.startswith(_ATTACHMENT) and "/" not in path for path in listed)
    if there > expected:
        return Broken(f"{expected} attachment(s), those saved with their message", f"{there}")
    if there < expected and _PROPERTIES in listed and not _unknown(storage.kept, listed):
        return Broken(f"{expected} attachment(s), saved with their message", f"{there}")
    made = any(
        type(part) is Attachment and part.message in messages for part in state.things.values()
    )
    return HELD if there == expected and (expected or made) else None


def _unknown(kept: Kept, listed: list[str]) -> bool:
    """A storage of no known kind: an attachment under a wrong name, of which others speak."""
    mine = {path.partition("/")[0] for path in kept.made}
    tops = {path.partition("/")[0] for path in listed if "/" in path}
    return any(not top.startswith(_KINDS) for top in tops - mine)


def _shrunk(message: Message, expected: int) -> bool:
    return message.base is None or message.base + len(message.parts) < expected


def _opens_saved(state: Imsg, call: Call, outcome: Outcome) -> Finding:
    """An attachment that was saved, and its message after it, can be opened."""
    message = own_message(state, call)
    wanted = number(call, outcome)
    if message is None or message.doubts or state.murky or wanted not in message.parts:
        return None
    if call.params.get("lppAttach") is None or call.params.get("ulFlags"):
        return None
    busy = any(
        state.things[part.message] is message and part.number == wanted
        for _, part in state.live(Attachment)
    )
    return None if busy else returns(outcome, "imsg", S_OK)
