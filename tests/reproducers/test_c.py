"""The C programs: they compile everywhere, and show the violation on the library that has it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from adapters.native.wine import Wine
from reports.reproducers.c import codes, program
from reports.reproducers.case import Case

LIBRARY = Path(__file__).parents[1] / "native" / "library.c"
WINE_MAPI = Path("/usr/lib/x86_64-linux-gnu/wine/x86_64-windows/mapi32.dll")
STRICT = ("-std=gnu11", "-Wall", "-Wextra", "-Werror")
COMPILERS = {
    "cc": ("cc", "-ldl"),
    "mingw, 64 bits": ("x86_64-w64-mingw32-gcc",),
    "mingw, 32 bits": ("i686-w64-mingw32-gcc",),
    "mingw, its own headers": ("x86_64-w64-mingw32-gcc", "-DUSE_MAPI_HEADERS"),
}

Step = dict[str, Any]


def step(method: str, params: dict[str, Any], outcome: dict[str, Any]) -> Step:
    return {"method": method, "params": params, "outcome": outcome}


def gave(code: Any, **out: Any) -> dict[str, Any]:
    return {"result": {"return": code, **({"out": out} if out else {})}}


def logon(name: str, token: str = "0x500", profile: str | None = None) -> Step:
    params = {
        "ulUIParam": 0,
        "lpszProfileName": profile,
        "lpszPassword": None,
        "flFlags": 0,
        "ulReserved": 0,
        "lplhSession": name,
    }
    return step("MAPILogon", params, gave(0, lplhSession=token))


def logoff(handle: Any, code: int, flags: int = 0) -> Step:
    params = {"lhSession": handle, "ulUIParam": 0, "flFlags": flags, "ulReserved": 0}
    return step("MAPILogoff", params, gave(code))


def malloc(name: str, limit: int | None = None) -> Step:
    return step("world.malloc", {"name": name, "fail_after": limit}, {"result": {}})


def opened(lent: str | None, session: str, code: int = 0, flags: int = 0) -> Step:
    params = {"lpMalloc": lent, "ulFlags": flags, "lppMsgSess": session}
    return step("OpenIMsgSession", params, gave(code, lppMsgSess="0x10" if code == 0 else None))


def looked(live: int, references: int) -> Step:
    counts = {"live": live, "bytes": 16, "references": references, "foreign_frees": 0}
    buffers = {"live": 0, "foreign_frees": 0}
    look = {"mallocs": {"m1": counts}, "released": [], "buffers": buffers}
    return step("observe", {}, {"result": look})


def case(family: str, *steps: Any, expected: str = "", observed: str = "") -> Case:
    name = f"{family.upper()}-SOME-01"
    return Case(name, family, "A sentence.", steps, expected, observed, "native:library")


STORAGE = {"name": "t1", "mode": "readwrite", "transacted": True}
BUILD = {
    "lpMsgSess": "s1",
    "lpAllocateBuffer": True,
    "lpAllocateMore": True,
    "lpFreeBuffer": True,
    "lpMalloc": "m1",
    "lpMapiSup": None,
    "lpStg": "t1",
    "lpfMsgCallRelease": True,
    "ulCallerData": 0xDEADBEEF,
    "ulFlags": 0x80000000,
    "lppMsg": "g1",
}
PROPS = {
    "0x0037001F": 'ä中 "quoted" */ ??/',
    "0x0E070003": 7,
    "0x0E06000B": True,
    "0x10090102": "AAEC",
    "0x0070001E": "plain\n",
}
EVERYTHING = case(
    "imsg",
    step("MAPIInitialize", {}, gave(0)),
    malloc("m1"),
    step("world.storage", STORAGE, {"result": {}}),
    opened("m1", "s1"),
    step("OpenIMsgOnIStg", BUILD, gave(0, lppMsg="0x20")),
    step("IMessage.AddRef", {"this": "g1"}, gave(2)),
    step("IMessage.SetProps", {"this": "g1", "props": PROPS}, gave(0)),
    step("IMessage.ModifyRecipients", {"this": "g1", "ulFlags": 2, "rows": [PROPS]}, gave(0)),
    step(
        "IMessage.CreateAttach",
        {"this": "g1", "lppAttach": "a1"},
        {"result": {"return": 0, "out": {"lppAttach": "0x30"}, "number": 0}},
    ),
    step("IAttach.SetProps", {"this": "a1", "props": PROPS}, gave(0)),
    step(
        "IAttach.OpenMessage",
        {"this": "a1", "create": True, "lppMsg": "g2"},
        gave(0, lppMsg="0x40"),
    ),
    step("IMessage.Release", {"this": "g2"}, gave(0)),
    step("IAttach.SaveChanges", {"this": "a1", "ulFlags": 0}, gave(0)),
    step("IAttach.Release", {"this": "a1"}, gave(0)),
    step(
        "IMessage.OpenAttach",
        {"this": "g1", "number": {"number": {"of": "a1"}}, "ulFlags": 0, "lppAttach": "a2"},
        gave(0, lppAttach="0x50"),
    ),
    step("IMessage.DeleteAttach", {"this": "g1", "number": 0}, gave(0)),
    step("SetAttribIMsgOnIStg", {"lpObject": "g1", "attribs": {"0x0037001F": 6}}, gave(0)),
    step("GetAttribIMsgOnIStg", {"lpObject": "g1", "tags": ["0x0037001F"]}, gave(0)),
    step("IMessage.SubmitMessage", {"this": "g1", "ulFlags": 0}, gave(0x80040102)),
    step("IMessage.SaveChanges", {"this": "g1", "ulFlags": 2}, gave(0)),
    step("world.elements", {"name": "t1"}, {"result": {"elements": []}}),
    step("world.release", {"name": "t1"}, gave(1)),
    step("CloseIMsgSession", {"lpMsgSess": "s1"}, gave(None)),
    step("MAPIUninitialize", {}, gave(None)),
    step(
        "IMessage.GetProps",
        {"this": "g1", "tags": list(PROPS)},
        {"result": {"return": 0, "props": PROPS}},
    ),
)
MAIL = case(
    "simple",
    logon("h1"),
    step(
        "MAPISaveMail",
        {"lhSession": "h1", "subject": "Hi", "flFlags": 0, "ulReserved": 0, "lpszMessageID": None},
        {"result": {"return": 0, "lpszMessageID": "saved"}},
    ),
    step(
        "MAPIReadMail",
        {
            "lhSession": "h1",
            "ulUIParam": 0,
            "lpszMessageID": {"message_id": {"of": "h1", "index": 0}},
            "flFlags": 0,
            "ulReserved": 0,
            "lppMessage": "b1",
        },
        {"result": {"return": 0, "out": {"lppMessage": "0x9"}, "subject": "Hi"}},
    ),
    step("MAPIFreeBuffer", {"pv": "b1"}, gave(0)),
    logoff({"forged": {"of": "h1", "offset": 1}}, 19),
    logoff({"literal": "0x100000001"}, 19),
    logoff("h1", 0),
)


def compile_c(text: str, folder: Path, name: str) -> Path:
    program_name, *options = COMPILERS[name]
    compiler = shutil.which(program_name)
    if compiler is None:
        assert not os.environ.get("MAPI_CONFORMANCE_CI") or "32" in name, f"CI has {program_name}"
        pytest.skip(f"needs the compiler {program_name}")
    source = folder / "program.c"
    source.write_text(text, encoding="ascii")
    output = folder / ("program" if name == "cc" else "program.exe")
    command = [compiler, *STRICT, str(source), "-o", str(output), *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return output


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shared library that keeps what the cases below ask for."""
    if os.name != "posix" or shutil.which("cc") is None:
        pytest.skip("needs a C compiler on Linux")
    output = tmp_path_factory.mktemp("library") / "library.so"
    command = ["cc", "-shared", "-fPIC", "-w", "-o", str(output), str(LIBRARY)]
    subprocess.run(command, check=True)
    return output


def run(text: str, library: Path, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    built = compile_c(text, folder, "cc")
    command = [str(built), str(library), *more]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("shown", [EVERYTHING, MAIL], ids=["imsg", "simple"])
def test_programs_compile_without_a_warning(shown: Case, compiler: str, tmp_path: Path) -> None:
    text = program(shown)
    assert "left out" not in text.replace("left_out", "").replace("world.elements is left out", "")
    compile_c(text, tmp_path, compiler)


def test_calls_that_c_cannot_make_get_a_comment(tmp_path: Path) -> None:
    threads = step("parallel", {"threads": [[], []]}, {"result": {"threads": [[], []]}})
    text = program(case("imsg", malloc("m1"), threads, opened("m1", "s1")))
    assert "/* parallel is left out: there is no C for it here */" in text
    assert 'return left_out("parallel");' in text
    compile_c(text, tmp_path, "cc")
    assert program(case("email")).startswith("/* There is no documented C API")


def test_a_correct_library_shows_no_violation(library: Path, tmp_path: Path) -> None:
    last = case("simple", logon("h1"), logoff("h1", 0), logoff("h1", 0), expected="X (19)")
    done = run(program(last), library, tmp_path)
    assert done.returncode == 0
    assert done.stdout.endswith("   returned 19\nThe violation of SIMPLE-SOME-01 does not show.\n")


def test_a_code_that_the_documents_do_not_ask_for_is_the_violation(
    library: Path, tmp_path: Path
) -> None:
    shown = case("simple", logon("h1"), logoff("h1", 5, flags=1), expected="A (8) or B (9)")
    assert run(program(shown), library, tmp_path).returncode == 1
    kept = case("simple", logon("h1"), logoff("h1", 5, flags=1), expected="A (8), or B (2)")
    assert run(program(kept), library, tmp_path).returncode == 0


def test_without_codes_the_last_call_must_come_to_what_the_run_saw(
    library: Path, tmp_path: Path
) -> None:
    two = [logon("h1"), logon("h2", "0x501")]
    assert run(program(case("simple", *two)), library, tmp_path).returncode == 1
    same = [logon("h1"), logon("h2", "0x500")]
    assert run(program(case("simple", *same)), library, tmp_path).returncode == 0
    leak = [malloc("m1"), opened("m1", "s1"), looked(1, 2)]
    assert run(program(case("imsg", *leak)), library, tmp_path).returncode == 1
    none = [malloc("m1"), opened("m1", "s1"), looked(0, 1)]
    assert run(program(case("imsg", *none)), library, tmp_path).returncode == 0
    poor = [malloc("m1", 0), opened("m1", "s1", 0x8007000E)]
    assert (
        "returned 0x8007000E; s1 untouched"
        in run(program(case("imsg", *poor)), library, tmp_path).stdout
    )


@pytest.mark.parametrize(
    ("profile", "outcome", "status"),
    [
        ("null", {"crash": {"signal": 11}}, 1),
        ("abort", {"error": {"code": -32000, "data": {"code": 6}}}, 1),
        ("null", gave(0, lplhSession="0x500"), 3),
        ("", {"crash": {"signal": 11}}, 0),
    ],
)
def test_crashes_are_told_apart(
    profile: str, outcome: dict[str, Any], status: int, library: Path, tmp_path: Path
) -> None:
    shown = {**logon("h1", profile=profile), "outcome": outcome}
    assert run(program(case("simple", shown)), library, tmp_path).returncode == status


def test_what_was_not_handed_out_is_not_used(library: Path, tmp_path: Path) -> None:
    shown = case("simple", logon("h1", profile="writes zero"), logoff("h1", 0))
    done = run(program(shown), library, tmp_path)
    assert done.returncode == 3
    assert "h1 was not handed out this time" in done.stdout


def test_profile_and_password_come_from_the_command_line(library: Path, tmp_path: Path) -> None:
    started = logon("h1")
    started["params"] |= {"lpszProfileName": {"profile": "default"}}
    text = program(case("simple", started))
    assert run(text, library, tmp_path, "writes zero").returncode == 0
    assert run(text, library, tmp_path).returncode == 1


def test_the_program_reproduces_a_violation_of_wines_mapi32(tmp_path: Path) -> None:
    """Its logoff succeeds whatever it is given: see docs/decisions.md, Cross-check."""
    if shutil.which("wine") is None or not WINE_MAPI.exists():
        assert not os.environ.get("MAPI_CONFORMANCE_CI"), "CI provides Wine"
        pytest.skip("needs the packages wine and wine64")
    shown = case("simple", logoff({"literal": 0}, 0), expected="MAPI_E_INVALID_SESSION (19)")
    built = compile_c(program(shown), tmp_path, "mingw, 64 bits")
    said = tmp_path / "said.txt"
    wine = Wine()
    try:
        # A file, not a pipe: the services of Wine keep what they inherit open for a minute.
        with said.open("w", encoding="utf-8") as output:
            done = subprocess.run(
                [wine.program, str(built), wine.windows_path(WINE_MAPI)],
                env=dict(wine.env),
                check=False,
                stdout=output,
                stderr=subprocess.DEVNULL,
                timeout=120,
            )
    finally:
        wine.close()
    assert done.returncode == 1
    assert "The violation of SIMPLE-SOME-01 shows." in said.read_text("utf-8")


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ("MAPI_E_INVALID_SESSION (19)", [19]),
        ("MAPI_E_INVALID_SESSION (19), or MAPI_E_FAILURE (2)", [19, 2]),
        ("MAPI_E_INVALID_PARAMETER (0x80070057)", [0x80070057]),
        ("a failing SCODE (bit 31 set)", []),
        ("S_OK (0x00000000) and a session", []),
        ("", []),
    ],
)
def test_codes_are_read_only_from_an_expectation_that_is_nothing_else(
    expected: str, found: list[int]
) -> None:
    assert codes(expected) == found


HOSTILE = [
    '"; system("id"); //',
    "*/ #error x /*",
    "??/\n#error x",
    "\u202e\x00\ud800\x1b[31m%n%s",
    "a" * 100_000,
]


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_words_stay_in_comments_and_literals(word: str, tmp_path: Path) -> None:
    started = logon("h1", profile=word[:100])
    strange = step(word, {word: word}, {"result": {word: word}})
    named = step("OpenIMsgSession", {"lpMalloc": word, "ulFlags": 0, "lppMsgSess": word}, gave(0))
    for number, steps in enumerate(([started], [strange], [started, strange])):
        text = program(
            Case(
                word, "simple", word, steps, word, word, word, (word,), {word: word}, number=number
            )
        )
        compile_c(text, tmp_path, "cc")
    compile_c(program(case("imsg", named)), tmp_path, "cc")
