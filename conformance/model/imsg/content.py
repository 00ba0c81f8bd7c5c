"""What a storage is known to hold: committed, waiting for a commit, and never saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from conformance.model.values import replace


@dataclass(frozen=True, slots=True)
class Content:
    """The message in a storage as far as it is known.

    `parts` is the number of attachments, None where it is not known; `complete` says
    that the message has no property beside `props` that a call could have set; `by` names the
    requirements that promise that this content was made permanent; `entry_ids` are those of the
    recipients, sorted, None where they are not known.
    """

    props: Mapping[int, Any] = field(default_factory=dict)
    parts: int | None = 0
    complete: bool = True
    by: frozenset[str] = frozenset()
    entry_ids: tuple[bytes, ...] | None = ()

    def without(self, ids: frozenset[int], parts: bool = False) -> Content:
        """The content where nothing is known of some properties or, if so asked, of the parts."""
        if not ids and not parts:
            return self
        props = {tag: value for tag, value in self.props.items() if tag >> 16 not in ids}
        return replace(
            self,
            props=props,
            parts=None if parts else self.parts,
            complete=self.complete and not ids,
            entry_ids=None if parts else self.entry_ids,
        )


EMPTY: Final = Content()
UNKNOWN: Final = Content(parts=None, complete=False, entry_ids=None)


@dataclass(frozen=True, slots=True)
class Kept:
    """A storage's content, and what happened to it since the last look.

    `pending` is what the caller's commit would make permanent.
    `unsaved` and `quiet` hold values of the storage that this one is a copy of: set there and never
    saved, and saved there without a commit.
    `made` are the elements that the caller wrote.
    `commits` is the number seen at the last look; since then `due` saves had to
    commit, and `silent` ones must not have; `opened` says that a message was built.
    """

    committed: Content = EMPTY
    pending: Content = EMPTY
    unsaved: Mapping[int, Any] = field(default_factory=dict)
    quiet: Mapping[int, Any] = field(default_factory=dict)
    made: frozenset[str] = frozenset()
    commits: int = 0
    due: int = 0
    silent: int = 0
    opened: bool = False
