"""The command `check-msg`."""

from pathlib import Path

import pytest

from conformance.commands.check_msg import check_msg

from .sample import MAPPING, PROPERTIES, file_of, full, patch, place, tree_of

WHOLE = full()


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.msg"
    path.write_bytes(WHOLE)
    return path


def written(directory: Path, name: str, data: bytes) -> Path:
    path = directory / name
    path.write_bytes(data)
    return path


def test_a_good_file_holds(good: Path) -> None:
    text, status = check_msg([good])
    assert status == 0
    assert text.startswith(f"{good}: all musts that apply held, 13 requirements passed\n")
    assert "fail" not in text
    assert "not-exercised MSGF-UNI-02: a file by itself does not show it" in text


def test_a_defect_is_shown_with_stream_and_offset(tmp_path: Path) -> None:
    tree = tree_of(WHOLE)
    at = place(tree, 0x00170003) + 12
    patch(tree, at, b"\xff")
    text, status = check_msg([written(tmp_path, "bad.msg", file_of(tree))])
    assert status == 1
    assert f"{PROPERTIES} at offset {at}: the unused bytes of 0x00170003 are ff000000" in text
    assert [line.split()[1] for line in text.splitlines() if line.startswith("  fail")] == [
        "MSGF-PROP-03"
    ]


def test_a_should_alone_does_not_fail(tmp_path: Path) -> None:
    path = written(tmp_path, "class.msg", file_of(tree_of(WHOLE), bytes(16)))
    text, status = check_msg([path])
    assert status == 0
    assert "fail          MSGF-CLS-01 (should)" in text


def test_what_is_no_compound_file_breaks_the_first_requirement(tmp_path: Path) -> None:
    text, status = check_msg([written(tmp_path, "text.msg", b"Subject: hello\n")])
    assert status == 1
    assert "fail          MSGF-TOP-01" in text
    assert "blocked       MSGF-PROP-01" in text


@pytest.mark.parametrize("name", ["missing.msg", ".", "nul\0"])
def test_what_cannot_be_read_is_said_in_one_line(tmp_path: Path, name: str) -> None:
    text, status = check_msg([tmp_path / name])
    assert status == 2
    assert "cannot be read" in text
    assert len(text.splitlines()) == 1


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.msg"
    with path.open("wb") as file:
        file.truncate(256 * 1024 * 1024 + 1)
    text, status = check_msg([path])
    assert status == 2
    assert "larger than" in text


def test_each_file_has_its_block_and_the_worst_counts(good: Path, tmp_path: Path) -> None:
    bad = written(tmp_path, "bad.msg", b"")
    text, status = check_msg([good, bad])
    assert status == 1
    blocks = text.split("\n\n")
    assert [block.split(":")[0] for block in blocks] == [str(good), str(bad)]
    assert check_msg([good, bad, tmp_path / "none.msg"])[1] == 2


def test_names_in_the_file_do_not_reach_the_terminal_raw(tmp_path: Path) -> None:
    tree = tree_of(WHOLE)
    tree["__substg1.0_\u202e\u2028"] = b""
    tree[MAPPING] = {**tree[MAPPING]}
    text, status = check_msg([written(tmp_path, "odd.msg", file_of(tree))])
    assert status == 1
    assert "__substg1.0_\\u202e\\u2028" in text
    assert all(line.isprintable() for line in text.splitlines())
