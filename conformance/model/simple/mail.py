"""What the Simple MAPI model knows of messages and buffers.

A message is known by the identifiers that calls on a session handle gave; the n-th distinct one
that came with it is `{"message_id": {"of": HANDLE, "index": n}}` (see :mod:`conformance.symbols`).
Sources: L5 to L8 (identifiers, and the calls that take them); L10 and P5 (buffers).
"""

from __future__ import annotations

from typing import Any, Final

from conformance.codes import MAPI_E_INVALID_SESSION, MAPI_E_NO_MESSAGES
from conformance.model.outcome import asked, returned, written
from conformance.model.simple.advance import BOUND_CALLS, doubted
from conformance.model.simple.state import Buffer, Life, Mail, Simple
from conformance.model.simple.stimulus import which_handle
from conformance.model.values import replace
from conformance.trace import Call, Outcome

REFUSALS: Final = {"zero": "SIMPLE-CALL-01", "dead": "SIMPLE-CALL-02"}
"""The requirement to blame if a call with such a handle changed the mailbox."""
CHANGING: Final = ("MAPIDeleteMail", "MAPISaveMail")
_GIVING: Final = ("MAPIFindNext", "MAPISaveMail")
_OPTIONAL: Final = ("MAPISendMail", "MAPIResolveName", "MAPISaveMail")

MAIL_CALLS: Final = frozenset({*BOUND_CALLS, "MAPIFreeBuffer"})

Place = tuple[str, int]


def seed_of(call: Call) -> str:
    """The parameter that takes the identifier of a message."""
    return "lpszSeedMessageID" if call.method == "MAPIFindNext" else "lpszMessageID"


def place_of(state: Simple, call: Call) -> Place | None:
    """Which known message a call is about: the handle it came with, and its number there."""
    given = call.params.get(seed_of(call))
    if not isinstance(given, dict) or "message_id" not in given:
        return None
    of, index = given["message_id"]["of"], given["message_id"]["index"]
    return (of, index) if 0 <= index < len(state.mails.get(of, ())) else None


def mail_of(state: Simple, call: Call) -> Mail | None:
    """What is known of the message that a call is about."""
    place = place_of(state, call)
    return None if place is None else state.mails[place[0]][place[1]]


def own_place(state: Simple, call: Call, outcome: Outcome | None) -> Place | None:
    """The message of a call with a good handle and an identifier that came with it."""
    place = place_of(state, call)
    fits = place is not None and call.params.get("lhSession") == place[0]
    return place if fits and which_handle(state, call, outcome) == "valid" else None


def stale(state: Simple, call: Call, outcome: Outcome) -> Mail | None:
    """The message of a call that uses a good handle and an identifier from a session that is over.

    Left out are identifiers that the session of the good handle gave out too.
    """
    place, handle = place_of(state, call), call.params.get("lhSession")
    if place is None or which_handle(state, call, outcome) != "valid":
        return None
    origin, mail = state.handle(place[0]), state.mails[place[0]][place[1]]
    if origin is None or origin.life is not Life.ENDED:
        return None
    lives = (Life.OPEN, Life.UNSURE)
    good = [name for name in state.names if (h := state.handle(name)) and h.life in lives]
    current = {known.text for name in (*good, handle) for known in state.mails.get(str(name), ())}
    return None if mail.text in current else mail


def needs_no_session(call: Call) -> bool:
    """A call that takes handle zero, and then makes a session that lasts as long as the call."""
    new = call.method != "MAPISaveMail" or call.params.get("lpszMessageID") in (None, "")
    return call.method in _OPTIONAL and new


def kind_of(call: Call) -> str:
    """What a call without a session asks for: the same must work with and without one."""
    return f"{call.method} {call.params.get('lpszName', '')}"


def follow(state: Simple, call: Call, outcome: Outcome) -> Simple:
    """The state after a call on messages or buffers that returned."""
    if outcome.kind != "result":
        return state
    if call.method == "MAPIFreeBuffer":
        return _freed(state, call)
    if call.method == "MAPIReadMail":
        state = _buffered(state, call, outcome)
    case = which_handle(state, call, outcome)
    if "subject" in call.params:
        state = _subject_given(state, call, outcome, case)
    if call.method == "MAPIFindNext" and case == "valid":
        state = _enumerated(state, call, outcome)
    if case == "zero":
        state = _without_session(state, call)
    if returned(outcome) != 0:
        return _refused(state, call, REFUSALS.get(case, ""))
    if case == "valid" and needs_no_session(call):
        state = replace(state, worked=state.worked | {kind_of(call)})
    state = _changed(state, call, outcome)
    return _given(state, call, outcome) if call.method in _GIVING else state


def _subject_given(state: Simple, call: Call, outcome: Outcome, case: str) -> Simple:
    """A subject went over the wire: in a call that must save nothing, or in one that may."""
    subject = call.params["subject"]
    refused = case == "dead" and returned(outcome) == MAPI_E_INVALID_SESSION
    if not refused or call.method != "MAPISaveMail" or not needs_no_session(call):
        unsaved = {text: blame for text, blame in state.unsaved.items() if text != subject}
        return replace(state, unsaved=unsaved, given=state.given | {subject})
    if subject in state.given or not any(_lacks(state, name, subject) for name in state.whole):
        return state
    return replace(state, unsaved={**state.unsaved, subject: REFUSALS[case]})


def _lacks(state: Simple, name: str, subject: str) -> bool:
    """Whether no message of the mailbox, as a handle sees it, has a subject."""
    handle, known = state.handle(name), state.mails.get(name, ())
    good = handle is not None and handle.life is Life.OPEN
    return good and all(mail.subject not in (None, subject) for mail in known)


def _enumerated(state: Simple, call: Call, outcome: Outcome) -> Simple:
    """A handle has seen the whole mailbox when nothing follows the last message that it knows."""
    name, place = str(call.params.get("lhSession")), place_of(state, call)
    following = 0 if place is None else place[1] + 1
    last = following == len(state.mails.get(name, ())) and (place is None or place[0] == name)
    if returned(outcome) == MAPI_E_NO_MESSAGES and last:
        return replace(state, whole=state.whole | {name})
    return replace(state, whole=state.whole - {name}) if name in state.whole else state


def _without_session(state: Simple, call: Call) -> Simple:
    allowed = needs_no_session(call)
    event, blame = ("call-own", "SIMPLE-CALL-03") if allowed else ("call-zero", "SIMPLE-CALL-01")
    return doubted(replace(state, events=state.events | {event}), blame)


def _refused(state: Simple, call: Call, blame: str) -> Simple:
    """A call failed: whatever it was about must be as it was."""
    if call.method not in CHANGING or not blame or place_of(state, call) is None:
        return state
    return _all(state, lambda mail: replace(mail, doubts=mail.doubts | {blame}))


def _all(state: Simple, change: Any) -> Simple:
    mails = {name: tuple(map(change, known)) for name, known in state.mails.items()}
    return replace(state, mails=mails)


def _changed(state: Simple, call: Call, outcome: Outcome) -> Simple:
    """A call succeeded: what is known of the messages now."""
    place = own_place(state, call, outcome)
    if call.method in CHANGING and not needs_no_session(call):
        # Other identifiers may stand for the same message.
        state = _all(state, lambda mail: replace(mail, subject=None, doubts=frozenset()))
    if place is None:
        return state
    if call.method == "MAPIReadMail":
        return _learned(state, place, outcome.body.get("subject"))
    if call.method == "MAPISaveMail":
        return _learned(state, place, call.params.get("subject"))
    return state


def _learned(state: Simple, place: Place, subject: Any) -> Simple:
    known = list(state.mails[place[0]])
    text = subject if isinstance(subject, str) else None
    known[place[1]] = replace(known[place[1]], subject=text, doubts=frozenset())
    return replace(state, mails={**state.mails, place[0]: tuple(known)})


def _given(state: Simple, call: Call, outcome: Outcome) -> Simple:
    """An identifier came back; a repeated one is known already."""
    name, text = call.params.get("lhSession"), outcome.body.get("lpszMessageID")
    if not isinstance(name, str) or not isinstance(text, str) or not text:
        return state
    known = state.mails.get(name, ())
    if any(mail.text == text for mail in known):
        return state
    new = call.method == "MAPISaveMail"
    subject = call.params.get("subject") if new else None
    mail = Mail(text, subject, own=new and needs_no_session(call))
    return replace(state, mails={**state.mails, name: (*known, mail)})


def _buffered(state: Simple, call: Call, outcome: Outcome) -> Simple:
    name, token = asked(call, "lppMessage"), written(outcome, "lppMessage")
    if name is None or token is None:
        return state
    handle = call.params.get("lhSession")
    lawful = returned(outcome) == 0 and isinstance(handle, str)
    buffer = Buffer(token, str(handle) if lawful else "")
    return replace(state, buffers={**state.buffers, name: buffer})


def _freed(state: Simple, call: Call) -> Simple:
    name = call.params.get("pv") or ""
    if name not in state.buffers:
        return state
    buffer = replace(state.buffers[name], freed=True)
    return replace(state, buffers={**state.buffers, name: buffer})
