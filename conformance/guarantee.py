"""What exhaustive exploration can promise of a run, in numbers and in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Guarantee:
    """Every sequence of up to `depth` calls over the `classes` of arguments was executed.

    `wanted` is the depth that was asked for; `left_out` counts the sequences that were not
    continued because they failed just as another one, or that were not played because their last
    call ends the implementation.
    `parts` of `shards` have contributed.
    """

    family: str
    depth: int
    classes: int
    sequences: int
    left_out: int
    wanted: int
    parts: int
    shards: int

    @property
    def complete(self) -> bool:
        """Whether all that was asked for was done."""
        return self.depth == self.wanted and self.parts == self.shards

    def merged(self, other: Guarantee) -> Guarantee:
        """The guarantee of two parts of a run together."""
        return Guarantee(
            self.family,
            min(self.depth, other.depth),
            self.classes,
            self.sequences + other.sequences,
            self.left_out + other.left_out,
            self.wanted,
            self.parts + other.parts,
            self.shards,
        )

    @property
    def text(self) -> str:
        """The guarantee in words."""
        depth = self.depth if self.parts == self.shards else 0
        if depth:
            calls = f"{depth} call{'s' if depth > 1 else ''}"
            said = (
                f"every sequence of up to {calls} over {self.classes} argument classes was executed"
            )
        else:
            said = f"no length of sequences over {self.classes} argument classes was completed"
        played = f"{self.sequences:,} sequence{'' if self.sequences == 1 else 's'}"
        if not self.complete:
            played += f", cut off by the budget at length {depth + 1} of {self.wanted}"
        if self.left_out:
            played += f", {self.left_out:,} not continued because they failed as others had"
        return f"{self.family}: {said} ({played})"

    def to_json(self) -> dict[str, Any]:
        """As it stands in results."""
        names = ("family", "depth", "classes", "sequences", "complete", "text")
        return {name: getattr(self, name) for name in names}
