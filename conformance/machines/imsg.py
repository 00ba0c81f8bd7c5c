"""The machine of message sessions: a rule for each documented function."""

from __future__ import annotations

from typing import Any

from hypothesis.stateful import rule

from conformance.machines.base import DRAWS, SessionMachine


class ImsgMachine(SessionMachine):
    """Opens and closes message sessions, and works on the messages in them (D1 to D6, D18)."""

    family = "imsg"

    @rule(data=DRAWS)
    def open_session(self, data: Any) -> None:
        self.draw("OpenIMsgSession", data)

    @rule(data=DRAWS)
    def close_session(self, data: Any) -> None:
        self.draw("CloseIMsgSession", data)

    @rule(data=DRAWS)
    def build_message(self, data: Any) -> None:
        self.draw("OpenIMsgOnIStg", data)

    @rule(data=DRAWS)
    def add_reference(self, data: Any) -> None:
        self.draw("IMessage.AddRef", data)

    @rule(data=DRAWS)
    def release_message(self, data: Any) -> None:
        self.draw("IMessage.Release", data)

    @rule(data=DRAWS)
    def read_properties(self, data: Any) -> None:
        self.draw("IMessage.GetProps", data)

    @rule(data=DRAWS)
    def write_properties(self, data: Any) -> None:
        self.draw("IMessage.SetProps", data)

    @rule(data=DRAWS)
    def save_message(self, data: Any) -> None:
        self.draw("IMessage.SaveChanges", data)

    @rule(data=DRAWS)
    def create_attachment(self, data: Any) -> None:
        self.draw("IMessage.CreateAttach", data)

    @rule(data=DRAWS)
    def open_attachment(self, data: Any) -> None:
        self.draw("IMessage.OpenAttach", data)

    @rule(data=DRAWS)
    def delete_attachment(self, data: Any) -> None:
        self.draw("IMessage.DeleteAttach", data)

    @rule(data=DRAWS)
    def submit_message(self, data: Any) -> None:
        self.draw("IMessage.SubmitMessage", data)

    @rule(data=DRAWS)
    def modify_recipients(self, data: Any) -> None:
        self.draw("IMessage.ModifyRecipients", data)

    @rule(data=DRAWS)
    def save_attachment(self, data: Any) -> None:
        self.draw("IAttach.SaveChanges", data)

    @rule(data=DRAWS)
    def embed_message(self, data: Any) -> None:
        self.draw("IAttach.OpenMessage", data)

    @rule(data=DRAWS)
    def release_attachment(self, data: Any) -> None:
        self.draw("IAttach.Release", data)

    @rule(data=DRAWS)
    def give_back(self, data: Any) -> None:
        self.draw("world.release", data)

    @rule(data=DRAWS)
    def look_inside(self, data: Any) -> None:
        self.draw("world.elements", data)

    @rule(data=DRAWS)
    def look_at_file(self, data: Any) -> None:
        self.draw("world.bytes", data)

    @rule(data=DRAWS)
    def copy_storage(self, data: Any) -> None:
        self.draw("world.reopen", data)

    @rule(data=DRAWS)
    def write_beside(self, data: Any) -> None:
        self.draw("world.create", data)

    @rule(data=DRAWS)
    def commit(self, data: Any) -> None:
        self.draw("world.commit", data)

    @rule(data=DRAWS)
    def read_attributes(self, data: Any) -> None:
        self.draw("GetAttribIMsgOnIStg", data)

    @rule(data=DRAWS)
    def write_attributes(self, data: Any) -> None:
        self.draw("SetAttribIMsgOnIStg", data)
