"""Faults of what a message does (IMSG-MSG, IMSG-SAVE, IMSG-ATTR)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.mutants.registry import fault
from adapters.reference import layout
from adapters.reference.attachment import Attachment
from adapters.reference.compound import Tree
from adapters.reference.lent import Buffer
from adapters.reference.message import Row
from adapters.reference.msgwrite import MessageWriter
from adapters.reference.numbers import KEEP_OPEN_READWRITE, PR_STORE_SUPPORT_MASK
from adapters.reference.objects import Result
from adapters.reference.properties import AttachmentContent, Property, identifier
from adapters.reference.topmessage import TopMessage
from adapters.reference.wire import Out
from conformance.codes import (
    MAPI_E_COMPUTED,
    MAPI_E_NO_ACCESS,
    MAPI_E_UNKNOWN_FLAGS,
    MAPI_W_ERRORS_RETURNED,
    S_OK,
)


@fault("message-text-folded", "IMSG-MSG-07")
class TextFolded(TopMessage):
    """Unicode text loses every character outside the 8-bit set."""

    def accept(self, values: Mapping[int, Any]) -> None:
        folded = {
            tag: value.encode("cp1252", "replace").decode("cp1252")
            if isinstance(value, str)
            else value
            for tag, value in values.items()
        }
        super().accept(folded)


@fault("message-unicode-bit-hidden", "IMSG-MSG-07")
class UnicodeBitHidden(TopMessage):
    """The support mask does not show STORE_UNICODE_OK."""

    def support_mask(self) -> int:
        return 0


@fault("message-foreign-buffers", "IMSG-MSG-13")
class ForeignBuffers(TopMessage):
    """Returned memory comes from a heap of the implementation."""

    def hand_out(self, code: int, values: Mapping[int, Any]) -> Result:
        return code, Buffer(0x77770000, values)


@fault("delete-dialog-flag-refused", "IMSG-MSG-14")
class DialogRefused(TopMessage):
    """ATTACH_DIALOG is an unknown flag."""

    def delete_attachment(self, number: int, flags: int) -> int:
        refused = flags and self.usable and number in self.content.attachments
        return MAPI_E_UNKNOWN_FLAGS if refused else super().delete_attachment(number, flags)


@fault("recipients-refused", "IMSG-MSG-14")
class RecipientsRefused(TopMessage):
    """Recipients need a support object."""

    def modify_recipients(self, flags: int, rows: Sequence[Row]) -> int:
        del flags, rows
        return MAPI_E_NO_ACCESS


@fault("submit-accepted", "IMSG-MSG-15")
class SubmitAccepted(TopMessage):
    """SubmitMessage succeeds, and the mail goes nowhere."""

    def submit(self, flags: int) -> int:
        del flags
        return S_OK


@fault("attachment-opened-twice", "IMSG-MSG-16")
class OpenedTwice(TopMessage):
    """The second open of an attachment gives another object."""

    def open_attachment(self, number: int, flags: int, out: Out | None) -> int:
        first = self.parts.pop(number, None)
        code = super().open_attachment(number, flags, out)
        if first is not None:
            self.parts[-number - 1 - len(self.parts)] = first
        return code


@fault("mask-overwritten", "IMSG-MSG-18")
class MaskOverwritten(TopMessage):
    """PR_STORE_SUPPORT_MASK can be set."""

    computed = frozenset()

    def protects(self, kept: Property, replaced: bool) -> bool:
        del kept, replaced
        return False


@fault("mask-refused-and-overwritten", "IMSG-MSG-18")
class MaskRefusedAndOverwritten(TopMessage):
    """Setting the mask is refused with the right problem, and the value changes."""

    def set_props(self, values: Mapping[int, Any]) -> Result:
        result = super().set_props(values)
        for tag, value in values.items():
            if tag == PR_STORE_SUPPORT_MASK and self.usable and self.writable:
                self.accept({tag: value})
        return result


@fault("mask-refused-otherwise", "IMSG-MSG-18")
class MaskRefusedOtherwise(TopMessage):
    """Setting the mask is refused with another problem."""

    def refusal(self, tag: int, value: Any) -> int:
        code = super().refusal(tag, value)
        return MAPI_E_NO_ACCESS if code == MAPI_E_COMPUTED else code


@fault("save-without-commit", "IMSG-SAVE-01")
class SaveWithoutCommit(TopMessage):
    """Saving never commits the storage."""

    def store(self) -> int:
        self.commits = False
        return super().store()


@fault("save-commits-once", "IMSG-SAVE-01")
class SaveCommitsOnce(TopMessage):
    """Only the first save of a message commits."""

    def store(self) -> int:
        code = super().store()
        self.commits = False
        return code


@fault("save-commits-to-go-on-only", "IMSG-SAVE-01")
class SaveCommitsToGoOnOnly(TopMessage):
    """Only a save after which the message stays writable commits."""

    def save_changes(self, flags: int) -> int:
        self.commits = self.commits and bool(flags & KEEP_OPEN_READWRITE)
        return super().save_changes(flags)


@fault("save-commits-always", "IMSG-SAVE-02")
class SaveCommitsAlways(TopMessage):
    """IMSG_NO_ISTG_COMMIT is ignored."""

    def store(self) -> int:
        self.commits = True
        return super().store()


@fault("release-commits", "IMSG-SAVE-02")
class ReleaseCommits(TopMessage):
    """The end of a message commits what IMSG_NO_ISTG_COMMIT left to the caller."""

    def give_back(self) -> None:
        if not self.commits:
            self.storage.commit()
        super().give_back()


@fault("save-other-names", "IMSG-SAVE-03")
class OtherNames(MessageWriter):
    """Recipients are stored under names of the implementation's own taste."""

    def part_name(self, prefix: str, number: int) -> str:
        name = super().part_name(prefix, number)
        return f"recip{number}" if prefix == layout.RECIPIENT else name


@fault("save-other-attachment-names", "IMSG-SAVE-03")
class OtherAttachmentNames(MessageWriter):
    """Attachments are stored under names of the implementation's own taste."""

    def part_name(self, prefix: str, number: int) -> str:
        name = super().part_name(prefix, number)
        return f"attach{number}" if prefix == layout.ATTACHMENT else name


@fault("save-deletes-foreign-elements", "IMSG-SAVE-03")
class DeletesForeign(TopMessage):
    """Saving clears the whole storage, the caller's elements included."""

    def write(self, tree: Tree) -> None:
        self.storage.write(dict.fromkeys(self.storage.read()))
        super().write(tree)


@fault("close-saves", "IMSG-SAVE-04")
class CloseSaves(TopMessage):
    """The end of a message saves what was not saved."""

    def close(self) -> None:
        if self.writable and self.storage.references > 0:
            self.write(
                self.imsg.writer_class(self.services.unicode).write(
                    self.content, self.services.names
                )
            )
            self.storage.commit()
        super().close()


@fault("set-props-saves", "IMSG-SAVE-04")
class SetPropsSaves(TopMessage):
    """Every change is made permanent at once."""

    def set_props(self, values: Mapping[int, Any]) -> Result:
        result = super().set_props(values)
        self.save_changes(0)
        return result


@fault("attachment-without-own-save", "IMSG-SAVE-05")
class WithoutOwnSave(TopMessage):
    """The message's save takes attachments along that were never saved."""

    def build_attachment(
        self, number: int, content: AttachmentContent, writable: bool, out: Out
    ) -> int:
        self.content.attachments.setdefault(number, content.copy())
        return super().build_attachment(number, content, writable, out)


@fault("attachment-saves-message", "IMSG-SAVE-05")
class SavesMessage(Attachment):
    """Saving an attachment saves its message."""

    def store(self) -> int:
        code = super().store()
        self.message.save_changes(0)
        return code


@fault("attachment-never-visible", "IMSG-SAVE-05")
class NeverVisible(Attachment):
    """A saved attachment never reaches its message."""

    def store(self) -> int:
        return S_OK


@fault("attributes-shifted", "IMSG-ATTR-01")
class AttributesShifted(TopMessage):
    """Each tag gets the attributes of the tag before it."""

    def get_attributes(self, tags: Sequence[int]) -> Result:
        code, buffer = super().get_attributes(tags)
        if buffer is None:
            return code, None
        kept = list(buffer.value.values())
        shifted = dict(zip(buffer.value, [0, *kept][: len(kept)], strict=True))
        return code, Buffer(buffer.address, shifted)


@fault("attributes-without-warning", "IMSG-ATTR-01")
class WithoutWarning(TopMessage):
    """Attributes that cannot be reached give no warning."""

    def get_attributes(self, tags: Sequence[int]) -> Result:
        code, buffer = super().get_attributes(tags)
        return (S_OK if code == MAPI_W_ERRORS_RETURNED else code), buffer


@fault("attributes-forgotten", "IMSG-ATTR-01")
class AttributesForgotten(TopMessage):
    """Attributes are set with success, and forgotten."""

    def set_attributes(self, attributes: Mapping[int, int]) -> Result:
        known = {identifier(tag) for tag in self.content.properties}
        if all(identifier(tag) in known for tag in attributes) and self.usable and self.writable:
            return S_OK, None
        return super().set_attributes(attributes)
