"""The process of the servers: it leaks nothing, and it never outlives the suite."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.mail.dovecot import find
from adapters.mail.served import Served, Servers
from adapters.mail.vocabulary import MODES, PROTOCOLS
from conformance.capabilities import Capabilities, Implementation, Offer
from conformance.errors import AdapterError, UsageError
from conformance.trace import NOT_EXPRESSIBLE, Call, Outcome

from .clients import FAULTY, OPEN, Plain, hang_up

KINDS = ["embedded", "dovecot"]
NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks into /proc")


class Idle:
    """An implementation that does nothing."""

    implementation = Implementation("idle", "1")
    offer: Offer = {"email": Capabilities(frozenset())}  # noqa: RUF012 - never changed
    stderr = ""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def perform(self, call: Call) -> Outcome:
        self.calls.append(call.method)
        return Outcome("result", {})

    def close(self) -> None:
        self.calls.append("close")


def files(pid: int | str) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def children(pid: int) -> set[int]:
    """A process and all that descend from it."""
    found = {pid}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) in found and fields[0] != "Z":
            found.add(int(stat.parent.name))
    return found


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@NEEDS_PROC
def test_no_fault_leaks_a_socket(running: Servers) -> None:
    (pid,) = (one for one in children(os.getpid()) if _is_servers(one))

    def menu() -> None:
        for mode in MODES:
            for protocol in PROTOCOLS:
                _meet(running, protocol, mode)

    menu()
    running.ask("begin", {})
    running.ask("observe", {})
    ours, theirs = files("self"), files(pid)
    for _ in range(3):
        menu()
        running.ask("begin", {})
        running.ask("observe", {})
    until(lambda: files(pid) <= theirs)
    assert (files("self"), files(pid)) == (ours, theirs)


def _meet(servers: Servers, protocol: str, mode: str) -> None:
    """A session that the fault meets, one that it keeps from starting, and one that hangs up."""
    there = OPEN[protocol](servers.addresses[protocol], "ann")
    servers.ask("fault", {"protocol": protocol, "mode": mode})
    for _ in range(3):
        with (
            contextlib.suppress(*FAULTY),
            Plain(protocol, servers.addresses[protocol], 0.1) as client,
        ):
            client.byte() if mode == "drip" else client.start("ann")
    hang_up(there)
    servers.ask("fault", {"protocol": protocol, "mode": "none"})


def _is_servers(pid: int) -> bool:
    try:
        return b"adapters.mail.servers" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@NEEDS_PROC
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("politely", [True, False])
def test_the_servers_end_with_the_suite(kind: str, politely: bool) -> None:
    if kind == "dovecot":
        _need_dovecot()
    program = (
        "import sys\n"
        "from adapters.mail.served import Servers\n"
        f"servers = Servers({kind!r})\n"
        "print(servers.addresses['pop3'], flush=True)\n"
        "sys.stdin.read()\n"
        "servers.close()\n"
    )
    suite = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert suite.stdin is not None
    assert suite.stdout is not None
    address = suite.stdout.readline().decode().strip()
    client = OPEN["pop3"](address, "ann")
    family = children(suite.pid)
    assert len(family) >= 2
    private = {path for pid in family for path in _private(pid)}
    assert len(private) == (kind == "dovecot")
    if politely:
        suite.stdin.close()
    else:
        os.kill(suite.pid, signal.SIGKILL)
    suite.wait(20)
    until(lambda: all(gone(pid) for pid in family))
    hang_up(client)
    suite.stdin.close()
    suite.stdout.close()
    for directory in private:
        assert directory.exists() != politely
        shutil.rmtree(directory, ignore_errors=True)


def _private(pid: int) -> set[Path]:
    """The directories of Dovecot that the command line of a process names."""
    arguments = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return {Path(name).parent for name in arguments if "/mapi-dovecot-" in name}


def _need_dovecot() -> None:
    from .conftest import need_dovecot

    need_dovecot()


def test_the_servers_start_with_the_first_email_sequence() -> None:
    inner = Idle()
    adapter = Served(inner)
    adapter.perform(Call("begin", {"family": "simple"}))
    assert adapter._servers is None
    adapter.perform(Call("begin", {"family": "email"}))
    seen = adapter.perform(Call("servers.observe", {}))
    assert seen.body["delivered"] == 0
    adapter.perform(Call("shutdown", {}))
    assert adapter.perform(Call("servers.observe", {})) == seen
    adapter.close()
    assert inner.calls == ["begin", "begin", "shutdown", "close"]


@pytest.mark.parametrize(
    "call",
    [
        Call("servers.fault", {"protocol": "pop3", "mode": "explode"}),
        Call("servers.fault", {"protocol": "gopher", "mode": "none"}),
        Call("servers.fault", {"protocol": ["pop3"], "mode": {}}),
        Call("servers.fault", {}),
        Call("servers.explode", {}),
    ],
)
def test_what_the_servers_cannot_do_says_nothing(call: Call) -> None:
    adapter = Served(Idle())
    assert adapter.perform(call).code == NOT_EXPRESSIBLE
    adapter.close()


def test_servers_that_die_are_a_failure_of_ours_and_said_in_one_line() -> None:
    servers = Servers("embedded")
    servers._process.close_stdin()
    with pytest.raises(AdapterError, match=r"^the mail servers failed in observe: \w"):
        servers.ask("observe", {})
    servers.close()


def test_a_missing_dovecot_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.mail.dovecot.shutil.which", lambda *_what, **_where: None)
    find.cache_clear()
    with pytest.raises(UsageError, match="there is no Dovecot on this machine") as missing:
        find()
    assert missing.value.exit_status == 2
    assert "dovecot-imapd" in missing.value.hint
    find.cache_clear()
