"""The pytest front: one test item a requirement.

    pytest --pyargs conformance --adapter SPEC [-- COMMAND]

An item is green where its requirement passes, red where it is broken, with the
counterexample as the failure text, and skipped with the reason where nothing can be said.
Under pytest-xdist the workers share out the shards of the run, so that a seed gives
the same verdicts with any number of them.
Without these options nothing in a pytest run is changed.
"""

from __future__ import annotations

import json
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest

from conformance.profiles import PROFILES
from conformance.workspace import MAIL_SERVERS, Settings, Workspace

WORKSPACE_OPTION: Final = "--conformance-workspace"
_SETTINGS: Final = "settings.json"
_DEST: Final = "conformance_"

_OPTIONS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("adapter", {"metavar": "SPEC", "help": "the implementation to check (default reference)"}),
    ("families", {"metavar": "LIST", "default": "", "help": "comma-separated; default all"}),
    ("profile", {"choices": sorted(PROFILES), "default": "ci", "help": "how much to do"}),
    ("seed", {"type": int, "metavar": "N", "help": "default: a new one, printed"}),
    (
        "call-timeout",
        {"type": float, "default": 5.0, "metavar": "S", "help": "a longer call hangs"},
    ),
    (
        "mail-server",
        {"choices": MAIL_SERVERS, "default": MAIL_SERVERS[0], "help": "for email sessions"},
    ),
    ("isolate", {"action": "store_true", "help": "call the adapter in a child process"}),
    ("reading", {"action": "append", "default": [], "metavar": "ID=R", "help": "bind a reading"}),
    ("expectations", {"metavar": "FILE", "help": "failures that are known, with their reasons"}),
    ("strict", {"action": "store_true", "help": "what should be is binding too"}),
)


def pytest_load_initial_conftests(parser: pytest.Parser, args: list[str]) -> None:
    """Where the command line asks for this suite, add its options and take the command after `--`.

    Options are added only then, so that no other plugin's can collide with them in other runs;
    pytest would take the command for paths.
    """
    named = {arg.split("=")[0] for arg in args[: args.index("--") if "--" in args else None]}
    if not named & {"--adapter", "--conformance-adapter", WORKSPACE_OPTION}:
        return
    if "--" in args:
        at = args.index("--")
        args[at:] = [f"--conformance-command={json.dumps(args[at + 1 :])}"]
    group = parser.getgroup("conformance", "mapi-conformance")
    for name, form in _OPTIONS:
        # pytest has a --strict of its own.
        plain = [] if name == "strict" else [f"--{name}"]
        dest = _DEST + name.replace("-", "_")
        group.addoption(*plain, f"--conformance-{name}", dest=dest, **form)
    group.addoption(WORKSPACE_OPTION, dest=f"{_DEST}workspace")
    group.addoption("--conformance-command", dest=f"{_DEST}command")


def store(directory: Path, settings: Settings) -> None:
    """Leave the settings of a run in its workspace, for the processes that join."""
    path = directory / _SETTINGS
    path.write_text(json.dumps(settings.to_json()), encoding="utf-8")


class Joined:
    """One process of the run of a pytest session; opened when the first item needs it."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self._cleanup: tempfile.TemporaryDirectory[str] | None = None
        self._run: Any = None
        self._evidence: Any = None
        given = config.getoption(f"{_DEST}workspace", None)
        worker = getattr(config, "workerinput", {})
        self._number = int(worker.get("workerid", "gw0").removeprefix("gw"))
        self.directory = Path(given or worker.get("conformance_directory") or self._new())

    def _new(self) -> str:
        self._cleanup = tempfile.TemporaryDirectory(prefix="mapi-conformance-")
        directory = Path(self._cleanup.name)
        store(directory, _settings(self.config))
        return self._cleanup.name

    @property
    def settings(self) -> Settings:
        return Settings.from_json(json.loads((self.directory / _SETTINGS).read_text("utf-8")))

    def item(self, requirement: str) -> tuple[Any, Any, Any]:
        """The ruling on one requirement, its confirmed violation, and its conflict of readings."""
        run, (evidence, failures) = self._opened()
        confirmed = run.confirmation(requirement, evidence)
        found = {} if confirmed is None else {requirement: confirmed}
        ruling = run.rule(evidence, run.question(failures), found)[requirement]
        conflict = run.conflict(ruling) if ruling.conflict else {}
        return ruling, confirmed, conflict

    def _opened(self) -> tuple[Any, Any]:
        from conformance.cli import open_adapter
        from conformance.pinning import pin
        from conformance.requirements.load import catalogue
        from conformance.session import open_run

        if self._run is None:
            chosen = self.settings
            if chosen.pin:
                pin(self._number)
            self._run = open_run(
                chosen, Workspace(self.directory), catalogue(), lambda: open_adapter(chosen)
            )
        if self._evidence is None:
            self._evidence = self._run.gather()
        return self._run, self._evidence

    def close(self) -> None:
        if self._cleanup is not None:
            self._cleanup.cleanup()


_JOINED: Final = pytest.StashKey[Joined]()


def _settings(config: pytest.Config) -> Settings:
    from conformance.errors import ConformanceError
    from conformance.options import families, listed, reading
    from conformance.requirements.load import catalogue

    defaults = {name.replace("-", "_"): form.get("default") for name, form in _OPTIONS}

    def option(name: str) -> Any:
        return config.getoption(_DEST + name, defaults.get(name))

    seed = option("seed")
    try:
        return Settings(
            adapter=option("adapter") or "reference",
            command=tuple(json.loads(option("command") or "[]")),
            families=families(option("families")),
            profile=option("profile"),
            seed=secrets.randbelow(2**32) if seed is None else seed,
            readings=tuple(reading(text, catalogue()) for text in option("reading")),
            strict=bool(option("strict")),
            expectations=listed(option("expectations"), catalogue()),
            call_timeout=option("call_timeout"),
            mail_server=option("mail_server"),
            isolate=bool(option("isolate")),
        )
    except ConformanceError as error:
        raise pytest.UsageError(str(error)) from None


def joined(config: pytest.Config) -> Joined:
    """The run of this pytest session."""
    found = config.stash.get(_JOINED, None)
    if found is None:
        found = config.stash[_JOINED] = Joined(config)
    return found


def _asked(config: pytest.Config) -> bool:
    return bool(config.getoption(f"{_DEST}adapter", None))


def pytest_report_header(config: pytest.Config) -> list[str]:
    if not _asked(config):
        return []
    chosen = joined(config).settings
    return [f"conformance: adapter {chosen.adapter}, profile {chosen.profile}, seed {chosen.seed}"]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist which workspace it joins."""
    if _asked(node.config):
        node.workerinput["conformance_directory"] = str(joined(node.config).directory)


def pytest_unconfigure(config: pytest.Config) -> None:
    found = config.stash.get(_JOINED, None)
    if found is not None:
        with suppress(OSError):
            found.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.module.__name__.endswith("conformance.test_requirements"):
        from conformance.requirements.load import catalogue

        metafunc.parametrize("requirement", list(catalogue().requirements))


def judged(config: pytest.Config, requirement: str) -> None:
    """Pass, fail or skip for one requirement."""
    from conformance.errors import ConformanceError
    from conformance.verdicts import Verdict
    from reports.failure import text

    try:
        ruling, confirmed, conflict = joined(config).item(requirement)
    except ConformanceError as error:
        pytest.fail(str(error), pytrace=False)
    if ruling.verdict is Verdict.PASS:
        if requirement in {one.requirement for one in joined(config).settings.expectations}:
            pytest.fail("it is listed as expected to fail, and did not: take it out", pytrace=False)
        return
    why = f"{ruling.verdict}: {ruling.reason}" if ruling.reason else str(ruling.verdict)
    if ruling.verdict in (Verdict.FAIL, Verdict.FLAKY, Verdict.ERROR):
        pytest.fail(text(ruling, confirmed, conflict), pytrace=False)
    if ruling.verdict is Verdict.EXPECTED_FAIL:
        pytest.xfail(why)
    pytest.skip(why)
