import base64
import io
from typing import Any

import olefile
import pytest

from adapters.reference import Reference
from conformance.trace import Call, Outcome

S_OK = 0
UNICODE = 0x80000000


class Driver:
    """Calls the reference as the suite does, with what most calls need filled in."""

    def __init__(self) -> None:
        self.reference = Reference()
        self.fresh = 0
        self.call("begin", family="imsg")

    def perform(self, method: str, **params: Any) -> Outcome:
        return self.reference.perform(Call(method, params))

    def call(self, method: str, **params: Any) -> Any:
        outcome = self.perform(method, **params)
        assert outcome.kind == "result", outcome
        return outcome.body

    def name(self) -> str:
        self.fresh += 1
        return f"n{self.fresh}"

    def malloc(self, name: str = "m", fail_after: int | None = None) -> str:
        self.call("world.malloc", name=name, fail_after=fail_after)
        return name

    def storage(self, mode: str = "readwrite", transacted: bool = True, **params: Any) -> str:
        name = self.name()
        self.call("world.storage", name=name, mode=mode, transacted=transacted, **params)
        return name

    def reopen(self, storage: str, mode: str = "readwrite") -> str:
        name = self.name()
        self.call("world.reopen", name=name, mode=mode, transacted=True, **{"from": storage})
        return name

    def open_session(self, malloc: str | None = "m", flags: int = 0, out: str | None = "") -> Any:
        out = self.name() if out == "" else out
        answer = self.call("OpenIMsgSession", lpMalloc=malloc, ulFlags=flags, lppMsgSess=out)
        return answer["return"], answer["out"]["lppMsgSess"], out

    def session(self, malloc: str = "m", flags: int = 0) -> str:
        code, _, name = self.open_session(malloc, flags)
        assert code == S_OK
        return str(name)

    def close(self, session: str | None) -> Any:
        return self.call("CloseIMsgSession", lpMsgSess=session)

    def build(self, storage: str | None, session: str | None = None, **params: Any) -> Any:
        name = self.name()
        defaults = {
            "lpMsgSess": session,
            "lpAllocateBuffer": True,
            "lpAllocateMore": True,
            "lpFreeBuffer": True,
            "lpMalloc": "m",
            "lpMapiSup": None,
            "lpStg": storage,
            "lpfMsgCallRelease": None,
            "ulCallerData": 0,
            "ulFlags": 0,
            "lppMsg": name,
        }
        answer = self.call("OpenIMsgOnIStg", **(defaults | params))
        return answer["return"], answer["out"]["lppMsg"], name

    def message(self, storage: str | None = None, session: str | None = None, **params: Any) -> str:
        code, _, name = self.build(storage or self.storage(), session, **params)
        assert code == S_OK
        return str(name)

    def set(self, this: str, props: dict[str, Any], kind: str = "IMessage") -> Any:
        answer = self.call(f"{kind}.SetProps", this=this, props=props)
        return answer["problems"] if answer["return"] == S_OK else answer["return"]

    def get(self, this: str, *tags: str, kind: str = "IMessage") -> Any:
        answer = self.call(f"{kind}.GetProps", this=this, tags=list(tags))
        return answer["return"] if answer["return"] & UNICODE else answer["props"]

    def save(self, this: str, flags: int = 2, kind: str = "IMessage") -> Any:
        return self.call(f"{kind}.SaveChanges", this=this, ulFlags=flags)["return"]

    def release(self, this: str, kind: str = "IMessage") -> Any:
        return self.call(f"{kind}.Release", this=this)["return"]

    def attach(self, message: str) -> tuple[str, int]:
        name = self.name()
        answer = self.call("IMessage.CreateAttach", this=message, lppAttach=name)
        assert answer["return"] == S_OK
        return name, answer["number"]

    def open_attach(self, message: str, number: int, flags: int = 0) -> Any:
        name = self.name()
        answer = self.call(
            "IMessage.OpenAttach", this=message, number=number, ulFlags=flags, lppAttach=name
        )
        return answer["return"], answer["out"]["lppAttach"], name

    def embed(self, attachment: str, create: bool = True) -> Any:
        name = self.name()
        answer = self.call("IAttach.OpenMessage", this=attachment, create=create, lppMsg=name)
        return answer["return"], answer["out"]["lppMsg"], name

    def live(self) -> Any:
        return self.call("observe")["live"]

    def lent(self, name: str) -> Any:
        seen = self.call("observe")
        return seen["mallocs"].get(name) or seen["storages"][name]

    def file(self, storage: str) -> dict[str, bytes]:
        content = base64.b64decode(self.call("world.bytes", name=storage)["base64"])
        opened = olefile.OleFileIO(io.BytesIO(content), raise_defects=olefile.DEFECT_INCORRECT)
        with opened as file:
            return {"/".join(path): file.openstream(path).read() for path in file.listdir()}


@pytest.fixture
def on() -> Driver:
    driver = Driver()
    driver.malloc()
    return driver
