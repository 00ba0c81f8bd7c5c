"""The counterexample as a pytest function that plays it by the public interface of the suite."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from reports.clean import bounded, line
from reports.outcomes import outcome_text
from reports.reproducers.case import Case

_WIDTH: Final = 96
_INDENT: Final = " " * 8


def test_function(case: Case) -> str:
    """Write a module with one test, which fails as long as the violation shows."""
    name = re.sub(r"\W", "_", case.stem.lower(), flags=re.ASCII)
    head = (
        f'"""{_prose(f"{case.requirement}: {case.sentence}")}\n\n'
        f"{_prose(f'Run it with `pytest test_{name}.py` where mapi-conformance is installed.')}\n"
        '"""\n\n'
        "from adapters.find import open_adapter\n"
        "from conformance.sequence import Sequence\n\n"
        f"ADAPTER = {_literal(case.adapter or 'reference')}\n"
        f"COMMAND = {_literal([str(part) for part in case.command])}\n\n\n"
    )
    body = [
        f"def test_{name}() -> None:",
        "    adapter = open_adapter(ADAPTER, COMMAND)",
        "    try:",
        *_played(case),
        "    finally:",
        "        adapter.close()",
    ]
    return head + "\n".join(body) + "\n"


def _played(case: Case) -> Iterator[str]:
    requirement = _literal(case.requirement)
    if case.other:
        yield from _calls("other", case.other, case)
    yield from _calls("sequence", case.steps, case)
    yield f"{_INDENT}# Expected: {_comment(case.expected)}"
    yield f"{_INDENT}# Observed in the run: {_comment(case.observed)}"
    yield f"{_INDENT}assert sequence.broken({requirement}) == []"
    if case.other:
        yield f"{_INDENT}assert other.readings({requirement}) & sequence.readings({requirement})"
    elif case.accepted:
        accepted = "{" + ", ".join(_literal(letter) for letter in sorted(case.accepted)) + "}"
        yield f"{_INDENT}assert sequence.readings({requirement}) & {accepted}"


def _calls(variable: str, steps: Sequence[Any], case: Case) -> Iterator[str]:
    yield f"{_INDENT}{variable} = Sequence(adapter, {_literal(case.family)})"
    for number, step in enumerate(steps, 1):
        if not isinstance(step, Mapping):
            yield f"{_INDENT}# Call {number} of the run is damaged."
            continue
        method, params = _literal(str(step.get("method"))), step.get("params") or {}
        yield f"{_INDENT}# {number}. In the run: {_comment(outcome_text(step, case.family))}"
        call = f"{variable}.call({method}, {_literal(params)})"
        if len(call) + len(_INDENT) <= _WIDTH or not isinstance(params, Mapping) or not params:
            yield f"{_INDENT}{call}"
            continue
        yield f"{_INDENT}{variable}.call("
        yield f"{_INDENT}    {method},"
        yield f"{_INDENT}    {{"
        for key, value in params.items():
            yield f"{_INDENT}        {_literal(str(key))}: {_literal(value)},"
        yield f"{_INDENT}    }},"
        yield f"{_INDENT})"


def _literal(value: object) -> str:
    """Write a JSON value as a Python expression in ASCII, whatever it holds."""
    text = ascii(bounded(value)[0])
    return text if set(text) & {'"', "\\"} else text.replace("'", '"')


def _comment(text: str) -> str:
    return line(text, 200).encode("ascii", "backslashreplace").decode()


def _prose(text: str) -> str:
    plain = line(text, 600).encode("ascii", "backslashreplace").decode()
    wrapped = textwrap.fill(plain, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return wrapped.replace("\\", "\\\\").replace('"', "'")
