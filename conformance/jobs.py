"""Several processes for one run: pytest-xdist spreads the requirements, and the work with them."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable

from conformance.errors import AdapterError
from conformance.run import Run

_IGNORED_EXITS = (0, 1, 5)
"""Passed, failed, and nothing collected: the verdicts stand in the workspace."""


def share(run: Run) -> None:
    """Work through a run with `jobs` processes; the answers stand in its workspace.

    Raises :class:`AdapterError` where the processes could not do their work.
    """
    import pytest

    from conformance import plugin

    directory = run.workspace.directory
    (directory / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    arguments = [
        *("-c", str(directory / "pytest.ini"), "--rootdir", str(directory)),
        *("-p", "xdist", "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:logging"),
        *("-n", str(run.settings.jobs), "--pyargs", "conformance.test_requirements"),
        *(plugin.WORKSPACE_OPTION, str(directory)),
    ]
    plugin.store(directory, run.settings)
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        status = _without_addopts(lambda: int(pytest.main(arguments)))
    if status == 2:
        raise KeyboardInterrupt
    if status not in _IGNORED_EXITS:
        last = (output.getvalue().strip().splitlines() or [f"status {status}"])[-1]
        raise AdapterError(f"the processes of --jobs failed: {last}", "run with --jobs 1")


def _without_addopts(call: Callable[[], int]) -> int:
    """Keep the user's own pytest options out of a run of ours."""
    kept = os.environ.pop("PYTEST_ADDOPTS", None)
    try:
        return call()
    finally:
        if kept is not None:
            os.environ["PYTEST_ADDOPTS"] = kept
