"""The servers of each kind, seen by clients of the standard library and by the observer."""

from __future__ import annotations

import imaplib
import poplib
import smtplib
import socket
import threading
import time
from typing import Any

import pytest

from adapters.mail.served import Servers
from adapters.mail.vocabulary import PROTOCOLS
from conformance.model.email.accounts import CROWD, MAILS, password

from .clients import FAULTY, OPEN, Plain, hang_up, imap, leave, place, pop3, smtp, trusting

NOBODY: dict[str, dict[str, int]] = {protocol: {} for protocol in PROTOCOLS}
MESSAGE = "Subject: x\r\n\r\nQUIT\r\nhello\r\n"


def seen(servers: Servers) -> dict[str, Any]:
    return servers.ask("observe", {})


def live(servers: Servers) -> dict[str, Any]:
    found: dict[str, Any] = seen(servers)["live"]
    return found


def test_a_mailbox_holds_the_mails_that_the_model_expects(servers: Servers) -> None:
    reader = pop3(servers.addresses["pop3"], "ann")
    assert reader.stat()[0] == MAILS
    leave(reader)
    other = imap(servers.addresses["imap"], "ann")
    assert other.select() == ("OK", [str(MAILS).encode()])
    leave(other)


def test_sessions_are_counted_by_protocol_and_user(servers: Servers) -> None:
    clients = [OPEN[protocol](servers.addresses[protocol], "ann") for protocol in PROTOCOLS]
    clients += [pop3(servers.addresses["pop3"], user) for user in ("ben", "ben", "cas")]
    assert live(servers) == {
        "pop3": {"ann": 1, "ben": 2, "cas": 1},
        "imap": {"ann": 1},
        "smtp": {"ann": 1},
    }
    for client in clients[1:]:
        leave(client)
    assert live(servers) == {**NOBODY, "pop3": {"ann": 1}}
    hang_up(clients[0])
    assert live(servers) == NOBODY
    assert seen(servers)["farewells"] == {
        "pop3": {"ben": 2, "cas": 1},
        "smtp": {"ann": 1},
        "imap": {"ann": 1},
    }


def test_a_look_waits_for_a_client_that_has_said_farewell(servers: Servers) -> None:
    sock = socket.create_connection(place(servers.addresses["pop3"]))
    sock.recv(100)
    servers.ask("fault", {"protocol": "pop3", "mode": "silent"})
    sock.sendall(b"QUIT\r\n")
    threading.Timer(0.3, sock.close).start()

    assert live(servers) == NOBODY


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_connection_belongs_to_nobody_until_the_login(servers: Servers, protocol: str) -> None:
    sock = socket.create_connection(place(servers.addresses[protocol]))
    sock.recv(100)
    assert live(servers) == {**NOBODY, protocol: {"": 1}}
    sock.close()
    assert live(servers) == NOBODY


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_wrong_password_and_an_unknown_user_are_refused(servers: Servers, protocol: str) -> None:
    for user, secret in (("ann", password("ben")), ("nobody", "x"), ("Ann", password("ann"))):
        with pytest.raises((poplib.error_proto, imaplib.IMAP4.error, smtplib.SMTPException)):
            OPEN[protocol](servers.addresses[protocol], user, secret)
    assert live(servers) == NOBODY


def test_sessions_under_tls_are_seen_as_well(servers: Servers) -> None:
    at = servers.addresses
    mailbox = poplib.POP3_SSL(*place(at["pop3s"]), context=trusting(), timeout=20)
    mailbox.user("ann")
    mailbox.pass_(password("ann"))
    folder = imaplib.IMAP4_SSL(*place(at["imaps"]), ssl_context=trusting(), timeout=20)
    folder.login("ben", password("ben"))
    sender = smtplib.SMTP_SSL(*place(at["smtps"]), context=trusting(), timeout=20)
    sender.login("cas", password("cas"))
    assert live(servers) == {"pop3": {"ann": 1}, "imap": {"ben": 1}, "smtp": {"cas": 1}}
    mailbox.quit()
    folder.logout()
    sender.quit()
    assert live(servers) == NOBODY
    assert seen(servers)["farewells"] == {
        "pop3": {"ann": 1},
        "imap": {"ben": 1},
        "smtp": {"cas": 1},
    }


def test_mails_are_counted_when_they_are_accepted(servers: Servers) -> None:
    sender = smtp(servers.addresses["smtp"], "ann")
    for number in range(3):
        assert seen(servers)["delivered"] == number
        sender.sendmail("ann@localhost", ["ben@localhost"], MESSAGE)
    leave(sender)
    assert seen(servers)["delivered"] == 3
    stranger = smtplib.SMTP(*place(servers.addresses["smtp"]), timeout=20)
    with pytest.raises(smtplib.SMTPException):
        stranger.sendmail("ann@localhost", ["ben@localhost"], MESSAGE)
    leave(stranger)
    assert seen(servers)["delivered"] == 3
    reader = pop3(servers.addresses["pop3"], "ben")
    assert reader.stat()[0] == MAILS, "deliveries leave the mailboxes alone"
    leave(reader)


def test_two_hundred_live_sessions_are_counted_exactly(servers: Servers) -> None:
    clients = []
    for number, user in enumerate(CROWD[:200]):
        protocol = PROTOCOLS[number % 3]
        clients.append(OPEN[protocol](servers.addresses[protocol], user))
    expected: dict[str, dict[str, int]] = {protocol: {} for protocol in PROTOCOLS}
    for number, user in enumerate(CROWD[:200]):
        expected[PROTOCOLS[number % 3]][user] = 1
    assert live(servers) == expected
    for client in clients[:77]:
        leave(client)
    for client in clients[77:150]:
        hang_up(client)
    assert sum(sum(users.values()) for users in live(servers).values()) == 50
    for client in clients[150:]:
        leave(client)
    assert live(servers) == NOBODY


def test_begin_counts_from_zero(servers: Servers) -> None:
    old = pop3(servers.addresses["pop3"], "ann")
    leave(imap(servers.addresses["imap"], "ann"))
    servers.ask("begin", {})
    assert seen(servers) == {"live": NOBODY, "farewells": NOBODY, "delivered": 0}
    old.close()
    assert seen(servers) == {"live": NOBODY, "farewells": NOBODY, "delivered": 0}


def test_nobody_listens_at_the_closed_address(servers: Servers) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(place(servers.addresses["closed"]))


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("mode", ["refuse", "silent", "drop", "nonsense"])
def test_no_session_starts_while_a_fault_is_played(
    servers: Servers, protocol: str, mode: str
) -> None:
    servers.ask("fault", {"protocol": protocol, "mode": mode})
    with pytest.raises(FAULTY), Plain(protocol, servers.addresses[protocol], 0.3) as client:
        client.start("ann")
    assert live(servers) == NOBODY
    for other in set(PROTOCOLS) - {protocol}:
        leave(OPEN[other](servers.addresses[other], "ann"))
    servers.ask("fault", {"protocol": protocol, "mode": "none"})
    leave(OPEN[protocol](servers.addresses[protocol], "ann"))


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("mode", ["silent", "drop", "nonsense"])
def test_a_fault_meets_sessions_that_are_there(servers: Servers, protocol: str, mode: str) -> None:
    with Plain(protocol, servers.addresses[protocol], 0.5) as client:
        client.start("ann")
        client.noop()
        servers.ask("fault", {"protocol": protocol, "mode": mode})
        assert live(servers) == {**NOBODY, protocol: {"ann": 1}}
        with pytest.raises(FAULTY):
            client.noop()
        assert live(servers)[protocol] == ({"ann": 1} if mode == "silent" else {})
    assert live(servers) == NOBODY


def test_a_refusing_server_keeps_the_sessions_that_it_has(servers: Servers) -> None:
    client = pop3(servers.addresses["pop3"], "ann")
    servers.ask("fault", {"protocol": "pop3", "mode": "refuse"})
    with pytest.raises(ConnectionRefusedError):
        pop3(servers.addresses["pop3"], "ann")
    assert client.stat()[0] == MAILS
    leave(client)
    servers.ask("fault", {"protocol": "pop3", "mode": "none"})
    leave(pop3(servers.addresses["pop3"], "ann"))


def test_a_server_that_speaks_again_goes_on_where_it_fell_silent(servers: Servers) -> None:
    servers.ask("fault", {"protocol": "pop3", "mode": "silent"})
    sock = socket.create_connection(place(servers.addresses["pop3"]), timeout=0.3)
    with pytest.raises(TimeoutError):
        sock.recv(100)
    servers.ask("fault", {"protocol": "pop3", "mode": "none"})
    sock.settimeout(20)
    assert sock.recv(100).startswith(b"+OK")
    sock.close()


def test_dripping_answers_are_whole_in_the_end(servers: Servers) -> None:
    servers.ask("fault", {"protocol": "pop3", "mode": "drip"})
    sock = socket.create_connection(place(servers.addresses["pop3"]), timeout=20)
    start, line = time.monotonic(), b""
    while not line.endswith(b"\r\n"):
        line += sock.recv(1)
    assert line.startswith(b"+OK")
    assert len(line) >= 40
    assert time.monotonic() - start > 0.4, "slower than any answer of a server that is well"
    sock.close()
    assert live(servers) == NOBODY


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("mode", ["drop", "nonsense"])
def test_only_silence_and_dripping_keep_a_client_waiting(
    servers: Servers, protocol: str, mode: str
) -> None:
    servers.ask("fault", {"protocol": protocol, "mode": mode})
    with socket.create_connection(place(servers.addresses[protocol]), timeout=20) as sock:
        if mode == "drop":
            sock.sendall(b"a NOOP\r\n")
        while sock.recv(100):
            pass
    assert live(servers) == NOBODY
