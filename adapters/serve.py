"""Any in-process adapter behind standard input and output, as the harness protocol has it.

`python -m adapters.serve SPEC` is the child process of `--isolate`.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, BinaryIO, Final

from adapters.port import Adapter
from conformance.errors import ConformanceError
from conformance.trace import BAD_PARAMS, CRASHED, Call, Outcome

_INVALID_REQUEST: Final = -32600
_PARSE_ERROR: Final = -32700
_INTERNAL_ERROR: Final = -32603
_PROTOCOL: Final = 1


def serve(adapter: Adapter, requests: BinaryIO, responses: BinaryIO) -> None:
    """Answer requests line by line until `shutdown`, or until they end. Source: WIRE, Transport."""
    for line in requests:
        if not line.strip():
            continue
        response, last = answer(adapter, line)
        responses.write(json.dumps(response, separators=(",", ":")).encode() + b"\n")
        responses.flush()
        if last:
            break
    adapter.close()


def answer(adapter: Adapter, line: bytes) -> tuple[dict[str, Any], bool]:
    """The response to one line, and whether it was the last request."""
    try:
        request = json.loads(line)
    except ValueError:
        return _response(None, _error(_PARSE_ERROR, "the request is not JSON")), False
    if not isinstance(request, dict) or not isinstance(request.get("method"), str):
        return _response(None, _error(_INVALID_REQUEST, "the request has no method")), False
    method, params = request["method"], request.get("params", {})
    if not isinstance(params, dict):
        outcome = _error(BAD_PARAMS, "params is no object")
    elif method == "initialize":
        outcome = _initialize(adapter, params)
    elif method == "shutdown":
        outcome = Outcome("result", {})
    else:
        outcome = _perform(adapter, Call(method, params))
    return _response(request.get("id"), outcome), method == "shutdown"


def _perform(adapter: Adapter, call: Call) -> Outcome:
    """The outcome of a call; what the adapter itself raises is its failure, as in process."""
    try:
        return adapter.perform(call)
    except ConformanceError as error:
        return _error(_INTERNAL_ERROR, str(error))


def _initialize(adapter: Adapter, params: dict[str, Any]) -> Outcome:
    if params.get("protocol") != _PROTOCOL:
        return _error(BAD_PARAMS, f"only protocol {_PROTOCOL} is spoken here")
    families = {family: offered.to_json() for family, offered in adapter.offer.items()}
    implementation = adapter.implementation.to_json()
    result = {"protocol": _PROTOCOL, "implementation": implementation, "families": families}
    return Outcome("result", result)


def _error(code: int, message: str) -> Outcome:
    return Outcome("error", {"code": code, "message": message})


def _response(identifier: Any, outcome: Outcome) -> dict[str, Any]:
    """The response that carries an outcome; a death inside the adapter is a crash survived."""
    if outcome.kind not in ("result", "error"):
        outcome = _error(CRASHED, "the implementation crashed inside the call")
    return {"jsonrpc": "2.0", "id": identifier, outcome.kind: outcome.body}


def main(spec: str) -> int:
    """Serve the adapter that SPEC names; what it prints goes to standard error."""
    from adapters.find import open_alone

    requests, responses = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a device
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    try:
        adapter = open_alone(spec)
    except ConformanceError as error:
        print(f"{FAILED}{error.exit_status} {error}", file=sys.stderr)
        return error.exit_status
    serve(adapter, requests, responses)
    return 0


FAILED: Final = "cannot be isolated: "
"""What stands before exit status and reason on standard error."""

if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
