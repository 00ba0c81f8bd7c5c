"""The command `mapi-conformance`: the one place that knows suite, adapters and reports."""

from __future__ import annotations

import json
import signal
import sys
from argparse import Namespace
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.errors import ConformanceError, UsageError
from conformance.options import OUTPUTS, parser, settings, split
from conformance.workspace import Settings

if TYPE_CHECKING:
    from adapters.port import Adapter


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; what is wrong is said in one line on standard error.

    The exit status is that of the command line reference in docs/command-line.md.
    """
    given, command = split(sys.argv[1:] if arguments is None else arguments)
    with suppress(ValueError):  # not the main thread: then whoever called us handles signals
        signal.signal(signal.SIGTERM, _interrupt)
    try:
        options = parser().parse_args(given)
        if options.version:
            from conformance.results import suite

            print(f"{suite()['name']} {suite()['version']}")
            return 0
        if options.subcommand is None:
            raise UsageError("no command given", "try `mapi-conformance run`, or --help")
        status: int = _COMMANDS[options.subcommand](options, command)
    except ConformanceError as error:
        print(f"mapi-conformance: {_one_line(error)}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print("mapi-conformance: interrupted", file=sys.stderr)
        return 4
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return status


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _one_line(error: ConformanceError) -> str:
    from reports.clean import line

    return line(str(error), 1000)


def open_adapter(chosen: Settings) -> Adapter:
    """Open the adapter that the settings name."""
    from adapters.find import open_adapter as find

    timeout, server = chosen.call_timeout, chosen.mail_server
    return find(chosen.adapter, chosen.command, timeout, server, isolate=chosen.isolate)


def _run(options: Namespace, command: tuple[str, ...]) -> int:
    from conformance.progress import Progress
    from conformance.requirements.load import catalogue
    from conformance.results import read_results
    from conformance.session import Session

    chosen = settings(options, command, catalogue())
    baseline = read_results(Path(options.baseline)) if options.baseline else None
    print(f"seed {chosen.seed}, profile {chosen.profile}", file=sys.stderr)
    output = Path(options.output)
    share = None
    if chosen.jobs > 1:
        from conformance.jobs import share as share_out

        share = share_out
    session = Session(chosen, catalogue(), lambda: open_adapter(chosen), output, Progress(), share)
    value, conclusion = session.run()
    _write_reports(value, options, output, baseline)
    return conclusion.exit_status


def _write_reports(
    value: dict[str, Any], options: Namespace, output: Path, baseline: dict[str, Any] | None
) -> None:
    from conformance.capabilities import wire_family
    from conformance.replay import trace_file
    from conformance.requirements.load import catalogue
    from conformance.results import write_atomically
    from reports import outputs, summary

    outputs.write(value, catalogue(), {"html": str(output / "report.html")}, baseline)
    outputs.write(value, catalogue(), {kind: getattr(options, kind) for kind in OUTPUTS}, baseline)
    if options.save_traces:
        for row in value["requirements"]:
            for violation in row["violations"][:1]:
                played = wire_family(row["family"])
                offered = value["capabilities"].get(played, {"functions": []})
                stored = trace_file(row["id"], row["family"], offered, violation["trace"])
                path = Path(options.save_traces) / f"{row['id']}.json"
                write_atomically(path, json.dumps(stored, indent=1) + "\n")
    print(summary.render(value, catalogue()))
    print(f"results {output / 'results.json'}, report {output / 'report.html'}")
    for name in value["expectations"]["stale"]:
        told = f"{name} is listed as expected to fail, and did not"
        print(f"mapi-conformance: {options.expectations}: {told} (take it out)", file=sys.stderr)
    for failure in value["errors"][:1]:
        hint = f" ({failure['hint']})" if failure["hint"] else ""
        print(f"mapi-conformance: {failure['message']}{hint}", file=sys.stderr)
        tail = failure["stderr"].strip().splitlines()[-10:]
        if tail:
            from reports.clean import line

            print("the end of its standard error:", file=sys.stderr)
            print("\n".join(f"  {line(text, 200)}" for text in tail), file=sys.stderr)


def _report(options: Namespace, command: tuple[str, ...]) -> int:
    from conformance.requirements.load import catalogue
    from conformance.results import read_results
    from reports import outputs

    _no_command(command)
    wanted = {kind: getattr(options, kind, None) for kind in OUTPUTS}
    if not any(wanted.values()):
        raise UsageError("report has nothing to write", "name a file, such as --html report.html")
    values = [read_results(Path(name)) for name in options.results]
    baseline = read_results(Path(options.baseline)) if options.baseline else None
    if len(values) > 1:
        if baseline is not None or [kind for kind, name in wanted.items() if name] != ["html"]:
            raise UsageError("several results make a matrix", "give --html alone, or one file")
        written = [outputs.write_matrix(values, catalogue(), Path(options.html))]
    else:
        written = outputs.write(values[0], catalogue(), wanted, baseline)
    for path in written:
        print(f"report {path}")
    return 0


def _compare(options: Namespace, command: tuple[str, ...]) -> int:
    from conformance.compare import compare
    from conformance.requirements.load import catalogue
    from conformance.results import read_results
    from reports import compare as texts

    _no_command(command)
    old, new = read_results(Path(options.old)), read_results(Path(options.new))
    comparison = compare(old, new)
    if options.format == "json":
        print(json.dumps(comparison.to_json(), indent=1))
    else:
        write = texts.markdown if options.format == "markdown" else texts.text
        print(write(comparison, old, new, catalogue()))
    return comparison.exit_status


def _replay(options: Namespace, command: tuple[str, ...]) -> int:
    from conformance.replay import ERRORED, STATUS, read, replay
    from conformance.requirements.load import catalogue
    from reports.clean import line

    stored = read(Path(options.trace), catalogue(), options.requirement)
    spec, args = options.adapter or stored.adapter or "reference", command or stored.command
    if options.adapter and not command:
        args = ()
    chosen = Settings(
        adapter=spec,
        command=tuple(args),
        call_timeout=options.call_timeout,
        isolate=options.isolate or (stored.isolate and spec == stored.adapter),
        mail_server=options.mail_server or stored.mail_server,
    )
    adapter = open_adapter(chosen)
    try:
        answers = [replay(adapter, one, catalogue()) for one in stored.traces]
    finally:
        adapter.close()
    for answer in answers:
        print(f"{answer.answer}  {answer.stored.requirement}: {line(answer.detail, 300)}")
    statuses = [STATUS[answer.answer] for answer in answers]
    return 1 if 1 in statuses else STATUS[ERRORED] if 3 in statuses else 0


def _requirements(options: Namespace, command: tuple[str, ...]) -> int:
    from conformance.explain import as_json, explanation, listing
    from conformance.requirements.load import catalogue

    _no_command(command)
    rows = list(catalogue().requirements.values())
    if options.id is not None:
        row = catalogue().requirements.get(options.id.upper())
        if row is None:
            raise UsageError(f"no requirement is called {options.id}", "list them without an id")
        print(json.dumps(as_json(row), indent=1) if options.json else explanation(row))
    elif options.json:
        print(json.dumps([as_json(row) for row in rows], indent=1))
    else:
        print(listing(catalogue()))
    return 0


def _selftest(options: Namespace, command: tuple[str, ...]) -> int:
    from adapters.mutants import BENIGN, MUTANTS
    from conformance.commands.selftest import SEED, run

    _no_command(command)
    seed = SEED if options.seed is None else options.seed
    return run(list(MUTANTS.values()), list(BENIGN.values()), seed, options.jobs, options.json)


def _check_msg(options: Namespace, command: tuple[str, ...]) -> int:
    from conformance.commands.check_msg import check_msg

    _no_command(command)
    text, status = check_msg(options.files)
    print(text)
    return status


def _new_harness(options: Namespace, command: tuple[str, ...]) -> int:
    from adapters.new_harness import START, new_harness

    _no_command(command)
    written = new_harness(options.language, Path(options.directory))
    print("\n".join(str(path) for path in written))
    print(f"next: read {written[0].parent / 'README.md'}, and in that directory:")
    start = START[options.language]
    print(f"  mapi-conformance run --profile smoke --adapter stdio -- {start}")
    return 0


def _doctor(options: Namespace, command: tuple[str, ...]) -> int:
    from adapters.doctor import as_json, examine, text

    _no_command(command)
    findings = examine()
    print(json.dumps(as_json(findings), indent=1) if options.json else text(findings))
    return 0


def _no_command(command: tuple[str, ...]) -> None:
    if command:
        raise UsageError("this command takes nothing after --")


_COMMANDS = {
    "run": _run,
    "report": _report,
    "compare": _compare,
    "replay": _replay,
    "requirements": _requirements,
    "selftest": _selftest,
    "check-msg": _check_msg,
    "new-harness": _new_harness,
    "doctor": _doctor,
}

if __name__ == "__main__":
    sys.exit(main())
