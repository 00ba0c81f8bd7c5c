"""Libraries with the C API behind the host program: on Linux, and under Wine."""

from __future__ import annotations

import importlib.util
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import adapters.native
from adapters.native import Native
from adapters.native.binary import Target, read_target
from adapters.native.build import build_host, compilers
from adapters.native.wine import Wine
from conformance.codes import MAPI_E_INVALID_PARAMETER, MAPI_E_NOT_ENOUGH_MEMORY
from conformance.errors import AdapterError, UsageError
from conformance.trace import BAD_PARAMS, Call, Outcome

SOURCE = Path(__file__).parent / "native" / "library.c"
HOST = Path(adapters.native.__file__).parent / "host.c"
WINE_MAPI = Path("/usr/lib/x86_64-linux-gnu/wine/x86_64-windows/mapi32.dll")
CRASHED, NOT_EXPRESSIBLE, NOT_IMPLEMENTED = -32000, -32001, -32002
ACCESS_VIOLATION, DIVIDE_BY_ZERO, STACK_OVERFLOW = 0xC0000005, 0xC0000094, 0xC00000FD

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the libraries are built on Linux")


def compile_library(output: Path, *options: str, source: Path = SOURCE) -> Path:
    names = ["cc"] if output.suffix == ".so" else ["x86_64-w64-mingw32-gcc"]
    compiler = next(filter(None, map(shutil.which, names)), None)
    if compiler is None:
        pytest.skip(f"needs the compiler {names[0]}")
    command = [compiler, "-shared", "-O1", "-w", *options, "-o", str(output), str(source)]
    subprocess.run(command, check=True)
    return output


def need_wine() -> None:
    if shutil.which("wine") is None:
        pytest.skip("needs the package wine")


@pytest.fixture(scope="module", params=["so", "dll"])
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spaces and ünicode")
    if request.param == "so":
        return compile_library(folder / "library.so", "-fPIC")
    need_wine()
    return compile_library(folder / "library.dll")


@pytest.fixture(scope="module")
def running(library: Path) -> Iterator[Native]:
    adapter = Native(str(library), call_timeout=5.0)
    yield adapter
    adapter.close()


@pytest.fixture
def native(running: Native) -> Native:
    """At the beginning of a sequence."""
    assert running.perform(Call("begin", {"family": "simple"})) == Outcome("result", {})
    return running


def logon(name: str | None = "h1", profile: str | None = None, reserved: int = 0) -> Call:
    return Call(
        "MAPILogon",
        {
            "ulUIParam": 0,
            "lpszProfileName": profile,
            "lpszPassword": None,
            "flFlags": 0,
            "ulReserved": reserved,
            "lplhSession": name,
        },
    )


def logoff(handle: object) -> Call:
    return Call("MAPILogoff", {"lhSession": handle, "ulUIParam": 0, "flFlags": 0, "ulReserved": 0})


def result(adapter: Native, method: str, **params: Any) -> dict[str, Any]:
    outcome = adapter.perform(Call(method, params))
    assert outcome.kind == "result", outcome
    body: dict[str, Any] = outcome.body
    return body


# --- what the library exports, and what it answers


def test_only_exported_functions_are_offered(native: Native, library: Path) -> None:
    assert native.implementation.name == library.name
    assert "MAPIFindNext" in native.offer["simple"].functions
    assert "MAPIDeleteMail" not in native.offer["simple"].functions
    assert native.offer["imsg"].functions == {"OpenIMsgSession", "CloseIMsgSession"}
    assert not native.offer["imsg"].checked_handles
    assert (
        native.perform(
            Call(
                "MAPIDeleteMail",
                {
                    "lhSession": {"literal": 1},
                    "ulUIParam": 0,
                    "lpszMessageID": "x",
                    "flFlags": 0,
                    "ulReserved": 0,
                },
            )
        ).code
        == -32601
    )


def test_simple_session(native: Native) -> None:
    assert native.perform(logon()).body == {"return": 0, "out": {"lplhSession": "0x500"}}
    assert native.perform(logoff({"literal": 0})).body == {"return": 19}
    assert native.perform(logoff({"literal": "0x501"})).body == {"return": 19}
    assert native.perform(logoff("h1")).body == {"return": 0}
    assert native.perform(logoff("h1")).body == {"return": 19}


def test_out_parameters_tell_untouched_from_null(native: Native) -> None:
    failed = native.perform(logon(reserved=1)).body
    assert failed == {"return": 2, "out": {"lplhSession": "untouched"}}
    assert native.perform(logon("h2", "writes zero")).body["out"] == {"lplhSession": None}
    assert native.perform(logon(None)).body == {"return": 2}


def test_handles_that_do_not_fit_are_not_expressible(native: Native) -> None:
    assert native.perform(logoff({"literal": "0xffffffffffffffff"})).body == {"return": 19}
    assert native.perform(logoff({"literal": "0x1ffffffffffffffff"})).code == NOT_EXPRESSIBLE


def test_name_that_was_never_bound_is_not_understood(native: Native) -> None:
    assert native.perform(logoff("nobody")).code == BAD_PARAMS


def test_messages_travel_with_their_strings(native: Native) -> None:
    native.perform(logon())
    common = {"lhSession": "h1", "flFlags": 0, "ulReserved": 0}
    subject = 'Grüße "\\ \N{PILE OF POO}\n'
    saved = result(native, "MAPISaveMail", **common, subject=subject, lpszMessageID="")
    assert saved == {"return": 0, "lpszMessageID": "saved"}
    read = result(
        native, "MAPIReadMail", **common, ulUIParam=0, lpszMessageID="saved", lppMessage="p"
    )
    assert (read["return"], read["subject"]) == (0, subject)
    assert result(native, "MAPIFreeBuffer", pv="p") == {"return": 0}
    assert result(native, "MAPIFreeBuffer", pv=None) == {"return": 0}


def test_identifier_that_is_no_utf8_is_still_an_answer(native: Native) -> None:
    native.perform(logon())
    params = {"lpszMessageType": None, "flFlags": 0, "ulReserved": 0, "ulUIParam": 0}
    found = result(native, "MAPIFindNext", **params, lhSession="h1", lpszSeedMessageID=None)
    assert found == {"return": 0, "lpszMessageID": 'mü"1'}


def test_allocator_lent_to_a_message_session_counts(native: Native) -> None:
    native.perform(Call("begin", {"family": "imsg"}))
    for name, limit in (("m", None), ("poor", 0)):
        assert result(native, "world.malloc", name=name, fail_after=limit) == {}
    opened = result(native, "OpenIMsgSession", lpMalloc="m", ulFlags=0, lppMsgSess="s")
    assert opened["return"] == 0
    seen = result(native, "observe")["mallocs"]["m"]
    assert (seen["live"], seen["references"], seen["foreign_frees"]) == (1, 2, 0)
    assert seen["bytes"] > 0
    failed = result(native, "OpenIMsgSession", lpMalloc="poor", ulFlags=0, lppMsgSess="t")
    assert failed == {"return": MAPI_E_NOT_ENOUGH_MEMORY, "out": {"lppMsgSess": "untouched"}}
    null = result(native, "OpenIMsgSession", lpMalloc=None, ulFlags=0, lppMsgSess="u")
    assert null["return"] == MAPI_E_INVALID_PARAMETER
    assert result(native, "CloseIMsgSession", lpMsgSess="s") == {"return": None}
    seen = result(native, "observe")["mallocs"]["m"]
    assert seen == {"live": 0, "bytes": 0, "references": 1, "foreign_frees": 0}
    assert result(native, "world.release", name="m") == {"return": 0}


def test_begin_logs_off_what_the_sequence_left_open(native: Native) -> None:
    for _ in range(70):  # the library has room for 64 sessions
        native.perform(Call("begin", {"family": "simple"}))
        assert native.perform(logon()).body["return"] == 0


def test_begin_brings_a_fresh_process_where_the_library_refuses_to_log_off(native: Native) -> None:
    assert native.perform(logon("h1", "quarrel")).body["return"] == 0
    native.perform(Call("begin", {"family": "simple"}))
    assert native.perform(logon()).body["out"] == {"lplhSession": "0x500"}
    assert native.perform(logoff("h1")).body == {"return": 0}


@pytest.mark.parametrize("end", ["late hang", "late exit"])
def test_begin_outlives_a_library_that_does_not_let_go(native: Native, end: str) -> None:
    for _ in range(3):  # twice in a row would be a failure of the adapter
        assert native.perform(logon("h1", end)).body["return"] == 0
        native.perform(Call("begin", {"family": "simple"}))
    assert native.perform(logon("h2")).body["return"] == 0
    assert native.perform(logoff("h2")).body == {"return": 0}


# --- faults


@pytest.mark.parametrize(
    ("fault", "signal", "exception"),
    [
        ("null", 11, ACCESS_VIOLATION),
        ("divide", 8, DIVIDE_BY_ZERO),
        ("stack", 11, STACK_OVERFLOW),
        ("abort", 6, None),
        ("raise", None, 0xE0001234),
    ],
)
def test_fault_inside_a_call_is_caught_and_named(
    native: Native, library: Path, fault: str, signal: int | None, exception: int | None
) -> None:
    expected = signal if library.suffix == ".so" else exception
    if expected is None:
        pytest.skip(f"{fault} is nothing that this system could catch")
    for _ in range(2):
        outcome = native.perform(logon("h1", fault))
        assert (outcome.code, outcome.body["data"]) == (CRASHED, {"code": expected})
        native.perform(Call("begin", {"family": "simple"}))
        assert native.perform(logon("h2")).body["out"] == {"lplhSession": "0x500"}


def test_end_of_the_process_inside_a_call_is_a_crash(native: Native) -> None:
    assert native.perform(logon("h1", "exit")) == Outcome("crash", {"status": 9})
    native.perform(Call("begin", {"family": "simple"}))
    assert native.perform(logon()).body["return"] == 0


def test_fault_on_a_thread_of_the_library_is_a_crash_without_a_debugger(
    native: Native, library: Path
) -> None:
    outcome = native.perform(logon("h1", "thread"))
    assert outcome.kind == "crash"
    if library.suffix == ".so":
        assert outcome.body == {"signal": 11}
    else:
        assert "host: unhandled exception 0xc0000005" in native.stderr
    native.perform(Call("begin", {"family": "simple"}))
    assert native.perform(logon()).body["return"] == 0


@pytest.mark.parametrize("habit", ["print", "read"])
def test_library_that_uses_the_standard_streams_disturbs_nothing(
    native: Native, habit: str
) -> None:
    assert native.perform(logon("h1", habit)).body["return"] == 0
    assert native.perform(logoff("h1")).body == {"return": 0}


def test_hang_is_an_outcome(library: Path) -> None:
    adapter = Native(str(library), call_timeout=0.5)
    try:
        adapter.perform(Call("begin", {"family": "simple"}))
        assert adapter.perform(logon("h1", "hang")) == Outcome("hang", 0.5)
        adapter.perform(Call("begin", {"family": "simple"}))
        assert adapter.perform(logon()).body["return"] == 0
    finally:
        adapter.close()


# --- exports under other names


def logs_on(adapter: Native) -> bool:
    try:
        adapter.perform(Call("begin", {"family": "simple"}))
        answers = [adapter.perform(call).body for call in (logon(), logoff("h1"))]
    finally:
        adapter.close()
    return [answer["return"] for answer in answers] == [0, 0]


def test_export_of_another_name_is_called(tmp_path: Path) -> None:
    renamed = compile_library(tmp_path / "library.so", "-fPIC", "-DMAPILogon=BMAPILogon")
    with pytest.raises(AdapterError, match="has no export CMAPILogon"):
        Native(f"{renamed}?MAPILogon=CMAPILogon")
    assert logs_on(Native(f"{renamed}?MAPILogon=BMAPILogon"))


def test_exports_by_ordinal_and_decorated_ones_are_called(tmp_path: Path) -> None:
    need_wine()
    exports = tmp_path / "exports.def"
    exports.write_text("EXPORTS\nMAPILogon @7 NONAME\n_MAPILogoff@16=MAPILogoff @8\n")
    library = compile_library(tmp_path / "library.dll", str(exports), "-DEXPORT=")
    assert logs_on(Native(f"{library}?MAPILogon=@7"))
    with pytest.raises(AdapterError, match="has no export @9"):
        Native(f"{library}?MAPILogon=@9")


@pytest.mark.parametrize(
    "option", ["parallel=1", "MAPILogon", "MAPILogon=@0", "MAPILogon=a,b", "NoSuch=@1", "checked"]
)
def test_unknown_option_is_refused_in_one_line(tmp_path: Path, option: str) -> None:
    with pytest.raises(UsageError, match="has no option") as caught:
        Native(f"{tmp_path}/library.so?checked_handles&{option}")
    assert "\n" not in str(caught.value)


def test_question_mark_may_be_part_of_a_name(tmp_path: Path) -> None:
    library = compile_library(tmp_path / "what?.so", "-fPIC")
    assert logs_on(Native(str(library)))


# --- Wine's own mapi32


@pytest.mark.skipif(not WINE_MAPI.exists(), reason="needs the mapi32.dll of the package libwine")
def test_mapi_of_wine_answers_as_it_is_known_to() -> None:
    need_wine()
    if next(compilers(Target("windows", "x86_64")), None) is None:
        pytest.skip("needs a compiler for Windows: gcc-mingw-w64-x86-64 or ziglang")
    adapter = Native(str(WINE_MAPI))
    try:
        adapter.perform(Call("begin", {"family": "simple"}))
        for name in ("h1", "h2"):
            logged = adapter.perform(logon(name)).body
            assert logged == {"return": 0, "out": {"lplhSession": "0x1"}}
        for handle in ("h1", "h1", {"literal": 77}):
            assert adapter.perform(logoff(handle)).body == {"return": 0}
        adapter.perform(Call("begin", {"family": "imsg"}))
        result(adapter, "world.malloc", name="m", fail_after=None)
        opening = Call("OpenIMsgSession", {"lpMalloc": "m", "ulFlags": 0, "lppMsgSess": "s"})
        assert "OpenIMsgSession" in adapter.offer["imsg"].functions
        assert adapter.perform(opening).code == NOT_IMPLEMENTED
        assert adapter.perform(opening).code == NOT_IMPLEMENTED
        assert "Wine" in adapter.implementation.platform
    finally:
        adapter.close()


# --- files that cannot be tested


def pe(machine: int, traits: int) -> bytes:
    head = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x80)
    return (
        head.ljust(0x80, b"\0")
        + b"PE\0\0"
        + struct.pack("<HHIIIHH", machine, 0, 0, 0, 0, 0, traits)
    )


def elf(machine: int, kind: int) -> bytes:
    return b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + struct.pack("<HH", kind, machine)


@pytest.mark.parametrize(
    ("content", "target"),
    [
        (pe(0x8664, 0x2022), Target("windows", "x86_64")),
        (pe(0x014C, 0x2102), Target("windows", "x86")),
        (elf(62, 3), Target("linux", "x86_64")),
        (elf(183, 3), Target("linux", "aarch64")),
    ],
)
def test_target_is_read_from_the_header(tmp_path: Path, content: bytes, target: Target) -> None:
    (tmp_path / "library").write_bytes(content)
    assert read_target(tmp_path / "library") == target


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "neither a DLL nor a shared library"),
        (b"MZ", "neither a DLL nor a shared library"),
        (b"#!/bin/sh\n", "neither a DLL nor a shared library"),
        (pe(0x8664, 0x0022), "no DLL"),
        (elf(62, 2), "no shared library"),
        (pe(0x01C4, 0x2000), "unknown machine"),
        (elf(40, 3), "is built for arm linux"),
    ],
)
def test_file_that_cannot_be_loaded_is_refused_in_one_line(
    tmp_path: Path, content: bytes, text: str
) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises((UsageError, AdapterError)) as caught:
        Native(str(tmp_path / "file"))
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the library"):
        Native(str(tmp_path / "nothing.so"))


def test_library_that_does_not_load_says_why(tmp_path: Path) -> None:
    source = tmp_path / "broken.c"
    source.write_text("int absent(void); int MAPILogon(void) { return absent(); }")
    broken = compile_library(tmp_path / "broken.so", "-fPIC", source=source)
    with pytest.raises(AdapterError, match=r"broken\.so: cannot load the library: .*absent"):
        Native(str(broken))


@pytest.mark.skipif(
    importlib.util.find_spec("ziglang") is None, reason="needs ziglang: pip install ziglang"
)
def test_host_is_built_with_pip_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For Linux; for Windows zig compiles a whole runtime first, which is left to CI."""
    library = compile_library(tmp_path / "library.so", "-fPIC")
    monkeypatch.setattr("adapters.native.build.shutil.which", lambda name: None)
    monkeypatch.setattr("adapters.native.build.cache_dir", lambda: tmp_path)
    assert [each.name for each in compilers(Target("windows", "x86"))] == ["ziglang"]
    host = build_host(Target("linux", "x86_64"))
    monkeypatch.undo()
    monkeypatch.setattr("adapters.native.build_host", lambda _target: host)
    assert logs_on(Native(str(library)))


def test_host_for_32_bit_windows_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is run only where a 32-bit Wine can be installed."""
    if shutil.which("i686-w64-mingw32-gcc") is None:
        pytest.skip("needs the compiler i686-w64-mingw32-gcc")
    monkeypatch.setattr("adapters.native.build.cache_dir", lambda: tmp_path)
    host = build_host(Target("windows", "x86"))
    (at,) = struct.unpack_from("<I", host.read_bytes(), 0x3C)
    assert struct.unpack_from("<H", host.read_bytes(), at + 4) == (
        0x014C,
    )  # IMAGE_FILE_MACHINE_I386


def test_32_bit_library_is_refused_where_wine_has_64_bits_only(tmp_path: Path) -> None:
    need_wine()
    compiler = shutil.which("i686-w64-mingw32-gcc")
    if compiler is None:
        pytest.skip("needs the compiler i686-w64-mingw32-gcc")
    library = tmp_path / "library.dll"
    subprocess.run([compiler, "-shared", "-w", "-o", str(library), str(SOURCE)], check=True)
    wine = Wine()
    able = wine.runs_32_bit
    wine.close()
    if able:
        assert logs_on(Native(str(library)))
        return
    with pytest.raises(AdapterError, match="this Wine runs 64-bit programs only") as caught:
        Native(str(library))
    assert "wine32" in str(caught.value)


@pytest.mark.parametrize(
    "compiler", ["cc", "clang", "x86_64-w64-mingw32-gcc", "i686-w64-mingw32-gcc"]
)
def test_host_compiles_without_a_warning(compiler: str, tmp_path: Path) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"needs the compiler {compiler}")
    warnings = ["-Wall", "-Wextra", "-Werror"]
    command = [compiler, "-O2", "-std=gnu11", *warnings, "-c", "-o", str(tmp_path / "host.o")]
    done = subprocess.run([*command, str(HOST)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_library_without_the_api_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "other.c"
    source.write_text("int something(void) { return 1; }")
    library = compile_library(tmp_path / "other.so", "-fPIC", source=source)
    with pytest.raises(AdapterError, match="exports neither MAPILogon nor OpenIMsgSession"):
        Native(str(library))


def test_no_compiler_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.native.build.shutil.which", lambda name: None)
    monkeypatch.setattr("adapters.native.build.importlib.util.find_spec", lambda name: None)
    with pytest.raises(AdapterError) as caught:
        build_host(Target("windows", "x86_64"))
    assert "pip install ziglang" in str(caught.value)
    assert "gcc-mingw-w64-x86-64" in str(caught.value)


def test_no_wine_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dll = tmp_path / "some.dll"
    dll.write_bytes(pe(0x8664, 0x2022))
    monkeypatch.setattr("adapters.native.build_host", lambda target: Path("host"))
    monkeypatch.setattr("adapters.native.wine.shutil.which", lambda name: None)
    with pytest.raises(AdapterError, match="install the package wine"):
        Native(str(dll))
