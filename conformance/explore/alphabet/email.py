"""The alphabet of email sessions.

Servers that stay silent cost seconds, so that they stand in scenarios only
(conformance/explore/mail.py); here they refuse, drop and answer nonsense.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from conformance.capabilities import Capabilities
from conformance.explore.alphabet import Alphabet, Draw, Letter
from conformance.explore.choose import Chooser, Params
from conformance.model.email.accounts import CROWD, PEOPLE, password
from conformance.model.email.state import MAIL, READING, Email, Identity, Life
from conformance.trace import Call

OBSERVE: Final = Call("observe", {})
LOOK: Final = Call("servers.observe", {})
NAMES: Final = {"pop3": "POP3", "imap": "IMAP", "smtp": "SMTP"}
STRANGERS: Final = ("nobody", "an", "ann@example.or", "user")
"""Names that no session was started under; some are parts of names that exist."""
QUICK_FAULTS: Final = ("refuse", "drop", "nonsense")
PATIENT: Final = (30_000, 60_000, 600_000)
WRONG: Final = "no such password"
_TALL: Final = 9


def by_name(user: str) -> Params:
    """The session parameter that names a user."""
    return {"user": user}


def by_variable(variable: str, user: str) -> Params:
    """The session parameter that is a variable with this user name."""
    return {"variable": variable, "user": user}


def server(name: str) -> Params:
    """The symbol for a server's address."""
    return {"server": name}


def start(protocol: str, session: Params, secret: str | None = None, at: Any = None) -> Call:
    """A start of one protocol; with the defaults one that succeeds."""
    params: Params = {
        "session": session,
        "password": password(session["user"]) if secret is None else secret,
        "server": server(protocol) if at is None else at,
    }
    return Call(f"EmailStart{NAMES[protocol]}Session", params)


def start_tls(protocol: str, session: Params) -> Call:
    """The same over TLS."""
    call = start(protocol, session, at=server(f"{protocol}s"))
    return Call(call.method, {**call.params, "tls": True})


def start_both(
    session: Params, pop3: Any = None, smtp: Any = None, secret: str | None = None
) -> Call:
    """EmailStartSession; `smtp` "" leaves SMTP out."""
    params: Params = {
        "session": session,
        "password": password(session["user"]) if secret is None else secret,
        "pop3": server("pop3") if pop3 is None else pop3,
        "smtp": None if smtp == "" else server("smtp") if smtp is None else smtp,
    }
    return Call("EmailStartSession", params)


def close(session: Params) -> Call:
    """EmailCloseSession."""
    return Call("EmailCloseSession", {"session": session})


def count(session: Params) -> Call:
    """EmailGetCount: a use of a session that reads."""
    return Call("EmailGetCount", {"session": session})


def send(session: Params, to: str = "ben@example.org") -> Call:
    """EmailSendMessage: a use of a session that sends."""
    return Call("EmailSendMessage", {"session": session, "to": to, "subject": "conformance"})


def fault(protocol: str, mode: str) -> Call:
    """The server of a protocol behaves so from now on."""
    return Call("servers.fault", {"protocol": protocol, "mode": mode})


def time_out(milliseconds: int) -> Call:
    """EmailSetTimeOut."""
    return Call("EmailSetTimeOut", {"milliseconds": milliseconds})


def session_of(state: Email, identity: Identity) -> Params:
    """The session parameter for an identity that was started."""
    kind, name = identity
    if kind == "user":
        return by_name(name)
    return by_variable(name, state.users.get(identity, ""))


def _identities(state: Email, protocols: Sequence[str] = MAIL) -> list[Identity]:
    """Identities with a live session over one of these protocols, oldest first."""
    places = [(who, p) for (who, p), one in state.sessions.items() if one.life is Life.OPEN]
    return list(dict.fromkeys(identity for identity, p in places if p in protocols))


def _over(state: Email) -> list[Identity]:
    return [identity for identity in sorted(state.past) if not state.under(identity)]


def _user(state: Email, choose: Chooser, protocols: Sequence[str]) -> str:
    """Mostly a user who has no session over these protocols yet."""
    people = PEOPLE if choose.character.crowd < _TALL else (*PEOPLE, *CROWD)
    for _ in range(8):
        user = choose.pick(people[:4]) if choose.chance(500) else choose.pick(people)
        if not any(place[1] in protocols for place in state.of_user(user)):
            return user
    return user


def _session(state: Email, choose: Chooser, protocols: Sequence[str]) -> Params:
    """A name, a new variable, or one whose session was closed."""
    user = _user(state, choose, protocols)
    if len(protocols) > 1 or not choose.chance(350):
        over = [name for kind, name in _over(state) if kind == "user"]
        again = over and choose.chance(400)
        return by_name(choose.liked(over) if again and over else user)
    over = [name for kind, name in _over(state) if kind == "variable"]
    if over and choose.chance(400):
        variable = choose.liked(over)
        known = state.users.get(("variable", variable), user)
        return by_variable(variable, known if choose.chance(500) else user)
    return by_variable(choose.fresh("v"), user)


def _start(protocol: str) -> Draw:
    def draw(state: Email, choose: Chooser) -> Call | None:
        if protocol not in state.protocols or _crowded(state, choose):
            return None
        session = _session(state, choose, [protocol])
        if choose.errs():
            return _bad_start(protocol, session, choose)
        if state.tls and choose.chance(60):
            return start_tls(protocol, session)
        return start(protocol, session)

    return draw


def _crowded(state: Email, choose: Chooser) -> bool:
    return len(state.live()) >= choose.character.crowd and choose.chance(900)


def _bad_start(protocol: str, session: Params, choose: Chooser) -> Call:
    kind = choose.source.below(4)
    if kind == 0:
        return start(protocol, session, at=server("closed"))
    if kind == 1:
        return start(protocol, {**session, "user": choose.pick(STRANGERS)})
    other = password(choose.pick(PEOPLE))
    right = password(session["user"])
    wrong = choose.pick((WRONG, right.upper(), right[:-1]))
    return start(protocol, session, wrong if other == right or choose.chance(500) else other)


def _start_both(state: Email, choose: Chooser) -> Call | None:
    if "pop3" not in state.protocols or _crowded(state, choose):
        return None
    both = "smtp" in state.protocols and choose.chance(700)
    session = _session(state, choose, ["pop3", "smtp"] if both else ["pop3"])
    smtp = None if both and "variable" not in session else ""
    if choose.errs():
        kind = choose.source.below(3)
        if kind == 0 and smtp is None:
            return start_both(session, smtp=server("closed"))
        if kind == 1:
            return start_both(session, pop3=server("closed"), smtp=smtp)
        return start_both(session, smtp=smtp, secret=WRONG)
    return start_both(session, smtp=smtp)


def _wrong(state: Email, choose: Chooser) -> Params:
    """A session parameter with nothing open behind it."""
    over = _over(state)
    if over and choose.chance(550 + choose.character.dead):
        return session_of(state, choose.liked(over))
    names = [name for kind, name in _identities(state) if kind == "user"]
    kind = choose.source.below(4)
    if kind == 0:
        return by_name("")
    if kind == 1 and names:
        name = choose.liked(names)
        return by_name(choose.pick((name.upper(), name[:-1], f"{name} ", name.capitalize())))
    return by_name(choose.pick((*STRANGERS, *PEOPLE)))


def _close(state: Email, choose: Chooser) -> Call | None:
    live = _identities(state)
    if choose.errs():
        return close(_wrong(state, choose))
    return close(session_of(state, choose.liked(live))) if live else None


def _use(make: Callable[[Params], Call], own: Sequence[str]) -> Draw:
    def draw(state: Email, choose: Chooser) -> Call | None:
        live = _identities(state, own)
        if choose.errs():
            others = [identity for identity in _identities(state) if identity not in live]
            if others and choose.chance(400):
                return make(session_of(state, choose.liked(others)))
            return make(_wrong(state, choose))
        doubted = [
            identity
            for identity in live
            if any(one.doubts for one in state.under(identity).values())
        ]
        pool = doubted if doubted and choose.chance(600) else live
        return make(session_of(state, choose.liked(pool))) if pool else None

    return draw


def _info(state: Email, choose: Chooser) -> Call | None:
    return Call("ErrorInfo", {}) if state.last or choose.chance(50) else None


def _fault(state: Email, choose: Chooser) -> Call | None:
    played = [protocol for protocol, mode in state.faults.items() if mode != "none"]
    if played:
        return fault(choose.pick(played), "none")
    offered = [protocol for protocol in MAIL if protocol in state.protocols]
    return fault(choose.pick(offered), choose.pick(QUICK_FAULTS)) if offered else None


def _time_out(_state: Email, choose: Chooser) -> Call:
    return time_out(choose.pick(PATIENT))


def _preamble(_capabilities: Capabilities, _choose: Chooser) -> list[Call]:
    return []


def _epilogue(state: Email, choose: Chooser) -> Call | None:
    """End the faults, then close everything, in the order that the sequence likes."""
    played = [protocol for protocol, mode in state.faults.items() if mode != "none"]
    if played:
        return fault(played[0], "none")
    live = _identities(state)
    return close(session_of(state, choose.liked(live))) if live else None


def _touch(state: Email, choose: Chooser) -> Call | None:
    """Use or close once more what was closed."""
    over = _over(state)
    if not over or state.over:
        return None
    session = session_of(state, choose.pick(over))
    return choose.pick((count(session), close(session), close(session)))


ALPHABET: Final = Alphabet(
    {
        "EmailStartPOP3Session": Letter(_start("pop3"), 16),
        "EmailStartSMTPSession": Letter(_start("smtp"), 14),
        "EmailStartIMAPSession": Letter(_start("imap"), 14),
        "EmailStartSession": Letter(_start_both, 12),
        "EmailCloseSession": Letter(_close, 34),
        "EmailGetCount": Letter(_use(count, READING), 16),
        "EmailSendMessage": Letter(_use(send, ("smtp",)), 12),
        "ErrorInfo": Letter(_info, 8),
        "EmailSetTimeOut": Letter(_time_out, 1),
        "servers.fault": Letter(_fault, 5),
        "servers.observe": Letter(lambda _state, _choose: LOOK, 0),
        "observe": Letter(lambda _state, _choose: OBSERVE, 0),
    },
    _preamble,
    _epilogue,
    _touch,
    looks=("servers.observe", "observe"),
)
