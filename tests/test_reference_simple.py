from collections.abc import Callable
from typing import Any

import pytest

from adapters.reference import Reference
from conformance.trace import Call

# MAPI.h; 27 and 28 from the page of MAPISendMailW
FAILURE, LOGIN_FAILURE, NO_MEMORY, TOO_MANY = 2, 3, 5, 8
UNKNOWN_RECIPIENT, NO_MESSAGES, INVALID_MESSAGE, INVALID_SESSION = 14, 16, 17, 19
LOGON_UI, NEW_SESSION, FORCE_DOWNLOAD, PASSWORD_UI = 1, 2, 0x1000, 0x20000


class Driver:
    """Calls the reference as the suite does, with what most calls need filled in."""

    def __init__(self) -> None:
        self.reference = Reference()
        self.fresh = 0
        self.call("begin", family="simple")
        self.profile = self.call("world.profile")

    def call(self, method: str, **params: Any) -> Any:
        outcome = self.reference.perform(Call(method, params))
        assert outcome.kind == "result", outcome
        return outcome.body

    def name(self) -> str:
        self.fresh += 1
        return f"n{self.fresh}"

    def logon(self, flags: int = 0, out: str | None = "", **params: Any) -> tuple[int, Any, Any]:
        name = self.name() if out == "" else out
        defaults = {
            "ulUIParam": 0,
            "lpszProfileName": self.profile["profile"],
            "lpszPassword": self.profile["password"],
            "flFlags": flags,
            "ulReserved": 0,
            "lplhSession": name,
        }
        answer = self.call("MAPILogon", **(defaults | params))
        return answer["return"], answer["out"]["lplhSession"], name

    def probe(self) -> int:
        return self.logon(lpszProfileName=None, lpszPassword=None)[0]

    def session(self, flags: int = NEW_SESSION) -> str:
        code, _, name = self.logon(flags)
        assert code == 0
        return str(name)

    def logoff(self, session: Any, flags: int = 0, reserved: int = 0, window: int = 0) -> Any:
        return self.call(
            "MAPILogoff", lhSession=session, ulUIParam=window, flFlags=flags, ulReserved=reserved
        )["return"]

    def mail(self, method: str, session: Any, **params: Any) -> Any:
        defaults = {
            "lhSession": session,
            "ulUIParam": 0,
            "lpszMessageType": None,
            "flFlags": 0,
            "ulReserved": 0,
        }
        return self.call(method, **(defaults | params))

    def find(self, session: Any, seed: str | None = None) -> Any:
        answer = self.mail("MAPIFindNext", session, lpszSeedMessageID=seed)
        return answer["return"], answer["lpszMessageID"]

    def read(self, session: Any, identifier: str | None) -> Any:
        name = self.name()
        answer = self.mail("MAPIReadMail", session, lpszMessageID=identifier, lppMessage=name)
        return answer["return"], answer["subject"], name

    def subjects(self, session: Any) -> list[str]:
        subjects, (code, identifier) = [], self.find(session)
        while code == 0:
            subjects.append(self.read(session, identifier)[1])
            code, identifier = self.find(session, identifier)
        assert code == NO_MESSAGES
        return subjects

    def save(self, session: Any, identifier: str | None = None, subject: str = "s") -> Any:
        answer = self.mail("MAPISaveMail", session, lpszMessageID=identifier, subject=subject)
        return answer["return"], answer["lpszMessageID"]

    def live(self) -> int:
        return int(self.call("observe")["live"]["sessions"])


ZERO = {"literal": 0}
NEVER = {"literal": 0x7777}


@pytest.fixture
def on() -> Driver:
    return Driver()


def test_a_logon_gives_a_session_and_a_logoff_ends_it(on: Driver) -> None:
    code, token, session = on.logon()
    assert code == 0
    assert int(token, 16) != 0
    assert on.live() == 1
    assert on.logoff(session) == 0
    assert on.live() == 0
    assert on.logoff(session) == INVALID_SESSION


def test_shared_session_has_a_handle_for_each_logon(on: Driver) -> None:
    _, first, a = on.logon()
    _, second, b = on.logon()
    assert first != second
    assert on.live() == 1
    assert on.logoff(a) == 0
    assert on.live() == 1
    assert on.find(b)[0] == 0
    assert on.logoff(b) == 0
    assert on.live() == 0


def test_new_session_stands_beside_the_shared_one(on: Driver) -> None:
    on.session(0)
    on.session(NEW_SESSION)
    assert on.live() == 2
    on.session(0)
    assert on.live() == 2


def test_probe_finds_a_shared_session_only(on: Driver) -> None:
    assert on.probe() == LOGIN_FAILURE
    assert on.live() == 0
    session = on.session(0)
    assert on.probe() == 0
    on.logoff(session)
    assert on.probe() == 0


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"lplhSession": None}, FAILURE),
        ({"ulReserved": 1}, FAILURE),
        ({"flFlags": LOGON_UI | PASSWORD_UI}, FAILURE),
        ({"flFlags": 0x4}, FAILURE),
        ({"flFlags": 0x80000000}, FAILURE),
        ({"flFlags": LOGON_UI}, 0),
        ({"flFlags": PASSWORD_UI}, 0),
        ({"flFlags": FORCE_DOWNLOAD}, 0),
        ({"flFlags": LOGON_UI, "lpszProfileName": None}, LOGIN_FAILURE),
        ({"lpszProfileName": ""}, LOGIN_FAILURE),
        ({"lpszProfileName": "nobody"}, LOGIN_FAILURE),
        ({"lpszPassword": "wrong"}, LOGIN_FAILURE),
        ({"lpszPassword": None}, LOGIN_FAILURE),
        ({"lpszProfileName": "p" * 255}, LOGIN_FAILURE),
        ({"lpszProfileName": "p" * 257}, LOGIN_FAILURE),
        ({"lpszPassword": "p" * 257}, LOGIN_FAILURE),
        ({"ulUIParam": "0x100000001"}, 0),
    ],
)
def test_arguments_of_logon(on: Driver, params: dict[str, Any], code: int) -> None:
    got, token, _ = on.logon(**params)
    assert got == code
    assert on.live() == (code == 0)
    if code:
        assert token in ("untouched", None)


def test_long_strings_fail_although_a_shared_session_exists(on: Driver) -> None:
    on.session(0)
    assert on.logon(lpszProfileName="p" * 257)[0] == LOGIN_FAILURE


def test_number_of_sessions_is_limited(on: Driver) -> None:
    sessions = [on.session() for _ in range(16)]
    assert on.logon(NEW_SESSION)[0] == TOO_MANY
    assert on.live() == 16
    assert all(on.find(session)[0] == 0 for session in sessions)
    assert on.logoff(sessions[3]) == 0
    assert on.logon(NEW_SESSION)[0] == 0


@pytest.mark.parametrize(
    ("flags", "reserved", "code"),
    [*[(1 << bit, 0, FAILURE) for bit in range(32)], (0, 1, FAILURE), (1, 1, FAILURE)],
)
def test_reserved_arguments_of_logoff(on: Driver, flags: int, reserved: int, code: int) -> None:
    session = on.session()
    assert on.logoff(session, flags, reserved) == code
    assert on.find(session)[0] == 0
    assert on.logoff(NEVER, flags, reserved) == INVALID_SESSION
    assert on.logoff(session, window=0x1234) == 0


@pytest.mark.parametrize("offset", [-1, 1, 2, 16])
def test_handles_never_issued_are_refused(on: Driver, offset: int) -> None:
    _, token, _ = on.logon()
    assert on.logoff({"literal": int(token, 16) + offset}) == INVALID_SESSION
    assert on.logoff(ZERO) == INVALID_SESSION
    assert on.logoff({"literal": "0x100000001"}) == INVALID_SESSION
    assert on.live() == 1


def test_lack_of_memory_changes_nothing(on: Driver) -> None:
    on.call("world.fail_allocation", count=1)
    assert on.logon()[0] == NO_MEMORY
    assert on.live() == 0
    session = on.session()
    on.call("world.fail_allocation", count=2)
    assert on.logoff(session) == NO_MEMORY
    assert on.find(session)[0] == NO_MEMORY
    assert on.find(session)[0] == 0
    assert on.logoff(session) == 0


Use = Callable[[Driver, Any, str], int]
BOUND: list[Use] = [
    lambda on, session, identifier: int(on.find(session, identifier)[0]),
    lambda on, session, identifier: int(on.read(session, identifier)[0]),
    lambda on, session, identifier: int(on.save(session, identifier)[0]),
    lambda on, session, identifier: int(
        on.mail("MAPIDeleteMail", session, lpszMessageID=identifier)["return"]
    ),
]


@pytest.mark.parametrize("use", BOUND)
def test_mail_calls_refuse_what_is_no_session(on: Driver, use: Use) -> None:
    dead, session = on.session(), on.session()
    on.logoff(dead)
    before = on.subjects(session)
    identifier = on.find(session)[1]
    for handle in (ZERO, NEVER, dead):
        assert use(on, handle, identifier) == INVALID_SESSION
    assert on.subjects(session) == before


@pytest.mark.parametrize("use", BOUND)
def test_message_identifiers_die_with_the_session(on: Driver, use: Use) -> None:
    first = on.session()
    identifier = on.find(first)[1]
    on.logoff(first)
    second = on.session()
    before = on.subjects(second)
    assert use(on, second, identifier) == INVALID_MESSAGE
    assert on.subjects(second) == before


def test_mailbox_follows_saving_and_deleting(on: Driver) -> None:
    session = on.session()
    before = on.subjects(session)
    code, identifier = on.save(session, subject="new")
    assert code == 0
    assert on.subjects(session) == [*before, "new"]
    assert on.save(session, identifier, "newer") == (0, identifier)
    assert on.read(session, identifier)[:2] == (0, "newer")
    assert on.mail("MAPIDeleteMail", session, lpszMessageID=identifier)["return"] == 0
    assert on.subjects(session) == before
    assert on.read(session, identifier)[0] == INVALID_MESSAGE


def test_calls_with_handle_zero_last_no_longer_than_the_call(on: Driver) -> None:
    assert on.mail("MAPISendMail", ZERO, subject="s")["return"] == 0
    assert on.mail("MAPIResolveName", ZERO, lpszName="alice")["return"] == 0
    assert on.mail("MAPIResolveName", ZERO, lpszName="zed")["return"] == UNKNOWN_RECIPIENT
    assert on.save(ZERO, subject="kept")[0] == 0
    assert on.live() == 0
    assert "kept" in on.subjects(on.session())


@pytest.mark.parametrize("method", ["MAPISendMail", "MAPIResolveName"])
def test_sending_and_resolving_refuse_dead_handles(on: Driver, method: str) -> None:
    dead = on.session()
    on.logoff(dead)
    assert on.mail(method, dead, subject="s", lpszName="alice")["return"] == INVALID_SESSION


def test_buffers_outlive_the_session(on: Driver) -> None:
    session = on.session()
    _, _, buffer = on.read(session, on.find(session)[1])
    on.logoff(session)
    assert on.call("MAPIFreeBuffer", pv=buffer) == {"return": 0}
    assert on.call("MAPIFreeBuffer", pv=buffer) == {"return": FAILURE}
    assert on.call("MAPIFreeBuffer", pv=None) == {"return": 0}


@pytest.mark.parametrize(
    ("bad", "flags", "out", "code"),
    [
        (False, 0, "s", 0),
        (True, 0, "s", 0x80070057),
        (True, 1, "s", 0x80070057),
        (False, 0, None, 0x80070057),
        (False, 1, "s", 0x80040106),
    ],
)
def test_conversion_answers_scodes(
    on: Driver, bad: bool, flags: int, out: str | None, code: int
) -> None:
    handle = NEVER if bad else on.session()
    answer = on.call("ScMAPIXFromSMAPI", lhSession=handle, ulFlags=flags, lppMAPISession=out)
    assert answer["return"] == code
    token = answer["out"]["lppMAPISession"]
    assert (token not in ("untouched", None)) == (code == 0)
