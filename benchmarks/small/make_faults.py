"""Writes the two tables of faults: `faults.json`, chosen by hand, and `unseen.json`, drawn.

    python benchmarks/small/make_faults.py

The unseen ones are kinds, parameters and triggers put together at random, kept if a random walk
shows them: nobody looked at them while an engine was tuned. `shortest` is the length of the
shortest sequence: by trying all up to four calls, beyond that the shortest that is known.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from random import Random
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from small.referee import Operation, Referee, differs  # noqa: E402
from small.walks import findable, shortest  # noqa: E402

Row = dict[str, Any]
DEPTH = 4
UNSEEN = 220
SEED = 20_000

# name, requirement, kind and parameters, trigger
CHOSEN: list[tuple[str, str, Row, Row]] = [
    ("null allocator accepted", "IMSG-OPEN-02", {"kind": "null-allocator"}, {}),
    ("null out pointer: other code", "IMSG-OPEN-03", {"kind": "null-out-code"}, {}),
    ("null out pointer leaks", "IMSG-OPEN-03", {"kind": "null-out-leaks"}, {}),
    ("open: bit 6 unchecked", "IMSG-OPEN-04", {"kind": "flag-unchecked", "function": "open", "bit": 6}, {}),
    ("open: bit 30 unchecked", "IMSG-OPEN-04", {"kind": "flag-unchecked", "function": "open", "bit": 30}, {}),
    ("open: bit 3 other code", "IMSG-OPEN-05", {"kind": "flag-code", "function": "open", "bit": 3, "code": 0x80070057}, {}),
    ("refused flags leak a session", "IMSG-OPEN-04", {"kind": "bad-flags-leak"}, {}),
    ("17th live session fails", "IMSG-OPEN-01", {"kind": "capacity"}, {"live": 16}),
    ("one session for all", "IMSG-OPEN-11", {"kind": "same-session"}, {}),
    ("a session comes back after four opens", "IMSG-OPEN-11", {"kind": "same-session"}, {"nth": 5}),
    ("create: bit 9 unchecked", "IMSG-MSG-09", {"kind": "flag-unchecked", "function": "create", "bit": 9}, {}),
    ("5th message of a session fails", "IMSG-MSG-02", {"kind": "message-capacity"}, {"live": 4}),
    ("sessionless message adopted", "IMSG-MSG-03", {"kind": "null-adopted"}, {}),
    ("close keeps the last message", "IMSG-CLOSE-01", {"kind": "close-keeps", "index": -1}, {}),
    ("close keeps the second of three", "IMSG-CLOSE-01", {"kind": "close-keeps", "index": 1}, {"live": 3}),
    ("close closes every message", "IMSG-CLOSE-04", {"kind": "close-all"}, {}),
    ("close closes sessionless messages", "IMSG-CLOSE-04", {"kind": "close-free"}, {}),
    ("allocator leaks", "IMSG-OPEN-10", {"kind": "allocator-leak"}, {}),
    ("allocator leaks when the older session closes first", "IMSG-OPEN-10", {"kind": "allocator-leak"}, {"late": True}),
    ("storage leaks at close", "IMSG-CLOSE-10", {"kind": "storage-leak-close"}, {}),
    ("storage leaks at close with three messages", "IMSG-CLOSE-10", {"kind": "storage-leak-close"}, {"live": 3}),
    ("storage leaks when the older message goes first", "IMSG-MSG-17", {"kind": "storage-leak-release"}, {"late": True}),
    ("third reference lost", "IMSG-REL-01", {"kind": "addref-lost"}, {"live": 3}),
    ("callback never", "IMSG-REL-01", {"kind": "callback-never"}, {}),
    ("callback twice for the older of three", "IMSG-REL-01", {"kind": "callback-twice"}, {"live": 3, "late": True}),
    ("callback again at close", "IMSG-CLOSE-08", {"kind": "callback-again"}, {}),
    ("callback data cut to a byte", "IMSG-REL-02", {"kind": "callback-data"}, {}),
    ("callback on every release", "IMSG-REL-01", {"kind": "callback-early"}, {}),
    ("zero handle", "SIMPLE-LOGON-01", {"kind": "zero-handle"}, {"nth": 3}),
    ("one handle for all", "SIMPLE-LOGON-07", {"kind": "same-handle"}, {}),
    ("9th logon fails", "SIMPLE-LOGON-01", {"kind": "logon-capacity"}, {"live": 8}),
    ("new session flag ignored", "SIMPLE-LOGON-06", {"kind": "new-ignored"}, {}),
    ("dead handle accepted", "SIMPLE-LOGOFF-02", {"kind": "dead-accepted"}, {}),
    ("zero ends the newest", "SIMPLE-LOGOFF-03", {"kind": "zero-accepted", "ends": True}, {}),
    ("unknown handle accepted", "SIMPLE-LOGOFF-04", {"kind": "unknown-accepted"}, {}),
    ("logoff: bit 11 unchecked", "SIMPLE-LOGOFF-05", {"kind": "flag-unchecked", "function": "logoff", "bit": 11}, {}),
    ("first logoff ends all handles", "SIMPLE-LOGOFF-10", {"kind": "logoff-ends-all"}, {"live": 2}),
    ("older handle's session is kept", "SIMPLE-LOGOFF-01", {"kind": "logoff-keeps"}, {"late": True}),
    ("dead handle finds", "SIMPLE-CALL-02", {"kind": "dead-used"}, {"live": 3}),
]  # fmt: skip

IMSG_KINDS = {
    "null-allocator": "IMSG-OPEN-02", "null-out-code": "IMSG-OPEN-03", "null-out-leaks": "IMSG-OPEN-03",
    "bad-flags-leak": "IMSG-OPEN-04", "capacity": "IMSG-OPEN-01", "same-session": "IMSG-OPEN-11",
    "message-capacity": "IMSG-MSG-02", "null-adopted": "IMSG-MSG-03", "close-keeps": "IMSG-CLOSE-01",
    "close-all": "IMSG-CLOSE-04", "close-free": "IMSG-CLOSE-04", "allocator-leak": "IMSG-OPEN-10",
    "storage-leak-close": "IMSG-CLOSE-10", "storage-leak-release": "IMSG-MSG-17",
    "addref-lost": "IMSG-REL-01", "callback-never": "IMSG-REL-01", "callback-twice": "IMSG-REL-01",
    "callback-again": "IMSG-CLOSE-08", "callback-early": "IMSG-REL-01",
}  # fmt: skip
SIMPLE_KINDS = {
    "zero-handle": "SIMPLE-LOGON-01", "same-handle": "SIMPLE-LOGON-07", "logon-capacity": "SIMPLE-LOGON-01",
    "new-ignored": "SIMPLE-LOGON-06", "always-new": "SIMPLE-LOGON-06", "dead-accepted": "SIMPLE-LOGOFF-02",
    "zero-accepted": "SIMPLE-LOGOFF-03", "unknown-accepted": "SIMPLE-LOGOFF-04",
    "logoff-keeps": "SIMPLE-LOGOFF-01",
    "logoff-ends-all": "SIMPLE-LOGOFF-10", "dead-used": "SIMPLE-CALL-02",
    "bad-logon-leaks": "SIMPLE-LOGON-02",
}  # fmt: skip
LATE = {"close-keeps", "close-all", "close-free", "allocator-leak", "storage-leak-close"}
LATE |= {"storage-leak-release", "callback-never", "callback-twice"}
LATE |= {"logoff-keeps", "logoff-ends-all"}
FLAGGED = {"open": "IMSG-OPEN-04", "create": "IMSG-MSG-09", "logoff": "SIMPLE-LOGOFF-05"}


def chosen() -> list[Row]:
    return [
        _row(name, requirement, {**fault, "when": when}, DEPTH)
        for name, requirement, fault, when in CHOSEN
    ]


def unseen() -> list[Row]:
    random, rows, seen = Random(SEED), [], {json.dumps(row["fault"]) for row in chosen()}
    while len(rows) < UNSEEN:
        requirement, fault = _draw(random)
        if json.dumps(fault) in seen:
            continue
        seen.add(json.dumps(fault))
        row = _row(f"unseen {len(rows) + 1}", requirement, fault)
        if row["shortest"]:
            rows.append(row)
            print(f"{len(rows)} of {UNSEEN}", end="\r", file=sys.stderr)
    return rows


def _draw(random: Random) -> tuple[str, Row]:
    if random.random() < 0.2:
        function = random.choice(list(FLAGGED))
        bit = random.randrange(2 if function == "create" else 0, 31)
        kind = random.choice(["flag-unchecked", "flag-code"])
        fault: Row = {"kind": kind, "function": function, "bit": bit, "when": {}}
        if kind == "flag-code":
            fault["code"] = 19 if function == "logoff" else 0x80004005
        return FLAGGED[function], fault
    kinds = IMSG_KINDS if random.random() < 0.65 else SIMPLE_KINDS
    kind = random.choice(list(kinds))
    when: Row = {}
    if random.random() < 0.5:
        when["live"] = random.choice([1, 2, 2, 3, 3, 4, 5, 6, 8, 12, 16])
    if random.random() < 0.3:
        when["nth"] = random.choice([2, 3, 4, 5, 8, 12, 20, 32])
    if kind in LATE and random.random() < 0.4:
        when["late"] = True
    fault = {"kind": kind, "when": when}
    if kind == "close-keeps":
        fault["index"] = random.choice([0, 1, 2, -1])
    if kind.endswith("-accepted"):
        fault["ends"] = random.random() < 0.5
    return kinds[kind], fault


def _row(name: str, requirement: str, fault: Row, depth: int = DEPTH - 1) -> Row:
    part = "imsg" if requirement.startswith("IMSG") else "simple"
    found = shortest(part, fault, 2 if fault["when"].get("nth", 0) > 2 else depth)
    if not found:
        witnesses = [findable(part, fault, seed, 10_000) for seed in range(2)]
        found = min((len(_minimal(part, fault, one)) for one in witnesses if one), default=0)
    row = {"name": name, "part": part, "requirement": requirement, "shortest": found}
    return {**row, "fault": fault}


def _minimal(part: str, fault: Row, operations: list[Operation]) -> list[Operation]:
    """Drop one operation at a time, with those that use what it made, until none can go."""
    index = len(operations) - 2
    while index >= 0:
        shorter = _without(part, operations, index)
        at = differs(part, fault, shorter) if shorter else 0
        if at:
            operations = shorter[:at]
            index = len(operations) - 1
        index -= 1
    return operations


def _without(part: str, operations: list[Operation], dropped: int) -> list[Operation]:
    """The sequence without one operation; numbers of later objects move up."""
    kinds = {"open": "session", "create": "message", "logon": "handle"}
    uses = {"create": "session", "close": "session", "release": "message", "addref": "message"}
    uses |= {"logoff": "handle", "find": "handle"}
    referee, moved, kept = Referee(part, {}), {}, []
    for index, operation in enumerate(operations):
        name, number = operation[0], operation[1] if len(operation) > 1 else None
        made = kinds.get(name)
        counts = {"session": referee.right.sessions, "message": referee.right.messages}
        counts["handle"] = referee.right.handles
        before = len(counts[made]) if made else 0
        used = uses.get(name)
        gone = index == dropped
        if used and number is not None and number >= 0:
            place = moved.get((used, number))
            gone = gone or place is None
            operation = operation if gone else [name, place, *operation[2:]]
        referee.differs(operations[index])
        bound = bool(made) and len(counts[made or "handle"]) > before
        if not gone:
            kept.append(operation)
        if bound and not gone:
            moved[made, before] = sum(key[0] == made for key in moved)
    return kept if _allowed(part, kept) else []


def _allowed(part: str, operations: list[Operation]) -> bool:
    referee = Referee(part, {})
    for operation in operations:
        name = operation[0]
        kind = {"release": "message", "addref": "message", "close": "session"}.get(name)
        if name == "create" and operation[1] >= 0:
            kind = "session"
        if kind and operation[1] not in referee.live[kind]:
            return False
        referee.differs(operation)
    return True


if __name__ == "__main__":
    for file, make in (("faults.json", chosen), ("unseen.json", unseen)):
        rows = make()
        lines = ",\n".join(json.dumps(row) for row in rows)
        (HERE / file).write_text(f"[\n{lines}\n]\n", encoding="utf-8")
        print(f"{file}: {len(rows)} faults, {sum(row['shortest'] > 4 for row in rows)} deep")
