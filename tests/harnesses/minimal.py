"""A correct implementation of the core calls, written from the harness protocol alone.

With an argument it gives one wrong answer, by name; see tests/test_wrong_answers.py.
"""

import json
import sys

WRONG = sys.argv[1] if len(sys.argv) > 1 else ""
PARAMETER, FLAGS = 0x80070057, 0x80040106
IMSG = ["OpenIMsgSession", "CloseIMsgSession", "OpenIMsgOnIStg"]
IMSG += [f"IMessage.{name}" for name in ("AddRef", "Release", "GetProps")]
FAMILIES = {
    "imsg": {"functions": IMSG, "observes": ["live", "released"], "checked_handles": True},
    "simple": {"functions": ["MAPILogon", "MAPILogoff"], "observes": ["live"]},
}


class Refused(Exception):
    pass


def begin(p):
    global NAMES, SESSIONS, MESSAGES, RELEASED, LENT, LOGONS, MADE
    NAMES, SESSIONS, MESSAGES, RELEASED, LENT, LOGONS, MADE = {}, set(), {}, [], {}, {}, 0
    return {}


def wrong(name, right, instead):
    return instead if name == WRONG else right


def fresh():
    global MADE
    MADE += 1
    return hex(0x1000 + 16 * MADE)


def answer(code, param, name, token):
    if name is not None and token is not None:
        NAMES[name] = token
    return {"return": code, "out": {param: "untouched" if token is None and name else token}}


def open_session(p):
    code, flags = 0, p["ulFlags"]
    if p["lpMalloc"] is None:
        code = wrong("null allocator", PARAMETER, 0)
    if flags & ~0x80000000:
        code = wrong("flags code", wrong("flag 7", FLAGS, 0 if flags & 128 else FLAGS), 0x80004005)
    if p["lppMsgSess"] is None:
        code = wrong("null out pointer", PARAMETER, 0x80004005)
    token = None if code else fresh()
    if token and WRONG == "one session for all" and SESSIONS:
        token = min(SESSIONS)
    SESSIONS.update([token] if token else [])
    return answer(code, "lppMsgSess", p["lppMsgSess"], token)


def close_session(p):
    session = NAMES.get(p["lpMsgSess"])
    if session in SESSIONS:
        SESSIONS.discard(session)
        mine = [m for m, (owner, *_) in MESSAGES.items() if owner == session]
        if WRONG == "close closes all":
            mine = [m for m, (owner, *_) in MESSAGES.items() if owner]
        if WRONG == "close forgets the rest":
            mine = mine[:1]
        for message in mine:
            gone(message)
    return {"return": wrong("close returns a code", None, 0)}


def gone(message):
    _, callback, data, *_ = MESSAGES.pop(message)
    if callback:
        data = wrong("callback data", data, 0)
        RELEASED.extend(
            [{"ulCallerData": data, "message": message}] * wrong("callback twice", 1, 2)
        )


def build(p):
    store, session = LENT[p["lpStg"]], NAMES.get(p["lpMsgSess"])
    code = wrong("message flags", FLAGS, 0) if p["ulFlags"] & 0x7FFFFFFE else 0
    if None in (p["lpAllocateBuffer"], p["lpAllocateMore"], p["lpFreeBuffer"]):
        code = PARAMETER
    if p["lpMsgSess"] is not None and session not in SESSIONS:
        code = PARAMETER
    if store["mode"] == "write" or (store["mode"] == "readwrite" and not store["transacted"]):
        code = wrong("write-only storage", 0x80030005, 0)
    token = None if code else fresh()
    if token:
        uni = bool(p["ulFlags"] & 0x80000000)
        MESSAGES[token] = [session, p["lpfMsgCallRelease"], p["ulCallerData"], 1, uni]
    return answer(code, "lppMsg", p["lppMsg"], token)


def message(p):
    if NAMES[p["this"]] not in MESSAGES:
        raise Refused
    return MESSAGES[NAMES[p["this"]]]


def release(p):
    message(p)[3] -= 1
    left = message(p)[3]
    if not left:
        gone(NAMES[p["this"]])
    return {"return": left}


def add_ref(p):
    message(p)[3] += 1
    return {"return": message(p)[3]}


def get_props(p):
    mask = (0x40000 if wrong("unicode mask", message(p)[4], False) else 0) | 0x79
    return {"return": 0, "props": {t: mask for t in p["tags"] if int(t, 16) == 0x340D0003}}


def logon(p):
    name, word, flags = p["lpszProfileName"], p["lpszPassword"], p["flFlags"]
    code, probe, kept = 0, name is None and word is None, [s for s in LOGONS.values() if not s % 2]
    if flags & ~0x21003 or p["ulReserved"] or p["lplhSession"] is None:
        code = 2
    elif (name, word) != ("me", "pw") and not (kept and not flags & 2):
        code = wrong("logon code", 3, 0x80040111) if not probe or not kept else 0
    token = None if code else fresh()
    if token and WRONG == "constant handle":
        token = "0x1"
    if token:
        new = wrong("new session flag", flags & 2, 0) or not kept
        LOGONS[token] = (int(token, 16) * 2 + (1 if flags & 2 else 0)) if new else kept[0]
    return answer(code, "lplhSession", p["lplhSession"], token)


def logoff(p):
    given = p["lhSession"]
    value = given["literal"] if isinstance(given, dict) else NAMES[given]
    handle = (value if isinstance(value, str) else hex(value)) if value else "0x0"
    if handle not in LOGONS:
        if handle == "0x0" and WRONG == "zero logs off":
            LOGONS.clear()
            return {"return": 19}
        return {"return": wrong("dead handle", 19, 0)}
    if p["flFlags"]:
        return {"return": wrong("logoff flags", 2, 0x80040106)}
    if p["ulReserved"]:
        return {"return": 2}
    if WRONG != "logoff keeps":
        LOGONS.pop(handle)
    return {"return": 0}


def observe(p):
    sessions = len(set(LOGONS.values())) if FAMILY == "simple" else len(SESSIONS)
    seen = {"live": {"sessions": sessions, "messages": len(MESSAGES)}, "released": RELEASED}
    return seen if FAMILY == "imsg" else {"live": {"sessions": sessions}}


def lend(p):
    LENT[p["name"]] = p
    return {}


CALLS = {
    "begin": begin, "observe": observe, "world.malloc": lend, "world.storage": lend,
    "world.release": lambda p: {"return": 1}, "world.profile": lambda p: {"profile": "me", "password": "pw"},
    "OpenIMsgSession": open_session, "CloseIMsgSession": close_session, "OpenIMsgOnIStg": build,
    "IMessage.Release": release, "IMessage.AddRef": add_ref, "IMessage.GetProps": get_props,
    "MAPILogon": logon, "MAPILogoff": logoff, "shutdown": lambda p: {},
}  # fmt: skip

for line in sys.stdin:
    request = json.loads(line)
    method, params = request["method"], request.get("params", {})
    reply = {"jsonrpc": "2.0", "id": request["id"]}
    if method == "initialize":
        who = {"name": "minimal", "version": "1", "language": "Python"}
        reply["result"] = {"protocol": 1, "implementation": who, "families": FAMILIES}
    elif method in CALLS:
        if method == "begin":
            FAMILY = params["family"]
        try:
            reply["result"] = CALLS[method](params)
        except Refused:
            reply["result"] = {"return": 0 if method.endswith("Release") else 0x80040108}
    else:
        reply["error"] = {"code": -32001, "message": "not here"}
    print(json.dumps(reply), flush=True)
    if method == "shutdown":
        break
