"""An adapter for what runs inside a host program of ours, under Wine where that is needed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from adapters.native.binary import Target
from adapters.native.wine import Wine
from adapters.stdio import Stdio
from conformance.capabilities import Implementation, Offer
from conformance.errors import AdapterError
from conformance.trace import Call, Outcome

_LINE: Final = "host: "


class Hosted:
    """An implementation that the program `host`, built for `target`, loads into its own process.

    `variables` tell the host what to load; a path among them is given as the host sees it. `name`
    is that of the implementation in messages, and `hint` says what to do where it cannot be loaded.
    Raises :class:`AdapterError` where it cannot, or where Wine is needed and does not suit.
    """

    def __init__(
        self,
        name: str,
        target: Target,
        host: Path,
        variables: Mapping[str, str | Path],
        *,
        hint: str = "",
        call_timeout: float = 5.0,
    ) -> None:
        self._wine = Wine() if target.system == "windows" and os.name != "nt" else None
        try:
            if self._wine is not None and target.machine == "x86":
                _need_32_bit(name, self._wine)
            self._stdio = _start(host, variables, self._wine, call_timeout)
        except AdapterError as error:
            self._end_wine()
            for line in error.stderr.splitlines():
                if line.startswith(_LINE):  # the host says it better than how it ended does
                    said = f"{name}: {line.removeprefix(_LINE).strip()}"
                    raise AdapterError(said, hint, stderr=error.stderr) from error
            raise
        except BaseException:
            self._end_wine()
            raise

    @property
    def implementation(self) -> Implementation:
        return self._stdio.implementation

    @property
    def offer(self) -> Offer:
        return self._stdio.offer

    @property
    def stderr(self) -> str:
        return self._stdio.stderr

    def perform(self, call: Call) -> Outcome:
        return self._stdio.perform(call)

    def close(self) -> None:
        self._stdio.close()
        self._end_wine()

    def _end_wine(self) -> None:
        if self._wine is not None:
            self._wine.close()


def _need_32_bit(name: str, wine: Wine) -> None:
    if not wine.runs_32_bit:
        raise AdapterError(
            f"{name} is built for 32-bit Windows, and this Wine runs 64-bit programs only",
            f"install the package wine32:i386, then remove {wine.env['WINEPREFIX']}",
        )


def _start(
    host: Path, variables: Mapping[str, str | Path], wine: Wine | None, call_timeout: float
) -> Stdio:
    command = [wine.program, str(host)] if wine else [str(host)]
    env = dict(wine.env if wine else os.environ)
    for name, value in variables.items():
        env[name] = wine.windows_path(value) if wine and isinstance(value, Path) else str(value)
    return Stdio(command, call_timeout=call_timeout, env=env, stderr_to_file=wine is not None)
