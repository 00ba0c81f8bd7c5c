"""The reference against real servers: whatever goes wrong, no socket stays open."""

from __future__ import annotations

import contextlib
import gc
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.mail.served import Served, Servers
from adapters.reference import Reference
from conformance.explore.alphabet.email import by_name, by_variable
from conformance.explore.choose import Params
from conformance.model.email.accounts import MAILS, password
from conformance.trace import Call

PROTOCOLS = {"POP3": "pop3", "IMAP": "imap", "SMTP": "smtp"}
ANN, BEN = by_name("ann"), by_name("ben")


class Program:
    """The reference with servers; each sequence is a program of its own."""

    def __init__(self) -> None:
        self.adapter = Served(Reference())
        self.call("begin", family="email")
        self.at = self.call("servers.addresses")

    def call(self, method: str, **params: Any) -> Any:
        outcome = self.adapter.perform(Call(method, params))
        assert outcome.kind == "result", outcome
        return outcome.body

    def start(self, kind: str, session: Params = ANN, **params: Any) -> bool:
        usual = {"password": password(session["user"]), "server": self.at[PROTOCOLS[kind]]}
        answer = self.call(f"EmailStart{kind}Session", session=session, **{**usual, **params})
        return bool(answer["return"])

    def use(self, kind: str, session: Params = ANN) -> Any:
        if kind == "SMTP":
            mail = {"to": "ben@example.org", "subject": "hello"}
            return self.call("EmailSendMessage", session=session, **mail)["return"]
        return self.call("EmailGetCount", session=session)["return"]

    def close(self, session: Params = ANN) -> None:
        self.call("EmailCloseSession", session=session)

    def live(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = self.call("servers.observe")["live"]
        return found

    def error(self) -> str:
        return str(self.call("ErrorInfo")["message"])


@pytest.fixture(scope="module", name="shared")
def one_for_all() -> Iterator[Program]:
    program = Program()
    yield program
    program.adapter.close()


@pytest.fixture
def program(shared: Program) -> Program:
    shared.call("begin", family="email")
    return shared


NOBODY: dict[str, dict[str, int]] = {"pop3": {}, "smtp": {}, "imap": {}}


def sockets() -> int:
    """Open sockets of this process, without the garbage collector's help."""
    links = Path("/proc/self/fd")
    if not links.exists():
        pytest.skip("open sockets are counted in /proc")
    found = 0
    for link in links.iterdir():
        with contextlib.suppress(OSError):
            found += str(link.readlink()).startswith("socket:")
    return found


@pytest.mark.parametrize("kind", PROTOCOLS)
def test_a_session_starts_works_and_ends(program: Program, kind: str) -> None:
    assert program.start(kind)
    assert program.live() == {**NOBODY, PROTOCOLS[kind]: {"ann": 1}}
    assert program.use(kind) == (True if kind == "SMTP" else MAILS)
    program.close()
    assert program.live() == NOBODY
    assert not program.use(kind)
    assert program.start(kind)


@pytest.mark.parametrize("kind", PROTOCOLS)
def test_tls(program: Program, kind: str) -> None:
    assert program.start(kind, server=program.at[PROTOCOLS[kind] + "s"], tls=True)
    assert program.use(kind) == (True if kind == "SMTP" else MAILS)
    assert program.live()[PROTOCOLS[kind]] == {"ann": 1}
    program.close()
    assert program.live() == NOBODY


@pytest.mark.parametrize("kind", PROTOCOLS)
def test_no_failed_start_leaves_a_socket(program: Program, kind: str) -> None:
    gc.disable()
    try:
        before = sockets()
        assert not program.start(kind, password="wrong")
        assert program.error()
        assert not program.start(kind, server=program.at["closed"])
        assert not program.start(kind, server=program.at[PROTOCOLS[kind]], tls=True)
        for mode in ("refuse", "drop", "nonsense"):
            program.call("servers.fault", protocol=PROTOCOLS[kind], mode=mode)
            assert not program.start(kind), mode
            assert program.error(), mode
        assert sockets() == before
    finally:
        gc.enable()
    assert program.live() == NOBODY


@pytest.mark.parametrize("mode", ["silent", "drip"])
@pytest.mark.parametrize("kind", PROTOCOLS)
def test_the_timeout_is_for_the_whole_start(program: Program, kind: str, mode: str) -> None:
    program.call("EmailSetTimeOut", milliseconds=200)
    program.call("servers.fault", protocol=PROTOCOLS[kind], mode=mode)
    before = sockets()
    begun = time.monotonic()
    assert not program.start(kind)
    assert time.monotonic() - begun < 5
    assert sockets() == before
    assert program.live() == NOBODY


@pytest.mark.parametrize("mode", ["drop", "nonsense"])
@pytest.mark.parametrize("kind", PROTOCOLS)
def test_a_close_after_the_server_died(program: Program, kind: str, mode: str) -> None:
    before = sockets()
    assert program.start(kind)
    program.call("servers.fault", protocol=PROTOCOLS[kind], mode=mode)
    assert not program.use(kind)
    assert program.error()
    program.close()
    program.close()
    assert sockets() == before
    assert program.live() == NOBODY


def test_one_dead_server_keeps_no_other_protocol_open(program: Program) -> None:
    for kind in PROTOCOLS:
        assert program.start(kind)
    program.call("servers.fault", protocol="pop3", mode="drop")
    program.close()
    assert program.live() == NOBODY


def test_the_combined_start_is_both_or_nothing(program: Program) -> None:
    servers = {"pop3": program.at["pop3"], "smtp": program.at["closed"]}
    start = {"session": ANN, "password": password("ann")}
    assert program.call("EmailStartSession", **start, **servers)["return"] is False
    assert program.live() == NOBODY
    servers["smtp"] = program.at["smtp"]
    assert program.call("EmailStartSession", **start, **servers)["return"] is True
    assert program.live() == {**NOBODY, "pop3": {"ann": 1}, "smtp": {"ann": 1}}


def test_a_name_is_taken_literally(program: Program) -> None:
    assert program.start("IMAP", by_name("ann@example.org"))
    assert program.start("IMAP")
    program.close()
    assert program.live() == {**NOBODY, "imap": {"ann@example.org": 1}}
    assert program.use("IMAP", by_name("ANN@example.org")) is None
    for name in ('a"b\\c', "line\r\nbreak", "", "übel"):
        assert not program.start("IMAP", by_name(name), password="x")
        assert program.error()


def test_a_variable_ends_its_own_session(program: Program) -> None:
    one, two = by_variable("v1", "ann"), by_variable("v2", "ann")
    assert program.start("POP3", one)
    assert program.start("SMTP", two)
    program.close({"variable": "v1"})
    assert program.live() == {**NOBODY, "smtp": {"ann": 1}}


def test_a_second_start_of_a_name_leaves_one_session(program: Program) -> None:
    assert program.start("POP3")
    assert program.start("POP3")
    assert program.live() == {**NOBODY, "pop3": {"ann": 1}}


def test_the_program_ends_what_was_not_closed(program: Program) -> None:
    for kind in PROTOCOLS:
        assert program.start(kind)
        assert program.start(kind, BEN)
    program.close()
    program.call("shutdown")
    after = program.call("servers.observe")
    assert after["live"] == NOBODY
    ended = {"ann": 1, "ben": 1}
    assert after["farewells"] == {"pop3": ended, "smtp": ended, "imap": ended}


@pytest.mark.parametrize("kill", [False, True])
def test_a_process_ends_its_sessions_politely_or_not(kill: bool) -> None:
    servers = Servers("embedded")
    process = subprocess.Popen(
        [sys.executable, "-m", "adapters.reference"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        for number, (method, params) in enumerate(
            [
                ("initialize", {"protocol": 1, "suite": {"name": "test", "version": "1"}}),
                ("begin", {"family": "email"}),
                *(
                    (
                        f"EmailStart{kind}Session",
                        {
                            "session": ANN,
                            "password": password("ann"),
                            "server": servers.addresses[protocol],
                        },
                    )
                    for kind, protocol in PROTOCOLS.items()
                ),
            ]
        ):
            request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["result"].get("return", True) is True
        one = {"ann": 1}
        assert servers.ask("observe", {})["live"] == {"pop3": one, "smtp": one, "imap": one}
        if kill:
            process.kill()
        process.stdin.close()
        process.wait(30)
        after = servers.ask("observe", {})
        assert after["live"] == NOBODY
        farewells = {} if kill else one
        assert after["farewells"] == {"pop3": farewells, "smtp": farewells, "imap": farewells}
    finally:
        process.kill()
        process.stdout.close()
        process.wait(30)
        servers.close()
