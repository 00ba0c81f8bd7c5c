"""The documentation says what is so: links, command lines, ids, methods, verdicts, statuses."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.options import parser, settings, split
from conformance.profiles import PROFILES
from conformance.requirements.load import catalogue
from conformance.verdicts import Verdict

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)

METHODS = """
    initialize begin observe parallel shutdown
    world.malloc world.storage world.reopen world.release world.elements world.create world.commit
    world.bytes world.fail_allocation world.profile
    MAPIInitialize MAPIUninitialize OpenIMsgSession CloseIMsgSession OpenIMsgOnIStg
    IMessage.AddRef IMessage.Release IMessage.GetProps IMessage.SetProps IMessage.SaveChanges
    IMessage.CreateAttach IMessage.OpenAttach IMessage.DeleteAttach IMessage.ModifyRecipients
    IMessage.SubmitMessage IMessage.GetIDsFromNames
    IAttach.Release IAttach.SetProps IAttach.GetProps IAttach.SaveChanges IAttach.OpenMessage
    GetAttribIMsgOnIStg SetAttribIMsgOnIStg
    MAPILogon MAPILogoff MAPIFindNext MAPIReadMail MAPIDeleteMail MAPISaveMail MAPISendMail
    MAPIResolveName MAPIFreeBuffer ScMAPIXFromSMAPI
    EmailStartSession EmailStartPOP3Session EmailStartIMAPSession EmailStartSMTPSession
    EmailStartNotesSession EmailStartOutlookSession EmailCloseSession EmailSetTimeOut
    EmailGetCount EmailSendMessage ErrorInfo
"""
ERRORS = "-32601 -32602 -32000 -32001 -32002 -32003"
CAPABILITIES = """
    functions observes checked_handles null_arguments parallel fail_allocation protocols tls
    mallocs storages released live buffers pop3 smtp imap outlook notes
"""
PARAMETERS = """
    lpMalloc ulFlags lppMsgSess lpMsgSess lpAllocateBuffer lpAllocateMore lpFreeBuffer lpMapiSup
    lpStg lpfMsgCallRelease ulCallerData lppMsg lppAttach lpObject tags attribs props problems
    rows names create number ulUIParam lpszProfileName lpszPassword flFlags ulReserved lplhSession
    lhSession lpszMessageType lpszSeedMessageID lpszMessageID lppMessage subject lpszName pv
    lppMAPISession count fail_after mode transacted base64 from element session password pop3 smtp
    server tls profile milliseconds to
"""


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def relative_links(path: Path) -> Iterator[tuple[str, str]]:
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    for target in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", text):
        if not target.startswith(("http://", "https://")):
            file, _, anchor = target.partition("#")
            yield file, anchor


def anchors(path: Path) -> set[str]:
    """The anchors of the headings of a page, as GitHub makes them."""
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {word.replace(" ", "-") for word in words}


def command_lines(text: str) -> Iterator[str]:
    """What the pages show of the program: in blocks of code, and between backticks."""
    blocks = FENCE.findall(text)
    indented = re.findall(r"^    (.+)$", FENCE.sub("", text), re.MULTILINE)
    inline = re.findall(r"`([^`\n]+)`", FENCE.sub("", text))
    for line in [*"\n".join(blocks).splitlines(), *indented, *inline]:
        for part in line.split("&&"):
            found = re.fullmatch(r"(?:- run: )?(?:\.venv/bin/)?(mapi-conformance .+)", part.strip())
            if found and "COMMAND" not in part and not re.match(r"mapi-conformance \d", part):
                yield found[1]


ALL_COMMANDS = sorted({line for path in PAGES for line in command_lines(path.read_text("utf-8"))})


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_relative_links_lead_somewhere(path: Path) -> None:
    for file, anchor in relative_links(path):
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), f"{path.name} links to {file}"
        if anchor:
            assert anchor in anchors(target), f"{path.name} links to {file}#{anchor}"


def test_the_pages_show_commands() -> None:
    assert len(ALL_COMMANDS) >= 20
    assert {"run", "report", "replay", "requirements"} <= {line.split()[1] for line in ALL_COMMANDS}


@pytest.mark.parametrize("line", ALL_COMMANDS)
def test_shown_command_lines_are_understood(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "expectations.toml").touch()
    monkeypatch.chdir(tmp_path)
    given, command = split(shlex.split(line, comments=True)[1:])
    options = parser().parse_args(given)
    if options.version:
        return
    if options.subcommand == "run":
        chosen = settings(options, command, catalogue())
        assert (chosen.adapter == "stdio") == bool(chosen.command)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_named_requirements_exist(path: Path) -> None:
    named = re.findall(r"\b(?:IMSG|SIMPLE|EMAIL|MSGF)-[A-Z]+-\d+\b", path.read_text("utf-8"))
    assert set(named) <= catalogue().requirements.keys()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_named_files_exist(path: Path) -> None:
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    named = re.findall(r"`((?:conformance|adapters|reports|tests|docs)/[\w/.]*)`", text)
    real = [name for name in named if "FAMILY" not in name]
    assert [name for name in real if not (ROOT / name).exists()] == []


def test_the_protocol_page_is_complete() -> None:
    text = page("docs/protocol.md")
    for name in f"{METHODS} {PARAMETERS} {CAPABILITIES} {ERRORS}".split():
        assert re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.]*\w)", text), name


def test_the_list_of_methods_is_that_of_the_catalogue() -> None:
    called = {name for row in catalogue().requirements.values() for name in row.functions}
    assert called <= set(METHODS.split())


@pytest.mark.parametrize("name", ["README.md", "docs/verdicts.md"])
def test_every_verdict_is_explained(name: str) -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| ", page(name), re.MULTILINE)
    assert set(Verdict) <= set(rows)


@pytest.mark.parametrize("name", ["README.md", "docs/command-line.md"])
def test_every_exit_status_is_explained(name: str) -> None:
    rows = re.findall(r"^\| (\d) \| ", page(name), re.MULTILINE)
    assert set(rows) == {"0", "1", "2", "3", "4"}


def test_every_option_is_explained() -> None:
    explained = set(re.findall(r"--[a-z-]+", page("docs/command-line.md")))
    actions = {action.dest: action for action in parser()._actions}
    commands: Any = actions["subcommand"].choices
    for name in commands:
        options = {text for action in commands[name]._actions for text in action.option_strings}
        assert {text for text in options if text.startswith("--")} <= explained, name
        assert f"\n## `{name}`\n" in page("docs/command-line.md")


def test_profiles_are_explained_with_their_budgets() -> None:
    text = page("docs/command-line.md")
    for profile in PROFILES.values():
        assert f"| `{profile.name}` | about {profile.calls:,} | {profile.crowd} |" in text


def test_the_families_are_shown_with_their_size() -> None:
    rows = catalogue().requirements.values()
    for family in ("imsg", "simple", "email", "msgfile"):
        size = sum(row.family == family for row in rows)
        assert re.search(rf"^\| `{family}` \| .+ \| {size} \|$", page("README.md"), re.MULTILINE)
    assert f"{len(rows)} requirements" in page("README.md")
