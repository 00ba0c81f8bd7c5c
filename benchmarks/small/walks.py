"""Random sequences on the small API, and the shortest ones that show a fault.

The walks are used to check the ports against each other, and to see that a generated fault can be
found at all; no engine of the comparison uses them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random

from small.api import Fault
from small.referee import Operation, Referee, differs

BITS = [1 << bit for bit in range(32)]
OPENING = ((1, 0, 1), (1, 0x80000000, 1), (0, 0, 1), (1, 0, 0), (1, 4, 1))


def step(part: str, referee: Referee, random: Random, opening: float) -> Operation:
    """One operation that the state allows; `opening` is the share of calls that open something."""

    def flags(legal: tuple[int, ...]) -> int:
        return random.choice(legal) if random.random() < 0.8 else random.choice(BITS)

    live = referee.live
    if part == "imsg":
        if random.random() < opening:
            if random.random() < 0.5 or not live["session"]:
                allocator, out = (int(random.random() < 0.9) for _ in range(2))
                return ["open", allocator, flags((0,)), out]
            session = random.choice([*live["session"], -1])
            return ["create", session, flags((0, 1))]
        names = ["look", "close", "release", "release", "addref"]
        name = random.choice(names)
        if name in ("release", "addref") and live["message"]:
            return [name, random.choice(live["message"])]
        if name == "close" and live["session"]:
            return [name, random.choice(live["session"])]
        return ["look"]
    if random.random() < opening:
        return ["logon", flags((0, 2))]
    handle = random.choice([*live["handle"], *referee.dead[-3:], -1, -2])
    name = random.choice(["logoff", "logoff", "find", "look"])
    return {"logoff": ["logoff", handle, flags((0,))], "find": ["find", handle]}.get(name, [name])


def walk(part: str, random: Random) -> list[Operation]:
    """A sequence of random length that ends by closing everything and looking."""
    referee, operations = Referee(part, {}), []
    length, opening = random.choice((8, 30, 120)), random.choice((0.2, 0.5, 0.8))

    def play(operation: Operation) -> None:
        referee.differs(operation)
        operations.append(operation)

    for _ in range(length):
        play(step(part, referee, random, opening))
    for name, kind in (("release", "message"), ("close", "session"), ("logoff", "handle")):
        for one in random.sample(referee.live[kind], len(referee.live[kind])):
            while one in referee.live[kind] and random.random() < 0.9:
                play([name, one, 0] if name == "logoff" else [name, one])
    play(["look"])
    return operations


def findable(part: str, fault: Fault, seed: int, calls: int) -> list[Operation]:
    """A random sequence that shows the fault, [] where none does within so many calls."""
    random, spent = Random(seed), 0
    while spent < calls:
        operations = walk(part, random)
        spent += len(operations)
        at = differs(part, fault, operations)
        if at:
            return operations[:at]
    return []


def alphabet(part: str, referee: Referee, fault: Fault) -> Iterator[Operation]:
    """Every operation with small arguments; the one flag bit is that of the fault."""
    bit = 1 << fault.get("bit", 2)
    yield ["look"]
    if part == "imsg":
        for allocator, flags, out in product((1, 0), (0, bit), (1, 0)):
            yield ["open", allocator, flags, out]
        for session, flags in product([*referee.live["session"], -1], (0, bit)):
            yield ["create", session, flags]
        for message in referee.live["message"]:
            yield ["release", message]
            yield ["addref", message]
        for session in referee.live["session"]:
            yield ["close", session]
        return
    for flags in {0, 2, bit}:
        yield ["logon", flags]
    for handle in [*referee.live["handle"], *referee.dead, -1, -2]:
        yield ["logoff", handle, 0]
        yield ["logoff", handle, bit]
        yield ["find", handle]


def shortest(part: str, fault: Fault, depth: int) -> int:
    """The length of the shortest sequence that shows the fault, by trying all; 0 beyond `depth`."""
    level: list[list[Operation]] = [[]]
    for length in range(1, depth + 1):
        following = []
        for operations in level:
            for operation in _next(part, fault, operations):
                longer = [*operations, operation]
                if differs(part, fault, longer):
                    return length
                following.append(longer)
        level = following
    return 0


def _next(part: str, fault: Fault, operations: list[Operation]) -> list[Operation]:
    referee = Referee(part, {})
    for operation in operations:
        referee.differs(operation)
    return list(alphabet(part, referee, fault))
