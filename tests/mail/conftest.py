from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from adapters.mail.dovecot import find
from adapters.mail.served import Servers
from conformance.errors import UsageError


def need_dovecot() -> None:
    try:
        find()
    except UsageError as missing:
        if os.environ.get("MAPI_CONFORMANCE_CI"):
            raise
        pytest.skip(str(missing))


@pytest.fixture(scope="module", params=["embedded", "dovecot"])
def running(request: pytest.FixtureRequest) -> Iterator[Servers]:
    """Servers of each kind, for all tests of a module."""
    if request.param == "dovecot":
        need_dovecot()
    servers = Servers(request.param)
    yield servers
    servers.close()


@pytest.fixture
def servers(running: Servers) -> Servers:
    """The same, where nothing has happened yet."""
    running.ask("begin", {})
    return running
