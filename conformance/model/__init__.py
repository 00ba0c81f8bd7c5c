"""What the documents allow next: one pure model a family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from conformance.capabilities import Capabilities
from conformance.trace import Call, Outcome


class Model(Protocol):
    """A small immutable state that follows what the implementation did."""

    def begin(self, capabilities: Capabilities) -> Any:
        """The state at the start of a sequence."""

    def advance(self, state: Any, call: Call, outcome: Outcome) -> Any:
        """The state after a step that returned."""

    def mute(self, state: Any, call: Call, outcome: Outcome) -> bool:
        """Whether a value in the call may belong to another object: the step says nothing."""

    def permits(self, state: Any, call: Call) -> bool:
        """Whether the call may be made at all: ended objects only where the harness checks them."""

    def allows(self, state: Any, call: Call) -> bool:
        """Whether the documents allow the stimulus, so that a crash on it is a violation."""

    def together(self, state: Any, threads: Sequence[Sequence[Call]]) -> bool:
        """Whether the documents allow the calls of several threads, whatever their order is."""


def model_of(family: str) -> Model:
    """The model of one family."""
    from conformance.model.email.model import EmailModel
    from conformance.model.imsg.model import ImsgModel
    from conformance.model.simple.model import SimpleModel
    from conformance.msgfile.model import MsgfileModel

    models: dict[str, Model] = {
        "imsg": ImsgModel(),
        "simple": SimpleModel(),
        "email": EmailModel(),
        "msgfile": MsgfileModel(),
    }
    return models[family]
