"""Benign variants of the harness: other tokens, other presets, fewer capabilities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from adapters.mutants.registry import Variant, benign
from adapters.reference.imsg_harness import ImsgHarness
from adapters.reference.imsg_world import Result, World
from adapters.reference.lent import Malloc, Memory
from adapters.reference.wire import UNTOUCHED, Names, Out, Params, ulong
from conformance.capabilities import Capabilities
from conformance.trace import NOT_EXPRESSIBLE, Call, Outcome


class Reshaped(Variant):
    """Writes every token in another shape."""

    def shape(self, token: Any) -> Any:
        """The shape of a token."""
        raise NotImplementedError

    def perform(self, call: Call) -> Outcome:
        outcome = super().perform(call)
        return (
            Outcome("result", self._reshaped(outcome.body)) if outcome.kind == "result" else outcome
        )

    def _reshaped(self, result: Mapping[str, Any]) -> dict[str, Any]:
        body = dict(result)
        if "threads" in body:
            body["threads"] = [
                [
                    {**one, "result": self._reshaped(one["result"])} if "result" in one else one
                    for one in thread
                ]
                for thread in body["threads"]
            ]
        if "out" in body:
            body["out"] = {key: self.shape(value) for key, value in body["out"].items()}
        if "released" in body:
            released = body["released"]
            body["released"] = [{**one, "message": self.shape(one["message"])} for one in released]
        return body


def _numbered(token: Any, shape: Callable[[int], str]) -> Any:
    return token if token in (None, UNTOUCHED) else shape(int(token, 16))


@benign("tokens-with-prefix")
class Prefixed(Reshaped):
    """Tokens are no numbers at all; a handle that is none cannot be expressed."""

    def shape(self, token: Any) -> Any:
        return _numbered(token, lambda value: f"s-{value}")

    def perform(self, call: Call) -> Outcome:
        handle = call.params.get("lhSession")
        if isinstance(handle, dict) and handle.get("literal") != 0:
            return Outcome("error", {"code": NOT_EXPRESSIBLE, "message": "no number"})
        return super().perform(call)


@benign("tokens-decimal")
class Decimal(Reshaped):
    """Tokens are decimal numbers."""

    def shape(self, token: Any) -> Any:
        return _numbered(token, str)


@benign("tokens-upper-case")
class UpperCase(Reshaped):
    """Tokens are upper-case hexadecimal numbers of full width."""

    def shape(self, token: Any) -> Any:
        return _numbered(token, lambda value: f"0x{value:016X}")


@benign("tokens-bare-hex")
class BareHex(Reshaped):
    """Tokens are hexadecimal numbers without a mark."""

    def shape(self, token: Any) -> Any:
        return _numbered(token, lambda value: f"{value:X}")


@benign("presets-null")
class PresetsNull(Reshaped):
    """Out variables are preset with NULL, so that untouched ones cannot be told."""

    def shape(self, token: Any) -> Any:
        return None if token == UNTOUCHED else token


class Restricted(Variant):
    """Declares less than the reference."""

    changes: Mapping[str, Any]

    def __init__(self) -> None:
        super().__init__()
        self.offer = {
            family: replace(offered, **self.restrict(offered))
            for family, offered in self.offer.items()
        }

    def restrict(self, _offered: Capabilities) -> Mapping[str, Any]:
        """What is declared otherwise."""
        return self.changes

    def perform(self, call: Call) -> Outcome:
        outcome = super().perform(call)
        if call.method != "observe" or outcome.kind != "result":
            return outcome
        seen = frozenset[str]().union(*(offered.observes for offered in self.offer.values()))
        return Outcome("result", {key: outcome.body[key] for key in outcome.body if key in seen})


@benign("observes-nothing")
class ObservesNothing(Restricted):
    """The harness sees nothing beside the calls."""

    changes = MappingProxyType({"observes": frozenset()})


@benign("observes-no-counts")
class ObservesNoCounts(Restricted):
    """The harness sees callbacks only."""

    def restrict(self, offered: Capabilities) -> dict[str, Any]:
        return {"observes": offered.observes & {"released"}}


@benign("observes-no-live")
class ObservesNoLive(Restricted):
    """The harness does not count live objects."""

    def restrict(self, offered: Capabilities) -> dict[str, Any]:
        return {"observes": offered.observes - {"live"}}


@benign("observes-live-only")
class ObservesLiveOnly(Restricted):
    """The harness counts live objects, and nothing else."""

    def restrict(self, offered: Capabilities) -> dict[str, Any]:
        return {"observes": offered.observes & {"live"}}


@benign("handles-unchecked")
class HandlesUnchecked(Restricted):
    """Closed objects must not be passed again, nor can memory be made to fail."""

    changes = MappingProxyType({"checked_handles": False, "fail_allocation": False})


@benign("no-null-arguments")
class NoNullArguments(Restricted):
    """The binding cannot pass NULL."""

    changes = MappingProxyType({"null_arguments": False})

    def perform(self, call: Call) -> Outcome:
        never = ("lpMalloc", "lppMsgSess", "lpMsgSess", "lppMsg", "lplhSession", "pv")
        if any(name in call.params and call.params[name] is None for name in never):
            return Outcome("error", {"code": NOT_EXPRESSIBLE, "message": "no NULL"})
        return super().perform(call)


@benign("few-functions")
class FewFunctions(Restricted):
    """Sessions are opened and closed, and that is all."""

    def restrict(self, offered: Capabilities) -> dict[str, Any]:
        few = {"OpenIMsgSession", "CloseIMsgSession", "MAPILogon", "MAPILogoff"}
        return {"functions": offered.functions & few}


@benign("no-initialize")
class NoInitialize(Restricted):
    """MAPIInitialize is not offered: the harness took care of it."""

    def restrict(self, offered: Capabilities) -> dict[str, Any]:
        return {"functions": offered.functions - {"MAPIInitialize", "MAPIUninitialize"}}


class RecyclingMalloc(Malloc):
    """Hands out freed addresses again."""

    def __init__(self, memory: Memory, freed: list[int], fail_after: int | None) -> None:
        super().__init__(memory, fail_after)
        self.freed = freed

    def alloc(self, size: int) -> int:
        fresh = super().alloc(size)
        if not fresh or not self.freed:
            return fresh
        address = self.freed.pop()
        self.blocks[address] = self.blocks.pop(fresh)
        return address

    def free(self, address: int) -> None:
        if address in self.blocks:
            self.freed.append(address)
        super().free(address)


class RecyclingNames(Names):
    """A name stands for a value: where that is reused, it reaches the new object."""

    def pointer(self, cell: Out | None) -> str | None:
        made = super().pointer(cell)
        if made is not None and cell is not None and hasattr(cell.value, "address"):
            for name, other in self.bound.items():
                if type(other) is type(cell.value) and other.address == cell.value.address:
                    self.bound[name] = cell.value
        return made


class RecyclingWorld(World):
    """Lends allocators that share what was freed."""

    def __init__(self) -> None:
        super().__init__()
        self.names = RecyclingNames()
        self.freed: list[int] = []

    def malloc(self, params: Params) -> Result:
        fail_after = None if params.get("fail_after") is None else ulong(params, "fail_after")
        lent = RecyclingMalloc(self.memory, self.freed, fail_after)
        self.mallocs[params["name"]] = self.names.bound[params["name"]] = lent
        return {}


class RecyclingHarness(ImsgHarness):
    """A harness in such a world."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.world = RecyclingWorld()
        self.names = self.world.names


@benign("reuses-addresses")
class ReusesAddresses(Variant):
    """The memory of a closed object is used for the next one."""

    def __init__(self) -> None:
        super().__init__()
        self._families = {
            **self._families,
            "imsg": lambda: RecyclingHarness(self.imsg_class()),
        }
