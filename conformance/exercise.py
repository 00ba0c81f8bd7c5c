"""Whether the example of a requirement really exercises it: the judge says so.

The loader of the catalogue asks this about every example, so that none can go stale.
"""

from __future__ import annotations

from typing import Final

from conformance.capabilities import OBSERVABLE, PROTOCOLS, Capabilities, wire_family
from conformance.checks.registry import registries
from conformance.findings import Broken
from conformance.judge import judge
from conformance.requirements.catalogue import Requirement

_OPTIONAL: Final = frozenset({"MAPIInitialize", "MAPIUninitialize"})


def exercises(row: Requirement) -> bool:
    """Whether the example meets the precondition of its own requirement and breaks none.

    A row without a check cannot be asked; its example is taken as it is.
    """
    registry = registries().get(row.family)
    if registry is None or row.id not in registry.by_id:
        return True
    capabilities = Capabilities(
        # An optional function that the row does not speak of is not offered.
        functions=frozenset(row.functions) | {step.call.method for step in row.example} - _OPTIONAL,
        observes=OBSERVABLE,
        checked_handles=True,
        fail_allocation=True,
        protocols=PROTOCOLS - row.lacks,
        tls=True,
    )
    steps = judge(row.example, wire_family(row.family), capabilities)
    findings = [pair for step in steps for pair in step]
    mine = any(name == row.id for name, _ in findings)
    return mine and not any(isinstance(found, Broken) for _, found in findings)
