"""Faults of recipients, attachments and attributes (IMSG-MSG-14, -16, IMSG-ATTR)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.mutants.registry import benign, fault
from adapters.reference.attachment import Attachment
from adapters.reference.imsg import Imsg
from adapters.reference.message import Message, Row
from adapters.reference.numbers import MAPI_MODIFY, PROPATTR_NOT_PRESENT
from adapters.reference.objects import Result
from adapters.reference.topmessage import TopMessage
from adapters.reference.wire import Out
from conformance.codes import MAPI_W_ERRORS_RETURNED, S_OK

_ENTRY_ID: Final = 0x0FFF0102
_RECORD_KEY: Final = 0x0FF90102
_LONG_TERM: Final = b"\0\0\0\0"


@fault("recipient-entry-ids-converted", "IMSG-MSG-14")
class EntryIdsConverted(TopMessage):
    """Entry identifiers of recipients are made long-term ones."""

    def modify_recipients(self, flags: int, rows: Sequence[Row]) -> int:
        if any(_ENTRY_ID not in row for row in rows):
            return super().modify_recipients(flags, rows)
        converted = [{**row, _ENTRY_ID: _LONG_TERM + row[_ENTRY_ID][4:]} for row in rows]
        return super().modify_recipients(flags, converted)


@fault("recipient-entry-ids-dropped", "IMSG-MSG-14")
class EntryIdsDropped(TopMessage):
    """Entry identifiers of recipients are not stored."""

    def modify_recipients(self, flags: int, rows: Sequence[Row]) -> int:
        kept = [{tag: row[tag] for tag in row if tag != _ENTRY_ID} for row in rows]
        return super().modify_recipients(flags, kept)


@benign("recipients-stored-otherwise")
class RecipientsStoredOtherwise(TopMessage):
    """Recipients are kept in another order, with a record key of their own."""

    def modify_recipients(self, flags: int, rows: Sequence[Row]) -> int:
        kept = [{_RECORD_KEY: bytes([number]), **row} for number, row in enumerate(rows)]
        return super().modify_recipients(flags, kept[::-1])


@fault("attachment-access-raised", "IMSG-MSG-16")
class AccessRaised(TopMessage):
    """The second open of an attachment makes a read-only object writable."""

    def open_attachment(self, number: int, flags: int, out: Out | None) -> int:
        code = super().open_attachment(number, flags, out)
        if code == S_OK and flags & MAPI_MODIFY:
            self.parts[number].writable = self.writable
        return code


@fault("attachment-access-lowered", "IMSG-MSG-16")
class AccessLowered(TopMessage):
    """The second open of an attachment makes a writable object read-only."""

    def open_attachment(self, number: int, flags: int, out: Out | None) -> int:
        code = super().open_attachment(number, flags, out)
        if code == S_OK:
            self.parts[number].writable &= bool(flags & MAPI_MODIFY)
        return code


@benign("attachments-always-writable")
class AlwaysWritable(TopMessage):
    """The access mode of an attachment is that of its message, whatever was asked for."""

    def open_attachment(self, number: int, flags: int, out: Out | None) -> int:
        return super().open_attachment(number, flags | MAPI_MODIFY, out)


@fault("attributes-of-attachments", "IMSG-ATTR-01")
class AttributesOfAttachments(Imsg):
    """The attributes of an attachment's properties can be read."""

    def get_attributes(self, target: Any, tags: Sequence[int]) -> Result:
        if isinstance(target, Attachment):
            return Message.get_attributes(target, tags)  # type: ignore[arg-type]
        return super().get_attributes(target, tags)


@fault("attributes-set-on-attachments", "IMSG-ATTR-01")
class AttributesSetOnAttachments(Imsg):
    """The attributes of an attachment's properties can be set."""

    def set_attributes(self, target: Any, attributes: Mapping[int, int]) -> Result:
        if isinstance(target, Attachment):
            return Message.set_attributes(target, attributes)  # type: ignore[arg-type]
        return super().set_attributes(target, attributes)


@benign("attributes-of-attachments-out-of-reach")
class AttributesOutOfReach(Imsg):
    """An attachment has no attributes that could be reached, which is a warning."""

    def get_attributes(self, target: Any, tags: Sequence[int]) -> Result:
        if isinstance(target, Attachment) and target.usable:
            none = dict.fromkeys(tags, PROPATTR_NOT_PRESENT)
            return target.hand_out(MAPI_W_ERRORS_RETURNED, none)
        return super().get_attributes(target, tags)
