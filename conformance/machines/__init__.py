"""The Hypothesis machines, one a family."""

from __future__ import annotations

from conformance.machines.base import SessionMachine


def machine_of(family: str) -> type[SessionMachine]:
    """The machine of one family."""
    from conformance.machines.email import EmailMachine
    from conformance.machines.imsg import ImsgMachine
    from conformance.machines.simple import SimpleMachine

    machines: dict[str, type[SessionMachine]] = {
        "imsg": ImsgMachine,
        "simple": SimpleMachine,
        "email": EmailMachine,
    }
    return machines[family]
