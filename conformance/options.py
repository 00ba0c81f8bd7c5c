"""The command line: what can be asked, and the refusal of what cannot."""

from __future__ import annotations

import argparse
import math
import secrets
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from conformance.capabilities import FAMILIES
from conformance.errors import UsageError
from conformance.expectations import Expectation
from conformance.profiles import PROFILES
from conformance.requirements.catalogue import ANY, Catalogue
from conformance.workspace import MAIL_SERVERS, Settings

LANGUAGES: Final = ("python", "c", "javascript")
"""Languages in which there is a harness to start from."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line instead of printing the usage."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"see {self.prog} --help")


def parser() -> Parser:
    """The parser of the whole command line; what follows `--` is cut off before."""
    top = Parser(
        prog="mapi-conformance",
        description="Check an implementation of messaging sessions against its documents.",
        epilog="Exit status: 0 conforms, 1 does not, 2 wrong usage, 3 adapter error, 4 incomplete.",
    )
    top.add_argument("--version", action="store_true", help="print the version and exit")
    commands = top.add_subparsers(dest="subcommand", metavar="COMMAND", parser_class=Parser)
    _add_run(commands)
    _add_report(commands)
    _add_compare(commands)
    _add_replay(commands)
    _add_requirements(commands)
    _add_selftest(commands)
    _add_check_msg(commands)
    _add_new_harness(commands)
    _add_doctor(commands)
    return top


def _add_run(commands: Any) -> None:
    run = commands.add_parser("run", help="run the suite on an implementation")
    add_choice(run)
    run.add_argument("--families", default="", metavar="LIST", help="comma-separated; default all")
    run.add_argument("--profile", default="ci", choices=sorted(PROFILES), help="how much to do")
    run.add_argument("--seed", type=_natural, metavar="N", help="default: a new one, printed")
    run.add_argument(
        "--jobs", type=_positive, default=1, metavar="N", help="processes to share it out"
    )
    run.add_argument(
        "--pin", action="store_true", help="keep each process and its harness on one core"
    )
    run.add_argument(
        "--reading",
        action="append",
        default=[],
        metavar="ID=R",
        help="bind a reading of an ambiguous requirement; `any` accepts all",
    )
    run.add_argument(
        "--expectations", metavar="FILE", help="failures that are known, with their reasons"
    )
    run.add_argument("--strict", action="store_true", help="what should be is binding too")
    run.add_argument(
        "--output", default="mapi-conformance-report", metavar="DIR", help="where to write"
    )
    add_outputs(run, OUTPUTS)
    _add_baseline(run)
    run.add_argument("--save-traces", metavar="DIR", help="write a trace file for each violation")


OUTPUTS: Final = {
    "html": "the report",
    "json": "the results",
    "junit": "JUnit XML",
    "sarif": "SARIF 2.1.0",
    "markdown": "a summary in Markdown",
    "badge": "a badge: SVG, or JSON for a shields endpoint where the name ends in .json",
}
"""What results can be written as, by the name of the option."""


def add_outputs(command: argparse.ArgumentParser, kinds: Iterable[str]) -> None:
    """An option for each kind of file that results can be written as."""
    for kind in kinds:
        command.add_argument(f"--{kind}", metavar="F", help=f"write {OUTPUTS[kind]} to this file")


def add_choice(command: argparse.ArgumentParser, default: str = "reference") -> None:
    """The options that choose the implementation."""
    command.add_argument("--adapter", default=default, metavar="SPEC", help="the implementation")
    command.add_argument(
        "--call-timeout",
        type=_seconds,
        default=5.0,
        metavar="S",
        help="a call that takes longer hangs",
    )
    command.add_argument(
        "--mail-server",
        choices=MAIL_SERVERS,
        help="what email sessions are tested against (default embedded)",
    )
    command.add_argument(
        "--isolate",
        action="store_true",
        help="call an in-process adapter in a child process, so that it may crash and hang",
    )


def _add_report(commands: Any) -> None:
    report = commands.add_parser("report", help="write stored results as HTML and other files")
    report.add_argument(
        "results", nargs="+", metavar="RESULTS.json", help="several make a matrix, side by side"
    )
    _add_baseline(report)
    add_outputs(report, [kind for kind in OUTPUTS if kind != "json"])


def _add_baseline(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--baseline", metavar="OLD.json", help="let the HTML report say what changed since"
    )


def _add_compare(commands: Any) -> None:
    compare = commands.add_parser("compare", help="what the newer of two results broke and fixed")
    compare.add_argument("old", metavar="OLD.json")
    compare.add_argument("new", metavar="NEW.json")
    compare.add_argument(
        "--format",
        default="text",
        choices=("text", "json", "markdown"),
        help="markdown is for a pull request",
    )


def _add_replay(commands: Any) -> None:
    replay = commands.add_parser(
        "replay", help="replay a stored violation: FIXED, FAILED or ERRORED"
    )
    replay.add_argument("trace", metavar="TRACE.json", help="a trace file or a results file")
    add_choice(replay, default="")
    replay.add_argument("--requirement", metavar="ID", help="only the violation of this one")


def _add_requirements(commands: Any) -> None:
    listing = commands.add_parser("requirements", help="list the requirements, or explain one")
    listing.add_argument("id", nargs="?", metavar="ID")
    listing.add_argument("--json", action="store_true", help="as JSON")


def _add_selftest(commands: Any) -> None:
    selftest = commands.add_parser("selftest", help="find every planted fault, accuse nobody else")
    selftest.add_argument("--seed", type=_natural, metavar="N", help="default: always the same one")
    selftest.add_argument("--jobs", type=_positive, default=1, metavar="N", help="processes")
    selftest.add_argument("--json", metavar="F", help="also write the kill matrix as JSON")


def _add_check_msg(commands: Any) -> None:
    check = commands.add_parser("check-msg", help="check .msg files against [MS-OXMSG]")
    check.add_argument("files", nargs="+", metavar="FILE")


def _add_new_harness(commands: Any) -> None:
    new = commands.add_parser("new-harness", help="write a harness to start from")
    new.add_argument("language", choices=LANGUAGES, metavar="LANGUAGE", help=", ".join(LANGUAGES))
    new.add_argument("directory", metavar="DIR", help="a directory that is empty, or not there yet")


def _add_doctor(commands: Any) -> None:
    doctor = commands.add_parser("doctor", help="what this machine has for each adapter")
    doctor.add_argument("--json", action="store_true", help="as JSON")


def split(arguments: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """The arguments before `--`, and the command after it."""
    given = list(arguments)
    if "--" not in given:
        return given, ()
    at = given.index("--")
    return given[:at], tuple(given[at + 1 :])


def settings(
    options: argparse.Namespace, command: tuple[str, ...], catalogue: Catalogue
) -> Settings:
    """The settings of a run; raises :class:`UsageError` for what does not exist or is not built."""
    return Settings(
        adapter=options.adapter,
        command=command,
        families=families(options.families),
        profile=options.profile,
        seed=secrets.randbelow(2**32) if options.seed is None else options.seed,
        readings=tuple(reading(text, catalogue) for text in options.reading),
        strict=options.strict,
        call_timeout=options.call_timeout,
        isolate=options.isolate,
        jobs=options.jobs,
        pin=options.pin,
        mail_server=options.mail_server or MAIL_SERVERS[0],
        expectations=listed(options.expectations, catalogue),
    )


def listed(file: str | None, catalogue: Catalogue) -> tuple[Expectation, ...]:
    """The expectations of the file that is named; none where none is."""
    from conformance.expectations_file import read_expectations

    return read_expectations(Path(file), catalogue) if file else ()


def families(text: str) -> tuple[str, ...]:
    """The families of a comma-separated list, in catalogue order; none named means all."""
    named = [name.strip() for name in text.split(",") if name.strip()]
    for name in named:
        if name not in FAMILIES:
            raise UsageError(f"no family is called {name}", f"known are {', '.join(FAMILIES)}")
    return tuple(name for name in FAMILIES if name in named)


def reading(text: str, catalogue: Catalogue) -> tuple[str, str]:
    """The requirement and the letter of `ID=R`."""
    name, _, letter = text.partition("=")
    row = catalogue.requirements.get(name)
    if row is None:
        raise UsageError(f"--reading {text}: no requirement is called {name}")
    if not row.readings:
        raise UsageError(f"--reading {text}: {name} has one reading only")
    if letter != ANY and letter not in row.readings:
        known = ", ".join([*row.readings, ANY])
        raise UsageError(f"--reading {text}: {name} has no reading {letter}", f"known are {known}")
    return name, letter


def _natural(text: str) -> int:
    return int(_between(text, 0, None, "a whole number from 0", int))


def _positive(text: str) -> int:
    return int(_between(text, 1, 256, "a whole number from 1 to 256", int))


def _seconds(text: str) -> float:
    return _between(text, 0.001, 3600, "seconds, from 0.001 to 3600", float)


def _between(
    text: str, least: float, most: float | None, what: str, kind: Callable[[str], float]
) -> float:
    try:
        value = kind(text)
    except ValueError:
        value = math.nan
    if not least <= value or (most is not None and value > most):
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
    return value
