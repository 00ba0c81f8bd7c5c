"""A saved message with everything in it, and ways to break one thing of its file."""

import base64
import struct
from typing import Any

from adapters.reference import Reference, compound
from conformance.capabilities import Capabilities
from conformance.checks.msgfile import CHECKS
from conformance.findings import Broken, Held
from conformance.msgfile.model import MsgfileModel
from conformance.trace import Call, Outcome

UNICODE = 0x80000000
PROPERTIES = "__properties_version1.0"
MAPPING = "__nameid_version1.0"
RECIPIENT = "__recip_version1.0_#"
ATTACHMENT = "__attach_version1.0_#"
SUBJECT = "0x0037001F"
COMMON = "00062008-0000-0000-C000-000000000046"
NAMES = [{"guid": COMMON, "id": 0x8501}, {"guid": COMMON, "name": "suite"}]
VALUES: dict[str, Any] = {
    SUBJECT: "subject",
    "0x1000001F": "",
    "0x00170003": 0xFFFFFFFF,
    "0x0E1F000B": True,
    "0x10090102": base64.b64encode(bytes(range(256)) * 20).decode(),
    "0x66700048": base64.b64encode(bytes(range(16))).decode(),
    "0x6671101F": ["one", "", "three"],
    "0x66721003": [1, 0, 0xFFFFFFFF],
    "0x66731102": ["AA==", "", "AQI="],
    "0x66741048": [base64.b64encode(bytes(range(16))).decode()] * 2,
}

Tree = dict[str, Any]


class Session:
    """Calls on one implementation, which fill in what most calls need and keep the trace."""

    def __init__(self, adapter: Reference | None = None) -> None:
        self.adapter = adapter or Reference()
        self.steps: list[tuple[Call, Outcome]] = []
        self.adapter.perform(Call("begin", {"family": "imsg"}))
        self.call("world.malloc", name="m", fail_after=None)

    def call(self, method: str, **params: Any) -> Any:
        call = Call(method, params)
        outcome = self.adapter.perform(call)
        assert outcome.kind == "result", outcome
        self.steps.append((call, outcome))
        return outcome.body

    def storage(self, name: str) -> str:
        self.call("world.storage", name=name, mode="readwrite", transacted=True)
        return name

    def open(self, storage: str, name: str, flags: int = UNICODE) -> str:
        routines = dict.fromkeys(("lpAllocateBuffer", "lpAllocateMore", "lpFreeBuffer"), True)
        nulls = {"lpMsgSess": None, "lpMapiSup": None, "lpfMsgCallRelease": None}
        where = {"lpMalloc": "m", "lpStg": storage, "ulCallerData": 0, "ulFlags": flags}
        code = self.call("OpenIMsgOnIStg", **routines, **nulls, **where, lppMsg=name)["return"]
        assert code == 0
        return name

    def attach(self, message: str, name: str) -> str:
        assert self.call("IMessage.CreateAttach", this=message, lppAttach=name)["return"] == 0
        return name

    def set(self, this: str, props: dict[str, Any], kind: str = "IMessage") -> None:
        answer = self.call(f"{kind}.SetProps", this=this, props=props)
        assert answer == {"return": 0, "problems": {}}

    def save(self, this: str, kind: str = "IMessage") -> None:
        assert self.call(f"{kind}.SaveChanges", this=this, ulFlags=2)["return"] == 0

    def file(self, storage: str) -> bytes:
        return base64.b64decode(self.call("world.bytes", name=storage)["base64"])


def capabilities() -> Capabilities:
    return Reference().offer["imsg"]


def full(flags: int = UNICODE, adapter: Reference | None = None) -> bytes:
    """A message with properties of all types, names, recipients and attachments."""
    session = Session(adapter)
    message = session.open(session.storage("s"), "msg", flags)
    session.call("IMessage.GetIDsFromNames", this=message, names=NAMES, create=True)
    session.set(message, {**VALUES, "0x80000003": 1, "0x80010003": 2})
    rows = [{"0x3001001F": f"recipient {number}"} for number in range(17)]
    session.call("IMessage.ModifyRecipients", this=message, ulFlags=0, rows=rows)
    for number in range(17):
        part = session.attach(message, f"a{number}")
        session.set(part, {"0x3707001F": f"file{number}", "0x37010102": "AAEC"}, "IAttach")
        if number == 1:
            session.set(part, {"0x37050003": 6}, "IAttach")
        if number == 2:
            session.call("IAttach.OpenMessage", this=part, create=True, lppMsg="inner")
            session.set("inner", VALUES)
            session.save("inner")
        session.save(part, "IAttach")
    session.save(message)
    return session.file("s")


def tree_of(data: bytes) -> Tree:
    """The elements of a file, free to be changed."""

    def thawed(tree: Any) -> Any:
        return tree if isinstance(tree, bytes) else {name: thawed(tree[name]) for name in tree}

    found: Tree = thawed(compound.read(data)[0])
    return found


def file_of(tree: Tree, clsid: bytes = compound.CLSID_MAIL_MESSAGE) -> bytes:
    return compound.write(tree, clsid)


def place(storage: Tree, tag: int, header: int = 32) -> int:
    """Where the entry of a tag stands in the property stream of a storage."""
    stream: bytes = storage[PROPERTIES]
    for at in range(header, len(stream), 16):
        if stream[at : at + 4] == struct.pack("<I", tag):
            return at
    raise LookupError(f"0x{tag:08X}")


def patch(storage: Tree, at: int, content: bytes, name: str = PROPERTIES) -> None:
    """Write other bytes into a stream."""
    stream = bytearray(storage[name])
    stream[at : at + len(content)] = content
    storage[name] = bytes(stream)


def drop(storage: Tree, tag: int, header: int = 32) -> None:
    """Take the entry of a tag out of a property stream."""
    at = place(storage, tag, header)
    stream = storage[PROPERTIES]
    storage[PROPERTIES] = stream[:at] + stream[at + 16 :]


def judged(session: Session) -> list[tuple[str, str, Held | Broken]]:
    """What every step of a trace shows: the method, the requirement and the finding."""
    model = MsgfileModel()
    state = model.begin(capabilities())
    found: list[tuple[str, str, Held | Broken]] = []
    for call, outcome in session.steps:
        for requirement, check in CHECKS.for_method(call.method):
            finding = check(state, call, outcome)
            if finding is not None:
                found.append((call.method, requirement, finding))
        state = model.advance(state, call, outcome)
    return found


def broken(session: Session) -> set[str]:
    """The requirements that a trace breaks."""
    return {name for _, name, found in judged(session) if isinstance(found, Broken)}


def held(session: Session) -> set[str]:
    """The requirements that some step of a trace meets."""
    return {name for _, name, found in judged(session) if isinstance(found, Held)}
