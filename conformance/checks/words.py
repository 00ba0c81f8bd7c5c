"""The vocabulary of checks: judging one outcome in one line.

Each helper answers `Broken` for a call that crashed, hung or raised: whoever asks has already
established that the documents allow the stimulus.
"""

from __future__ import annotations

from conformance.codes import describe
from conformance.findings import HELD, Broken, Finding, Held, reading
from conformance.model.outcome import failed, returned
from conformance.trace import Outcome


def observed(outcome: Outcome, family: str) -> str:
    """What happened, in a few words: the code with its name, or how the call ended."""
    if outcome.kind == "crash":
        what, number = next(iter(outcome.body.items()), ("status", "unknown"))
        return f"the process died ({what} {number})"
    if outcome.kind == "hang":
        return f"no answer within {outcome.body:g} s"
    if outcome.raised:
        data = outcome.body.get("data") or {}
        return f"raised {data.get('type', 'an error')}: {data.get('message', '')}".rstrip(": ")
    if outcome.kind == "error":
        data = outcome.body.get("data") or {}
        return f"crashed inside the call ({data.get('code', 'no code')})"
    return f"returned {describe(returned(outcome), family)}"


def must(outcome: Outcome, family: str, held: bool, expected: str, but: str = "") -> Finding:
    """Held where the call returned and `held` is true; `but` adds to what was observed."""
    if held and outcome.kind == "result":
        return HELD
    return Broken(expected, observed(outcome, family) + (f", {but}" if but else ""))


def returns(outcome: Outcome, family: str, *codes: int) -> Finding:
    """The call must return one of these codes."""
    if type(returned(outcome)) is int and returned(outcome) in codes:
        return HELD
    expected = " or ".join(describe(code, family) for code in codes)
    return Broken(expected, observed(outcome, family))


def fails(outcome: Outcome, family: str) -> Finding:
    """The call must return a failing SCODE, whichever."""
    return must(outcome, family, failed(outcome), "a failing SCODE (bit 31 set)")


def takes(
    outcome: Outcome, family: str, answers: dict[int, str], expected: str, aspect: str = ""
) -> Finding:
    """The code tells which readings explain the outcome; any other code is a violation."""
    value = returned(outcome)
    letters = answers.get(value) if type(value) is int else None
    return reading(letters, aspect) if letters else Broken(expected, observed(outcome, family))


__all__ = [
    "HELD",
    "Broken",
    "Finding",
    "Held",
    "fails",
    "must",
    "observed",
    "reading",
    "returns",
    "takes",
]
