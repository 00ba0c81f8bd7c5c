"""SIMPLE-CALL: the calls on messages, and the session handle that they take.

Each function is the check of the requirement named above it.
"""

from __future__ import annotations

from typing import Final

from conformance.checks.simple.base import CHECKS, answer, doubtful, excused
from conformance.checks.words import must, observed, takes
from conformance.codes import (
    MAPI_E_FAILURE,
    MAPI_E_INVALID_MESSAGE,
    MAPI_E_INVALID_SESSION,
    MAPI_E_NO_MESSAGES,
    MAPI_E_NO_SUPPORT,
    SUCCESS_SUCCESS,
)
from conformance.findings import HELD, Broken, Finding
from conformance.model.outcome import asked, returned, written
from conformance.model.simple.advance import extra_sessions, single
from conformance.model.simple.mail import (
    kind_of,
    needs_no_session,
    own_place,
    place_of,
    seed_of,
    stale,
)
from conformance.model.simple.state import Simple
from conformance.model.simple.stimulus import which_handle
from conformance.trace import Call, Outcome

FIND: Final = "MAPIFindNext"
READ: Final = "MAPIReadMail"
SAVE: Final = "MAPISaveMail"
DELETE: Final = "MAPIDeleteMail"
SEND: Final = "MAPISendMail"
RESOLVE: Final = "MAPIResolveName"
BOUND: Final = (FIND, READ, SAVE, DELETE)


def _plain(state: Simple, call: Call) -> bool:
    """The handle is all that can be wrong with the call."""
    params = call.params
    if any(params.get(name) for name in ("flFlags", "ulReserved", "ulUIParam")):
        return False
    if call.method == READ and asked(call, "lppMessage") is None:
        return False
    given = params.get(seed_of(call))
    without = given in (None, "") and call.method not in (READ, DELETE)
    return without or place_of(state, call) is not None


@CHECKS.check("SIMPLE-CALL-01", *BOUND)
def zero_handle(state: Simple, call: Call, outcome: Outcome) -> Finding:
    if call.method == READ and which_handle(state, call, outcome) == "valid":
        return _unharmed(state, call, outcome, "SIMPLE-CALL-01")
    if which_handle(state, call, outcome) != "zero" or needs_no_session(call):
        return None
    if call.method == READ and asked(call, "lppMessage") is None:
        return None
    code = returned(outcome)
    held = type(code) is int and code != SUCCESS_SUCCESS
    return must(outcome, "simple", held, "an error: the call takes no zero handle")


@CHECKS.check("SIMPLE-CALL-02", *BOUND)
def dead_handle(state: Simple, call: Call, outcome: Outcome) -> Finding:
    handle = which_handle(state, call, outcome)
    if call.method == READ and handle == "valid":
        saved = _saved_all_the_same(state, call, outcome, "SIMPLE-CALL-02")
        return saved or _unharmed(state, call, outcome, "SIMPLE-CALL-02")
    if handle != "dead" or not _plain(state, call):
        return None
    found = answer(state, outcome, MAPI_E_INVALID_SESSION)
    if found is HELD and call.method == READ and written(outcome, "lppMessage") is not None:
        return Broken("19 and no message", "returned 19, and a message was written")
    return found


def _saved_all_the_same(state: Simple, call: Call, outcome: Outcome, requirement: str) -> Finding:
    """A message is read whose subject only a refused call gave, and no message had before."""
    subject = outcome.body.get("subject") if returned(outcome) == SUCCESS_SUCCESS else None
    mine = isinstance(subject, str) and state.unsaved.get(subject) == requirement
    if not mine or own_place(state, call, outcome) is None:
        return None
    return Broken("the refused call saved nothing", f"there is a message {subject!r}")


def _unharmed(state: Simple, call: Call, outcome: Outcome, requirement: str) -> Finding:
    """A message that a refused call was about is read: it is there, and as it was."""
    place = own_place(state, call, outcome)
    if place is None or not _plain(state, call) or excused(state, outcome):
        return None
    mail, code = state.mails[place[0]][place[1]], returned(outcome)
    if requirement not in mail.doubts or mail.subject is None:
        return None
    subject = outcome.body.get("subject") if code == SUCCESS_SUCCESS else None
    if subject == mail.subject:
        return HELD
    changed = code in (SUCCESS_SUCCESS, MAPI_E_INVALID_MESSAGE)
    if not changed or len(mail.doubts) > 1:
        return None
    but = f"{observed(outcome, 'simple')}, subject {subject!r}"
    return Broken(f"the refused call changed nothing, the subject is {mail.subject!r}", but)


@CHECKS.check("SIMPLE-CALL-03", SEND, RESOLVE, SAVE, "observe")
def session_for_the_call(state: Simple, call: Call, outcome: Outcome) -> Finding:
    if call.method == "observe":
        extra = extra_sessions(state, outcome)
        if extra is None or not single(state, "call-own"):
            return None
        if extra > 0:
            return Broken("the session of the call is gone", f"{extra} more session(s) open")
        return None if extra else HELD
    if which_handle(state, call, outcome) != "zero" or not _takes_zero(call):
        return None
    code = returned(outcome)
    if excused(state, outcome):
        return None
    # Without a shared session the call may fail for want of credentials.
    certain = state.shares() and kind_of(call) in state.worked
    if code == MAPI_E_INVALID_SESSION or type(code) is not int or (certain and code):
        return Broken("handle zero is accepted", observed(outcome, "simple"))
    return HELD if certain else None


def _takes_zero(call: Call) -> bool:
    faults = any(call.params.get(name) for name in ("flFlags", "ulReserved", "ulUIParam"))
    return needs_no_session(call) and not faults


@CHECKS.check("SIMPLE-CALL-04", *BOUND)
def identifier_of_another_session(state: Simple, call: Call, outcome: Outcome) -> Finding:
    mail = stale(state, call, outcome)
    if mail is None or not _plain(state, call) or excused(state, outcome):
        return None
    code = returned(outcome)
    if code == MAPI_E_INVALID_SESSION and doubtful(state, call, outcome) is not None:
        return None
    if code == MAPI_E_INVALID_MESSAGE:
        return HELD
    lasting = (SUCCESS_SUCCESS, MAPI_E_NO_MESSAGES, MAPI_E_NO_SUPPORT)
    if code not in (lasting if call.method == FIND else lasting[:1]):
        expected = "MAPI_E_INVALID_MESSAGE (17), or the message that it stood for"
        return Broken(expected, observed(outcome, "simple"))
    if call.method != READ or mail.subject is None:
        return None
    subject = outcome.body.get("subject")
    if subject == mail.subject:
        return HELD
    return Broken(f"17, or the message {mail.subject!r}", f"the message {subject!r}")


@CHECKS.check("SIMPLE-CALL-05", SEND, RESOLVE)
def invalid_handle(state: Simple, call: Call, outcome: Outcome) -> Finding:
    if which_handle(state, call, outcome) not in ("dead", "unknown") or not _takes_zero(call):
        return None
    if excused(state, outcome):
        return None
    answers = {MAPI_E_INVALID_SESSION: "A", MAPI_E_FAILURE: "B"}
    expected = "MAPI_E_INVALID_SESSION (19), or MAPI_E_FAILURE (2)"
    return takes(outcome, "simple", answers, expected, call.method)
