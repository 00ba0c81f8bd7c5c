"""Calls per second through the native adapter: a shared library, and a DLL under Wine.

    python benchmarks/native.py --calls 20000

Three loads: a call that returns at once, a logon with its logoff, and a message that is built,
filled, saved and released on a storage of its own (ten calls). The ratio says what Wine costs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import adapters.native
from adapters.native import Native
from conformance.trace import Call

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "tests" / "native" / "messaging" / "messaging.c"
HEADERS = Path(adapters.native.__file__).parent
COMPILERS = {"so": ("cc", "-fPIC"), "dll": ("x86_64-w64-mingw32-gcc", "-lole32")}


def logoff(handle: Any) -> Call:
    return Call("MAPILogoff", {"lhSession": handle, "ulUIParam": 0, "flFlags": 0, "ulReserved": 0})


def nothing(_number: int) -> Iterator[Call]:
    yield logoff({"literal": 1})


def logon(number: int) -> Iterator[Call]:
    account = {"lpszProfileName": "default", "lpszPassword": "secret", "flFlags": 0}
    params = {"ulUIParam": 0, **account, "ulReserved": 0, "lplhSession": f"h{number}"}
    yield Call("MAPILogon", params)
    yield logoff(f"h{number}")


def message(_number: int) -> Iterator[Call]:
    routines = dict.fromkeys(("lpAllocateBuffer", "lpAllocateMore", "lpFreeBuffer"), True)
    build = {"lpMsgSess": "s", **routines, "lpMalloc": "m", "lpMapiSup": None, "lpStg": "t"}
    more = {"lpfMsgCallRelease": True, "ulCallerData": 1, "ulFlags": 0, "lppMsg": "g"}
    yield Call("begin", {"family": "imsg"})
    yield Call("world.malloc", {"name": "m", "fail_after": None})
    yield Call("world.storage", {"name": "t", "mode": "readwrite", "transacted": True})
    yield Call("OpenIMsgSession", {"lpMalloc": "m", "ulFlags": 0, "lppMsgSess": "s"})
    yield Call("OpenIMsgOnIStg", {**build, **more})
    yield Call("IMessage.SetProps", {"this": "g", "props": {"0x0037001E": "Subject"}})
    yield Call("IMessage.SaveChanges", {"this": "g", "ulFlags": 2})
    yield Call("IMessage.Release", {"this": "g"})
    yield Call("CloseIMsgSession", {"lpMsgSess": "s"})
    yield Call("observe", {})


LOADS: dict[str, Callable[[int], Iterator[Call]]] = {
    "nothing": nothing,
    "logon": logon,
    "message": message,
}


def rate(adapter: Native, load: Callable[[int], Iterator[Call]], calls: int) -> float:
    """Calls per second."""
    adapter.perform(Call("begin", {"family": "simple"}))
    made = number = 0
    started = time.perf_counter()
    while made < calls:
        for call in load(number):
            adapter.perform(call)
            made += 1
        number += 1
    return made / (time.perf_counter() - started)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000)
    calls: int = parser.parse_args().calls
    os.environ.update(MAPI_CONFORMANCE_PROFILE="default", MAPI_CONFORMANCE_PASSWORD="secret")
    rates: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for suffix, (compiler, option) in COMPILERS.items():
            library = Path(folder, f"messaging.{suffix}")
            command = [compiler, "-shared", "-O2", f"-I{HEADERS}", "-o", str(library)]
            subprocess.run([*command, str(SOURCE), option], check=True)
            adapter = Native(str(library))
            try:
                for load in LOADS.values():
                    rate(adapter, load, calls // 20)  # warm up
                rates[suffix] = [rate(adapter, load, calls) for load in LOADS.values()]
            finally:
                adapter.close()
    print("load      library/s       dll/s  ratio")
    for name, here, wine in zip(LOADS, rates["so"], rates["dll"], strict=True):
        print(f"{name:<8} {here:>10,.0f}  {wine:>10,.0f}  {wine / here:>5.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
