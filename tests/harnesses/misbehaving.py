"""A harness that misbehaves as its argument says, most often when a MAPILogon comes."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

mode, *rest = sys.argv[1:]
state = Path(rest[0]) if rest else None  # survives restarts
out = sys.stdout.buffer
begun = 0
HANDLE = {"return": 0, "out": {"lplhSession": "0x1"}}


def send(data: bytes) -> None:
    out.write(data)
    out.flush()


def answer(number: int, **body: Any) -> None:
    send(json.dumps({"jsonrpc": "2.0", "id": number, **body}).encode() + b"\n")


def first_time() -> bool:
    """True once for each state file."""
    assert state is not None
    seen = state.exists()
    state.touch()
    return not seen


def initialize(number: int) -> None:
    if mode == "exits-at-once":
        sys.exit(3)
    if mode == "exits-once" and first_time():
        sys.exit(3)
    name = "changing" if mode == "changes" and not first_time() else "misbehaving"
    functions = ["MAPILogon", "MAPILogoff", "EmailSetTimeOut", "Nonsense"]
    offer = {"functions": functions, "parallel": True}
    families = {"simple": offer, "email": offer, "later": "unknown families are ignored"}
    who = {"name": name, "version": "1"}
    answer(number, result={"protocol": 1, "implementation": who, "families": families})


def begin(number: int) -> None:
    global begun
    if mode == "dies-in-begin":
        os._exit(4)
    if mode == "never-fresh" or (mode == "stale" and begun):
        answer(number, result={"fresh": False})
    else:
        answer(number, result={})
    begun += 1
    if mode == "dies-between":
        os._exit(5)
    elif mode == "never-reads":
        time.sleep(600)
    elif mode == "closes-stdin":
        os.close(0)
        time.sleep(600)
    elif mode == "answers-unasked":
        answer(number + 1, result=HANDLE)


def misbehave(number: int) -> None:
    if mode == "garbage":
        send(b"hello\x1b[31m world\n")
    elif mode == "wrong-id":
        answer(number + 1, result=HANDLE)
    elif mode == "two-answers":
        answer(number, result=HANDLE)
        answer(number, result=HANDLE)
    elif mode == "both":
        answer(number, result=HANDLE, error={"code": -32000})
    elif mode == "neither":
        answer(number)
    elif mode == "half-a-line":
        send(b'{"jsonrpc": "2.0", "id":')
        os._exit(0)
    elif mode == "half-a-line-and-silence":
        send(b'{"jsonrpc": "2.0", "id":')
        time.sleep(600)
    elif mode == "invalid-utf8":
        send(b'{"jsonrpc": "2.0", "id": %d, "result": "\xff\xfe"}\n' % number)
    elif mode == "status":
        os._exit(7)
    elif mode == "signal":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif mode == "hangs":
        time.sleep(600)
    elif mode == "closes-stdout":
        os.close(1)
        time.sleep(600)
    elif mode == "ignores-sigterm":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        time.sleep(600)
    elif mode == "leaves-a-child":
        if os.fork() == 0:
            time.sleep(600)
        assert state is not None
        state.write_text(str(os.getpgid(0)))
        os._exit(6)
    elif mode == "stderr-flood":
        for _ in range(64):
            os.write(2, b"x" * 32768)
        os.write(2, b"the last words\n")
        answer(number, result=HANDLE)
    elif mode == "blank-lines":
        line = json.dumps({"id": number, "result": HANDLE, "extra": [1]}).encode()
        send(b"\n \r\n" + line[:7])
        time.sleep(0.01)
        send(line[7:] + b"\r\n")
    elif mode == "endless-line":
        for _ in range(17 * 1024):
            out.write(b"x" * 1024)
        out.flush()
    elif mode == "result":
        answer(number, result=json.loads(rest[0]))
    elif mode == "error":
        answer(number, error=json.loads(rest[0]))
    else:
        answer(number, result=HANDLE)


def main() -> None:
    if mode == "silent":
        time.sleep(600)
    for line in sys.stdin.buffer:
        request = json.loads(line)
        number, method = request["id"], request["method"]
        if method == "initialize":
            initialize(number)
        elif method == "begin":
            begin(number)
        elif method == "shutdown":
            if mode == "dies-in-shutdown":
                os._exit(1)
            answer(number, result={})
            sys.exit(1 if mode == "fails-after-shutdown" else 0)
        elif method == "EmailSetTimeOut":
            answer(number, result={"return": None})
        elif method == "EmailGetCount":
            time.sleep(0.6)
            answer(number, result={"return": 0})
        elif method == "parallel":
            time.sleep(0.6)
            answer(number, result=json.loads(rest[0]))
        else:
            misbehave(number)


main()
