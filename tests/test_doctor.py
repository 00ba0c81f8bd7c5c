"""What this machine has for each adapter, and what to install."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from conformance.cli import main


@pytest.mark.skipif(os.name != "posix", reason="makes an executable script")
def test_what_is_there_and_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tool = tmp_path / "node"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    lines = out.splitlines()
    assert f"  ok       Node.js: {tool}" in lines
    (perl,) = (line for line in lines if "Perl" in line)
    assert perl.startswith("  missing  Perl: not found; ")
    assert "package perl" in perl


def test_the_same_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    findings = json.loads(capsys.readouterr().out)
    by_name = {item["what"]: item for item in findings}
    assert by_name["hypothesis"]["present"] is True
    assert by_name["hypothesis"]["detail"].split(".")[0] == "6"
    assert all(item["remedy"] for item in findings if not item["present"])
