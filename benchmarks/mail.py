"""Sessions a second against the mail servers of the suite, and how long a look takes.

    python benchmarks/mail.py
    python benchmarks/mail.py --mail-server dovecot

Each session is a connection, a login and a farewell by the standard library's client, on loopback
through the observer; several clients work at once, as several processes of a run do. The last line
opens 200 sessions, counts them and closes them; it exits 1 if the count is not exact.
"""

from __future__ import annotations

import argparse
import imaplib
import poplib
import smtplib
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
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


def sessions(protocol: str, address: str, user: str, seconds: float) -> float:
    """Sessions a second of one client that works for some seconds."""
    start, done = time.monotonic(), 0
    while time.monotonic() - start < seconds:
        OPEN[protocol](address, user)()
        done += 1
    return done / (time.monotonic() - start)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mail-server", default="embedded")
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    servers = Servers(options.mail_server)
    at = servers.addresses
    try:
        print(f"{options.mail_server}: opened and closed a second")
        with ProcessPoolExecutor(2) as pool:
            for protocol in OPEN:
                alone = sessions(protocol, at[protocol], "ann", options.seconds)
                work = [
                    pool.submit(sessions, protocol, at[protocol], user, options.seconds)
                    for user in CROWD[:2]
                ]
                both = sum(one.result() for one in work)
                print(f"  {protocol:5} one client {alone:5.0f}, two clients {both:5.0f}")
        servers.ask("begin", {})
        leave = [OPEN["imap"](at["imap"], user) for user in CROWD[:200]]
        start = time.monotonic()
        live = servers.ask("observe", {})["live"]["imap"]
        print(
            f"  {sum(live.values())} of 200 live sessions seen in {time.monotonic() - start:.3f} s"
        )
        for one in leave:
            one()
        exact = live == dict.fromkeys(CROWD[:200], 1)
        return 0 if exact and not servers.ask("observe", {})["live"]["imap"] else 1
    finally:
        servers.close()


if __name__ == "__main__":
    sys.exit(main())
