"""The orders that parallel calls may have taken effect in, and what holds in all of them."""

from math import factorial

from conformance.findings import HELD, Broken
from conformance.orders import End, Stamped, ends, settle
from conformance.trace import Call, Outcome

WRONG = Broken("this", "that")


def made(name: str, start: int, end: int) -> Stamped:
    return Stamped(Call(name), Outcome("result", {}), start, end)


def orders(*threads: list[Stamped]) -> list[str]:
    """Every order, as the names of the calls one after another."""
    found = ends("", threads, lambda so_far, call, _: End([], so_far + call.method))
    return [end.state for end in found]


def test_calls_that_overlap_come_in_every_order_and_those_of_a_thread_in_theirs() -> None:
    assert orders([made("a", 0, 9)], [made("b", 1, 8)]) == ["ab", "ba"]
    found = orders(*([made(f"{thread}{n}", 0, 99) for n in "12"] for thread in "abc"))
    assert len(found) == len(set(found)) == factorial(6) // 2**3
    assert all(order.index("a1") < order.index("a2") for order in found)


def test_a_call_that_ended_before_another_started_comes_first() -> None:
    assert orders([made("a", 0, 1)], [made("b", 2, 3)]) == ["ab"]
    assert orders([made("a", 2, 3)], [made("b", 0, 1)]) == ["ba"]
    # The first call of a overlaps with b, the second one starts after it.
    found = orders([made("a", 0, 3), made("A", 6, 7)], [made("b", 2, 5)])
    assert found == ["abA", "baA"]


def test_what_an_order_explains_is_not_charged() -> None:
    clean, wrong = End([("X", HELD)], "c"), End([("X", WRONG), ("Y", HELD)], "w")
    settled = settle([wrong, clean])
    assert settled.findings == [("X", HELD)]
    assert settled.state == ["c"]


def test_several_explanations_show_what_they_have_in_common() -> None:
    one, other = End([("X", HELD), ("Y", HELD)], "one"), End([("Y", HELD)], "other")
    settled = settle([one, other, one])
    assert settled.findings == [("Y", HELD)]
    assert settled.state == ["one", "other"]


def test_what_is_broken_in_every_order_is_charged_before_all_else() -> None:
    both = End([("X", WRONG), ("Y", WRONG)], "both")
    assert [name for name, _ in settle([both, End([("Y", WRONG)], "y")]).findings] == ["Y"]
    none = [both, End([("Z", WRONG)], "z"), End([("W", WRONG)], "w")]
    settled = settle(none)
    assert [name for name, _ in settled.findings] == ["Z"]
    assert settled.state == ["z", "w"]
