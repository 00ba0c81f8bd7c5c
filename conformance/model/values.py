"""Two tools that models use at every step: a quick `replace`, and answers that are remembered.

Models and checks ask the same pure questions about one step many times over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache, wraps
from operator import attrgetter
from typing import Any, Final, ParamSpec, TypeVar, cast

Value = TypeVar("Value")
Answer = TypeVar("Answer")
Given = ParamSpec("Given")

_new: Final = object.__new__
_NONE: Final = object()
_NEVER: Final = object()


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
    """A pure function of up to three immutable values that remembers its last answer.

    Arguments are given by position and compared by identity, so that asking again costs next to
    nothing.
    """
    untyped: Callable[..., Answer] = question
    last: tuple[Any, Any, Any, Any] = (_NEVER, _NEVER, _NEVER, None)

    def ask(one: Any, two: Any = _NONE, three: Any = _NONE) -> Answer:
        nonlocal last
        first, second, third, known = last
        if one is first and two is second and three is third:
            answer: Answer = known
            return answer
        answer = untyped(*(given for given in (one, two, three) if given is not _NONE))
        last = (one, two, three, answer)
        return answer

    return cast("Callable[Given, Answer]", wraps(question)(ask))
