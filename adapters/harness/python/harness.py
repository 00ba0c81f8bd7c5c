"""A harness: it stands between the conformance suite and `mail.py`, one JSON object a line.

The suite calls what `initialize` lists, and nothing else. To offer another function, list it and
add a function of its name to CALLS. The protocol is described in docs/protocol.md of the suite.
"""

import json
import sys

from mail import PASSWORD, PROFILE, Mail

NOT_EXPRESSIBLE = -32001  # "this binding cannot make that call": it counts for nothing
BAD_PARAMS = -32602

mail = Mail()
names = {}  # what the suite calls the values that it was given


class Refused(Exception):
    """The call cannot be made; the suite is told why."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def initialize(params):
    """Say who is here, and which functions are offered."""
    if params.get("protocol") != 1:
        raise Refused(BAD_PARAMS, "only protocol 1 is spoken here")
    simple = {
        "functions": ["MAPILogon", "MAPILogoff"],
        "observes": ["live"],
        "null_arguments": False,  # Python has no NULL pointer to pass for an out parameter
    }
    who = {"name": "my mail", "version": "0.1", "language": "Python"}
    return {"protocol": 1, "implementation": who, "families": {"simple": simple}}


def begin(params):
    """Start from nothing: no session is open, and no name is bound."""
    global mail
    mail = Mail()
    names.clear()
    return {}


def observe(params):
    """Count what can be seen without a call: this is how leaks are found."""
    return {"live": {"sessions": mail.live_sessions()}}


def world_profile(params):
    """Credentials that can log on."""
    return {"profile": PROFILE, "password": PASSWORD}


def logon(params):
    out = params["lplhSession"]  # the name under which the suite will pass the handle later
    if out is None:
        raise Refused(NOT_EXPRESSIBLE, "there is no NULL here")
    code, handle = mail.logon(
        params["lpszProfileName"], params["lpszPassword"], params["flFlags"], params["ulReserved"]
    )
    if handle is not None:
        names[out] = handle
    return {"return": code, "out": {"lplhSession": None if handle is None else hex(handle)}}


def logoff(params):
    handle = session(params["lhSession"])
    return {"return": mail.logoff(handle, params["flFlags"], params["ulReserved"])}


def session(given):
    """The handle that a name stands for, or a forged one: `{"literal": 7}` or `"0x7"` in it."""
    if isinstance(given, dict):
        return int(str(given["literal"]), 0)
    if given not in names:
        raise Refused(BAD_PARAMS, f"{given} was never bound")
    return names[given]


CALLS = {
    "initialize": initialize,
    "begin": begin,
    "observe": observe,
    "shutdown": lambda params: {},
    "world.profile": world_profile,
    "MAPILogon": logon,
    "MAPILogoff": logoff,
}


def answer(request):
    """The response to one request."""
    response = {"jsonrpc": "2.0", "id": request["id"]}
    call = CALLS.get(request["method"])
    try:
        if call is None:
            raise Refused(NOT_EXPRESSIBLE, f"{request['method']} is not offered")
        response["result"] = call(request.get("params", {}))
    except Refused as refused:
        response["error"] = {"code": refused.code, "message": str(refused)}
    except Exception as error:  # the implementation raised instead of returning
        data = {"type": type(error).__name__, "message": str(error)}
        response["error"] = {"code": -32003, "message": "the call raised", "data": data}
    return response


def main():
    answers = sys.stdout
    sys.stdout = sys.stderr  # a stray print must not get between the answers
    for line in sys.stdin:
        if not line.strip():
            continue
        request = json.loads(line)
        print(json.dumps(answer(request)), file=answers, flush=True)
        if request["method"] == "shutdown":
            break


if __name__ == "__main__":
    main()
