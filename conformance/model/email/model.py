"""The model of email sessions, as the judge and the explorers use it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.capabilities import Capabilities
from conformance.model.email.advance import advance
from conformance.model.email.state import MAIL, Email
from conformance.model.email.stimulus import (
    CLIENT_STARTS,
    LONGEST_WAIT,
    NOWHERE,
    STARTS,
    identity_of,
    is_slow,
    is_troubled,
    starting,
    wanted,
)
from conformance.trace import Call, Outcome

_AFTER_THE_END = frozenset({"servers.observe", "servers.fault"})
_NEVER_SLOW = frozenset({"EmailGetCount", "EmailSendMessage", "EmailCloseSession"})


def _is_plain(state: Email) -> bool:
    """There is POP3 or SMTP alone, and nothing has happened yet that could cloud the answer."""
    declared = bool(state.protocols) and state.protocols <= {"pop3", "smtp"}
    fresh = not any(protocol == "imap" for _, protocol in state.sessions)
    return declared and fresh and not is_troubled(state)


class EmailModel:
    """See :class:`conformance.model.Model`."""

    def begin(self, capabilities: Capabilities) -> Email:
        return Email(protocols=capabilities.protocols, tls=capabilities.tls)

    def advance(self, state: Any, call: Call, outcome: Outcome) -> Email:
        return advance(state, call, outcome)

    def mute(self, _state: Any, _call: Call, _outcome: Outcome) -> bool:
        return False

    def permits(self, state: Any, call: Call) -> bool:
        """A silent server is met only by starts, and after a short timeout (docs/protocol.md).

        A protocol that is not declared is started only where there is nothing but POP3 and SMTP,
        and the function is offered all the same (EMAIL-PLAT-01).
        """
        if state.over:
            return call.method in _AFTER_THE_END
        if call.method in CLIENT_STARTS:
            return CLIENT_STARTS[call.method] in state.protocols
        if call.method in STARTS:
            protocols = [protocol for protocol, _ in wanted(call)]
            if starting(state, call) == "lacking":
                return protocols == ["imap"] and _is_plain(state)
            patient = state.timeout is not None and 0 < state.timeout <= LONGEST_WAIT
            return patient or not is_slow(state, protocols)
        if call.method in _NEVER_SLOW:
            identity = identity_of(call)
            mine = set() if identity is None else set(state.under(identity))
            return not is_slow(state, mine & set(MAIL))
        return True

    def allows(self, state: Any, call: Call) -> bool:
        if call.method in STARTS:
            if NOWHERE in call.params.values():
                return False  # how long a name service takes is not the implementation's doing
            return starting(state, call) not in ("duplicate", "other", "lacking")
        return call.method not in CLIENT_STARTS or CLIENT_STARTS[call.method] in state.protocols

    def together(self, _state: Any, _threads: Sequence[Sequence[Call]]) -> bool:
        """The documents say nothing of threads."""
        return False
