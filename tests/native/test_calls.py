"""Calls through the host to a C implementation: property lists, storages, memory, threads.

What is expected comes from docs/protocol.md and the documents, and for files from olefile.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import olefile
import pytest

from adapters.native import Native
from adapters.reference import compound
from conformance.codes import (
    MAPI_E_COMPUTED,
    MAPI_E_NOT_FOUND,
    MAPI_UNICODE,
    MAPI_W_ERRORS_RETURNED,
)
from conformance.trace import Call, Outcome

CRASHED, NOT_EXPRESSIBLE = -32000, -32001
GUID = "AAECAwQFBgcICQoLDA0ODw=="
MASK = "0x340D0003"
VALUES: dict[str, Any] = {
    "0x66050003": 0xFFFFFFFF,
    "0x6606000B": True,
    "0x66070102": "AAECAwQFBgc=",
    "0x66700048": GUID,
    "0x66721003": [1, 0, 0xFFFFFFFF],
    "0x66731102": ["AA==", "", "AQI="],
    "0x66741048": [GUID, GUID],
}
WIDE = {"0x0037001F": "Grüße, \N{PILE OF POO} 中", "0x6671101F": ["one", "", "drei Ω"]}
NARROW = {"0x0037001E": "Subject", "0x6671101E": ["one", "", "three"]}


@pytest.fixture(scope="module")
def running(messaging: Path) -> Iterator[Native]:
    adapter = Native(f"{messaging}?checked_handles")
    yield adapter
    adapter.close()


class Talk:
    """A sequence of calls, each of which must give a result."""

    def __init__(self, adapter: Native) -> None:
        self.adapter = adapter
        self.adapter.perform(Call("begin", {"family": "imsg"}))
        self("world.malloc", name="m", fail_after=None)

    def perform(self, method: str, **params: Any) -> Outcome:
        return self.adapter.perform(Call(method, params))

    def __call__(self, method: str, **params: Any) -> dict[str, Any]:
        outcome = self.perform(method, **params)
        assert outcome.kind == "result", (method, outcome)
        body: dict[str, Any] = outcome.body
        return body

    def storage(self, name: str, mode: str = "readwrite", **more: Any) -> None:
        self("world.storage", name=name, mode=mode, transacted=mode == "readwrite", **more)

    def reopen(self, name: str, origin: str) -> None:
        copied = {"from": origin, "mode": "read", "transacted": False}
        assert self("world.reopen", name=name, **copied) == {}

    def message(self, out: str, storage: str, flags: int = 0, **more: Any) -> int:
        given = {
            "lpMsgSess": None,
            "lpAllocateBuffer": True,
            "lpAllocateMore": True,
            "lpFreeBuffer": True,
            "lpMalloc": "m",
            "lpMapiSup": None,
            "lpStg": storage,
            "lpfMsgCallRelease": True,
            "ulCallerData": 0xFFFFFFFE,
            "ulFlags": flags,
            "lppMsg": out,
        }
        code: int = self("OpenIMsgOnIStg", **{**given, **more})["return"]
        return code


@pytest.fixture
def talk(running: Native) -> Talk:
    return Talk(running)


# --- property lists


@pytest.mark.parametrize(("flags", "texts"), [(0, NARROW), (MAPI_UNICODE, WIDE)])
def test_every_type_of_property_comes_back(talk: Talk, flags: int, texts: dict[str, Any]) -> None:
    values = {**VALUES, **texts}
    talk.storage("t")
    assert talk.message("g", "t", flags) == 0
    assert talk("IMessage.SetProps", this="g", props=values) == {"return": 0, "problems": {}}
    got = talk("IMessage.GetProps", this="g", tags=list(values))
    assert got == {"return": 0, "props": values}
    assert talk("IMessage.SaveChanges", this="g", ulFlags=2) == {"return": 0}
    talk.reopen("t2", "t")
    assert talk.message("g2", "t2") == 0
    again = talk("IMessage.GetProps", this="g2", tags=list(values))
    assert again == {"return": 0, "props": values}
    assert talk("observe")["buffers"] == {"live": 0, "foreign_frees": 0}


def test_missing_properties_and_problems_travel(talk: Talk) -> None:
    talk.storage("t")
    talk.message("g", "t")
    got = talk("IMessage.GetProps", this="g", tags=["0x66F00003", MASK])
    assert got == {"return": MAPI_W_ERRORS_RETURNED, "props": {MASK: 0}}
    refused = talk("IMessage.SetProps", this="g", props={MASK: 1, "0x66050003": 2})
    assert refused == {"return": 0, "problems": {MASK: MAPI_E_COMPUTED}}
    attribs = {"0x66050003": 7, "0x66F00003": 6}
    given = talk("SetAttribIMsgOnIStg", lpObject="g", attribs=attribs)
    expected = {"0x66F00003": MAPI_E_NOT_FOUND}
    assert given == {"return": MAPI_W_ERRORS_RETURNED, "problems": expected}
    seen = talk("GetAttribIMsgOnIStg", lpObject="g", tags=["0x66F00003", "0x66050003"])
    assert seen["attribs"] == {"0x66F00003": 8, "0x66050003": 7}
    unknown = talk.perform("IMessage.SetProps", this="g", props={"0x66050005": 1.5})
    assert unknown.code == NOT_EXPRESSIBLE


def test_names_get_identifiers_from_0x8000_on(talk: Talk) -> None:
    names = [
        {"guid": "00062008-0000-0000-C000-000000000046", "id": 0x8501},
        {"guid": "00020329-0000-0000-C000-000000000046", "name": "Schlüssel"},
    ]
    talk.storage("t")
    talk.message("g", "t", MAPI_UNICODE)
    absent = talk("IMessage.GetIDsFromNames", this="g", names=names, create=False)
    assert absent == {"return": MAPI_W_ERRORS_RETURNED, "tags": ["0x0000000A"] * 2}
    made = talk("IMessage.GetIDsFromNames", this="g", names=names, create=True)
    assert made == {"return": 0, "tags": ["0x80000000", "0x80010000"]}
    talk("IMessage.SaveChanges", this="g", ulFlags=2)
    content = base64.b64decode(talk("world.bytes", name="t")["base64"])
    with olefile.OleFileIO(io.BytesIO(content)) as file:
        strings = file.openstream("__nameid_version1.0/__substg1.0_00040102").read()
    assert "Schlüssel" in strings[4:22].decode("utf-16-le")


def test_attachments_and_embedded_messages(talk: Talk) -> None:
    talk.storage("t")
    talk.message("g", "t")
    made = talk("IMessage.CreateAttach", this="g", lppAttach="a")
    assert (made["return"], made["number"]) == (0, 0)
    assert talk("IAttach.SetProps", this="a", props={"0x3707001E": "n"})["return"] == 0
    assert talk("IAttach.OpenMessage", this="a", create=True, lppMsg="e")["return"] == 0
    inner = {"0x0037001E": "inner"}
    assert talk("IMessage.SetProps", this="e", props=inner)["return"] == 0
    for method, name in (("IMessage", "e"), ("IAttach", "a"), ("IMessage", "g")):
        assert talk(f"{method}.SaveChanges", this=name, ulFlags=2)["return"] == 0
    row = {"0x0C150003": 1, "0x3001001E": "Ann", "0x0FFF0102": "AAEC"}
    added = talk("IMessage.ModifyRecipients", this="g", ulFlags=0, rows=[row, row])
    assert added == {"return": 0}
    talk("IMessage.SaveChanges", this="g", ulFlags=2)
    elements = talk("world.elements", name="t")["elements"]
    assert elements == sorted(elements)
    assert "__recip_version1.0_#00000001/__substg1.0_3001001E" in elements
    assert "__attach_version1.0_#00000000/__substg1.0_3701000D/__substg1.0_0037001E" in elements
    talk.reopen("t2", "t")
    talk.message("g2", "t2")
    opened = {"number": 0, "ulFlags": 0, "lppAttach": "b"}
    assert talk("IMessage.OpenAttach", this="g2", **opened)["return"] == 0
    assert talk("IAttach.OpenMessage", this="b", create=False, lppMsg="f")["return"] == 0
    assert talk("IMessage.GetProps", this="f", tags=list(inner))["props"] == inner
    assert talk("IMessage.DeleteAttach", this="g", number=0, ulFlags=1) == {"return": 0}


# --- storages


def test_storage_counts_references_commits_and_late_calls(
    messaging: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAPI_FAULT", "storage_after_callback")
    adapter = Native(str(messaging))
    try:
        talk = Talk(adapter)
        talk.storage("t")
        talk.message("g", "t")
        talk("IMessage.SaveChanges", this="g", ulFlags=2)
        seen = talk("observe")["storages"]["t"]
        assert seen == {"references": 2, "commits": 1, "calls_after_release": 0}
        talk("world.commit", name="t")
        talk("IMessage.Release", this="g")
        seen = talk("observe")
        late = {"references": 1, "commits": 1, "calls_after_release": 1}
        assert seen["storages"]["t"] == late
        assert [fired["ulCallerData"] for fired in seen["released"]] == [0xFFFFFFFE]
        assert talk("world.release", name="t") == {"return": 0}
        assert talk.perform("world.release", name="t").code == NOT_EXPRESSIBLE
        assert "__properties_version1.0" in talk("world.elements", name="t")["elements"]
    finally:
        adapter.close()


def test_what_is_not_committed_is_not_in_the_file(talk: Talk) -> None:
    talk.storage("t")
    talk.message("g", "t", 1)  # IMSG_NO_ISTG_COMMIT
    talk("IMessage.SaveChanges", this="g", ulFlags=2)
    assert talk("world.elements", name="t") == {"elements": []}
    mine = {"element": "mine/inner", "base64": "aGVsbG8="}
    assert talk("world.create", name="t", **mine) == {}
    elements = talk("world.elements", name="t")["elements"]
    assert {"mine", "mine/inner", "__properties_version1.0"} <= set(elements)
    content = base64.b64decode(talk("world.bytes", name="t")["base64"])
    with olefile.OleFileIO(io.BytesIO(content), raise_defects=olefile.DEFECT_INCORRECT) as file:
        assert file.openstream("mine/inner").read() == b"hello"
        assert file.root.clsid == "00020D0B-0000-0000-C000-000000000046"


@pytest.mark.parametrize("size", [0, 1, 64, 4095, 4096, 70_000, None])
def test_streams_of_every_size_survive(talk: Talk, messaging: Path, size: int | None) -> None:
    if size is None:  # more sectors than the header of the file can list; OLE is slow with them
        size = 8_000_000 if messaging.suffix == ".so" else 200_000
    content = bytes(number * 7 % 251 for number in range(min(size, 5000)))
    content = (content * (size // max(1, len(content)) + 1))[:size]
    encoded = base64.b64encode(content).decode()
    talk.storage("t")
    talk("world.create", name="t", element="big", base64=encoded)
    file = talk("world.bytes", name="t")["base64"]
    tree, _ = compound.read(base64.b64decode(file))
    assert tree["big"] == content
    talk.storage("u", base64=file)
    assert talk("world.elements", name="u") == {"elements": ["big"]}


def test_given_files_are_opened_and_broken_ones_are_not(talk: Talk) -> None:
    tree = {f"stream {number}": b"x" * number * 100 for number in range(60)}
    file = compound.write({**tree, "folder": {"inner": b"y" * 5000}})
    talk.storage("t", base64=base64.b64encode(file).decode())
    expected = sorted([*tree, "folder", "folder/inner"])
    assert talk("world.elements", name="t") == {"elements": expected}
    back, _ = compound.read(base64.b64decode(talk("world.bytes", name="t")["base64"]))
    assert back == {**tree, "folder": {"inner": b"y" * 5000}}
    for number, broken in enumerate((b"", b"no file" * 300)):
        encoded = base64.b64encode(broken).decode()
        lent = {"mode": "readwrite", "transacted": True, "base64": encoded}
        assert talk.perform("world.storage", name=f"b{number}", **lent).code == NOT_EXPRESSIBLE


# --- memory


def test_double_free_counts_as_foreign(messaging: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAPI_FAULT", "close_frees_twice")
    adapter = Native(f"{messaging}?checked_handles")
    try:
        talk = Talk(adapter)
        talk("OpenIMsgSession", lpMalloc="m", ulFlags=0, lppMsgSess="s")
        for foreign in (0, 1):
            talk("CloseIMsgSession", lpMsgSess="s")
            assert talk("observe")["mallocs"]["m"]["foreign_frees"] == foreign
    finally:
        adapter.close()


@pytest.mark.parametrize("fault", ["close_reads_freed_session", "open_overruns_block"])
def test_memory_touched_after_free_or_past_its_end_faults_at_once(
    messaging: Path, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAPI_FAULT", fault)
    adapter = Native(str(messaging))
    try:
        talk = Talk(adapter)
        outcome = talk.perform("OpenIMsgSession", lpMalloc="m", ulFlags=0, lppMsgSess="s")
        if fault == "close_reads_freed_session":
            outcome = talk.perform("CloseIMsgSession", lpMsgSess="s")
        expected = 11 if messaging.suffix == ".so" else 0xC0000005
        assert (outcome.code, outcome.body["data"]) == (CRASHED, {"code": expected})
    finally:
        adapter.close()


def test_memory_of_another_heap_is_told_from_the_callers(
    messaging: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAPI_FAULT", "props_of_own_heap")
    adapter = Native(str(messaging))
    try:
        talk = Talk(adapter)
        talk.storage("t")
        talk.message("g", "t")
        talk("IMessage.GetProps", this="g", tags=[MASK])
        assert talk("observe")["buffers"]["foreign_frees"] == 1
    finally:
        adapter.close()
