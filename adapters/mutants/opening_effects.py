"""Faults of OpenIMsgSession (IMSG-OPEN-08 to -13): memory, pointers, order."""

from __future__ import annotations

from adapters.mutants.registry import Alternating, Death, fault
from adapters.reference.imsg import Imsg, MessageSession
from adapters.reference.lent import Malloc
from adapters.reference.wire import Out
from conformance.codes import (
    MAPI_E_CALL_FAILED,
    MAPI_E_INVALID_PARAMETER,
    MAPI_E_NOT_ENOUGH_MEMORY,
    MAPI_E_NOT_INITIALIZED,
    MAPI_E_UNKNOWN_FLAGS,
    S_OK,
)


@fault("open-memory-half-session", "IMSG-OPEN-08")
class HalfSession(Imsg):
    """Without memory a session is handed out all the same."""

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        code = super().open_session(malloc, flags, out)
        if code == MAPI_E_NOT_ENOUGH_MEMORY and malloc is not None and out is not None:
            address = 0x7FFF0000 + len(self.sessions)
            self.sessions[address] = out.value = self.session_class(address, malloc, unicode=False)
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
            session = MessageSession(0x66660000, malloc, unicode=False)
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
