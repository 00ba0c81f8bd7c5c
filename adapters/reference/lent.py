"""What the caller lends: an allocator and three buffer routines, all counting."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any


class Memory:
    """The address space of one sequence: every address is handed out once."""

    def __init__(self) -> None:
        self._addresses = count(0x1000, 0x10)

    def address(self) -> int:
        """A fresh address."""
        return next(self._addresses)


class Malloc:
    """A counting IMalloc; with `fail_after` its Alloc gives NULL after that many successes."""

    def __init__(self, memory: Memory, fail_after: int | None = None) -> None:
        self._memory = memory
        self.address = memory.address()
        self.fail_after = fail_after
        self.references = 1
        self.blocks: dict[int, int] = {}
        self.foreign_frees = 0
        self.given_up = False

    def add_ref(self) -> int:
        self.references += 1
        return self.references

    def release(self) -> int:
        self.references -= 1
        return self.references

    def give_up(self) -> int:
        """Release as the caller does it."""
        return self.release()

    def alloc(self, size: int) -> int:
        """The address of a new block, or 0 where there is no memory."""
        if self.fail_after is not None:
            if self.fail_after == 0:
                return 0
            self.fail_after -= 1
        address = self._memory.address()
        self.blocks[address] = size
        return address

    def free(self, address: int) -> None:
        """Free a block; one that this allocator does not hold counts as foreign."""
        if self.blocks.pop(address, None) is None:
            self.foreign_frees += 1

    def observe(self) -> dict[str, int]:
        return {
            "live": len(self.blocks),
            "bytes": sum(self.blocks.values()),
            "references": self.references,
            "foreign_frees": self.foreign_frees,
        }


class Buffers:
    """The caller's three buffer routines: blocks, and blocks chained to those they go with."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.chains: dict[int, list[int]] = {}
        self.foreign_frees = 0

    def allocate(self, size: int) -> int:
        """AllocateBuffer: the address of a new block."""
        del size  # only blocks are counted
        address = self._memory.address()
        self.chains[address] = []
        return address

    def more(self, size: int, parent: int) -> int:
        """AllocateMore: a block that is freed together with its parent; 0 for an unknown parent."""
        del size
        chain = self.chains.get(parent)
        if chain is None:
            return 0
        address = self._memory.address()
        chain.append(address)
        return address

    def free(self, address: int) -> None:
        """FreeBuffer: frees a block and its chain; a block of another heap counts as foreign."""
        if self.chains.pop(address, None) is None:
            self.foreign_frees += 1

    def observe(self) -> dict[str, int]:
        live = sum(1 + len(chain) for chain in self.chains.values())
        return {"live": live, "foreign_frees": self.foreign_frees}


@dataclass(frozen=True, slots=True)
class Routines:
    """The memory routines given to OpenIMsgOnIStg; None stands for a NULL pointer."""

    allocate: Callable[[int], int] | None
    more: Callable[[int, int], int] | None
    free: Callable[[int], None] | None

    @property
    def complete(self) -> bool:
        return None not in (self.allocate, self.more, self.free)

    def chain(self, size: int, parts: Iterable[int]) -> int:
        """The address of a block with further ones chained to it, or 0 where there is no memory."""
        assert self.allocate is not None
        assert self.more is not None
        assert self.free is not None
        address = self.allocate(size)
        if address and not all(self.more(part, address) for part in parts):
            self.free(address)
            return 0
        return address


@dataclass(frozen=True, slots=True)
class Buffer:
    """Memory handed to the caller, who frees it with the routine of its own."""

    address: int
    value: Any
