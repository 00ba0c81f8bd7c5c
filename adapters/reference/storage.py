"""What the caller lends to an implementation: a counting IStorage whose transactions are real."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from adapters.reference.compound import CLSID_NULL, Element, Tree
from adapters.reference.lent import Memory

Mode = Literal["readwrite", "read", "write"]
EMPTY: Final[Tree] = {}


class Storage:
    """A root storage: committed content, and what is pending on it in transacted mode.

    The methods down to `commit` are the interface, which an implementation calls; those from
    `give_up` on belong to the caller.
    """

    def __init__(
        self,
        memory: Memory,
        mode: Mode,
        transacted: bool,
        content: Tree = EMPTY,
        clsid: bytes = CLSID_NULL,
    ) -> None:
        self.address = memory.address()
        self.mode: Final = mode
        self.transacted: Final = transacted
        self.committed = content
        self.committed_clsid = clsid
        self._pending = content
        self._pending_clsid = clsid
        self.references = 1
        self.commits = 0
        self.calls_after_release = 0
        self.messages = 0
        self.finished = False
        self.given_up = False

    def add_ref(self) -> int:
        self._called()
        self.references += 1
        return self.references

    def release(self) -> int:
        self._called()
        return self.give_up()

    def read(self) -> Tree:
        """The content as this opener of the storage sees it."""
        self._called()
        return self._pending

    def write(self, changes: Mapping[str, Element | None]) -> None:
        """Replace elements of the root; None destroys one."""
        self._called()
        self._apply(changes)

    def set_class(self, clsid: bytes) -> None:
        """Mark the storage with a class."""
        self._called()
        self._pending_clsid = clsid
        self._settle()

    def commit(self) -> None:
        """Make what is pending permanent."""
        self._called()
        self.commits += 1
        self._make_permanent()

    def give_up(self) -> int:
        """Release as the caller does: not counted; the last one drops what is still pending."""
        self.references -= 1
        if self.references <= 0:
            self._pending, self._pending_clsid = self.committed, self.committed_clsid
        return self.references

    def commit_by_caller(self) -> None:
        """Commit as the caller does it: not counted."""
        self._make_permanent()

    def create(self, path: list[str], content: bytes) -> None:
        """Write a stream of the caller's own, with the storages on the way to it, and commit."""
        self._apply({path[0]: _grafted(self._pending.get(path[0]), path[1:], content)})
        self._make_permanent()

    def message_opens(self) -> bool:
        """A message is about to be built on the storage; gives what to restore where that fails."""
        before, self.finished = self.finished, False
        return before

    def message_opened(self, succeeded: bool, before: bool) -> None:
        """The building of a message came to an end."""
        if succeeded:
            self.messages += 1
        elif not self.messages:
            self.finished = before

    def message_gone(self) -> None:
        """A message on the storage is gone; calls after the last one are counted."""
        self.messages -= 1
        self.finished = self.messages == 0

    def observe(self) -> dict[str, int]:
        return {
            "references": self.references,
            "commits": self.commits,
            "calls_after_release": self.calls_after_release,
        }

    def _called(self) -> None:
        self.calls_after_release += self.finished

    def _apply(self, changes: Mapping[str, Element | None]) -> None:
        merged = {**self._pending, **changes}
        self._pending = {name: element for name, element in merged.items() if element is not None}
        self._settle()

    def _settle(self) -> None:
        if not self.transacted:
            self._make_permanent()

    def _make_permanent(self) -> None:
        self.committed, self.committed_clsid = self._pending, self._pending_clsid


def paths(tree: Tree, prefix: str = "") -> list[str]:
    """The slash-separated paths of all storages and streams, sorted."""
    found = []
    for name, element in tree.items():
        found.append(prefix + name)
        if not isinstance(element, bytes):
            found += paths(element, f"{prefix}{name}/")
    return sorted(found)


def _grafted(element: Element | None, path: list[str], content: bytes) -> Element:
    if not path:
        return content
    below: Tree = element if isinstance(element, Mapping) else EMPTY
    return {**below, path[0]: _grafted(below.get(path[0]), path[1:], content)}
