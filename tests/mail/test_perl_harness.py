"""The Perl harness against both servers: what it says, and what the servers saw."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.find import open_adapter
from adapters.mail.vocabulary import PROTOCOLS
from adapters.port import Adapter
from conformance.model.email.accounts import MAILS, password
from conformance.trace import Call

from .conftest import need_dovecot

HARNESS = Path(__file__).parents[1] / "harnesses" / "perl_mail.pl"
NOBODY: dict[str, dict[str, int]] = {protocol: {} for protocol in PROTOCOLS}
STARTS: dict[str, str] = {name: f"EmailStart{name.upper()}Session" for name in PROTOCOLS}


@pytest.fixture(scope="module", params=["embedded", "dovecot"])
def perl(request: pytest.FixtureRequest) -> Iterator[Adapter]:
    modules = ["-MMail::IMAPClient", "-MIO::Socket::SSL"]
    found = (
        shutil.which("perl")
        and not subprocess.run(
            ["perl", *modules, "-e", "1"], check=False, capture_output=True
        ).returncode
    )
    if not found:
        assert not os.environ.get("MAPI_CONFORMANCE_CI"), "CI has to have it"
        pytest.skip("needs Perl with Mail::IMAPClient and IO::Socket::SSL")
    if request.param == "dovecot":
        need_dovecot()
    adapter = open_adapter("stdio", ["perl", str(HARNESS)], 60.0, request.param)
    yield adapter
    adapter.close()


class Conversation:
    """One sequence with the harness."""

    def __init__(self, perl: Adapter) -> None:
        self._perl = perl
        self.ask("begin", family="email")
        self.addresses = self.ask("servers.addresses")

    def ask(self, method: str, **params: Any) -> Any:
        outcome = self._perl.perform(Call(method, params))
        assert outcome.kind == "result", outcome
        return outcome.body

    def start(self, protocol: str, user: str, tls: bool = False, secret: str = "") -> Any:
        server = self.addresses[protocol + "s" * tls]
        session, given = {"user": user}, secret or password(user)
        return self.ask(STARTS[protocol], session=session, password=given, server=server, tls=tls)[
            "return"
        ]

    def live(self) -> Any:
        return self.ask("servers.observe")["live"]


@pytest.mark.parametrize("tls", [False, True])
def test_one_close_ends_all_that_was_started_under_a_name(perl: Adapter, tls: bool) -> None:
    talk = Conversation(perl)
    assert [talk.start(protocol, "ann", tls) for protocol in PROTOCOLS] == [True] * 3
    assert talk.live() == {protocol: {"ann": 1} for protocol in PROTOCOLS}
    assert talk.ask("EmailGetCount", session={"user": "ann"})["return"] == MAILS
    sent = talk.ask("EmailSendMessage", session={"user": "ann"}, to="ben@localhost", subject="x")
    assert sent["return"] is True
    assert talk.ask("EmailCloseSession", session={"user": "ann"})["return"] is None
    seen = talk.ask("servers.observe")
    assert seen["live"] == NOBODY
    assert seen["farewells"] == {protocol: {"ann": 1} for protocol in PROTOCOLS}
    assert seen["delivered"] == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_refused_login_leaves_nothing_behind(perl: Adapter, protocol: str) -> None:
    talk = Conversation(perl)
    assert talk.start(protocol, "ann", secret="wrong") is False
    info = talk.ask("ErrorInfo")
    assert info["occurred"] is True
    assert info["message"].strip()
    assert talk.live() == NOBODY


def test_sessions_end_with_the_program(perl: Adapter) -> None:
    talk = Conversation(perl)
    assert all(talk.start(protocol, "ben") for protocol in PROTOCOLS)
    talk.ask("shutdown")
    assert talk.live() == NOBODY
