"""The errors of the suite itself.

Two families are kept apart.
A :class:`ConformanceError` says that *we* could not do our work: the command line is
wrong, a file is unreadable, the harness broke the protocol.
What an implementation does wrong is never an exception: it is data (see
:mod:`conformance.evidence`).
"""


class ConformanceError(Exception):
    """Something keeps the suite from working; `hint` says what the user can do about it."""

    exit_status = 3

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class UsageError(ConformanceError):
    """The command line, or a file named on it, is wrong: exit status 2."""

    exit_status = 2


class CatalogueError(ConformanceError):
    """The requirement catalogue contradicts itself: a bug of the suite."""


class AdapterError(ConformanceError):
    """The adapter failed, so nothing can be said about the implementation: exit status 3.

    `stderr` is the end of what the harness wrote to its standard error, for the report.
    `said` is the text that gave offence; failures that differ in it only are of one `kind`.
    A failure over one call costs its sequence, and the run goes on with the next `begin`.
    `late` tells that the call before is to blame, and `final` that the adapter is beyond use.
    """

    def __init__(
        self,
        message: str,
        hint: str = "",
        stderr: str = "",
        *,
        said: str = "",
        late: bool = False,
        final: bool = False,
    ) -> None:
        super().__init__(f"{message}: {said}" if said else message, hint)
        self.kind = message
        self.stderr = stderr
        self.late = late
        self.final = final


class ProtocolError(AdapterError):
    """The harness answered, but not what WIRE protocol version 1 asks for."""
