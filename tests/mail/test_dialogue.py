"""What an observer understands of a session; the lines are those of the documents named."""

from __future__ import annotations

import base64

import pytest

from adapters.mail.dialogue import FOLLOW, Dialogue
from adapters.mail.vocabulary import Protocol


def token(raw: bytes) -> bytes:
    return base64.b64encode(raw)


PLAIN = token(b"\0ann\0secret")
CRAM = token(b"ann d41d8cd98f00b204e9800998ecf8427e")


def played(protocol: Protocol, *lines: bytes) -> Dialogue:
    """A session from lines that start with "C: " or "S: "; line ends are added."""
    dialogue = FOLLOW[protocol]()
    for line in lines:
        (dialogue.client if line[:3] == b"C: " else dialogue.server)(line[3:] + b"\r\n")
    return dialogue


LOGINS: list[tuple[Protocol, tuple[bytes, ...]]] = [
    ("pop3", (b"C: USER ann", b"S: +OK", b"C: PASS secret", b"S: +OK")),
    ("pop3", (b"C: user ann", b"S: +OK send it", b"C: pass a b", b"S: +OK 2 messages")),
    ("pop3", (b"C: APOP ann c4c9334bac560ecc979e58001b3e22fb", b"S: +OK")),
    ("pop3", (b"C: AUTH PLAIN " + PLAIN, b"S: +OK")),
    ("pop3", (b"C: AUTH PLAIN", b"S: + ", b"C: " + PLAIN, b"S: +OK")),
    (
        "pop3",
        (
            *(b"C: CAPA", b"S: +OK", b"S: USER", b"S: SASL", b"S: ."),
            *(b"C: AUTH LOGIN", b"S: + VXNlcm5hbWU6", b"C: " + token(b"ann")),
            *(b"S: + UGFzc3dvcmQ6", b"C: " + token(b"secret"), b"S: +OK"),
        ),
    ),
    ("pop3", (b"C: USER ben", b"S: -ERR", b"C: USER ann", b"S: +OK", b"C: PASS x", b"S: +OK")),
    ("imap", (b"C: a LOGIN ann secret", b"S: * CAPABILITY IMAP4rev1", b"S: a OK done")),
    ("imap", (b'C: a login "ann" "se cret"', b"S: a ok done")),
    (
        "imap",
        (b"C: a LOGIN {3}", b"S: + go on", b"C: ann {6}", b"S: + go on", b"C: secret", b"S: a OK"),
    ),
    ("imap", (b"C: a LOGIN {3+}\r\nann {6+}\r\nsecret", b"S: a OK")),
    ("imap", (b"C: a AUTHENTICATE PLAIN", b"S: + ", b"C: " + PLAIN, b"S: a OK")),
    ("imap", (b"C: a AUTHENTICATE PLAIN " + PLAIN, b"S: a OK")),
    ("imap", (b"C: a AUTHENTICATE CRAM-MD5", b"S: + eA==", b"C: " + CRAM, b"S: a OK")),
    ("imap", (b"C: a LOGIN ann no", b"S: a NO", b"C: b LOGIN ann secret", b"S: b OK")),
    ("smtp", (b"C: EHLO me", b"S: 250-x", b"S: 250 y", b"C: AUTH PLAIN " + PLAIN, b"S: 235 ok")),
    ("smtp", (b"C: AUTH PLAIN", b"S: 334 ", b"C: " + PLAIN, b"S: 235 ok")),
    (
        "smtp",
        (
            *(b"C: AUTH LOGIN " + token(b"ann"), b"S: 334 UGFzc3dvcmQ6"),
            *(b"C: " + token(b"secret"), b"S: 235 ok"),
        ),
    ),
    ("smtp", (b"C: AUTH CRAM-MD5", b"S: 334 eA==", b"C: " + CRAM, b"S: 235 ok")),
    (
        "smtp",
        (
            *(b"C: AUTH PLAIN " + token(b"\0ben\0x"), b"S: 535 no"),
            *(b"C: AUTH PLAIN " + PLAIN, b"S: 235 ok"),
        ),
    ),
]
GREETING: dict[Protocol, bytes] = {
    "pop3": b"S: +OK hi",
    "imap": b"S: * OK hi",
    "smtp": b"S: 220 hi",
}
FAREWELL: dict[Protocol, bytes] = {"pop3": b"C: QUIT", "imap": b"C: z LOGOUT", "smtp": b"C: quit"}
REFUSAL: dict[Protocol, bytes] = {
    "pop3": b"S: -ERR no",
    "imap": b"S: a NO no",
    "smtp": b"S: 535 no",
}


@pytest.mark.parametrize(("protocol", "lines"), LOGINS)
def test_every_form_of_login_names_its_user(protocol: Protocol, lines: tuple[bytes, ...]) -> None:
    before = played(protocol, GREETING[protocol], *lines[:-1])
    assert before.user == "", "not before the server has accepted it"
    after = played(protocol, GREETING[protocol], *lines, FAREWELL[protocol])
    assert (after.user, after.farewells) == ("ann", 1)


@pytest.mark.parametrize(("protocol", "lines"), LOGINS)
def test_a_refused_login_names_nobody(protocol: Protocol, lines: tuple[bytes, ...]) -> None:
    tag = lines[-1][3:4]
    refusal = REFUSAL[protocol].replace(b"S: a", b"S: " + tag)
    assert played(protocol, GREETING[protocol], *lines[:-1], refusal).user == ""


@pytest.mark.parametrize(("protocol", "lines"), LOGINS)
@pytest.mark.parametrize("size", [1, 7])
def test_it_does_not_matter_how_the_bytes_are_cut(
    protocol: Protocol, lines: tuple[bytes, ...], size: int
) -> None:
    dialogue = FOLLOW[protocol]()
    for line in (GREETING[protocol], *lines, FAREWELL[protocol]):
        data = line[3:] + b"\r\n"
        for start in range(0, len(data), size):
            (dialogue.client if line[:3] == b"C: " else dialogue.server)(data[start : start + size])
    assert (dialogue.user, dialogue.farewells) == ("ann", 1)


MAIL = (b"C: MAIL FROM:<a@b>", b"S: 250 ok", b"C: RCPT TO:<c@d>", b"S: 250 ok")
BODY = (b"C: DATA", b"S: 354 go", b"C: Subject: x", b"C: QUIT", b"C: ..", b"C: .")


def test_a_mail_counts_once_the_server_has_taken_it_over() -> None:
    assert played("smtp", GREETING["smtp"], *MAIL, *BODY).delivered == 0
    assert played("smtp", GREETING["smtp"], *MAIL, *BODY, b"S: 250 queued").delivered == 1
    assert played("smtp", GREETING["smtp"], *MAIL, *BODY, b"S: 554 no").delivered == 0
    assert (
        played("smtp", GREETING["smtp"], *MAIL, b"C: DATA", b"S: 503 no", b"C: QUIT").farewells == 1
    )


def test_what_stands_in_a_mail_is_no_command() -> None:
    taken = played("smtp", GREETING["smtp"], *MAIL, *BODY, b"S: 250 queued")
    assert taken.farewells == 0
    chunks = (b"C: BDAT 6 LAST\r\nQUIT", b"S: 250 queued")
    assert played("smtp", GREETING["smtp"], *MAIL, *chunks).delivered == 1
    literal = (b"C: a APPEND INBOX {10}", b"S: + go on", b"C: b LOGOUT\r\n", b"S: a OK")
    assert played("imap", GREETING["imap"], *literal).farewells == 0


def test_a_pipelined_group_is_answered_in_order() -> None:
    group = b"C: MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA"
    answers = (b"S: 250 ok", b"S: 250 ok", b"S: 354 go")
    taken = played("smtp", GREETING["smtp"], group, *answers, b"C: .", b"S: 250 queued")
    assert taken.delivered == 1


@pytest.mark.parametrize("protocol", ["pop3", "imap", "smtp"])
@pytest.mark.parametrize("line", [b"", b" ", b"\xff\xfe", b"AUTH", b"a LOGIN", b"APOP", b"{9}" * 9])
def test_nonsense_is_survived(protocol: Protocol, line: bytes) -> None:
    dialogue = played(protocol, b"S: " + line, b"C: " + line, b"S: " + line, b"C: " + line)
    assert (dialogue.user, dialogue.delivered) == ("", 0)
