"""The harnesses to start from work: by their own tests, under the suite, and when broken."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.options import LANGUAGES


@dataclass(frozen=True)
class Kind:
    """How the README of a language says that its harness is built, tested and started."""

    tool: str
    build: str
    test: str
    start: str
    example: str


PYTHON = shlex.quote(sys.executable)
KINDS = {
    "python": Kind(
        sys.executable, "", f"{PYTHON} -m unittest", f"{PYTHON} harness.py", example="mail.py"
    ),
    "c": Kind(
        "cc", "cc -O2 -o harness harness.c mail.c", "sh test.sh", "./harness", example="mail.c"
    ),
    "javascript": Kind("node", "", "node --test", "node harness.mjs", example="mail.mjs"),
}
RIGHT, WRONG = "return INVALID_SESSION", "return SUCCESS"


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if shutil.which(KINDS[name].tool) is None:
        if os.environ.get("MAPI_CONFORMANCE_CI"):
            pytest.fail(f"CI must have {KINDS[name].tool}")
        pytest.skip(f"needs {KINDS[name].tool}")
    return name


def written(language: str, folder: Path, *, broken: bool = False) -> Path:
    """The harness, built; with a fault in its example if it is to be broken."""
    assert main(["new-harness", language, str(folder)]) == 0
    if broken:
        example = folder / KINDS[language].example
        text = example.read_text(encoding="utf-8")
        assert text.count(RIGHT) == 1
        example.write_text(text.replace(RIGHT, WRONG), encoding="utf-8")
    if KINDS[language].build:
        assert shell(KINDS[language].build, folder).returncode == 0
    return folder


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(shlex.split(line), cwd=folder, capture_output=True, text=True)


def judged(
    language: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[int, dict[str, str]]:
    monkeypatch.chdir(folder)
    arguments = ["run", "--profile", "smoke", "--families", "simple", "--seed", "1"]
    arguments += ["--adapter", "stdio", "--output", "out", "--"]
    status = main([*arguments, *shlex.split(KINDS[language].start)])
    results = json.loads(Path("out", "results.json").read_text(encoding="utf-8"))
    return status, {row["id"]: row["verdict"] for row in results["requirements"]}


def test_it_is_explained_and_its_own_test_passes(language: str, tmp_path: Path) -> None:
    folder = written(language, tmp_path / "new" / "harness")
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for command in (KINDS[language].build, KINDS[language].test, KINDS[language].start):
        assert command.replace(PYTHON, "python") in readme
    files = {path.name for path in folder.iterdir()} - {"README.md", "Makefile", "harness"}
    assert [name for name in files if f"`{name}`" not in readme] == []
    done = shell(KINDS[language].test, folder)
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_own_test_can_fail(language: str, tmp_path: Path) -> None:
    folder = written(language, tmp_path / "harness", broken=True)
    assert shell(KINDS[language].test, folder).returncode != 0


def test_it_conforms_at_once(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, verdicts = judged(language, written(language, tmp_path / "harness"), monkeypatch)
    assert status == 0
    assert verdicts["SIMPLE-LOGON-01"] == verdicts["SIMPLE-LOGOFF-04"] == "pass"
    assert verdicts["SIMPLE-CALL-02"] == "not-offered"
    assert {"fail", "error", "flaky"} & set(verdicts.values()) == set()


def test_a_fault_in_the_example_is_found(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = written(language, tmp_path / "harness", broken=True)
    status, verdicts = judged(language, folder, monkeypatch)
    assert status == 1
    assert verdicts["SIMPLE-LOGOFF-04"] == "fail"


def test_a_directory_with_something_in_it_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").write_text("kept")
    assert main(["new-harness", "python", str(tmp_path)]) == 2
    assert main(["new-harness", "python", str(tmp_path / "mine")]) == 2
    assert main(["new-harness", "cobol", str(tmp_path / "new")]) == 2
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 3
    assert "is not empty" in told[0]
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_an_empty_directory_is_taken(tmp_path: Path) -> None:
    assert main(["new-harness", "python", str(tmp_path)]) == 0
    assert (tmp_path / "harness.py").exists()
