"""Two tools that models use at every step: a quick `replace`, and answers that are remembered.

Models and checks ask the same pure questions about one step many times over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache, wraps
from operator import attrgetter, is_
from typing import Any, Final, ParamSpec, TypeVar

Value = TypeVar("Value")
Answer = TypeVar("Answer")
Given = ParamSpec("Given")

_new: Final = object.__new__


@cache
def _slots(kind: Any) -> tuple[Callable[[Any], tuple[Any, ...]], dict[str, Any]]:
    """What reads all fields of a slotted dataclass of at least two, and what sets each."""
    names = [field.name for field in fields(kind)]
    return attrgetter(*names), {name: kind.__dict__[name].__set__ for name in names}


def replace(value: Value, /, **changes: Any) -> Value:
    """`dataclasses.replace` for slotted dataclasses without `__post_init__`, three times as fast.

    Raises KeyError for a field that the class does not have.
    """
    kind: Any = type(value)
    read, setters = _slots(kind)
    new: Value = _new(kind)
    for put, kept in zip(setters.values(), read(value), strict=True):
        put(new, kept)
    for name, changed in changes.items():
        setters[name](new, changed)
    return new


def remembered(question: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """A pure function of immutable values that remembers its last answer.

    Arguments are compared by identity, so that asking again costs next to nothing.
    """
    last: tuple[tuple[Any, ...], Any] = ((), None)

    @wraps(question)
    def ask(*given: Given.args, **named: Given.kwargs) -> Answer:
        nonlocal last
        if named:
            return question(*given, **named)
        before, known = last
        if len(before) == len(given) and all(map(is_, before, given)):
            answer: Answer = known
            return answer
        answer = question(*given, **named)
        last = (given, answer)
        return answer

    return ask
