"""A tiny Simple MAPI in memory. It stands in for your implementation: replace it.

It knows nothing of the suite and its protocol. The codes are those of Simple MAPI.
"""

SUCCESS, FAILURE, LOGON_FAILURE, INVALID_SESSION = 0, 2, 3, 19
LOGON_UI, NEW_SESSION, FORCE_DOWNLOAD = 0x1, 0x2, 0x1000

PROFILE, PASSWORD = "tester", "secret"


class Mail:
    """The sessions of one client."""

    def __init__(self):
        self._sessions = {}  # from handle to what is behind it
        self._last = 0x1000

    def logon(self, profile, password, flags, reserved):
        """Return a code, and the handle of the session where it is SUCCESS."""
        if reserved or flags & ~(LOGON_UI | NEW_SESSION | FORCE_DOWNLOAD):
            return FAILURE, None
        shared = "shared" in self._sessions.values()
        if (flags & NEW_SESSION or not shared) and (profile, password) != (PROFILE, PASSWORD):
            return LOGON_FAILURE, None
        self._last += 16
        self._sessions[self._last] = self._last if flags & NEW_SESSION else "shared"
        return SUCCESS, self._last

    def logoff(self, handle, flags, reserved):
        """Return a code; the handle is of no use afterwards."""
        if handle not in self._sessions:
            return INVALID_SESSION
        if flags or reserved:
            return FAILURE
        del self._sessions[handle]
        return SUCCESS

    def live_sessions(self):
        """Count the sessions; a shared one counts once, however many handles it has."""
        return len(set(self._sessions.values()))
