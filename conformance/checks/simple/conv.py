"""SIMPLE-MEM and SIMPLE-CONV: buffers that calls return, and the step to the larger interface.

Each function is the check of the requirement named above it.
"""

from __future__ import annotations

from typing import Final

from conformance.checks.simple.base import CHECKS, doubtful, excused
from conformance.checks.words import must, returns
from conformance.codes import (
    MAPI_E_INVALID_PARAMETER,
    MAPI_E_NOT_ENOUGH_MEMORY,
    MAPI_E_UNKNOWN_FLAGS,
    SUCCESS_SUCCESS,
)
from conformance.findings import Finding
from conformance.model.outcome import asked, returned
from conformance.model.simple.state import Life, Simple
from conformance.model.simple.stimulus import which_handle
from conformance.trace import Call, Outcome

FREE: Final = "MAPIFreeBuffer"
CONVERT: Final = "ScMAPIXFromSMAPI"


@CHECKS.check("SIMPLE-MEM-01", FREE)
def buffer_after_logoff(state: Simple, call: Call, outcome: Outcome) -> Finding:
    buffer = state.buffers.get(call.params.get("pv") or "")
    handle = state.handle(buffer.handle) if buffer is not None else None
    if buffer is None or buffer.freed or handle is None or handle.life is not Life.ENDED:
        return None
    held = returned(outcome) == SUCCESS_SUCCESS
    return must(outcome, "simple", held, "SUCCESS_SUCCESS (0), the buffer is still the caller's")


@CHECKS.check("SIMPLE-MEM-02", FREE)
def null_buffer(_state: Simple, call: Call, outcome: Outcome) -> Finding:
    null = "pv" in call.params and call.params["pv"] is None
    return returns(outcome, "simple", SUCCESS_SUCCESS) if null else None


@CHECKS.check("SIMPLE-CONV-01", CONVERT)
def converts(state: Simple, call: Call, outcome: Outcome) -> Finding:
    flags = call.params.get("ulFlags")
    if asked(call, "lppMAPISession") is None or excused(state, outcome):
        return None
    if state.armed and returned(outcome) == MAPI_E_NOT_ENOUGH_MEMORY:
        return None
    handle = which_handle(state, call, outcome)
    if handle in ("dead", "unknown") and flags == 0:
        return returns(outcome, "imsg", MAPI_E_INVALID_PARAMETER)
    if handle != "valid" or not flags:
        return None
    lost = doubtful(state, call, outcome) is not None
    if lost and returned(outcome) == MAPI_E_INVALID_PARAMETER:
        return None
    return returns(outcome, "imsg", MAPI_E_UNKNOWN_FLAGS)
