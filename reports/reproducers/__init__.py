"""Counterexamples as things to run: a Python test, a C program, a trace file, a command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reports.reproducers.c import program
from reports.reproducers.case import Case
from reports.reproducers.files import replay_command, trace_file
from reports.reproducers.python import test_function

_SHORTENED: Final = (
    "Shortened for reading; the whole trace stands in the results file, which the replay command "
    "takes as well."
)


@dataclass(frozen=True, slots=True)
class Reproducer:
    """One way to run a trace again: ASCII text, and the file that it is meant for."""

    label: str
    file: str
    text: str
    note: str = ""


def reproducers(case: Case, *, whole: bool = True) -> tuple[str, tuple[Reproducer, ...]]:
    """Give the replay command, and what to copy; of a trace that breaks nothing only the trace."""
    command = replay_command(case)
    wire, shortened = trace_file(case)
    saved = Reproducer("Wire JSON", f"{case.stem}.json", wire, _SHORTENED if shortened else "")
    if not whole:
        return command, (saved,)
    stem = case.stem.lower()
    made = [
        Reproducer("Python test", f"test_{stem.replace('-', '_')}.py", test_function(case)),
        Reproducer("C program", f"{stem}.c", program(case)),
    ]
    if case.adapter.startswith("native:"):
        made.reverse()
    replay = Reproducer("Replay", "", f"{command}\n", f"Save the wire JSON as {saved.file} first.")
    return command, (*made, saved, replay)


__all__ = ["Reproducer", "reproducers"]
