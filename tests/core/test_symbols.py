"""Symbols: resolved just before the wire, from what the sequence bound."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.symbols import Bindings, Unresolvable, could_mean, literal, number_of
from conformance.trace import Call, Outcome

from .fakes import logoff, logon, result


def forged(offset: Any, of: Any = "h1") -> dict[str, Any]:
    return {"forged": {"of": of, "offset": offset}}


def bound(token: str) -> Bindings:
    bindings = Bindings("me", "secret")
    bindings.bind(logon("h1"), result(0, out={"lplhSession": token}))
    return bindings


def test_a_forged_handle_is_the_neighbour_of_a_bound_one() -> None:
    call, values = bound("0x10").resolve(logoff(forged(1)))
    assert call.params["lhSession"] == {"literal": 17}
    assert values == {"lhSession": {"literal": 17}}
    assert call.params["ulReserved"] == 0


def test_handles_above_2_to_the_53_travel_as_hexadecimal_text() -> None:
    last, _ = bound(hex(2**53 - 2)).resolve(logoff(forged(1)))
    first, _ = bound(hex(2**53 - 1)).resolve(logoff(forged(1)))
    assert last.params["lhSession"] == {"literal": 2**53 - 1}
    assert first.params["lhSession"] == {"literal": "0x20000000000000"}
    assert literal(0x1_0000_0001) == {"literal": 0x1_0000_0001}


@pytest.mark.parametrize(
    ("token", "symbol"),
    [
        ("0x10", forged(1, "h2")),
        ("0x10", forged(-17)),
        (hex(2**64 - 1), forged(1)),
        ("session-a", forged(1)),
        ("0xzz", forged(1)),
        ("0x10", {"number": {"of": "h1"}}),
        ("0x10", {"forged": 5}),
        ("0x10", {"forged": {"of": "h1"}}),
        ("0x10", forged("far")),
        ("0x10", forged(1, ["h1"])),
        ("0x10", {"number": None}),
    ],
)
def test_a_symbol_that_stands_for_nothing_is_unresolvable(token: str, symbol: object) -> None:
    with pytest.raises(Unresolvable):
        bound(token).resolve(logoff(symbol))


def test_profile_and_password_are_told_apart_by_parameter() -> None:
    call, values = bound("0x10").resolve(logon("h2"))
    assert values == {"lpszProfileName": "me", "lpszPassword": "secret"}
    assert call.params["lplhSession"] == "h2"


def test_an_attachment_number_comes_with_its_object() -> None:
    bindings = Bindings()
    create = Call("IMessage.CreateAttach", {"this": "g1", "lppAttach": "a1"})
    bindings.bind(create, result(0, out={"lppAttach": "0x5"}, number=3))
    call, _ = bindings.resolve(Call("IMessage.OpenAttach", {"number": {"number": {"of": "a1"}}}))
    assert call.params["number"] == 3


def test_what_is_no_symbol_goes_over_as_it_stands() -> None:
    for given in ("h1", {"literal": 7}, None, {"0x0037001F": "x"}, {"a": 1, "b": 2}):
        call = logoff(given)
        assert bound("0x10").resolve(call) == (call, {})


@pytest.mark.parametrize("token", ["untouched", None])
def test_nothing_is_bound_where_nothing_was_written(token: str | None) -> None:
    bindings = Bindings()
    bindings.bind(logon("h1"), result(0, out={"lplhSession": token}))
    assert bindings.tokens == {}


def test_a_name_is_bound_whatever_the_call_returned() -> None:
    bindings = Bindings()
    bindings.bind(logon("h1"), result(3, out={"lplhSession": "0x7"}))
    bindings.bind(logon("h2"), Outcome("error", {"code": -32003}))
    assert bindings.tokens == {"h1": "0x7"}


def test_tokens_are_compared_with_numbers_in_any_base() -> None:
    assert could_mean("0x1f", 31)
    assert could_mean("31", 31)
    assert could_mean("1f", 31)
    assert not could_mean("session-31", 31)
    assert number_of("0x1F") == 31
    assert number_of("31") is None


def test_a_server_is_found_by_its_name_and_outlasts_a_begin() -> None:
    bindings = Bindings(servers={"pop3": "127.0.0.1:1110"}).renewed()
    call, values = bindings.resolve(Call("EmailStartPOP3Session", {"server": {"server": "pop3"}}))
    assert call.params["server"] == values["server"] == "127.0.0.1:1110"
    for unknown in ("imap", 3, ["pop3"]):
        with pytest.raises(Unresolvable):
            bindings.resolve(Call("EmailStartPOP3Session", {"server": {"server": unknown}}))
