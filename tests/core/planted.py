"""An implementation that breaks many requirements at once, and what it must be charged with.

What is charged follows from the sentences of the catalogue.
"""

from __future__ import annotations

from typing import Any

from conformance.trace import Call, Outcome

from .fakes import FAIL, Twisted, result

UNICODE = 0x80000000
BROKEN = {
    "IMSG-OPEN-02",  # a NULL allocator gives another error
    "IMSG-OPEN-03",  # and so does a NULL out pointer
    "IMSG-OPEN-04",  # flag bit 7 is ignored
    "IMSG-OPEN-05",  # the other bits give a code of its own, and reading A is chosen
    "IMSG-MSG-09",  # undefined flags of OpenIMsgOnIStg are ignored
    "IMSG-MSG-12",  # missing memory routines are, too
    "IMSG-CLOSE-03",  # the close returns a code
    "IMSG-REL-02",  # the callback is given other data
    "SIMPLE-LOGON-02",  # a failing logon returns an SCODE,
    "SIMPLE-LOGON-10",  # which is no Simple MAPI code
    "SIMPLE-LOGOFF-02",  # an ended handle is accepted
    "SIMPLE-LOGOFF-03",  # and so is zero
    "SIMPLE-LOGOFF-05",  # flags give another error
    "SIMPLE-LOGOFF-11",  # a window handle makes the logoff fail
}


def _change(call: Call) -> Call:
    params: dict[str, Any] = dict(call.params)
    if call.method == "OpenIMsgSession" and params["ulFlags"] & ~UNICODE == 0x80:
        params["ulFlags"] &= UNICODE
    if call.method == "OpenIMsgOnIStg":
        params["ulFlags"] &= UNICODE | 1
        for routine in ("lpAllocateBuffer", "lpAllocateMore", "lpFreeBuffer"):
            params[routine] = True
    return Call(call.method, params)


def _answer(call: Call, outcome: Outcome) -> Outcome:
    if outcome.kind != "result":
        return outcome
    body = outcome.body
    if call.method == "OpenIMsgSession" and body["return"] in (0x80070057, 0x80040106):
        return Outcome("result", {**body, "return": FAIL})
    if call.method == "CloseIMsgSession":
        return result(0)
    if call.method == "observe" and "released" in body:
        released = [{**each, "ulCallerData": 7} for each in body["released"]]
        return Outcome("result", {**body, "released": released})
    if call.method == "MAPILogon" and body["return"] == 3:
        return Outcome("result", {**body, "return": 0x80040111})
    if call.method == "MAPILogoff":
        return result(_logoff(call, body["return"]))
    return outcome


def _logoff(call: Call, code: int) -> int:
    if code == 19:
        zero = call.params["lhSession"] == {"literal": 0}
        ended = isinstance(call.params["lhSession"], str)
        return 0 if zero or ended else 19
    if code == 2 and call.params["flFlags"]:
        return 3
    return 2 if code == 0 and call.params["ulUIParam"] else code


def planted() -> Twisted:
    return Twisted([_change], [_answer])
