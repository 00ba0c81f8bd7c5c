"""Writing traces by hand, and judging them."""

from dataclasses import replace
from typing import Any

from adapters.reference import Reference
from conformance.capabilities import Capabilities
from conformance.findings import Broken, Held
from conformance.judge import judge
from conformance.trace import Call, Outcome, Step

LIBRARY = frozenset({"MAPIInitialize", "MAPIUninitialize"})


def capabilities(family: str, *, library: bool = False) -> Capabilities:
    """What the reference declares; `library` says whether its library calls have to come first."""
    offered = Reference().offer[family]
    return offered if library else replace(offered, functions=offered.functions - LIBRARY)


def step(method: str, params: dict[str, Any], resolved: Any = None, **result: Any) -> Step:
    code = result.pop("code", 0)
    suite = method == "observe" or method.startswith("world.")
    body = result if suite else result | {"return": code}
    return Step(Call(method, params), Outcome("result", body, resolved))


def found(family: str, *steps: Step, library: bool = False) -> tuple[set[str], set[str]]:
    """The requirements that a trace exercises, and those that it breaks."""
    judged = judge(steps, family, capabilities(family, library=library))
    findings = [one for findings in judged for one in findings]
    held = {name for name, finding in findings if isinstance(finding, Held)}
    return held, {name for name, finding in findings if isinstance(finding, Broken)}
