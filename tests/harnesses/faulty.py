"""The reference behind a pipe, but for one misbehaviour at each call of one method.

python faulty.py MISBEHAVIOUR METHOD
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

from adapters.reference import Reference
from adapters.serve import answer

MODE, METHOD = sys.argv[1:]
PERMITTED = ("16 MiB", "stderr flood", "blank lines")
MIB = 1 << 20
out = sys.stdout.buffer


def send(data: bytes) -> None:
    out.write(data)
    out.flush()


def sleep_for_good() -> None:
    time.sleep(600)


def crash(status: int = 9) -> None:
    os._exit(status)


def misbehave(right: dict, request: dict) -> None:
    line = json.dumps(right).encode() + b"\n"
    number, result = right["id"], right.get("result", {})
    if MODE == "garbage before":
        send(b"DEBUG: about to answer\n" + line)
    elif MODE == "garbage inside":
        send(line[:20] + b"DEBUG" + line[20:])
    elif MODE == "garbage after":
        send(line + b"DEBUG: answered\n")
    elif MODE == "wrong id":
        send(json.dumps({**right, "id": number + 7}).encode() + b"\n")
    elif MODE == "two answers":
        send(line + line)
    elif MODE == "second answer late":
        send(line)
        time.sleep(0.02)
        send(line)
    elif MODE == "missing result":
        send(json.dumps({"jsonrpc": "2.0", "id": number}).encode() + b"\n")
    elif MODE == "result and error":
        both = {**right, "result": result, "error": {"code": -32001, "message": "both"}}
        send(json.dumps(both).encode() + b"\n")
    elif MODE == "batch":
        send(b"[" + b",".join([line.strip()] * 50_000) + b"]\n")
    elif MODE == "invalid UTF-8":
        send(line.replace(b'"jsonrpc"', b'"json\xff\xfe"'))
    elif MODE == "not a number":
        send(line[:-2] + b',"more":NaN}\n')
    elif MODE == "infinite":
        send(line[:-2] + b',"more":1e999}\n')
    elif MODE == "deeply nested":
        send(line[:-2] + b',"more":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n")
    elif MODE == "wrong shape":
        send(json.dumps({**right, "result": {"return": "0"}}).encode() + b"\n")
    elif MODE == "a line too long":
        send(line[:-2] + b',"more":"' + b"x" * 17 * MIB + b'"}\n')
    elif MODE == "a line without end":
        for _ in range(64):
            send(b"x" * MIB)
        sleep_for_good()
    elif MODE == "half a line":
        send(line[:20])
        crash(0)
    elif MODE == "crash":
        crash()
    elif MODE == "signal":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif MODE == "grandchild":
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "left behind"])
        crash()
    elif MODE == "ignores termination":
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        sleep_for_good()
    elif MODE == "slow drip":
        for byte in line:
            send(bytes([byte]))
            time.sleep(0.02)
    elif MODE == "blank flood":
        while True:
            send(b"\n" * MIB)
    elif MODE == "closes stdout":
        os.close(1)
        sleep_for_good()
    # From here on nothing that the protocol forbids.
    elif MODE == "16 MiB":
        more = b'{"more":"%s",' % (b"x" * (16 * MIB - len(line) - 9 - 2))
        send(more + line[1:])
    elif MODE == "stderr flood":
        for _ in range(50):
            os.write(2, b"x" * MIB)
        send(line)
    elif MODE == "blank lines":
        send(b"\n\r\n \n" + line.strip() + b"\r\n\n")
    elif MODE == "dies afterwards":
        send(line)
        crash()
    else:
        raise SystemExit(f"no such misbehaviour: {MODE}")


reference, calls = Reference(), 0
for request_line in sys.stdin.buffer:
    request = json.loads(request_line)
    response, last = answer(reference, request_line)
    if request["method"] == METHOD:
        calls += 1
        # What is permitted is met once: it takes its time.
        if calls == 1 or MODE not in PERMITTED:
            misbehave(response, request)
            continue
    send(json.dumps(response).encode() + b"\n")
    if last:
        break
