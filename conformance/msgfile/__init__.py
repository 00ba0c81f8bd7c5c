"""The .msg file that a message session leaves behind: a bounded reader and a model."""

from conformance.msgfile.read import read
from conformance.msgfile.structure import Defect, MsgFile

__all__ = ["Defect", "MsgFile", "read"]
