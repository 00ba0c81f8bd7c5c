"""Faults of OpenIMsgSession (IMSG-OPEN)."""

from __future__ import annotations

from adapters.mutants.registry import Alternating, Death, fault
from adapters.reference.imsg import Imsg, MessageSession
from adapters.reference.lent import Malloc, Memory
from adapters.reference.wire import Out
from conformance.codes import (
    MAPI_E_CALL_FAILED,
    MAPI_E_INVALID_PARAMETER,
    MAPI_E_NO_ACCESS,
    MAPI_E_NO_SUPPORT,
    MAPI_E_NOT_ENOUGH_MEMORY,
    MAPI_E_NOT_INITIALIZED,
    MAPI_E_UNKNOWN_FLAGS,
    MAPI_UNICODE,
    S_OK,
)


@fault("open-refused", "IMSG-OPEN-01")
class Refused(Imsg):
    """No session can be opened."""

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        code = self.check_session(malloc, flags, out)
        return code if code != S_OK else MAPI_E_NO_SUPPORT


@fault("open-without-pointer", "IMSG-OPEN-01")
class WithoutPointer(Imsg):
    """The call succeeds, but the out pointer stays NULL."""

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        code = self.check_session(malloc, flags, out)
        if code == S_OK and out is not None:
            out.value = None
        return code


@fault("open-null-allocator-accepted", "IMSG-OPEN-02")
class NullAllocatorAccepted(Imsg):
    """Without an allocator the implementation falls back to one of its own."""

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        return super().open_session(malloc or Malloc(Memory()), flags, out)


@fault("open-null-allocator-code", "IMSG-OPEN-02")
class NullAllocatorCode(Imsg):
    """A NULL allocator gives another failure than the documented one."""

    def check_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        code = super().check_session(malloc, flags, out)
        return MAPI_E_CALL_FAILED if malloc is None and out is not None else code


@fault("open-null-allocator-leaks", "IMSG-OPEN-02")
class NullAllocatorLeaks(Imsg):
    """A NULL allocator is refused, and a session stays behind."""

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        if malloc is None and out is not None and not flags:
            lost = -1 - len(self.sessions)
            self.sessions[lost] = self.session_class(lost, Malloc(Memory()), False)
        return super().open_session(malloc, flags, out)


@fault("open-null-out-crashes", "IMSG-OPEN-03")
class NullOutCrashes(Imsg):
    """A NULL out pointer is written through."""

    def check_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        if malloc is not None and out is None and not flags:
            raise Death
        return super().check_session(malloc, flags, out)


@fault("open-both-null-crashes", "IMSG-OPEN-03")
class BothNullCrashes(Imsg):
    """Two NULL pointers are one too many."""

    def check_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        if malloc is None and out is None and not flags:
            raise Death
        return super().check_session(malloc, flags, out)


@fault("open-null-out-accepted", "IMSG-OPEN-03")
class NullOutAccepted(Imsg):
    """A NULL out pointer gives S_OK, and a session that nobody can close."""

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        return super().open_session(malloc, flags, out or Out("lost"))


@fault("open-null-out-leaks", "IMSG-OPEN-03")
class NullOutLeaks(Imsg):
    """A NULL out pointer is found only after the session was made."""

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        if malloc is not None and out is None:
            super().open_session(malloc, flags, Out("lost"))
        return super().open_session(malloc, flags, out)


@fault("open-flags-ignored", "IMSG-OPEN-04")
class FlagsIgnored(Imsg):
    """No flag is looked at."""

    session_flags = 0xFFFFFFFF


@fault("open-bad-flags-leak", "IMSG-OPEN-04")
class BadFlagsLeak(Imsg):
    """The session's memory is taken before invalid flags are found, and kept."""

    def check_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        code = super().check_session(malloc, flags, out)
        if code == self.invalid_session_flags and malloc is not None:
            malloc.alloc(48)
        return code


@fault("open-bad-flags-keep-session", "IMSG-OPEN-04")
class BadFlagsKeepSession(Imsg):
    """Invalid flags give the right code, and a session that stays."""

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        code = super().open_session(malloc, flags, out)
        if code == self.invalid_session_flags:
            super().open_session(malloc, 0, Out("lost"))
        return code


@fault("open-bad-flags-private-code", "IMSG-OPEN-05")
class PrivateCode(Imsg):
    """Invalid flags give a code that no header defines."""

    invalid_session_flags = 0x8004F001


@fault("open-bad-flags-invalid-parameter", "IMSG-OPEN-05")
class InvalidParameter(Imsg):
    """Invalid flags give MAPI_E_INVALID_PARAMETER, the reading that does not bind."""

    invalid_session_flags = MAPI_E_INVALID_PARAMETER


@fault("open-unicode-alternates", "IMSG-OPEN-06")
class UnicodeAlternates(Alternating, Imsg):
    """MAPI_UNICODE is accepted on one call and refused on the next."""

    def check_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        code = super().check_session(malloc, flags, out)
        if code == S_OK and flags == MAPI_UNICODE and not self.turn():
            return MAPI_E_UNKNOWN_FLAGS
        return code


@fault("open-unicode-other-code", "IMSG-OPEN-06")
class UnicodeOtherCode(Imsg):
    """MAPI_UNICODE is refused, and not with the code for invalid flags."""

    def check_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        code = super().check_session(malloc, flags, out)
        return MAPI_E_NO_ACCESS if code == S_OK and flags == MAPI_UNICODE else code


@fault("open-unicode-returned", "IMSG-OPEN-07")
class UnicodeReturned(Imsg):
    """A Unicode session is announced by returning the flag."""

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        code = super().open_session(malloc, flags, out)
        return MAPI_UNICODE if code == S_OK and flags == MAPI_UNICODE else code


@fault("open-memory-half-session", "IMSG-OPEN-08")
class HalfSession(Imsg):
    """Without memory a session is handed out all the same."""

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        code = super().open_session(malloc, flags, out)
        if code == MAPI_E_NOT_ENOUGH_MEMORY and malloc is not None and out is not None:
            address = 0x7FFF0000 + len(self.sessions)
            self.sessions[address] = out.value = self.session_class(address, malloc, False)
            return S_OK
        return code


@fault("open-memory-code", "IMSG-OPEN-08")
class MemoryCode(Imsg):
    """Lack of memory is called by another name."""

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        code = super().open_session(malloc, flags, out)
        return MAPI_E_CALL_FAILED if code == MAPI_E_NOT_ENOUGH_MEMORY else code


@fault("open-memory-keeps-reference", "IMSG-OPEN-08")
class MemoryKeepsReference(Imsg):
    """After lack of memory a reference to the allocator stays."""

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        code = super().open_session(malloc, flags, out)
        if code == MAPI_E_NOT_ENOUGH_MEMORY and malloc is not None:
            malloc.add_ref()
        return code


@fault("open-memory-crashes", "IMSG-OPEN-08")
class MemoryCrashes(Imsg):
    """The result of Alloc is used unseen."""

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        code = super().open_session(malloc, flags, out)
        if code == MAPI_E_NOT_ENOUGH_MEMORY:
            raise Death
        return code


@fault("open-failure-dangling-pointer", "IMSG-OPEN-09")
class DanglingPointer(Imsg):
    """A failing call leaves the pointer to what it took down again."""

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        code = super().open_session(malloc, flags, out)
        if code == self.invalid_session_flags and out is not None and malloc is not None:
            session = MessageSession(0x66660000, malloc, False)
            session.open = False
            malloc.release()
            out.value = session
        return code


@fault("open-failure-pointer-alternates", "IMSG-OPEN-09")
class PointerAlternates(Alternating, Imsg):
    """The same failure clears the pointer on one call, and leaves it alone on the next."""

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        code = super().open_session(malloc, flags, out)
        if code == self.invalid_session_flags and out is not None and self.turn():
            out.value = None
        return code


@fault("open-allocator-not-referenced", "IMSG-OPEN-10")
class AllocatorNotReferenced(MessageSession):
    """The session keeps a raw pointer to its allocator."""

    def __init__(self, address: int, malloc: Malloc, unicode: bool) -> None:
        super().__init__(address, malloc, unicode)
        malloc.release()

    def close(self) -> None:
        self.malloc.add_ref()
        super().close()


@fault("open-allocator-reference-leak", "IMSG-OPEN-10")
class AllocatorReferenceLeak(MessageSession):
    """The close does not give the reference to the allocator back."""

    def close(self) -> None:
        super().close()
        self.malloc.add_ref()


@fault("open-singleton", "IMSG-OPEN-11")
class Singleton(Imsg):
    """All opens of a process share one session."""

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        code = self.check_session(malloc, flags, out)
        if code == S_OK and self.sessions and out is not None:
            out.value = next(iter(self.sessions.values()))
            return S_OK
        return super().open_session(malloc, flags, out)


@fault("open-uninitialised-crashes", "IMSG-OPEN-12")
class UninitialisedCrashes(Imsg):
    """Opening before MAPIInitialize is fatal."""

    def check_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        if not self.initialised:
            raise Death
        return super().check_session(malloc, flags, out)


@fault("open-uninitialised-alternates", "IMSG-OPEN-12")
class UninitialisedAlternates(Alternating, Imsg):
    """Before MAPIInitialize one call succeeds and the next is refused."""

    def check_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        code = super().check_session(malloc, flags, out)
        refused = code == S_OK and not self.initialised and not self.turn()
        return MAPI_E_NOT_INITIALIZED if refused else code


@fault("open-two-errors-accepted", "IMSG-OPEN-13")
class TwoErrorsAccepted(Imsg):
    """A NULL pointer and invalid flags together succeed."""

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        if (malloc is None or out is None) and flags & ~self.session_flags:
            return S_OK
        return super().open_session(malloc, flags, out)


@fault("open-two-errors-alternate", "IMSG-OPEN-13")
class TwoErrorsAlternate(Alternating, Imsg):
    """Of a NULL pointer and invalid flags each wins every second time."""

    def check_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        code = super().check_session(malloc, flags, out)
        both = code == MAPI_E_INVALID_PARAMETER and flags & ~self.session_flags
        return MAPI_E_UNKNOWN_FLAGS if both and self.turn() else code
