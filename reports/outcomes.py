"""What a call came to, as readable text: `S_OK (0x00000000), lppMsgSess=0x10`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from conformance import codes
from conformance.symbols import UNTOUCHED
from conformance.trace import (
    BAD_PARAMS,
    CRASHED,
    NOT_EXPRESSIBLE,
    NOT_IMPLEMENTED,
    NOT_OFFERED,
    RAISED,
)
from reports.clean import compact, line

_SIGNALS: Final = {4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV"}
_ERRORS: Final = {
    NOT_OFFERED: "not offered",
    BAD_PARAMS: "the harness did not understand the parameters",
    NOT_EXPRESSIBLE: "cannot be expressed here",
    NOT_IMPLEMENTED: "not implemented, an empty stub",
}
_COUNTING: Final = (".AddRef", ".Release", "world.release")
_LIMIT: Final = 160
_EMPTY: Final[Mapping[str, Any]] = {}


def outcome_text(step: Mapping[str, Any], family: str) -> str:
    """Write what the call of a step came to, in words and named codes."""
    method, outcome = str(step.get("method")), step.get("outcome")
    match outcome:
        case {"result": result}:
            return _result(method, result, family)
        case {"error": error}:
            return _error(error)
        case {"crash": {"signal": number}}:
            name = _SIGNALS.get(number, "") if isinstance(number, int) else ""
            return f"CRASH (signal {line(number, 40)}{name and ', '}{name})"
        case {"crash": {"status": status}}:
            return f"CRASH (exit status {_status(status)})"
        case {"crash": crash}:
            return f"CRASH {compact(crash)}"
        case {"hang": seconds}:
            return f"HANG (no answer within {line(seconds, 20)} s)"
    return compact(outcome, _LIMIT) if outcome else "no outcome recorded"


def _result(method: str, result: Any, family: str) -> str:
    if not isinstance(result, Mapping):
        return compact(result, _LIMIT)
    if method == "observe":
        return _observed(result) or "nothing observed"
    if method == "parallel" and "threads" in result:
        return "every thread answered"
    parts = [_returned(method, result["return"], family)] if "return" in result else []
    out = result.get("out")
    if isinstance(out, Mapping):
        parts += [_written(line(name, 80), token) for name, token in out.items()]
    elif out is not None:
        parts.append(f"out={compact(out)}")
    parts += [
        f"{line(name, 80)}={compact(value, _LIMIT)}"
        for name, value in result.items()
        if name not in ("return", "out")
    ]
    return ", ".join(parts) or "done"


def _returned(method: str, value: Any, family: str) -> str:
    if value is None:
        return "returned"
    if isinstance(value, bool) or not isinstance(value, int):
        return compact(value, _LIMIT)
    counts = method.endswith(_COUNTING) or family == "email"
    return line(value) if counts or not 0 <= value < 2**32 else codes.describe(value, family)


def _written(name: str, token: Any) -> str:
    if token is None:
        return f"{name}=NULL"
    return f"{name} untouched" if token == UNTOUCHED else f"{name}={line(token, 60)}"


def _error(error: Any) -> str:
    code = error.get("code") if isinstance(error, Mapping) else None
    data = error.get("data") if isinstance(error, Mapping) else None
    details = data if isinstance(data, Mapping) else _EMPTY
    if code == CRASHED:
        return f"CRASH inside the call ({_status(details.get('code'))})"
    if code == RAISED:
        return (
            f"raised {line(details.get('type', '?'), 80)}: {line(details.get('message'), _LIMIT)}"
        )
    return _ERRORS[code] if isinstance(code, int) and code in _ERRORS else f"error {compact(error)}"


def _status(value: Any) -> str:
    if isinstance(value, int) and 0xFFFF < value < 2**32:
        return f"0x{value:08X}"
    return "unknown" if value is None else line(value, 60)


def _observed(result: Mapping[str, Any]) -> str:
    """Write an `observe` result without its zeros: what is there, not what is not."""
    parts = []
    for key, value in result.items():
        if key in ("mallocs", "storages") and isinstance(value, Mapping):
            parts += [f"{line(name, 60)}: {_counts(counters)}" for name, counters in value.items()]
        elif key == "released" and isinstance(value, list):
            parts.append(f"released: {len(value)}")
        else:
            parts.append(f"{line(key, 60)}: {_counts(value)}")
    return line("; ".join(parts), 400)


def _counts(value: Any) -> str:
    if not isinstance(value, Mapping):
        return compact(value, 60)
    shown = [f"{line(key, 40)} {line(count, 40)}" for key, count in value.items() if count != 0]
    return ", ".join(shown) or "all 0"
