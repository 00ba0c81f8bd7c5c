"""MSGF-RT and MSGF-PROP-04: what an implementation does with properties and their flags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from conformance.checks.msgfile.base import BYTES, CHECKS, file_of
from conformance.findings import HELD, Broken, Finding
from conformance.model.outcome import succeeded
from conformance.msgfile.model import Props, State
from conformance.msgfile.structure import Defect, Part
from conformance.msgfile.values import is_ascii, known, plain, same_width, stored
from conformance.trace import Call, Outcome

READABLE, WRITABLE = 2, 4

_COMPUTED: Final = frozenset(
    {0x0E02, 0x0E03, 0x0E04, 0x0E07, 0x0E08, 0x0E12, 0x0E13, 0x0E1B, 0x0E1D, 0x0E20, 0x0E21}
    | {0x0FF4, 0x0FF7, 0x0FFE, 0x3000, 0x3007, 0x3008, 0x340D, 0x003D}
)
"""Identifiers of properties that implementations compute, or may (D18, Remarks)."""
_NAMED: Final = 0x8000  # from here on identifiers may differ between file and session


@CHECKS.check("MSGF-RT-01", BYTES, "IMessage.GetProps")
def comes_back(state: State, call: Call, outcome: Outcome) -> Finding:
    if call.method == BYTES:
        content, file = state.content(call), file_of(state, call, outcome)
        if content is None or file is None or isinstance(file, Defect):
            return None
        found = _held(content.props, file.message)
        for props in content.attachments.values():
            if isinstance(found, Broken):
                break
            held = [_held(props, part) for part in file.message.attachments]
            found = _best(held) or found
        return found
    return _read_back(state, call, outcome)


def _best(found: list[Finding]) -> Finding:
    """The attachment of a file that has what was set, as numbers may change on the way."""
    held = [item for item in found if not isinstance(item, Broken)]
    return held[0] if held else found[0] if found else _MISSING


_MISSING: Final = Broken("a storage for the attachment that was saved", "there is none")


def _compared(props: Props) -> dict[int, Any]:
    """The properties whose values are certain."""
    return {
        tag: value
        for tag, value in props.items()
        if tag >> 16 < _NAMED and tag >> 16 not in _COMPUTED and known(tag) and value is not None
    }


def _held(props: Props, part: Part) -> Finding:
    entries = {entry.tag: entry for entry in part.properties.entries} if part.properties else {}
    wanted = _compared(props)
    for tag, value in wanted.items():
        entry = entries.get(tag)
        if entry is None and is_ascii(value):
            entry = entries.get(tag & ~1) if same_width(tag & ~1) == tag else None
        elif entry is None:
            continue  # what a narrow file makes of wide text is not documented
        if entry is None:
            return Broken(
                f"the property 0x{tag:08X} that was saved", f"{part.path} at offset 0: none"
            )
        got = stored(part, entry)
        if got != value:
            where = f"{part.path} at offset {entry.offset}"
            return Broken(f"0x{tag:08X} with the value {value!r}", f"{where}: it has {got!r}")
    return HELD if wanted else None


def _read_back(state: State, call: Call, outcome: Outcome) -> Finding:
    """A message opened on a saved file gives the properties that nobody changed since."""
    draft = state.draft(call)
    if draft is None or not succeeded(outcome):
        return None
    loaded, found = _compared(draft.loaded), HELD
    asked = {int(tag, 16): tag for tag in call.params.get("tags", ())}
    got = {same_width(tag): value for tag, value in _answered(outcome).items()}
    wanted = {
        same_width(tag) for tag in asked
    } & loaded.keys() - draft.attributes.keys() - state.hidden
    for tag in sorted(wanted):
        if is_ascii(loaded[tag]) and got.get(tag) != loaded[tag]:
            return Broken(
                f"0x{tag:08X} reads {loaded[tag]!r}, as saved", f"it reads {got.get(tag)!r}"
            )
    return found if wanted else None


def _answered(outcome: Outcome) -> Mapping[int, Any]:
    props = outcome.body.get("props") or {}
    return {int(tag, 16): plain(int(tag, 16), value) for tag, value in props.items()}


@CHECKS.check("MSGF-PROP-04", "IMessage.GetProps", "IMessage.SetProps")
def flags_bind(state: State, call: Call, outcome: Outcome) -> Finding:
    draft = state.draft(call)
    if draft is None or outcome.kind != "result":
        return None
    bound = {tag: flags for tag, flags in draft.attributes.items() if tag in draft.content.props}
    if call.method == "IMessage.GetProps":
        asked = {same_width(int(tag, 16)) for tag in call.params.get("tags", ())}
        hidden = {tag for tag in asked if not bound.get(tag, READABLE) & READABLE}
        shown = hidden & {same_width(tag) for tag in _answered(outcome)}
        if shown and succeeded(outcome):
            return Broken("an error for a property without readable", f"0x{min(shown):08X} is read")
        return HELD if hidden else None
    given = {same_width(int(tag, 16)) for tag in call.params.get("props", {})}
    closed = {tag for tag in given if not bound.get(tag, WRITABLE) & WRITABLE}
    problems = {same_width(int(tag, 16)) for tag in outcome.body.get("problems") or {}}
    if succeeded(outcome) and closed - problems:
        text = f"0x{min(closed - problems):08X} is set without a problem"
        return Broken("an error for a property without writable", text)
    return HELD if closed else None
