"""The counterexample as a trace file, and the command that replays it."""

from __future__ import annotations

import json
import shlex
from typing import Any

from reports.clean import bounded, line
from reports.reproducers.case import Case


def trace_file(case: Case) -> tuple[str, bool]:
    """Write a trace file as `replay` takes it, one call a line, and say whether it was shortened.

    It is ASCII throughout, so that it can be copied from a page without loss.
    """
    head: dict[str, Any] = {"schema": 1, "family": case.family}
    if case.requirement:
        head["requirement"] = case.requirement
    head["capabilities"] = dict(case.capabilities or {"functions": []})
    head, cut = bounded(head)
    steps, shortened = bounded(list(case.steps))
    members = json.dumps(head)[1:-1]
    lines = ",\n  ".join(json.dumps(step) for step in steps)
    text = f'{{{members}, "trace": [\n  {lines}\n]}}\n'
    return text.replace("\x7f", "\\u007f"), cut or shortened


def replay_command(case: Case) -> str:
    """Write the command that replays the trace file on the adapter that it was found on."""
    adapter = line(shlex.quote(case.adapter or "SPEC"), 300)
    words = [f"mapi-conformance replay {case.stem}.json --adapter {adapter}"]
    if case.adapter == "stdio":
        words += ["--", line(shlex.join(str(part) for part in case.command or ("COMMAND",)), 600)]
    return " ".join(words)
