"""A call with its arguments as readable text: `OpenIMsgSession(lpMalloc=NULL, ulFlags=0, ...)`.

Encodings are those of the harness protocol; values are untrusted and shown cleaned and shortened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from reports.clean import compact, line
from reports.outcomes import outcome_text

# Parameters that hold the name of an object; other strings are data and are quoted.
_OBJECTS: Final = frozenset(
    {
        "this",
        "lpMalloc",
        "lpMsgSess",
        "lpStg",
        "lpMapiSup",
        "lpObject",
        "lhSession",
        "pv",
        "name",
        "from",
    }
)
_ROUTINES: Final = frozenset(
    {"lpAllocateBuffer", "lpAllocateMore", "lpFreeBuffer", "lpfMsgCallRelease"}
)
_FLAGS: Final = frozenset({"ulFlags", "flFlags"})
_LIMIT: Final = 160


def step_line(step: Mapping[str, Any], family: str) -> str:
    """Write a step of a trace as one line: the call, an arrow, the outcome."""
    return f"{call_text(step)} -> {outcome_text(step, family)}"


def call_text(step: Mapping[str, Any]) -> str:
    """Write the call of a step with its arguments; of `parallel` only the number of threads."""
    method, params = line(step.get("method", "?"), _LIMIT), step.get("params")
    if not isinstance(params, Mapping):
        return f"{method}({compact(params) if params else ''})"
    threads = params.get("threads")
    if method == "parallel" and isinstance(threads, list):
        return f"parallel({len(threads)} threads)"
    outcome = step.get("outcome")
    resolved = outcome.get("resolved") if isinstance(outcome, Mapping) else None
    values = resolved if isinstance(resolved, Mapping) else {}
    shown = (
        f"{line(name, 80)}={_argument(str(name), value, values.get(name))}"
        for name, value in params.items()
        if value is not None or not method.startswith("world.")
    )
    return f"{method}({', '.join(shown)})"


def number_of_calls(trace: Iterable[Any]) -> int:
    """The calls of a trace; of a `parallel` step those of its threads."""
    return sum(_calls(step) for step in trace)


def _calls(step: Any) -> int:
    match step:
        case {"method": "parallel", "params": {"threads": [*threads]}}:
            return sum(len(calls) for calls in threads if isinstance(calls, list))
    return 1


def thread_lines(step: Mapping[str, Any], family: str) -> Iterator[str]:
    """Yield the calls of a `parallel` step, thread by thread; nothing for other steps."""
    match step:
        case {"method": "parallel", "params": {"threads": [*threads]}}:
            for number, calls in enumerate(threads, 1):
                for index, call in enumerate(calls if isinstance(calls, list) else ()):
                    if isinstance(call, Mapping):
                        answer = _answer(step, number - 1, index)
                        text = step_line({**call, "outcome": answer}, family)
                        yield f"thread {number}: {text}{_stamps(answer)}"


def _answer(step: Mapping[str, Any], thread: int, index: int) -> Mapping[str, Any]:
    try:
        answer = step["outcome"]["result"]["threads"][thread][index]
    except (IndexError, KeyError, TypeError):
        return {}
    return answer if isinstance(answer, Mapping) else {}


def _stamps(answer: Mapping[str, Any]) -> str:
    if "start" not in answer:
        return ""
    return f" [{line(answer['start'], 20)}..{line(answer.get('end'), 20)}]"


def _argument(name: str, value: Any, resolved: Any) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return "function" if value and name in _ROUTINES else str(value).lower()
        case str() if name.startswith("lpp") or name == "lplhSession":
            return f"&{line(value, _LIMIT)}"
        case str() if name in _OBJECTS:
            return line(value, _LIMIT)
        case int() if name in _FLAGS and 0 < value < 2**32:
            return f"0x{value:X}"
        case {"literal": number}:
            return compact(number, 40)
        case {"forged": {"of": origin, "offset": int(offset)}}:
            sign = "-" if offset < 0 else "+"
            met = "" if resolved is None else f", that is {_argument(name, resolved, None)}"
            return f"forged({line(origin, 40)}{sign}{line(abs(offset), 40)}{met})"
        case {"number": {"of": origin}}:
            return f"number({line(origin, 40)})"
        case {"message_id": {"of": origin, "index": int(index)}}:
            return f"message_id({line(origin, 40)}, {line(index, 40)})"
        case {"server": str(server)}:
            return f"<{line(server, 40)} server>"
        case {"profile": str(profile)}:
            return f"<{line(profile, 40)} profile>"
    return compact(value, _LIMIT)
