"""Which documented case a call of the email family is.

Sources: W1 to W5 (start, close), W9 (timeout); contradiction X-14 for what they leave open.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from conformance.model.email.accounts import USERS, password
from conformance.model.email.state import MAIL, READING, Email, Identity, Life
from conformance.trace import Call, Outcome

STARTS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "EmailStartSession": (("pop3", "pop3"), ("smtp", "smtp")),
    "EmailStartPOP3Session": (("pop3", "server"),),
    "EmailStartIMAPSession": (("imap", "server"),),
    "EmailStartSMTPSession": (("smtp", "server"),),
}
"""For each start of a mail session the protocols it starts, and the parameter with the server."""

CLIENT_STARTS: Final = {"EmailStartNotesSession": "notes", "EmailStartOutlookSession": "outlook"}
NOWHERE: Final = "nowhere.invalid:110"
"""A server on a host that no name service knows (RFC 2606 keeps the domain free)."""

LONGEST_WAIT: Final = 2000
"""Milliseconds that a silent server may be waited for."""

ENOUGH: Final = 5000
"""Milliseconds in which a server that works answers, on a slow machine too."""

_SLOW: Final = ("silent", "drip")
_KNOWN: Final = frozenset(USERS)


def identity_of(call: Call) -> Identity | None:
    """What the session parameter names; an integer names the variable it was returned for."""
    given = call.params.get("session")
    if not isinstance(given, dict):
        return None
    if isinstance(given.get("variable"), str):
        return ("variable", given["variable"])
    if isinstance(given.get("user"), str):
        return ("user", given["user"])
    of = given.get("identifier")
    if isinstance(of, dict) and isinstance(of.get("of"), str):
        return ("variable", of["of"])
    return None


def user_of(state: Email, call: Call) -> str | None:
    """The user name of the session parameter, given there or remembered of the variable."""
    given = call.params.get("session")
    identity = identity_of(call)
    if identity is None or not isinstance(given, dict):
        return None
    if isinstance(given.get("user"), str):
        return str(given["user"])
    return state.users.get(identity)


def wanted(call: Call) -> list[tuple[str, Any]]:
    """The protocols that a start asks for, each with its server."""
    pairs = STARTS.get(call.method, ())
    asked = [(protocol, call.params.get(param)) for protocol, param in pairs]
    return [pair for pair in asked if pair[1] is not None]


def starting(state: Email, call: Call) -> str:
    """The case of a start of mail sessions.

    | case | |
    |---|---|
    | good, again, retry | must succeed; the identity is new, was closed, or failed to start |
    | free | may fail: the certificate need not be trusted, or there is little time |
    | refused, slow | must fail: for some mistake or fault; because the server is too slow |
    | duplicate | the user has such a session already |
    | lacking | the implementation has no such protocol |
    | other | nothing is documented, or not known |
    """
    identity, user, servers = identity_of(call), user_of(state, call), wanted(call)
    if identity is None or user is None or not servers:
        return "other"
    if any(protocol not in state.protocols for protocol, _ in servers):
        return "lacking"
    if identity[0] == "variable":
        known = state.users.get(identity, user)
        busy = state.under(identity)
        if len(servers) > 1 or (busy and known != user) or (busy and servers[0][0] not in busy):
            return "other"
    if any(place[1] in dict(servers) for place in state.of_user(user)):
        return "duplicate"
    tls = bool(call.params.get("tls"))
    ways = [_way(state, protocol, server, tls) for protocol, server in servers]
    if "other" in ways:
        return "other"
    wrong = user not in _KNOWN or call.params.get("password") != password(user)
    if wrong or "refused" in ways:
        return "other" if "slow" in ways else "refused"
    if "slow" in ways:
        return "slow"
    if tls or (state.timeout is not None and state.timeout < ENOUGH):
        return "free"
    if identity in state.failed:
        return "retry"
    return "again" if identity in state.past else "good"


def _way(state: Email, protocol: str, server: Any, tls: bool) -> str:
    if server == {"server": "closed"} or server == NOWHERE:
        return "refused"
    if server != {"server": protocol + ("s" if tls else "")}:
        return "other"
    mode = state.faults.get(protocol, "none")
    if mode == "none":
        return "good"
    return "slow" if mode in _SLOW else "refused"


def naming(state: Email, identity: Identity | None) -> str:
    """How an identity stands: open, past, unknown, empty, or other (not certain).

    A name that differs in case alone from that of an open session is "folded".
    """
    if identity is None:
        return "other"
    kind, name = identity
    mine = state.under(identity)
    if mine:
        return "open" if all(one.life is Life.OPEN for one in mine.values()) else "other"
    if kind == "variable":
        return "past" if identity in state.past else "unknown"
    if state.of_user(name):
        return "other"  # sessions of variables with this user name
    if identity in state.past:
        return "past"
    if not name:
        return "empty"
    others = [other for (kind, other), _ in state.sessions if kind == "user"]
    if any(other.casefold() == name.casefold() for other in others):
        return "folded"
    return "unknown"


def using(state: Email, call: Call) -> str:
    """The case of a use: good, wrong-way, or how the identity stands."""
    identity = identity_of(call)
    case = naming(state, identity)
    if case != "open" or identity is None:
        return case
    mine = state.under(identity)
    if any(protocol not in MAIL for protocol in mine):
        return "client"
    ways = READING if call.method == "EmailGetCount" else ("smtp",)
    if any(protocol in mine for protocol in ways):
        return "good"
    # A session of the same user under another identity may be found by the name.
    user = next(iter(mine.values())).user
    return "wrong-way" if len(state.of_user(user)) == len(mine) else "other"


def is_troubled(state: Email, protocols: Any = MAIL) -> bool:
    """A fault is played on one of these protocols."""
    return any(state.faults.get(protocol, "none") != "none" for protocol in protocols)


def makes_slow(call: Call) -> bool:
    """A server stays silent from this call on, or nearly so: each start costs the timeout."""
    return call.method == "servers.fault" and call.params.get("mode") in _SLOW


def is_slow(state: Email, protocols: Any = MAIL) -> bool:
    """A server of one of these protocols stays silent, or nearly so."""
    return any(state.faults.get(protocol) in _SLOW for protocol in protocols)


def failed(call: Call, outcome: Outcome) -> bool:
    """The call came back and says that it did not do what was asked."""
    if outcome.raised:
        return True
    value = outcome.body.get("return") if outcome.kind == "result" else True
    if call.method == "EmailGetCount":
        # The value for an error is not documented; a count below zero is none.
        return value is None or (isinstance(value, int) and value < 0)
    return value is False or value is None


def worked(call: Call, outcome: Outcome) -> bool:
    """The call says that it did what was asked."""
    return outcome.kind == "result" and not failed(call, outcome)
