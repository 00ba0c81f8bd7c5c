"""What SPEC says about a library: its path, and options behind a question mark.

`native:mapi32.dll?OpenIMsgSession=@12&MAPILogon=BMAPILogon&checked_handles` names the exports of
two functions, one of them by ordinal, and declares what no library can tell of itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from conformance.errors import UsageError

EXPORTED: Final = frozenset(
    [
        "MAPILogon",
        "MAPILogoff",
        "MAPIFindNext",
        "MAPIReadMail",
        "MAPISaveMail",
        "MAPIDeleteMail",
        "MAPISendMail",
        "MAPIResolveName",
        "MAPIFreeBuffer",
        "ScMAPIXFromSMAPI",
        "MAPIInitialize",
        "MAPIUninitialize",
        "OpenIMsgSession",
        "CloseIMsgSession",
        "OpenIMsgOnIStg",
        "GetAttribIMsgOnIStg",
        "SetAttribIMsgOnIStg",
    ]
)
DECLARED: Final = frozenset({"checked_handles", "parallel"})
_EXPORT: Final = re.compile(r"@[1-9][0-9]{0,4}|[A-Za-z_?$][\w@?$.]*")


@dataclass(frozen=True, slots=True)
class Library:
    """A library as the user describes it."""

    path: Path
    exports: tuple[tuple[str, str], ...] = ()
    declares: frozenset[str] = frozenset()

    @property
    def environment(self) -> dict[str, str]:
        """The variables through which the host program learns of the options."""
        return {
            "MAPI_CONFORMANCE_EXPORTS": ",".join(
                f"{name}={export}" for name, export in self.exports
            ),
            "MAPI_CONFORMANCE_DECLARES": ",".join(sorted(self.declares)),
        }


def read_spec(text: str) -> Library:
    """Read what stands behind `native:`; raises :class:`UsageError` for an unknown option."""
    path, mark, options = text.partition("?")
    if not mark or Path(text).exists():
        return Library(Path(text).absolute())
    exports, declares = [], set()
    for option in filter(None, options.split("&")):
        name, given, export = option.partition("=")
        if name in EXPORTED and _EXPORT.fullmatch(export):
            exports.append((name, export))
        elif name in DECLARED and not given:
            declares.add(name)
        else:
            known = ", ".join(sorted(DECLARED))
            raise UsageError(
                f"native:{path} has no option {option}",
                f"options are {known}, and FUNCTION=EXPORT or FUNCTION=@ORDINAL",
            )
    return Library(Path(path).absolute(), tuple(exports), frozenset(declares))
