"""Files that the suite lends, and how an implementation reads them.

What a reader has to ignore is judged by comparison: of two files that say the same, the one with
nothing to ignore shows how the implementation reads them both. So nothing is presumed about which
files, properties and types it reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.model.outcome import succeeded, written
from conformance.model.values import replace
from conformance.msgfile.essence import Content, Essence, essence
from conformance.trace import Call, Outcome

Key = tuple[Content, str]
"""A content, and the way in which it was lent and a message built on it."""

_CHANGES = frozenset(
    {
        "IMessage.SetProps",
        "IMessage.CreateAttach",
        "IMessage.DeleteAttach",
        "IMessage.ModifyRecipients",
        "SetAttribIMsgOnIStg",
    }
)


@dataclass(frozen=True, slots=True)
class Lent:
    """A lent file: `built` is how a message was built on it, `pristine` says that none changed."""

    essence: Essence
    mode: str
    built: str = ""
    pristine: bool = True
    saved: bool = False

    def like(self, built: str) -> Key:
        """What files have in common that have to be read alike."""
        return self.essence.content, f"{self.mode} {built}"


@dataclass(frozen=True, slots=True)
class Lending:
    """The lent files by storage, the messages on them, and what plain files read as."""

    files: Mapping[str, Lent] = field(default_factory=dict)
    messages: Mapping[str, str] = field(default_factory=dict)
    read: Mapping[Key, Mapping[int, Any]] = field(default_factory=dict)

    def reached(self, call: Call) -> tuple[str, Lent] | None:
        """The storage and file that a call on a message is about."""
        of = call.params.get("lpObject" if "lpObject" in call.params else "this")
        name = self.messages.get(of) if isinstance(of, str) else None
        return None if name is None or name not in self.files else (name, self.files[name])

    def built_on(self, call: Call) -> tuple[str, Lent] | None:
        """The storage and file that a message is to be built on."""
        name = call.params.get("lpStg")
        if not isinstance(name, str) or name not in self.files:
            return None
        return name, self.files[name]


def way(call: Call) -> str:
    """How a message is built, whatever it and the storage are called."""
    ours = ("lpStg", "lppMsg")
    return repr(sorted((key, value) for key, value in call.params.items() if key not in ours))


def follow(state: Lending, call: Call, outcome: Outcome) -> Lending:
    """The state after one step."""
    if call.method == "world.storage":
        return _lend(state, call)
    if not state.files:
        return state
    if call.method == "OpenIMsgOnIStg":
        return _build(state, call, outcome)
    found = state.reached(call)
    if found is None:
        return state
    name, file = found
    if call.method == "IMessage.GetProps":
        return _read(state, file, call, outcome)
    if call.method in _CHANGES:
        file = replace(file, pristine=False)
    elif call.method == "IMessage.SaveChanges" and succeeded(outcome):
        file = replace(file, saved=True)
    return replace(state, files={**state.files, name: file})


def _lend(state: Lending, call: Call) -> Lending:
    params = call.params
    encoded, name = params.get("base64"), params.get("name")
    said = essence(encoded) if isinstance(encoded, str) else None
    if said is None or not isinstance(name, str):
        return state
    lent = Lent(said, f"{params.get('mode')} {params.get('transacted')}")
    return replace(state, files={**state.files, name: lent})


def _build(state: Lending, call: Call, outcome: Outcome) -> Lending:
    found, message = state.built_on(call), call.params.get("lppMsg")
    if found is None or not succeeded(outcome) or not written(outcome, "lppMsg"):
        return state
    name, file = found
    if file.built or not isinstance(message, str):
        # Two messages on one storage: what each of them reads is not said.
        left = {key: one for key, one in state.files.items() if key != name}
        return replace(state, files=left)
    file = replace(file, built=way(call))
    read = state.read
    if not file.essence.ignored:
        read = {**read, file.like(file.built): {}}
    files, messages = {**state.files, name: file}, {**state.messages, message: name}
    return replace(state, files=files, messages=messages, read=read)


def _read(state: Lending, file: Lent, call: Call, outcome: Outcome) -> Lending:
    key = file.like(file.built)
    if file.essence.ignored or not file.pristine or not succeeded(outcome):
        return state
    return replace(state, read={**state.read, key: {**state.read[key], **answers(call, outcome)}})


def answers(call: Call, outcome: Outcome) -> dict[int, Any]:
    """What was read for each tag that was asked for; None where nothing was."""
    props = outcome.body.get("props") or {}
    got = {int(tag, 16) >> 16: value for tag, value in props.items()}
    asked = (int(tag, 16) for tag in call.params.get("tags", ()))
    return {tag: got.get(tag >> 16) for tag in asked}
