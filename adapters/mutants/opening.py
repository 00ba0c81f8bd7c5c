"""Faults of OpenIMsgSession (IMSG-OPEN)."""

from __future__ import annotations

from itertools import count

from adapters.mutants.registry import Alternating, Death, fault
from adapters.reference.imsg import Imsg
from adapters.reference.lent import Malloc, Memory
from adapters.reference.wire import Out
from conformance.codes import (
    MAPI_E_CALL_FAILED,
    MAPI_E_INVALID_PARAMETER,
    MAPI_E_NO_ACCESS,
    MAPI_E_NO_SUPPORT,
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
        return super().open_session(malloc or Malloc(self.own_heap), flags, out)

    own_heap = Memory()
    own_heap._addresses = count(0x4000_0000, 0x10)


@fault("open-null-allocator-unicode-accepted", "IMSG-OPEN-02")
class NullAllocatorUnicodeAccepted(NullAllocatorAccepted):
    """For a Unicode session the implementation falls back to an allocator of its own."""

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        if malloc is None and flags != MAPI_UNICODE:
            return MAPI_E_INVALID_PARAMETER
        return super().open_session(malloc, flags, out)


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
            self.sessions[lost] = self.session_class(lost, Malloc(Memory()), unicode=False)
        return super().open_session(malloc, flags, out)


@fault("open-null-out-unicode-succeeds", "IMSG-OPEN-03")
class NullOutUnicodeSucceeds(Imsg):
    """A Unicode session needs no out pointer."""

    def open_session(self, malloc: Malloc | None, flags: int, out: Out | None) -> int:
        code = super().open_session(malloc, flags, out)
        return S_OK if out is None and malloc is not None and flags == MAPI_UNICODE else code


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
