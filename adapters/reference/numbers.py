"""Numbers that only the reference needs; the shared ones are in :mod:`conformance.codes`.

Sources: H2 for SCODEs, H1 for property attributes, H3 for types and flags, H4 for Simple MAPI.
"""

from __future__ import annotations

from typing import Final

MAPI_E_BAD_CHARWIDTH: Final = 0x80040103
MAPI_E_INVALID_OBJECT: Final = 0x80040108
MAPI_E_OBJECT_DELETED: Final = 0x8004010A
MAPI_E_TOO_COMPLEX: Final = 0x80040117

PROPATTR_MANDATORY: Final = 1
PROPATTR_READABLE: Final = 2
PROPATTR_WRITEABLE: Final = 4
PROPATTR_NOT_PRESENT: Final = 8

KEEP_OPEN_READONLY: Final = 0x1
KEEP_OPEN_READWRITE: Final = 0x2
FORCE_SAVE: Final = 0x4
MAPI_DEFERRED_ERRORS: Final = 0x8
MAPI_MODIFY: Final = 0x1
MAPI_BEST_ACCESS: Final = 0x10
MODRECIP_ADD: Final = 0x2
MODRECIP_MODIFY: Final = 0x4
MODRECIP_REMOVE: Final = 0x8

PT_UNSPECIFIED: Final = 0x0000
PT_LONG: Final = 0x0003
PT_ERROR: Final = 0x000A
PT_BOOLEAN: Final = 0x000B
PT_OBJECT: Final = 0x000D
PT_STRING8: Final = 0x001E
PT_UNICODE: Final = 0x001F
PT_CLSID: Final = 0x0048
PT_BINARY: Final = 0x0102
MV_FLAG: Final = 0x1000

PR_STORE_SUPPORT_MASK: Final = 0x340D0003
PR_ROWID: Final = 0x30000003
PR_ATTACH_NUM: Final = 0x0E210003
PR_ATTACH_METHOD: Final = 0x37050003
PR_ATTACH_DATA_OBJ: Final = 0x3701000D
ATTACH_EMBEDDED_MSG: Final = 5
ATTACH_OLE: Final = 6
FIRST_NAMED_ID: Final = 0x8000
LAST_NAMED_ID: Final = 0xFFFE
MOST_PARTS: Final = 2048  # recipients, or attachments, of one message: XM 2.2.1 and 2.2.2

MAPI_LOGON_UI: Final = 0x1
MAPI_PASSWORD_UI: Final = 0x20000
MAPI_E_UNKNOWN_RECIPIENT: Final = 14
