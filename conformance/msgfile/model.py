"""The model of .msg files: which properties must be in which file.

A file by itself needs no model.
In a trace of calls on message sessions the model follows properties from SetProps to the committed
storage, on the plain road only: as soon as a call reaches an object that has ended, or two messages
share a storage, nothing is known any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from conformance.capabilities import Capabilities
from conformance.codes import IMSG_NO_ISTG_COMMIT
from conformance.model.imsg.ledger import number as number_asked
from conformance.model.outcome import succeeded, written
from conformance.model.values import replace
from conformance.msgfile.lending import Lending, follow
from conformance.msgfile.values import plain, same_width
from conformance.trace import Call, Outcome

Props = Mapping[int, Any]

PROPATTR_READABLE: Final = 2


@dataclass(frozen=True, slots=True)
class Content:
    """What a message holds as far as is known; attachments by number."""

    props: Props = field(default_factory=dict)
    attachments: Mapping[int, Props] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """An open message: `content` is what it was given, `loaded` what it had when it was opened."""

    storage: str
    commits: bool
    content: Content = field(default_factory=Content)
    loaded: Props = field(default_factory=dict)
    attributes: Mapping[int, int] = field(default_factory=dict)
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """An open attachment of a message."""

    message: str
    number: int
    props: Props = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """What is known after a prefix of a trace; `lost` says that nothing is, until the next one.

    `pending` holds what was saved into a storage and not committed, `files` what was.
    `lending` is about the files that the suite gave; `hidden` are properties that some message was
    told not to let be read, which its file may say as well.
    """

    messages: Mapping[str, Draft] = field(default_factory=dict)
    parts: Mapping[str, Part] = field(default_factory=dict)
    pending: Mapping[str, Content] = field(default_factory=dict)
    files: Mapping[str, Content] = field(default_factory=dict)
    spoiled: frozenset[str] = frozenset()
    lending: Lending = field(default_factory=Lending)
    hidden: frozenset[int] = frozenset()
    lost: bool = False

    def saved(self, call: Call) -> bool:
        """Whether a message was saved and committed in the storage that a call asks about."""
        return self.content(call) is not None

    def content(self, call: Call) -> Content | None:
        """What must be in the storage that a call asks about."""
        name = call.params.get("name", "")
        return None if self.lost or name in self.spoiled else self.files.get(name)

    def draft(self, call: Call, param: str = "this") -> Draft | None:
        """The open message that a call is made on."""
        found = None if self.lost else self.messages.get(call.params.get(param, ""))
        return None if found is None or found.storage in self.spoiled or found.ended else found


class MsgfileModel:
    """See :class:`conformance.model.Model`."""

    def begin(self, _capabilities: Capabilities) -> State:
        return State()

    def advance(self, state: Any, call: Call, outcome: Outcome) -> State:
        return advance(state, call, outcome)

    # What a call may do is the business of the family imsg.

    def mute(self, _state: Any, _call: Call, _outcome: Outcome) -> bool:
        return False

    def permits(self, _state: Any, _call: Call) -> bool:
        return True

    def allows(self, _state: Any, _call: Call) -> bool:
        return False

    def together(self, _state: Any, _threads: Sequence[Sequence[Call]]) -> bool:
        return False


def advance(state: State, call: Call, outcome: Outcome) -> State:
    """The state after one step."""
    if state.lost or outcome.kind != "result":
        return state
    if call.method == "parallel" or _reaches_ended(state, call):
        return replace(state, lost=True)
    if state.lending.files or call.params.get("base64") is not None:
        state = replace(state, lending=follow(state.lending, call, outcome))
    if call.method.startswith("world."):
        return _world(state, call)
    if call.method == "CloseIMsgSession":
        ended = {name: replace(draft, ended=True) for name, draft in state.messages.items()}
        return replace(state, messages=ended)
    if call.method == "IMessage.Release":
        return _released(state, call, outcome)
    if call.method in ("IMessage.SetProps", "IAttach.SetProps"):
        return _set(state, call, outcome)
    change = _FOLLOW.get(call.method)
    return change(state, call, outcome) if change and succeeded(outcome) else state


def _reaches_ended(state: State, call: Call) -> bool:
    name = call.params.get("this") or call.params.get("lpObject") or ""
    part = state.parts.get(name)
    draft = state.messages.get(part.message if part else name)
    return draft is not None and draft.ended


def _world(state: State, call: Call) -> State:
    name, params = call.params.get("name", ""), call.params
    if call.method == "world.storage" and params.get("base64") is not None:
        return replace(state, spoiled=state.spoiled | {name})
    if call.method == "world.reopen":
        origin = params.get("from", "")
        if origin in state.spoiled:
            return replace(state, spoiled=state.spoiled | {name})
        files = {name: state.files[origin]} if origin in state.files else {}
        return replace(state, files={**state.files, **files})
    if call.method == "world.create" and str(params.get("element")).startswith("__"):
        return replace(state, spoiled=state.spoiled | {name})
    if call.method in ("world.create", "world.commit") and name in state.pending:
        return replace(state, files={**state.files, name: state.pending[name]})
    return state


def _build(state: State, call: Call, outcome: Outcome) -> State:
    name, storage = call.params.get("lppMsg"), call.params.get("lpStg")
    if not isinstance(name, str) or not isinstance(storage, str) or not written(outcome, "lppMsg"):
        return state
    others = [draft for draft in state.messages.values() if draft.storage == storage]
    spoiled = state.spoiled | ({storage} if others else frozenset())
    content = state.files.get(storage, Content())
    commits = not call.params.get("ulFlags", 0) & IMSG_NO_ISTG_COMMIT
    draft = Draft(storage, commits, content, content.props)
    return replace(state, messages={**state.messages, name: draft}, spoiled=spoiled)


def _released(state: State, call: Call, outcome: Outcome) -> State:
    name = call.params.get("this", "")
    if name not in state.messages or outcome.body.get("return") != 0:
        return state
    ended = replace(state.messages[name], ended=True)
    return replace(state, messages={**state.messages, name: ended})


def _set(state: State, call: Call, outcome: Outcome) -> State:
    """Take over what was set; of what was refused nothing is known, save where attributes bind."""
    name = call.params.get("this", "")
    draft, part = state.messages.get(name), state.parts.get(name)
    given = {int(tag, 16): value for tag, value in call.params.get("props", {}).items()}
    problems = {int(tag, 16) for tag in outcome.body.get("problems") or {}}
    bound = draft.attributes if draft else {}
    refused = {tag for tag in given if not succeeded(outcome) or tag in problems}
    before = draft.content.props if draft else part.props if part else {}
    changed = {same_width(tag) for tag in given if same_width(tag) not in bound}
    props = {tag: value for tag, value in before.items() if tag not in changed}
    for tag, value in given.items():
        if tag not in refused:
            props[same_width(tag)] = plain(tag, value)
    if draft:
        loaded = {tag: value for tag, value in draft.loaded.items() if tag not in changed}
        draft = replace(draft, content=replace(draft.content, props=props), loaded=loaded)
        return replace(state, messages={**state.messages, name: draft})
    return (
        replace(state, parts={**state.parts, name: replace(part, props=props)}) if part else state
    )


def _save(state: State, call: Call, _outcome: Outcome) -> State:
    draft = state.messages.get(call.params.get("this", ""))
    if draft is None:
        return state
    pending = {**state.pending, draft.storage: draft.content}
    files = {**state.files, draft.storage: draft.content} if draft.commits else state.files
    return replace(state, pending=pending, files=files)


def _attach(state: State, call: Call, outcome: Outcome) -> State:
    name, message = call.params.get("lppAttach"), call.params.get("this", "")
    number = outcome.body.get("number", number_asked(call, outcome))
    if not isinstance(name, str) or not isinstance(number, int) or message not in state.messages:
        return state
    props = state.messages[message].content.attachments.get(number, {})
    return replace(state, parts={**state.parts, name: Part(message, number, props)})


def _save_attachment(state: State, call: Call, _outcome: Outcome) -> State:
    part = state.parts.get(call.params.get("this", ""))
    return _with_attachment(state, part.message, part.number, part.props) if part else state


def _delete_attachment(state: State, call: Call, outcome: Outcome) -> State:
    message, gone = call.params.get("this", ""), number_asked(call, outcome)
    kept = {
        name: part
        for name, part in state.parts.items()
        if (part.message, part.number) != (message, gone)
    }
    return _with_attachment(replace(state, parts=kept), message, gone, None)


def _with_attachment(state: State, message: str, number: Any, props: Props | None) -> State:
    draft = state.messages.get(message)
    if draft is None:
        return state
    attachments = {key: kept for key, kept in draft.content.attachments.items() if key != number}
    if props is not None:
        attachments[number] = props
    draft = replace(draft, content=replace(draft.content, attachments=attachments))
    return replace(state, messages={**state.messages, message: draft})


def _attributes(state: State, call: Call, outcome: Outcome) -> State:
    name = call.params.get("lpObject", "")
    draft = state.messages.get(name)
    if draft is None:
        return state
    refused = {int(tag, 16) for tag in outcome.body.get("problems") or {}}
    given = {int(tag, 16): flags for tag, flags in call.params.get("attribs", {}).items()}
    taken = {same_width(tag): flags for tag, flags in given.items() if tag not in refused}
    hidden = {tag for tag, flags in taken.items() if not flags & PROPATTR_READABLE}
    draft = replace(draft, attributes={**draft.attributes, **taken})
    messages = {**state.messages, name: draft}
    return replace(state, messages=messages, hidden=state.hidden | hidden)


_FOLLOW = {
    "OpenIMsgOnIStg": _build,
    "IMessage.SaveChanges": _save,
    "IMessage.CreateAttach": _attach,
    "IMessage.OpenAttach": _attach,
    "IMessage.DeleteAttach": _delete_attachment,
    "IAttach.SaveChanges": _save_attachment,
    "SetAttribIMsgOnIStg": _attributes,
}
