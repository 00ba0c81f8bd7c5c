"""The counterexample as a C program against the documented headers.

It stands alone, loads the library that it is given, makes the calls of the trace and prints what
each came to. Its exit status is 1 where the violation shows, 0 where it does not, 2 where a call of
the trace cannot be made from C, and 3 where the library went another way before the last call.
"""

from __future__ import annotations

import functools
import re
import textwrap
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

from reports.calls import call_text
from reports.clean import line
from reports.outcomes import outcome_text
from reports.reproducers.c import imsg, simple
from reports.reproducers.c.recorded import Recorded, died
from reports.reproducers.c.values import InexpressibleError, comment, string
from reports.reproducers.c.writer import Writer, params_of
from reports.reproducers.case import Case

_CALLS: Final = {"simple": simple.CALLS, "imsg": imsg.CALLS}
_LOOKS: Final = frozenset({"observe", "world.elements", "world.bytes"})
_SECONDS: Final = 60
_CODE: Final = re.compile(r"(?:a |an )?[A-Z][A-Za-z0-9_ ]* \((0x[0-9A-F]{8}|[0-9]{1,2})\)")
_MOST_STEPS: Final = 400
_STATUS: Final = (
    "A profile and its password may follow the library. Exit status: 1 the violation shows, "
    "0 it does not, 2 a call cannot be made from C, 3 the calls before it came out otherwise."
)

Step = Mapping[str, Any]


def program(case: Case) -> str:
    """Write the program, or a comment that says why C cannot make these calls."""
    if case.played not in _CALLS:
        return f"/* There is no documented C API for the calls of the family {case.played}. */\n"
    if len(case.steps) > _MOST_STEPS:
        return f"/* {len(case.steps):,} calls are too many for a program that is read. */\n"
    if not all(isinstance(step, Mapping) and _shaped(step) for step in case.steps):
        return "/* The trace is damaged. */\n"
    writer = Writer()
    body = _body(case, writer)
    parts = ["base", case.played, *sorted(writer.parts)]
    return "\n".join(
        (
            _head(case),
            _part("head"),
            _constants(case),
            *map(_part, parts),
            *dict.fromkeys(writer.data),
            "",
            _main(writer, body),
        )
    )


def _shaped(step: Step) -> bool:
    return isinstance(step.get("outcome"), Mapping) and isinstance(step.get("params"), Mapping)


def _body(case: Case, writer: Writer) -> list[str]:
    recorded, lines, last = Recorded(case.played), [], len(case.steps)
    shown = ""
    for number, step in enumerate(case.steps, 1):
        writer.step, writer.lines = number, []
        try:
            lines.append(_remark(step, case.family))
            _write(step, case, writer)
            try:
                shown = recorded.line(step)
            except InexpressibleError:
                if number == last:
                    raise
            lines += _framed(number, step, writer.lines)
            _note_identifier(writer, step)
        except (InexpressibleError, AttributeError, KeyError, TypeError, ValueError) as why:
            method = step.get("method")
            reason = str(why) if isinstance(why, InexpressibleError) else "it is damaged"
            lines.append(f"/* {_quiet(f'{line(method, 60)} is left out: {reason}')} */")
            if method not in _LOOKS or number == last:
                return [*lines, f"return left_out({string(line(method, 60))});"]
    return [*lines, *_verdict(case, shown)]


def _write(step: Step, case: Case, writer: Writer) -> None:
    method, outcome = step.get("method"), step["outcome"]
    write = _CALLS[case.played].get(str(method))
    if write is None:
        raise InexpressibleError("there is no C for it here")
    if "error" in outcome and not died(outcome):
        raise InexpressibleError("the run did not get it through either")
    write(writer, params_of(step))


def _framed(number: int, step: Step, lines: list[str]) -> list[str]:
    needs = [each for each in lines if each.startswith("need(")]
    rest = [each for each in lines if not each.startswith("need(")]
    shown = string(line(call_text(step), 400))
    return [*dict.fromkeys(needs), f"begins({number}, {shown});", *rest, "ends();", ""]


def _verdict(case: Case, shown: str) -> list[str]:
    """Compare with the codes that the documents ask for, or else with what the run saw."""
    last = case.steps[-1]["outcome"] if case.steps else {}
    if died(last):
        return ["/* In the run the last call did not return. */", "return verdict(0);"]
    asked = codes(case.expected)
    result = last.get("result", {})
    if asked and type(result.get("return")) is int and result["return"] not in asked:
        wanted = " && ".join(
            f"code != {code if code < 1024 else f'0x{code:08X}'}u" for code in asked
        )
        return [f"return verdict({wanted});"]
    return [
        "/* The violation shows where the last call comes to what it came to in the run. */",
        f"return verdict(strcmp(came, {string(shown)}) == 0);",
    ]


def codes(expected: str) -> list[int]:
    """Read the codes of an expectation that consists of nothing else, such as `NAME (19)`."""
    parts = re.split(r",? or |, ", expected)
    found = [_CODE.fullmatch(part) for part in parts]
    return [int(match[1], 0) for match in found if match] if all(found) else []


def _note_identifier(writer: Writer, step: Step) -> None:
    """Remember which buffer holds the message identifiers that came with a handle."""
    handle, result = params_of(step).get("lhSession"), step["outcome"].get("result", {})
    identifier = result.get("lpszMessageID")
    if identifier and isinstance(handle, str) and result.get("return") == 0:
        texts = writer.seen.setdefault(handle, [])
        if identifier not in texts:
            writer.identifiers[handle, len(texts)] = f"id_{writer.step}"
            texts.append(identifier)


def _main(writer: Writer, body: list[str]) -> str:
    loads = [
        f'mapi.{name} = function("{name}", {parameters});'
        for name, parameters in sorted(writer.functions.items())
    ]
    unused = [f", (void){variable}" for variable in writer.preset()]
    lines = [
        "char *profile = argc > 2 ? argv[2] : NULL, *password = argc > 3 ? argv[3] : NULL;",
        "ULONG code = 0;",
        *writer.declarations(),
        f"(void)profile, (void)password, (void)code, (void)mapi{''.join(unused)};",
        "if (argc < 2 || !load(argv[1])) {",
        '    fprintf(stderr, "usage: %s LIBRARY [PROFILE [PASSWORD]]\\n", argv[0]);',
        "    return 3;",
        "}",
        *loads,
        "guard();",
        "",
        *body,
    ]
    return (
        "int main(int argc, char **argv) {\n" + textwrap.indent("\n".join(lines), "    ") + "\n}\n"
    )


def _head(case: Case) -> str:
    stem = case.stem.lower()
    said = (
        f"{line(case.requirement, 80)}: {line(case.sentence, 400)}",
        f"Expected: {line(case.expected, 400)}",
        f"Observed: {line(case.observed, 400)}",
        f"For a DLL: x86_64-w64-mingw32-gcc {stem}.c -o {stem}.exe,",
        f"then {stem}.exe mapi32.dll; on Linux under Wine.",
        f"For a shared library: cc {stem}.c -ldl -o {stem}, then ./{stem} ./libmapi.so.",
        _STATUS,
    )
    wrapped = "\n".join(
        textwrap.fill(_quiet(text), 96, break_long_words=False, break_on_hyphens=False)
        for text in said
    )
    return "/*\n" + textwrap.indent(wrapped, " * ", lambda _: True) + "\n */\n"


def _constants(case: Case) -> str:
    how = died(case.steps[-1].get("outcome", {})) if case.steps else ""
    return (
        f"#define REQUIREMENT {string(line(case.requirement or 'the incident', 80))}\n"
        f"enum {{ LAST_STEP = {len(case.steps)}, CRASHES = {int(how == 'crash')}, "
        f"HANGS = {int(how == 'hang')}, SECONDS = {_SECONDS} }};\n"
    )


def _remark(step: Step, family: str) -> str:
    return f"/* In the run: {_quiet(line(outcome_text(step, family), 160))} */"


def _quiet(text: str) -> str:
    return comment(text.encode("ascii", "backslashreplace").decode())


@functools.cache
def _part(name: str) -> str:
    place = resources.files("reports.reproducers.c") / "parts" / f"{name}.c"
    return place.read_text(encoding="utf-8")
