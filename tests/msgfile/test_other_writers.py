"""Compound files that another program writes: libgsf's `gsf createole`."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from conformance.commands.check_msg import check_msg

GSF = shutil.which("gsf")
needs_gsf = pytest.mark.skipif(GSF is None, reason="needs gsf (Debian's libgsf-bin)")

SUBJECT = 0x0037001F
TEXT = "Subject".encode("utf-16-le")


def properties(*entries: bytes) -> bytes:
    """A top-level property stream: a header of 32 bytes, then entries of 16 ([MS-OXMSG] 2.4)."""
    return bytes(32) + b"".join(entries)


def text_entry(tag: int, size: int) -> bytes:
    return struct.pack("<IIII", tag, 6, size, 0)


def long_entry(tag: int, value: int) -> bytes:
    return struct.pack("<IIII", tag, 6, value, 0)


def written(tmp_path: Path, streams: dict[str, bytes]) -> Path:
    """The file that gsf makes of these streams."""
    folder = tmp_path / "source"
    for name, content in streams.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    target = tmp_path / "made.msg"
    parts = sorted(path.name for path in folder.iterdir())
    subprocess.run(
        [str(GSF), "createole", str(target), *parts], cwd=folder, check=True, capture_output=True
    )
    return target


def mapping() -> dict[str, bytes]:
    """One numeric name, 0x8501 of the first GUID listed (index 3), mapped to 0x8000.

    [MS-OXMSG] 2.2.3; the bucket is 0x1000 + ((0x8501 XOR (3 << 1)) MOD 0x1F) = 0x1011.
    gsf leaves out empty streams, so the string stream holds a name that nothing uses.
    """
    entry = struct.pack("<IHH", 0x8501, 3 << 1, 0)
    streams = {
        "00020102": bytes(range(16)),
        "00030102": entry,
        "00040102": struct.pack("<I", 2) + "a".encode("utf-16-le") + bytes(2),
        f"{0x1000 + ((0x8501 ^ 6) % 0x1F):04X}0102": entry,
    }
    return {f"__nameid_version1.0/__substg1.0_{name}": data for name, data in streams.items()}


def whole(size: int = len(TEXT) + 2) -> dict[str, bytes]:
    mask = long_entry(0x340D0003, 0x00040E79)
    return {
        "__properties_version1.0": properties(text_entry(SUBJECT, size), mask),
        "__substg1.0_0037001F": TEXT,
        **mapping(),
    }


@needs_gsf
def test_a_whole_message_of_another_writer_holds_every_must(tmp_path: Path) -> None:
    text, status = check_msg([written(tmp_path, whole())])

    assert status == 0, text
    assert "pass          MSGF-PROP-01" in text
    # The class of the root is the caller's to write, and gsf writes none.
    assert "fail          MSGF-CLS-01 (should)" in text


@needs_gsf
def test_a_wrong_size_in_it_is_found_with_its_stream(tmp_path: Path) -> None:
    text, status = check_msg([written(tmp_path, whole(size=len(TEXT)))])

    assert status == 1
    assert "fail          MSGF-PROP-02" in text
    assert "__properties_version1.0 at offset 40" in text


@needs_gsf
def test_a_stream_without_an_entry_is_found(tmp_path: Path) -> None:
    streams = whole() | {"__substg1.0_1000001F": TEXT}

    text, status = check_msg([written(tmp_path, streams)])

    assert status == 1
    assert "the property stream has no entry for 0x1000001F" in text


@needs_gsf
def test_streams_that_are_no_message_are_said_to_be_none(tmp_path: Path) -> None:
    text, status = check_msg([written(tmp_path, {"Workbook": b"not a message"})])

    assert status == 1
    assert "fail          MSGF-TOP-01" in text
