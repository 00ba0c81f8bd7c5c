"""Finding an adapter by its SPEC on the command line.

| SPEC | stands for |
|---|---|
| `reference` | the embedded implementation (the default) |
| `stdio` | the command after `--`, which speaks the harness protocol |
| `native:PATH` | a DLL or shared library with the documented C API |
| `com`, `com:x86` | Outlook and Lotus Notes, as this machine has them |
| `mutant:NAME` | the embedded implementation with one fault |
| `python:module:Object` | a factory of in-process adapters |
| a name | an adapter of the entry-point group `mapi_conformance.adapters` |
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Final, cast

from adapters.port import Adapter
from conformance.capabilities import Implementation, Offer
from conformance.errors import AdapterError, ConformanceError, UsageError
from conformance.trace import Call, Outcome

GROUP: Final = "mapi_conformance.adapters"


def open_adapter(
    spec: str,
    command: Sequence[str] = (),
    call_timeout: float = 5.0,
    mail_server: str = "embedded",
    *,
    isolate: bool = False,
) -> Adapter:
    """Open the adapter that SPEC names, with mail servers beside it where it offers `email`.

    With `isolate` one that would be called in this process has a process of its own; `stdio` and
    `native` always have.

    Raises :class:`UsageError` where SPEC names none, or there are no such mail servers here, and
    :class:`conformance.errors.AdapterError` where it cannot be opened.
    """
    if mail_server == "dovecot":
        from adapters.mail.dovecot import find

        find()
    if isolate and spec.partition(":")[0] not in ("stdio", "native"):
        if command:
            raise _takes_no_command(spec)
        from adapters.isolated import isolated

        adapter: Adapter = isolated(spec, call_timeout)
    else:
        adapter = open_alone(spec, command, call_timeout)
    if "email" not in adapter.offer:
        return adapter
    from adapters.mail.served import Served

    return Served(adapter, mail_server)


def open_alone(spec: str, command: Sequence[str] = (), call_timeout: float = 5.0) -> Adapter:
    """Open the adapter that SPEC names, without mail servers; raises as :func:`open_adapter`."""
    kind, _, rest = spec.partition(":")
    if command and kind != "stdio":
        raise _takes_no_command(spec)
    if kind == "stdio" and not rest:
        if not command:
            raise UsageError("the adapter stdio needs a command", "add -- and the command to run")
        from adapters.stdio import Stdio

        return Stdio(command, call_timeout=call_timeout)
    if kind == "native" and rest:
        from adapters.native import Native

        return Native(rest, call_timeout=call_timeout)
    if kind == "com":
        from adapters.windows import Com

        return Com(rest, call_timeout=call_timeout)
    if kind == "python" and rest:
        return _from_module(rest)
    if kind == "mutant" and rest:
        return _mutant(rest)
    if not rest:
        return _from_entry_point(spec)
    raise UsageError(f"no adapter is called {spec}", _known())


def _takes_no_command(spec: str) -> UsageError:
    return UsageError(f"the adapter {spec} takes no command after --", "use --adapter stdio")


def _mutant(name: str) -> Adapter:
    from adapters.mutants import BENIGN, MUTANTS

    found = MUTANTS.get(name) or BENIGN.get(name)
    if found is None:
        raise UsageError(f"no mutant is called {name}", "`mapi-conformance selftest` lists them")
    return cast("Adapter", found.build())


def _from_module(place: str) -> Adapter:
    module, _, name = place.partition(":")
    if not name:
        raise UsageError(f"python:{place} names no object", "write python:module:Object")
    try:
        found = importlib.import_module(module)
    except Exception as error:
        raise UsageError(f"cannot import {module}: {type(error).__name__}: {error}") from error
    factory = getattr(found, name, None)
    if not callable(factory):
        raise UsageError(f"{module} has nothing callable named {name}")
    return _made(factory, f"python:{place}")


def _made(factory: Callable[[], object], name: str) -> Adapter:
    try:
        return Guarded(cast("Adapter", factory()), name)
    except ConformanceError:
        raise
    except Exception as error:
        raise AdapterError(f"{name} cannot be made: {type(error).__name__}: {error}") from error


@dataclass(frozen=True, slots=True)
class Guarded:
    """An adapter that somebody else wrote: what it raises by mistake is an adapter failure."""

    inner: Adapter
    name: str

    @property
    def implementation(self) -> Implementation:
        return self.inner.implementation

    @property
    def offer(self) -> Offer:
        return self.inner.offer

    @property
    def stderr(self) -> str:
        return self.inner.stderr

    def perform(self, call: Call) -> Outcome:
        try:
            return self.inner.perform(call)
        except ConformanceError:
            raise
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            raise AdapterError(f"{self.name} raised in {call.method}: {what}") from error

    def close(self) -> None:
        self.inner.close()


def _from_entry_point(name: str) -> Adapter:
    if name == "reference":
        from adapters.reference import Reference

        return Reference()
    found = [point for point in entry_points(group=GROUP) if point.name == name]
    if not found:
        raise UsageError(f"no adapter is called {name}", _known())
    return _made(found[0].load(), name)


def _known() -> str:
    names = {"reference", "stdio", "native:PATH", "com", "mutant:NAME", "python:module:Object"}
    names |= {point.name for point in entry_points(group=GROUP)}
    return f"known are {', '.join(sorted(names))}"
