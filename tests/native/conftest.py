"""The C implementation of this folder, compiled as a shared library and as a DLL for Wine."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import adapters.native
from adapters.native.wine import Wine

SOURCES = Path(__file__).parent / "messaging"
HEADERS = Path(adapters.native.__file__).parent
COMPILERS = {"so": ("cc", "-fPIC"), "dll": ("x86_64-w64-mingw32-gcc",)}


@pytest.fixture(scope="package", params=["so", "dll"])
def messaging(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The library; Wine's server is kept while the tests use it."""
    output = tmp_path_factory.mktemp("messaging") / f"messaging.{request.param}"
    build(output, *COMPILERS[request.param])
    if request.param == "so":
        yield output
        return
    if shutil.which("wine") is None:
        pytest.skip("needs the package wine")
    wine = Wine()
    yield output
    wine.close()


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAPI_CONFORMANCE_PROFILE", "default")
    monkeypatch.setenv("MAPI_CONFORMANCE_PASSWORD", "secret")
    monkeypatch.delenv("MAPI_FAULT", raising=False)


def build(output: Path, compiler: str, *options: str) -> None:
    """Compile the implementation, without a warning."""
    if shutil.which(compiler) is None:
        pytest.skip(f"needs the compiler {compiler}")
    warnings = ("-Wall", "-Wextra", "-Werror")
    libraries = ("-lole32",) if output.suffix == ".dll" else ()
    command = [compiler, *options, "-shared", "-O1", "-std=gnu11", *warnings, f"-I{HEADERS}"]
    sources = (str(SOURCES / "messaging.c"), *libraries)
    subprocess.run([*command, "-o", str(output), *sources], check=True)
