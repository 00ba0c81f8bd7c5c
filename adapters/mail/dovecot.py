"""Dovecot instead of the embedded servers: IMAP, POP3 and submission, without root, on loopback.

It lives in a private directory, is started in the foreground and dies with the process that started
it. Where that is root's, Dovecot runs as an unprivileged user all the same.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from adapters.mail.mails import mail
from adapters.mail.vocabulary import Protocol
from conformance.errors import AdapterError, UsageError
from conformance.model.email.accounts import MAILS, USERS, password

HOST: Final = "127.0.0.1"
_PLACES: Final = ("/usr/local/sbin", "/usr/sbin")
_START_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.005
_LONGEST_DIRECTORY: Final = 40
_DIE_WITH_US: Final = ("--pdeathsig=KILL", "--")
_FROM: Final = "From suite@localhost Thu Jan  1 00:00:00 1970\n"

_CONFIGURATION: Final = """\
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
default_process_limit = 1024
default_client_limit = 8192
protocols = imap pop3 submission
listen = {host}
hostname = localhost
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_format = %u
auth_failure_delay = 0
login_greeting = Dovecot, for the conformance of clients
mail_location = mbox:{base}/home/%u:INBOX={base}/inbox/%u:INDEX=MEMORY
mbox_write_locks = fcntl
mail_max_userip_connections = 0
submission_relay_host = {host}
submission_relay_port = {relay}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {base}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={base}/home/%u
}}
service anvil {{
  chroot =
  # Nobody waits for a failed login of somebody else.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""
_SERVICE: Final = """\
service {name}-login {{
  chroot =
  service_count = 0
  inet_listener {name} {{
    port = {port}
  }}
  inet_listener {name}s {{
    port = 0
  }}
}}
service {name} {{
  service_count = 0
}}
"""
_SERVICES: Final[dict[Protocol, str]] = {"pop3": "pop3", "imap": "imap", "smtp": "submission"}


@dataclass(frozen=True, slots=True)
class Owner:
    """Who Dovecot runs as; `prefix` starts a command as that user, to die with us."""

    user: str
    group: str
    uid: int
    gid: int
    prefix: tuple[str, ...]


@cache
def find() -> Path:
    """Return the program; raises :class:`UsageError` where this machine has no Dovecot for us."""
    hint = "it needs dovecot-imapd, dovecot-pop3d and dovecot-submissiond"
    places = os.pathsep.join([os.environ.get("PATH", ""), *_PLACES])
    found = shutil.which("dovecot", path=places)
    if found is None:
        raise UsageError("--mail-server dovecot: there is no Dovecot on this machine", hint)
    version = _output(found, "--version")
    if not version.startswith("2.3."):
        raise UsageError(f"--mail-server dovecot needs Dovecot 2.3, and this is {version}", hint)
    libexec = Path(_output("doveconf", "-h", "libexec_dir") or "/usr/lib/dovecot")
    for name in _SERVICES.values():
        if not (libexec / name).exists():
            raise UsageError(f"--mail-server dovecot: this Dovecot has no {name} service", hint)
    return Path(found)


class Dovecot:
    """A running Dovecot; `ports` says where each protocol is served."""

    def __init__(self, relay: int) -> None:
        """Start it; mails that clients send go to the port `relay`.

        Raises :class:`AdapterError` where it does not start.
        """
        program = find()
        self.directory = Path(tempfile.mkdtemp(prefix="mapi-dovecot-", dir=_reachable()))
        self._child: subprocess.Popen[bytes] | None = None
        try:
            owner = _owner()
            self.ports = dict(zip(_SERVICES, _free_ports(len(_SERVICES)), strict=True))
            self._write(owner, relay)
            self._start(program, owner)
        except BaseException:
            self.close()
            raise

    @property
    def configuration(self) -> Path:
        """The configuration, which `doveadm -c` takes."""
        return self.directory / "conf"

    def close(self) -> None:
        """End it and remove its directory; harmless when repeated."""
        if self._child is not None:
            self._child.terminate()
            try:
                self._child.wait(5)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _write(self, owner: Owner, relay: int) -> None:
        base = self.directory
        for name in ("run", "state", "home", "inbox"):
            (base / name).mkdir()
        text = _CONFIGURATION.format(
            base=base,
            host=HOST,
            relay=relay,
            user=owner.user,
            group=owner.group,
            uid=owner.uid,
            gid=owner.gid,
        )
        text += "".join(
            _SERVICE.format(name=name, port=self.ports[protocol])
            for protocol, name in _SERVICES.items()
        )
        self.configuration.write_text(text, encoding="utf-8")
        accounts = "".join(f"{user}:{password(user)}\n" for user in USERS)
        (base / "users").write_text(accounts, encoding="utf-8")
        numbers = range(1, MAILS + 1)
        inbox = "\n".join(_FROM + mail(number).decode().replace("\r\n", "\n") for number in numbers)
        for user in USERS:
            (base / "inbox" / user).write_text(inbox + "\n", encoding="utf-8")
        if owner.uid != os.geteuid():
            for path in (base, *base.rglob("*")):
                os.chown(path, owner.uid, owner.gid)

    def _start(self, program: Path, owner: Owner) -> None:
        command = [*owner.prefix, str(program), "-F", "-c", str(self.configuration)]
        self._child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=self.directory,
        )
        end = time.monotonic() + _START_SECONDS
        while not all(_answers(port) for port in self.ports.values()):
            if self._child.poll() is not None or time.monotonic() > end:
                raise AdapterError(f"Dovecot does not start: {self._complaint()}")
            time.sleep(_POLL_SECONDS)

    def _complaint(self) -> str:
        said = ""
        if self._child is not None and self._child.poll() is not None and self._child.stderr:
            said = self._child.stderr.read().decode("utf-8", "replace")
        with contextlib.suppress(OSError):
            said += (self.directory / "log").read_text("utf-8", "replace")
        lines = [line for line in said.splitlines() if "Warning" not in line]
        return lines[-1] if lines else "it says nothing"


def _reachable() -> str | None:
    """Where Dovecot's sockets have short enough names, and where another user may go."""
    usual = tempfile.gettempdir()
    return "/tmp" if os.geteuid() == 0 or len(usual) > _LONGEST_DIRECTORY else usual  # noqa: S108


def _owner() -> Owner:
    import grp
    import pwd

    if os.geteuid() != 0:
        mine, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(os.getegid())
        prefix: tuple[str, ...] = ("setpriv", *_DIE_WITH_US) if shutil.which("setpriv") else ()
        return Owner(mine.pw_name, group.gr_name, mine.pw_uid, group.gr_gid, prefix)
    try:
        other = pwd.getpwnam("dovenull")
    except KeyError:
        other = pwd.getpwnam("nobody")
    group = grp.getgrgid(other.pw_gid)
    change = (f"--reuid={other.pw_uid}", f"--regid={other.pw_gid}", "--clear-groups")
    prefix = ("setpriv", *change, *_DIE_WITH_US)
    return Owner(other.pw_name, group.gr_name, other.pw_uid, other.pw_gid, prefix)


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as kept:
        return list(_bound_ports(kept, count))


def _bound_ports(kept: contextlib.ExitStack, count: int) -> Iterator[int]:
    for _ in range(count):
        one = kept.enter_context(socket.socket())
        one.bind((HOST, 0))
        yield one.getsockname()[1]


def _answers(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=1.0):
            return True
    except OSError:
        return False


def _output(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=10, text=True)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
