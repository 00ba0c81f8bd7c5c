"""Dovecot itself is asked who is there: it has to say what the observer says."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.mail.served import Servers
from adapters.mail.vocabulary import PROTOCOLS
from conformance.model.email.accounts import CROWD, PEOPLE

from .clients import OPEN, hang_up, leave
from .conftest import need_dovecot

SERVICE = {"pop3": "pop3", "imap": "imap", "submission": "smtp"}


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Servers]:
    need_dovecot()
    servers = Servers("dovecot")
    yield servers
    servers.close()


@pytest.fixture(scope="module")
def configuration(dovecot: Servers) -> Path:
    """The file that the running Dovecot was started with."""
    found = [
        Path(name)
        for line in Path("/proc").glob("[0-9]*/cmdline")
        for name in _arguments(line)
        if "/mapi-dovecot-" in name and _descends(int(line.parent.name), os.getpid())
    ]
    assert found
    return found[0]


def _arguments(line: Path) -> list[str]:
    try:
        return line.read_text().split("\0")
    except OSError:
        return []


def _descends(pid: int, from_pid: int) -> bool:
    while pid > 1:
        if pid == from_pid:
            return True
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return False


def who(configuration: Path) -> dict[str, dict[str, int]]:
    """Live sessions by protocol and user, as `doveadm who` lists them."""
    doveadm = shutil.which("doveadm", path=os.environ["PATH"] + ":/usr/sbin")
    assert doveadm is not None
    command = [doveadm, "-c", str(configuration), "-f", "tab", "who"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found: dict[str, Counter[str]] = {protocol: Counter() for protocol in PROTOCOLS}
    for line in listed.splitlines()[1:]:
        user, count, service, *_ = line.split("\t")
        found[SERVICE[service]][user] += int(count)
    return {protocol: dict(users) for protocol, users in found.items()}


def agreed(dovecot: Servers, configuration: Path) -> dict[str, Any]:
    """What both say; Dovecot's own bookkeeping is a moment behind."""
    end = time.monotonic() + 20
    while True:
        seen: dict[str, Any] = dovecot.ask("observe", {})["live"]
        if seen == who(configuration):
            return seen
        assert time.monotonic() < end, (seen, who(configuration))
        time.sleep(0.05)


def test_doveadm_who_agrees_with_the_observer(dovecot: Servers, configuration: Path) -> None:
    dovecot.ask("begin", {})
    assert agreed(dovecot, configuration) == {protocol: {} for protocol in PROTOCOLS}
    clients = [OPEN[name](dovecot.addresses[name], user) for user in PEOPLE for name in PROTOCOLS]
    clients += [OPEN["imap"](dovecot.addresses["imap"], "ann") for _ in range(4)]
    expected = {protocol: dict.fromkeys(PEOPLE, 1) for protocol in PROTOCOLS}
    expected["imap"]["ann"] = 5
    assert agreed(dovecot, configuration) == expected
    for client in clients[::2]:
        leave(client)
    for client in clients[1::2]:
        hang_up(client)
    assert agreed(dovecot, configuration) == {protocol: {} for protocol in PROTOCOLS}


def test_they_agree_on_two_hundred_sessions_too(dovecot: Servers, configuration: Path) -> None:
    dovecot.ask("begin", {})
    crowd = CROWD[:200]
    clients = [OPEN["imap"](dovecot.addresses["imap"], user) for user in crowd]
    assert agreed(dovecot, configuration)["imap"] == dict.fromkeys(crowd, 1)
    for client in clients:
        leave(client)
    assert agreed(dovecot, configuration)["imap"] == {}


def test_what_an_earlier_sequence_left_is_ended(dovecot: Servers, configuration: Path) -> None:
    left = OPEN["pop3"](dovecot.addresses["pop3"], "ann")
    assert agreed(dovecot, configuration)["pop3"] == {"ann": 1}
    dovecot.ask("begin", {})
    assert agreed(dovecot, configuration)["pop3"] == {}
    hang_up(left)
