"""The models' quick `replace` is that of the standard library, and remembered answers are fresh."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.model.imsg.state import Imsg
from conformance.model.simple.state import Handle, Simple
from conformance.model.values import remembered, replace


@given(st.text(), st.integers() | st.none(), st.frozensets(st.text()))
def test_replace_is_that_of_dataclasses(
    token: str, session: int | None, doubts: frozenset[str]
) -> None:
    handle = Handle("0x1", 3)
    new = replace(handle, session=session, doubts=doubts)
    assert new == dataclasses.replace(handle, session=session, doubts=doubts)
    assert handle == Handle("0x1", 3)
    assert replace(Simple(), full=True) == dataclasses.replace(Simple(), full=True)
    assert replace(Imsg(), reads=7).reads == 7


def test_replace_refuses_a_field_that_does_not_exist() -> None:
    with pytest.raises(KeyError):
        replace(Handle("0x1", 3), nothing=1)


def test_a_remembered_answer_is_given_for_the_very_same_arguments_only() -> None:
    asked: list[tuple[object, object]] = []

    @remembered
    def pair(one: object, two: object) -> tuple[object, object]:
        asked.append((one, two))
        return one, two

    first, second = object(), object()
    assert pair(first, second) == pair(first, second) == (first, second)
    assert len(asked) == 1
    assert pair(second, first) == (second, first)
    assert pair(first, second) == (first, second)
    assert len(asked) == 3
