"""Outlook and Notes by COM, under Wine, on stand-ins that are registered under their ProgIDs."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.find import open_adapter
from adapters.mail.served import Served
from adapters.native.wine import Wine
from adapters.windows import Com
from conformance.errors import AdapterError, UsageError
from conformance.evidence import Evidence
from conformance.explore.shard import run_shard
from conformance.profiles import Shard
from conformance.requirements.load import catalogue
from conformance.trace import Call, Outcome
from conformance.verdicts import Question, Ruling, Verdict, rule

COMPILER = "x86_64-w64-mingw32-gcc"
SOURCE = Path(__file__).with_name("com_server.c")
CLASSES = {
    "Outlook.Application": "{6D617069-0001-4F75-8001-010101010101}",
    "Lotus.NotesSession": "{6D617069-0002-4E6F-8001-010101010101}",
}
STARTS = {"outlook": "EmailStartOutlookSession", "notes": "EmailStartNotesSession"}

missing = [name for name in ("wine", COMPILER) if shutil.which(name) is None]
if missing and os.environ.get("MAPI_CONFORMANCE_CI"):
    raise RuntimeError(f"not installed: {missing}")
pytestmark = pytest.mark.skipif(bool(missing) or os.name == "nt", reason=f"needs {missing}")


@pytest.fixture(scope="module")
def wine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wine]:
    """A prefix of our own, where nobody is registered yet."""
    with pytest.MonkeyPatch.context() as patch:
        cache = tmp_path_factory.mktemp("cache")
        patch.setenv("XDG_CACHE_HOME", str(cache))
        share = Wine()
        yield share
        share.close()
        shutil.rmtree(cache, ignore_errors=True)  # a prefix is some hundred megabytes


@pytest.fixture(scope="module")
def registered(wine: Wine, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("server")
    library, entries = folder / "com_server.dll", folder / "entries.reg"
    options = ["-shared", "-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror"]
    libraries = ["-lole32", "-loleaut32", "-luuid"]
    subprocess.run([COMPILER, *options, "-o", str(library), str(SOURCE), *libraries], check=True)
    path = wine.windows_path(library).replace("\\", "\\\\")
    lines = ["REGEDIT4"]
    for name, number in CLASSES.items():
        key = "HKEY_CLASSES_ROOT"
        lines += [f"[{key}\\{name}\\CLSID]", f'@="{number}"']
        lines += [f"[{key}\\CLSID\\{number}\\InprocServer32]", f'@="{path}"']
        lines += ['"ThreadingModel"="Apartment"']
    entries.write_text("\r\n".join(lines) + "\r\n")
    command = [wine.program, "regedit", "/S", wine.windows_path(entries)]
    subprocess.run(command, env=dict(wine.env), check=True, stdout=subprocess.DEVNULL)


class Machine:
    """A host on the stand-ins, and what these wrote down."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.com = Com(call_timeout=30)
        self.begin()

    def begin(self) -> None:
        self.com.perform(Call("begin", {"family": "email"}))

    def ask(self, method: str, **params: Any) -> Outcome:
        return self.com.perform(Call(method, params))

    def start(self, program: str, name: str, password: str | None = "secret") -> Any:
        session = {"variable": name}
        params = {"session": session, "profile": "me", "password": password}
        return self.ask(STARTS[program], **params).body["return"]

    def count(self, **session: Any) -> Any:
        return self.ask("EmailGetCount", session=session).body["return"]

    def close(self, **session: Any) -> Any:
        return self.ask("EmailCloseSession", session=session).body["return"]

    def held(self) -> int:
        held: int = self.ask("observe").body["live"]["sessions"]
        return held

    def happened(self) -> Counter[str]:
        return Counter(self.log.read_text().splitlines() if self.log.exists() else [])


@pytest.fixture
def machine(
    registered: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Machine]]:
    opened: list[Machine] = []

    def boot(fault: str = "") -> Machine:
        log = tmp_path / "log"
        monkeypatch.setenv("MAPI_TEST_COM_LOG", "Z:" + str(log).replace("/", "\\"))
        monkeypatch.setenv("MAPI_TEST_COM_FAULT", fault)
        opened.append(Machine(log))
        return opened[-1]

    yield boot
    for one in opened:
        one.com.close()


def test_without_either_program_the_reason_is_said_in_one_line(wine: Wine) -> None:
    with pytest.raises(AdapterError, match="neither Outlook nor Lotus Notes is installed here"):
        Com()
    with pytest.raises(UsageError, match="com:vax is no machine"):
        open_adapter("com:vax")


def test_what_is_registered_is_offered(machine: Callable[..., Machine]) -> None:
    offer = machine().com.offer["email"]
    assert offer.protocols == {"outlook", "notes"}
    assert set(STARTS.values()) < offer.functions


@pytest.mark.parametrize("program", STARTS)
def test_a_session_is_started_used_and_closed(
    machine: Callable[..., Machine], program: str
) -> None:
    one = machine()
    number = one.start(program, "v")
    assert type(number) is int
    assert number > 1, "a number that true could be taken for"
    assert one.held() == 1
    assert one.count(variable="v") == one.count(integer=number) == 2
    sent = one.ask("EmailSendMessage", session={"variable": "v"}, to="a@b", subject="\u00fcber")
    assert sent.body == {"return": True}
    assert one.close(integer=number) is None
    assert one.held() == 0
    assert one.count(variable="v") is None
    assert one.ask("ErrorInfo").body["occurred"] is True
    happened = one.happened()
    made = {name.split()[1]: n for name, n in happened.items() if name.startswith("made ")}
    assert made == {name.split()[1]: n for name, n in happened.items() if name.startswith("gone ")}
    assert happened["off NameSpace"] == (program == "outlook")
    assert sum(n for name, n in happened.items() if name.startswith("sent ")) == 1


@pytest.mark.parametrize("program", STARTS)
def test_a_refused_logon_is_false_with_a_text_and_no_session(
    machine: Callable[..., Machine], program: str
) -> None:
    one = machine()
    assert one.start(program, "v", "wrong") is False
    info = one.ask("ErrorInfo").body
    assert info["occurred"] is True
    assert "The logon f\u00e4iled." in info["message"]
    assert "0x80040111" in info["message"]
    assert one.held() == 0
    assert one.count(variable="v") is None
    assert one.happened()["off NameSpace"] == 0
    assert one.happened()["gone NotesSession"] == (program == "notes")
    assert one.happened()["gone Application"] == (program == "outlook")


def test_one_close_ends_one_session(machine: Callable[..., Machine]) -> None:
    one = machine()
    first, second = one.start("outlook", "a"), one.start("notes", "b")
    third = one.start("outlook", "c")
    assert len({first, second, third}) == 3
    one.close(variable="a")
    one.close(variable="nobody")
    one.close(integer=first)
    assert (one.count(integer=second), one.count(variable="c"), one.held()) == (2, 2, 2)
    assert one.happened()["off NameSpace"] == 1


def test_a_variable_names_its_latest_session_and_the_older_one_is_closed(
    machine: Callable[..., Machine],
) -> None:
    one = machine()
    old, new = one.start("outlook", "v"), one.start("outlook", "v")
    assert (one.count(integer=old), one.count(integer=new), one.held()) == (None, 2, 1)


@pytest.mark.parametrize("politely", [True, False])
def test_sessions_end_with_the_sequence_and_with_the_program(
    machine: Callable[..., Machine], politely: bool
) -> None:
    one = machine()
    one.start("outlook", "a")
    one.begin()
    assert one.happened()["gone NameSpace"] == 1
    one.start("outlook", "a")
    one.start("notes", "b")
    if politely:
        one.ask("shutdown")
    one.com.close()
    happened = one.happened()
    assert happened["off NameSpace"] == 2
    assert happened["gone NotesSession"] == 1


def test_a_fault_of_the_program_shows(machine: Callable[..., Machine]) -> None:
    one = machine("logoff ends all")
    one.start("outlook", "a")
    one.start("outlook", "b")
    one.close(variable="a")
    assert one.count(variable="b") is None
    assert "nobody is logged on" in one.ask("ErrorInfo").body["message"]


def test_an_error_at_the_logoff_leaves_nothing_held(machine: Callable[..., Machine]) -> None:
    one = machine("logoff raises")
    one.start("outlook", "a")
    assert one.close(variable="a") is None
    assert "not now" in one.ask("ErrorInfo").body["message"]
    assert one.happened()["gone Application"] == 1
    assert one.held() == 0


def test_a_changed_directory_harms_nobody(machine: Callable[..., Machine]) -> None:
    one = machine("moves")
    one.start("outlook", "a")
    assert one.count(variable="a") == 2


def test_a_crash_of_the_program_is_an_outcome(machine: Callable[..., Machine]) -> None:
    one = machine("crash")
    params = {"session": {"variable": "v"}, "profile": "me", "password": "x"}
    assert one.ask("EmailStartOutlookSession", **params).kind == "crash"
    one.begin()
    assert one.held() == 0


def verdicts(one: Machine) -> dict[str, Ruling]:
    """What the fixed sequences of every run decide."""
    evidence, adapter = Evidence(), Served(one.com)
    try:
        run_shard(
            adapter, Shard("email", 0, 0, 4, 0), catalogue(), lambda _evidence: None, evidence
        )
    finally:
        adapter.close()
    question = Question(
        {}, strict=False, families=("email",), offer=adapter.offer, errors={}, complete=False
    )
    return rule(catalogue(), evidence, question)


def test_the_rows_of_outlook_and_notes_are_decided(machine: Callable[..., Machine]) -> None:
    found = verdicts(machine())
    for name in ("EMAIL-START-08", "EMAIL-START-10", "EMAIL-CLOSE-06", "EMAIL-CLOSE-07"):
        assert found[name].verdict is Verdict.PASS, found[name]
    assert found["EMAIL-START-10"].reading == "A"
