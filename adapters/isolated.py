"""In-process adapters in a child process, so that a crash or a hang of theirs is an outcome."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from adapters.serve import FAILED
from adapters.stdio import Stdio
from conformance.errors import AdapterError, UsageError


def isolated(spec: str, call_timeout: float) -> Stdio:
    """The adapter that SPEC names, in a process of its own which speaks the harness protocol.

    Modules are looked for where this process looks. Raises :class:`UsageError` where SPEC names no
    adapter, and :class:`AdapterError` where it cannot be opened.
    """
    command = [sys.executable, "-P", "-m", "adapters.serve", spec]
    places = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    env = {**os.environ, "PYTHONPATH": places}
    try:
        return Stdio(command, call_timeout=call_timeout, env=env)
    except AdapterError as error:
        for line in error.stderr.splitlines():
            if line.startswith(FAILED):  # the child says it better than how it ended does
                status, _, said = line.removeprefix(FAILED).partition(" ")
                if status == str(UsageError.exit_status):
                    raise UsageError(said) from error
                raise AdapterError(said, stderr=error.stderr) from error
        raise
