"""Faults that show only when calls come on several threads, and correct ways to lock.

Each looks first and acts later, and lets other threads in between (`Guard.gap`).
"""

from __future__ import annotations

from typing import Any

from adapters.mutants.registry import Death, Variant, benign, fault
from adapters.reference.imsg import Imsg, MessageSession
from adapters.reference.lent import Malloc
from adapters.reference.sessions import Session
from adapters.reference.simple import SimpleMapi
from adapters.reference.topmessage import TopMessage
from adapters.reference.wire import Out, Params
from conformance.codes import S_OK
from conformance.trace import Call, Outcome


@fault("race-logoff-both-succeed", "SIMPLE-LOGOFF-02")
class BothSucceed(SimpleMapi):
    """Two logoffs of one handle at the same time both succeed."""

    def check_logoff(self, handle: int, flags: int, reserved: int) -> int:
        code = super().check_logoff(handle, flags, reserved)
        self.guard.gap()
        return code

    def retire_handle(self, handle: int) -> None:
        if handle in self.handles:
            super().retire_handle(handle)


@fault("race-logoff-crashes", "SIMPLE-LOGOFF-01", "SIMPLE-LOGOFF-02")
class LogoffCrashes(SimpleMapi):
    """Two logoffs of one handle at the same time free it twice."""

    def check_logoff(self, handle: int, flags: int, reserved: int) -> int:
        code = super().check_logoff(handle, flags, reserved)
        self.guard.gap()
        return code

    def retire_handle(self, handle: int) -> None:
        if handle not in self.handles:
            raise Death
        super().retire_handle(handle)


@fault("race-logon-same-handle", "SIMPLE-LOGON-07")
class SameHandle(SimpleMapi):
    """Two logons at the same time may get one handle."""

    last = SimpleMapi.first_handle

    def issue_handle(self, session: Session) -> int:
        handle = self.last + self.handle_step
        self.guard.gap()
        self.last = handle
        self.handles[handle] = session
        session.handles += 1
        return handle


@fault("race-shared-session-made-twice", "SIMPLE-LOGON-06", "SIMPLE-LOGON-03")
class SharedTwice(SimpleMapi):
    """Two first logons at the same time make two shared sessions."""

    def shared_session(self) -> Session | None:
        found = super().shared_session()
        self.guard.gap()
        return found


@fault("race-handle-count-lost", "SIMPLE-LOGOFF-10")
class HandleCountLost(SimpleMapi):
    """Of two logons on a shared session at the same time one may not be counted."""

    def issue_handle(self, session: Session) -> int:
        before = session.handles
        self.guard.gap()
        handle = super().issue_handle(session)
        session.handles = before + 1
        return handle

    def retire_handle(self, handle: int) -> None:
        session = self.handles[handle]
        super().retire_handle(handle)
        if not session.handles:
            self.handles = {
                other: kept for other, kept in self.handles.items() if kept is not session
            }


@fault("race-open-same-session", "IMSG-OPEN-11")
class SameSession(Imsg):
    """Two opens at the same time may get one session."""

    ready: MessageSession | None = None

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        if self.ready is not None and out is not None:
            out.value = self.ready
            return S_OK
        code = super().open_session(malloc, flags, out)
        if code == S_OK and out is not None:
            self.ready = out.value
            self.guard.gap()
            self.ready = None
        return code


@fault("race-close-lost", "IMSG-CLOSE-01")
class CloseLost(Imsg):
    """Of two closes at the same time one may leave its session in the list."""

    def close_session(self, session: Any) -> Any:
        before = dict(self.sessions)
        self.guard.gap()
        ended = isinstance(session, MessageSession) and session.open
        super().close_session(session)
        if ended:
            del before[session.address]
            self.sessions = before


@fault("race-message-forgotten", "IMSG-MSG-02", "IMSG-CLOSE-01")
class MessageForgotten(MessageSession):
    """Of two messages made at the same time the session may keep track of one only."""

    def adopt(self, message: TopMessage) -> bool:
        before = dict(self.messages)
        message.imsg.guard.gap()
        adopted = super().adopt(message)
        for node, other in list(self.messages.items()):
            if node not in before and other is not message:
                del self.messages[node]
        return adopted


@fault("race-callback-twice", "IMSG-REL-01")
class CallbackTwice(TopMessage):
    """Two last releases at the same time each find that none is left."""

    def release(self) -> int:
        if not self.references or self.closed:
            return super().release()
        self.references -= 1
        self.imsg.guard.gap()
        if self.closed:
            self.call_release()
        self.settle()
        return self.references


@fault("race-reference-lost", "IMSG-REL-01", "IMSG-MSG-03")
class ReferenceLost(TopMessage):
    """Of two references taken at the same time one may not be counted."""

    def add_ref(self) -> int:
        before = self.references
        self.imsg.guard.gap()
        self.references = before + 1 if before else 0
        return self.references


@benign("locks-held-long")
class HeldLong(SimpleMapi):
    """Calls take their time, and keep all others waiting."""

    def allocate(self) -> bool:
        self.guard.hold()
        return super().allocate()


@benign("locks-held-long-in-sessions")
class HeldLongInSessions(Imsg):
    """Opening and closing take their time, and keep all other calls waiting."""

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        self.guard.hold()
        return super().open_session(malloc, flags, out)

    def close_session(self, session: Any) -> Any:
        self.guard.hold()
        return super().close_session(session)


@benign("threads-one-after-another")
class OneAfterAnother(Variant):
    """The threads of a parallel call run one after another."""

    def perform(self, call: Call) -> Outcome:
        if call.method != "parallel":
            return super().perform(call)
        threads: list[Any] = []
        stamp = 0
        for thread in call.params["threads"]:
            part: Params = {"threads": [thread]}
            outcome = super().perform(Call("parallel", part))
            if outcome.kind != "result":
                return outcome
            answers = outcome.body["threads"][0]
            for answer in answers:
                answer |= {"start": stamp, "end": stamp + 1}
                stamp += 2
            threads.append(answers)
        return Outcome("result", {"threads": threads})
