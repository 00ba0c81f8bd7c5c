"""A run from the outside: opened, worked through, written down, whatever happens on the way."""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from conformance.capabilities import Implementation, wire_family
from conformance.conclusion import Conclusion
from conformance.errors import AdapterError
from conformance.failures import Failure
from conformance.pinning import pinned
from conformance.progress import Progress
from conformance.requirements.catalogue import Catalogue
from conformance.results import results, write_atomically
from conformance.run import BUILT, Opener, Run
from conformance.workspace import Settings, Workspace

_WRITE_EVERY_SECONDS: Final = 1.0

Share = Callable[[Run], None]
"""Work a run through with several processes; None where this one does everything."""


@dataclass(slots=True)
class Session:
    """One `run`: keeps results.json readable at every moment."""

    settings: Settings
    catalogue: Catalogue
    opener: Opener
    output: Path
    progress: Progress
    share: Share | None = None
    _written: float = 0.0
    _started: float = 0.0

    def run(self) -> tuple[dict[str, Any], Conclusion]:
        """Run to the end, or to an interruption; the results stand in `output`/results.json."""
        with pinned(0) if self.settings.pin and self.share is None else nullcontext():
            return self._run()

    def _run(self) -> tuple[dict[str, Any], Conclusion]:
        self._started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="mapi-conformance-") as directory:
            workspace = Workspace(Path(directory))
            try:
                run = open_run(self.settings, workspace, self.catalogue, self.opener)
            except AdapterError as error:
                return self._unopened(workspace, error)
            run.on_progress = lambda what: self._tell(run, what)
            self._write_so_far(run)
            try:
                if self.share is None:
                    value, conclusion = self._work(run)
                else:
                    with self._watched(run):
                        self.share(run)
                    value, conclusion = self._work(run)
            except KeyboardInterrupt:
                value, conclusion = self._summary(run, "interrupted by the user")
            self.progress.done()
            self._write(value)
            return value, conclusion

    def _work(self, run: Run) -> tuple[dict[str, Any], Conclusion]:
        evidence, failures = run.gather()
        rulings, confirmed, conflicts = run.rulings(evidence, failures)
        seconds = time.monotonic() - self._started
        known = (*failures, *evidence.failures)
        stderr = next((failure.stderr for failure in known if failure.stderr), "")
        return results(
            run, evidence, failures, rulings, confirmed, conflicts, seconds=seconds, stderr=stderr
        )

    def _summary(self, run: Run, stopped: str) -> tuple[dict[str, Any], Conclusion]:
        """What is known so far, without confirming anything."""
        evidence, failures = run.so_far()
        rulings = run.rule(evidence, run.question(failures, complete=False), {})
        seconds = time.monotonic() - self._started
        none: Mapping[str, Any] = {}
        return results(
            run, evidence, failures, rulings, none, none, seconds=seconds, stopped=stopped
        )

    def _unopened(
        self, workspace: Workspace, error: AdapterError
    ) -> tuple[dict[str, Any], Conclusion]:
        """The adapter could not be opened: every requirement asked for is an error."""
        nobody = Implementation("unknown", "unknown")
        families = tuple(self.settings.families or BUILT)
        run = Run(self.settings, workspace, self.catalogue, self.opener, families, {}, nobody)
        played = dict.fromkeys(wire_family(family) for family in families)
        failures = [Failure.of(family, error) for family in played]
        evidence, _ = run.collected([])
        rulings = run.rule(evidence, run.question(failures), {})
        value, conclusion = results(
            run, evidence, failures, rulings, {}, {}, seconds=0.0, stderr=error.stderr
        )
        self._write(value)
        return value, conclusion

    def _tell(self, run: Run, what: str) -> None:
        if time.monotonic() - self._written >= _WRITE_EVERY_SECONDS:
            self._write_so_far(run, what)

    def _write_so_far(self, run: Run, what: str = "starting") -> None:
        value, _ = self._summary(run, "still running, or killed")
        self._write(value)
        self._written = time.monotonic()
        broken = sum(row["broken"] > 0 for row in value["requirements"])
        calls = value["run"]["calls"]
        self.progress.tell(f"{what}: {calls:,} calls, {broken} requirement(s) broken so far")

    def _write(self, value: Mapping[str, Any]) -> None:
        write_atomically(self.output / "results.json", json.dumps(value, indent=1) + "\n")

    @contextmanager
    def _watched(self, run: Run) -> Iterator[None]:
        """Show and store progress while other processes work."""
        stop = threading.Event()

        def watch() -> None:
            while not stop.wait(_WRITE_EVERY_SECONDS):
                self._write_so_far(run, f"{self.settings.jobs} jobs")

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def open_run(settings: Settings, workspace: Workspace, catalogue: Catalogue, opener: Opener) -> Run:
    """Shake hands with the implementation and fix what is run.

    Raises :class:`AdapterError` where the adapter cannot be opened.
    """
    adapter = opener()
    try:
        wanted = settings.families or BUILT
        asked = (name for name in BUILT if name in wanted)
        families = tuple(name for name in asked if wire_family(name) in adapter.offer)
        offer, who = adapter.offer, adapter.implementation
    finally:
        adapter.close()
    return Run(settings, workspace, catalogue, opener, families, offer, who)
