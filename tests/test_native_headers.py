"""The C headers that callers and implementations are written against."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import adapters.native

HEADERS = Path(adapters.native.__file__).parent
# Sizes and counts by the public documentation: a property value is a tag, padding and a union as
# wide as two pointers; IMessage adds eight methods to the fourteen of IMAPIProp.
PROGRAM = """
#include "mapi.h"
_Static_assert(sizeof(SPropValue) == 8 + 2 * sizeof(void *), "SPropValue");
_Static_assert(offsetof(SPropValue, Value) == 8, "SPropValue.Value");
_Static_assert(sizeof(SPropProblem) == 12, "SPropProblem");
_Static_assert(sizeof(MapiRecipDesc) == (sizeof(void *) == 8 ? 40 : 24), "MapiRecipDesc");
_Static_assert(sizeof(IMessageVtbl) == 22 * sizeof(void *), "IMessage");
_Static_assert(sizeof(IAttachVtbl) == 14 * sizeof(void *), "IAttach");
_Static_assert(sizeof(IStorageVtbl) == 18 * sizeof(void *), "IStorage");
_Static_assert(sizeof(IStreamVtbl) == 14 * sizeof(void *), "IStream");
_Static_assert(sizeof(IMallocVtbl) == 9 * sizeof(void *), "IMalloc");
int main(void) { return 0; }
"""


@pytest.mark.parametrize(
    "compiler", ["cc", "gcc", "clang", "x86_64-w64-mingw32-gcc", "i686-w64-mingw32-gcc"]
)
def test_api_declarations_compile_without_a_warning(compiler: str, tmp_path: Path) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"needs the compiler {compiler}")
    source = tmp_path / "program.c"
    source.write_text(PROGRAM)
    flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", f"-I{HEADERS}"]
    command = [compiler, *flags, "-c", "-o", str(tmp_path / "program.o"), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
