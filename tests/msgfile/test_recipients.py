"""Entry identifiers of recipients in the file: IMSG-MSG-14."""

import base64
from dataclasses import replace
from typing import Any

from conformance.findings import Broken, Held
from conformance.judge import judge
from conformance.trace import Call, Outcome, Step

from .sample import Session, capabilities, file_of, patch, tree_of

ENTRY_ID = "AAAAAAECAwQ="
STREAM, RECIPIENT = "__substg1.0_0FFF0102", "__recip_version1.0_#00000000"


def found(*steps: Step) -> tuple[set[str], set[str]]:
    """The requirements that a trace exercises, and those that it breaks."""
    offered = capabilities()
    offered = replace(offered, functions=offered.functions - {"MAPIInitialize"})
    findings = [one for step in judge(steps, "imsg", offered) for one in step]
    held = {name for name, finding in findings if isinstance(finding, Held)}
    return held, {name for name, finding in findings if isinstance(finding, Broken)}


def test_entry_identifiers_of_recipients_are_kept_as_they_are() -> None:
    made = Session()
    made.open(made.storage("t"), "g", 0)
    row = {"0x0C150003": 1, "0x3001001E": "Ann", "0x0FFF0102": ENTRY_ID}
    made.call("IMessage.ModifyRecipients", this="g", ulFlags=0, rows=[row])
    made.save("g")
    tree = tree_of(made.file("t"))
    assert tree[RECIPIENT][STREAM] == base64.b64decode(ENTRY_ID)
    *before, _ = [Step(call, outcome) for call, outcome in made.steps]

    assert "IMSG-MSG-14" in found(*before, _file(tree))[0]
    patch(tree[RECIPIENT], 4, b"\x07", STREAM)
    held, broken = found(*before, _file(tree))
    assert broken == {"IMSG-MSG-14"}
    assert "MSGF-TOP-01" in held
    del tree[RECIPIENT]
    assert "IMSG-MSG-14" not in found(*before, _file(tree))[1]


def test_nothing_is_said_of_recipients_that_were_not_saved() -> None:
    made = Session()
    made.open(made.storage("t"), "g", 0)
    rows = [{"0x0FFF0102": ENTRY_ID}]
    made.call("IMessage.ModifyRecipients", this="g", ulFlags=0, rows=rows)
    made.save("g")
    tree = tree_of(made.file("t"))
    made.call("IMessage.ModifyRecipients", this="g", ulFlags=2, rows=rows)
    before = [Step(call, outcome) for call, outcome in made.steps if call.method != "world.bytes"]
    patch(tree[RECIPIENT], 4, b"\x07", STREAM)
    assert "IMSG-MSG-14" not in found(*before, _file(tree))[1]


def _file(tree: dict[str, Any]) -> Step:
    result = {"base64": base64.b64encode(file_of(tree)).decode()}
    return Step(Call("world.bytes", {"name": "t"}), Outcome("result", result))
