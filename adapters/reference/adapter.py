"""The reference as an adapter: calls go straight from the wire's encoding to the implementation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, Protocol

from adapters.reference import imsg_harness, simple_harness
from adapters.reference.email import Email
from adapters.reference.email_harness import EmailHarness
from adapters.reference.guard import Guard
from adapters.reference.imsg import Imsg
from adapters.reference.imsg_harness import ImsgHarness
from adapters.reference.simple import SimpleMapi
from adapters.reference.simple_harness import SimpleHarness
from adapters.reference.threads import Threads
from adapters.reference.wire import Params, UnboundError, WireError, bad
from conformance.capabilities import Implementation, Offer
from conformance.trace import BAD_PARAMS, NOT_EXPRESSIBLE, NOT_OFFERED, RAISED, Call, Outcome

Method = Callable[[Params], dict[str, Any]]


class Harness(Protocol):
    """One sequence of calls to one family; `guard` is the lock of the implementation."""

    guard: Guard

    def methods(self) -> dict[str, Method]:
        """What can be called, by its name on the wire."""

    def end(self) -> None:
        """The program ends: what it held outside of itself is given back."""


class Reference:
    """The embedded default backend, an :class:`adapters.port.Adapter` in process.

    A subclass that replaces `imsg_class`, `simple_class` or `email_class` is another implementation
    behind the same harness.
    """

    imsg_class: type[Imsg] = Imsg
    simple_class: type[SimpleMapi] = SimpleMapi
    email_class: type[Email] = Email
    email_harness: type[EmailHarness] = EmailHarness

    implementation: Implementation = Implementation("reference", "1.0", language="Python")
    stderr: Final = ""

    def __init__(self) -> None:
        self.offer: Offer = {
            "imsg": imsg_harness.CAPABILITIES,
            "simple": simple_harness.CAPABILITIES,
            "email": self.email_harness.capabilities,
        }
        self._families: Mapping[str, Callable[[], Harness]] = {
            "imsg": lambda: ImsgHarness(self.imsg_class()),
            "simple": lambda: SimpleHarness(self.simple_class()),
            "email": lambda: self.email_harness(self.email_class()),
        }
        self._own: dict[str, Method] = {"begin": self._begin, "shutdown": self._shutdown}
        self._methods = self._own
        self._harness: Harness | None = None

    def perform(self, call: Call) -> Outcome:
        """Perform one call; what the implementation raises is an outcome of its own."""
        method = self._methods.get(call.method)
        if method is None:
            message = f"{call.method} is not offered here"
            return Outcome("error", {"code": NOT_OFFERED, "message": message})
        return self._answer(method, call.params, BAD_PARAMS)

    def _answer(self, method: Method, params: Params, unbound: int) -> Outcome:
        """Call a method; `unbound` is the error code for a name that stands for nothing."""
        try:
            return Outcome("result", method(params))
        except UnboundError as error:
            return Outcome("error", {**error.body, "code": unbound})
        except WireError as error:
            return Outcome("error", error.body)
        except Exception as error:
            data = {"type": type(error).__name__, "message": str(error)}
            return Outcome("error", {"code": RAISED, "message": str(error), "data": data})

    def _parallel(self, guard: Guard, params: Params) -> dict[str, Any]:
        """Call on several threads; what the implementation does is done under its lock."""

        def perform(method: str, params: Params) -> dict[str, Any]:
            called = self._methods.get(method)
            if called is None:
                return {"error": {"code": NOT_OFFERED, "message": f"{method} is not offered here"}}
            with guard:
                outcome = self._answer(called, params, NOT_EXPRESSIBLE)
            return {outcome.kind: outcome.body}

        return Threads(params, guard, perform).run()

    def close(self) -> None:
        self._methods = self._own
        harness, self._harness = self._harness, None
        if harness is not None:
            harness.end()

    def _begin(self, params: Params) -> dict[str, Any]:
        """Start a sequence: a new implementation, so that nothing of the old one is left."""
        family = params.get("family")
        make = self._families.get(family) if isinstance(family, str) else None
        if make is None:
            raise bad(f"there is no family {family!r} here")
        self.close()
        self._harness = harness = make()
        parallel = partial(self._parallel, harness.guard)
        self._methods = {**harness.methods(), "parallel": parallel, **self._own}
        return {}

    def _shutdown(self, _params: Params) -> dict[str, Any]:
        self.close()
        return {}
