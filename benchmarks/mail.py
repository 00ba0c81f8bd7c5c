"""Sessions a second against the mail servers of the suite, and how long a look takes.

    python benchmarks/mail.py
    python benchmarks/mail.py --mail-server dovecot

Each session is a connection, a login and a farewell by the standard library's client, on loopback
through the observer. Processor time is that of client, observer and servers together, the start of
the servers included; it does not depend on what else the machine does. The last line opens
200 sessions, counts them and closes them; it exits 1 if the count is not exact. POSIX only.
"""

from __future__ import annotations

import argparse
import imaplib
import poplib
import resource
import smtplib
import sys
import time
from collections.abc import Callable
from typing import Any

from adapters.mail.served import Servers
from conformance.model.email.accounts import CROWD, password


def place(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)


def pop3(address: str, user: str) -> Callable[[], Any]:
    client = poplib.POP3(*place(address))
    client.user(user)
    client.pass_(password(user))
    return client.quit


def imap(address: str, user: str) -> Callable[[], Any]:
    client = imaplib.IMAP4(*place(address))
    client.login(user, password(user))
    return client.logout


def smtp(address: str, user: str) -> Callable[[], Any]:
    client = smtplib.SMTP(*place(address))
    client.login(user, password(user))
    return client.quit


OPEN = {"pop3": pop3, "imap": imap, "smtp": smtp}


def sessions(protocol: str, address: str, user: str, seconds: float) -> int:
    """Sessions of one client that works for some seconds."""
    start, done = time.monotonic(), 0
    while time.monotonic() - start < seconds:
        OPEN[protocol](address, user)()
        done += 1
    return done


def processor_seconds() -> float:
    """Of this process, and of the servers that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def throughput(kind: str, protocol: str, seconds: float) -> str:
    before = processor_seconds()
    servers = Servers(kind)
    address = servers.addresses[protocol]
    OPEN[protocol](address, "ann")()
    done = sessions(protocol, address, "ann", seconds)
    servers.close()
    processor = processor_seconds() - before
    return f"{done / seconds:5.0f} a second, {done / processor:5.0f} a second of processor time"


def crowd(kind: str) -> bool:
    """Whether 200 live sessions are counted exactly."""
    servers = Servers(kind)
    address = servers.addresses["imap"]
    leave = [OPEN["imap"](address, user) for user in CROWD[:200]]
    start = time.monotonic()
    live = servers.ask("observe", {})["live"]["imap"]
    took = time.monotonic() - start
    print(f"  {sum(live.values())} of 200 live sessions seen in {took:.3f} s")
    for one in leave:
        one()
    left = servers.ask("observe", {})["live"]["imap"]
    servers.close()
    return live == dict.fromkeys(CROWD[:200], 1) and not left


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mail-server", default="embedded")
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    print(f"{options.mail_server}: sessions opened and closed by one client")
    for protocol in OPEN:
        print(f"  {protocol:5}{throughput(options.mail_server, protocol, options.seconds)}")
    return 0 if crowd(options.mail_server) else 1


if __name__ == "__main__":
    sys.exit(main())
