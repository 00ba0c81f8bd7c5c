"""Profiles: how much a run does, counted in calls, so that a seed always means the same calls."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Profile:
    """The budget of one family, in calls; the prelude comes on top.

    The budget is spread over `shards`, which know nothing of each other: any number of
    processes may share them out without changing what is called.
    `crowd` is how many objects of a kind are alive at once at most, `depth` how long the sequences
    are that are played exhaustively.
    """

    name: str
    calls: int
    shards: int
    crowd: int
    depth: int


PROFILES: Final = {
    "smoke": Profile("smoke", calls=12_000, shards=1, crowd=70, depth=2),
    "ci": Profile("ci", calls=200_000, shards=4, crowd=260, depth=3),
    "nightly": Profile("nightly", calls=4_000_000, shards=16, crowd=1030, depth=4),
}


_PACE: Final = {"email": (20, 3)}
"""Families whose calls take milliseconds: by what calls and crowd are divided."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One independent part of a run; shard 0 of a family begins with the prelude."""

    family: str
    index: int
    calls: int
    crowd: int
    seed: int
    depth: int = 2
    of: int = 1

    @property
    def name(self) -> str:
        return f"{self.family}-{self.index}"


def shards(profile: Profile, families: list[str], seed: int) -> list[Shard]:
    """The shards of a run in a fixed order, each with a seed derived from the run's."""
    return [
        Shard(
            family,
            index,
            profile.calls // profile.shards // _PACE.get(family, (1, 1))[0],
            profile.crowd // _PACE.get(family, (1, 1))[1],
            derived(seed, f"{family}/{index}"),
            profile.depth,
            profile.shards,
        )
        for family in families
        for index in range(profile.shards)
    ]


def derived(seed: int, purpose: str) -> int:
    """A 64-bit seed for one purpose, the same on every machine."""
    digest = hashlib.sha256(f"{seed}/{purpose}".encode()).digest()
    return int.from_bytes(digest[:8], "big")
