"""A harness to start from, for one language, copied into an empty directory."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from conformance.errors import UsageError

START: Final = {"python": "python harness.py", "c": "./harness", "javascript": "node harness.mjs"}
"""What starts the harness of each language, in its directory."""

_SHARED: Final = {"c": ("json.h", "text.h")}
"""Files of adapters/native/ that a harness takes along."""


def new_harness(language: str, directory: Path) -> list[Path]:
    """Write the harness of a language and return its files.

    Raises :class:`UsageError` where the directory is not empty or cannot be written.
    """
    try:
        if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
            raise UsageError(f"{directory} is not empty", "name a directory that does not exist")
        directory.mkdir(parents=True, exist_ok=True)
        with as_file(files("adapters")) as adapters:
            sources = list((adapters / "harness" / language).iterdir())
            sources += [adapters / "native" / name for name in _SHARED.get(language, ())]
            written = []
            for source in sorted(sources):
                if source.is_file():
                    shutil.copyfile(source, directory / source.name)
                    written.append(directory / source.name)
    except OSError as error:
        raise UsageError(f"cannot write {directory}: {error.strerror or error}") from None
    return written
