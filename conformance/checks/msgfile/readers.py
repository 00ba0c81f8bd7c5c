"""What a reader of .msg files ignores, and what it leaves alone: the halves that no file shows.

Sources: XM 2.4.1.1, 2.4.2.1 and 2.1.1.1 ("ignored"); K1 (the class of the root storage).
"""

from __future__ import annotations

import uuid
from typing import Final

from conformance.checks.msgfile.base import BYTES, CHECKS, parsed
from conformance.checks.registry import Check
from conformance.codes import MAPI_E_NOT_ENOUGH_MEMORY, STORE_UNICODE_OK, describe
from conformance.findings import HELD, Broken, Finding
from conformance.model.outcome import returned, succeeded
from conformance.msgfile.essence import OTHER_BITS, RESERVED, UNUSED
from conformance.msgfile.lending import Lending, answers, way
from conformance.msgfile.model import State
from conformance.msgfile.structure import SUPPORT_MASK, Defect
from conformance.trace import Call, Outcome

BUILD: Final = "OpenIMsgOnIStg"
GET: Final = "IMessage.GetProps"


def _ignores(kind: str) -> Check:
    """The check that a file with something of one kind to ignore reads as the same without."""

    def check(state: State, call: Call, outcome: Outcome) -> Finding:
        if state.lost:
            return None
        look = _built if call.method == BUILD else _read
        return look(state.lending, kind, call, outcome)

    return check


def _built(state: Lending, kind: str, call: Call, outcome: Outcome) -> Finding:
    found = state.built_on(call)
    if found is None or found[1].essence.ignored != {kind} or found[1].built:
        return None
    if found[1].like(way(call)) not in state.read:
        return None
    code = returned(outcome)
    if succeeded(outcome) or code == MAPI_E_NOT_ENOUGH_MEMORY:
        return HELD if succeeded(outcome) else None
    got = f"returned {describe(code, 'imsg')}" if outcome.kind == "result" else "no answer"
    return Broken("a message, as on the same file with zeros in place of what is ignored", got)


def _read(state: Lending, kind: str, call: Call, outcome: Outcome) -> Finding:
    found = state.reached(call)
    file = found[1] if found else None
    if file is None or file.essence.ignored != {kind} or not file.pristine:
        return None
    before = state.read.get(file.like(file.built), {})
    if not succeeded(outcome):
        return None
    finding: Finding = None
    for tag, value in answers(call, outcome).items():
        if tag not in before:
            continue
        want, got = _said(tag, before[tag]), _said(tag, value)
        if got != want:
            text = f"0x{tag:08X} reads {want!r}, as from the file without what is ignored"
            return Broken(text, f"it reads {got!r}")
        finding = HELD
    return finding


def _said(tag: int, value: object) -> object:
    """A value as far as it has a meaning: of the mask that is one bit."""
    mask = tag == SUPPORT_MASK and isinstance(value, int)
    return value & STORE_UNICODE_OK if mask and isinstance(value, int) else value


CHECKS.also("MSGF-TOP-03", BUILD, GET)(_ignores(RESERVED))
CHECKS.also("MSGF-PROP-03", BUILD, GET)(_ignores(UNUSED))
CHECKS.check("MSGF-UNI-02", BUILD, GET)(_ignores(OTHER_BITS))


@CHECKS.also("MSGF-CLS-01", BYTES)
def class_of_the_caller(state: State, call: Call, outcome: Outcome) -> Finding:
    """A save leaves the class that the caller wrote alone, whatever it is."""
    lent = state.lending.files.get(call.params.get("name") or "")
    if state.lost or lent is None or not lent.saved or not any(lent.essence.clsid):
        return None
    encoded = outcome.body.get("base64") if outcome.kind == "result" else None
    file = parsed(encoded) if isinstance(encoded, str) else None
    if file is None or isinstance(file, Defect):
        return None
    found = file.root.clsid
    if found == lent.essence.clsid:
        return HELD
    want, got = (str(uuid.UUID(bytes_le=one)).upper() for one in (lent.essence.clsid, found))
    return Broken(f"the class {{{want}}} that the caller wrote", f"the class is {{{got}}}")
