/* The documented messaging API in C: message sessions, messages on storages, and Simple MAPI.
 *
 * Declarations alone, in our own words, of what the public documentation names: enough to call an
 * implementation or to write one. C11 for gcc, clang, mingw and MSVC; needs com.h beside it.
 * Not for use together with the platform's own mapi.h, whose names these are. */

#ifndef MAPI_CONFORMANCE_MAPI_H
#define MAPI_CONFORMANCE_MAPI_H

#include "com.h"

/* --- codes and flags --- */

#define MAPI_E_CALL_FAILED ((SCODE)0x80004005)
#define MAPI_E_NOT_ENOUGH_MEMORY ((SCODE)0x8007000E)
#define MAPI_E_INVALID_PARAMETER ((SCODE)0x80070057)
#define MAPI_E_INTERFACE_NOT_SUPPORTED ((SCODE)0x80004002)
#define MAPI_E_NO_ACCESS ((SCODE)0x80070005)
#define MAPI_E_NO_SUPPORT ((SCODE)0x80040102)
#define MAPI_E_BAD_CHARWIDTH ((SCODE)0x80040103)
#define MAPI_E_UNKNOWN_FLAGS ((SCODE)0x80040106)
#define MAPI_E_INVALID_OBJECT ((SCODE)0x80040108)
#define MAPI_E_OBJECT_DELETED ((SCODE)0x8004010A)
#define MAPI_E_NOT_FOUND ((SCODE)0x8004010F)
#define MAPI_E_TOO_COMPLEX ((SCODE)0x80040117)
#define MAPI_E_COMPUTED ((SCODE)0x8004011A)
#define MAPI_E_NOT_INITIALIZED ((SCODE)0x80040605)
#define MAPI_W_ERRORS_RETURNED ((SCODE)0x00040380)

#define MAPI_UNICODE 0x80000000u
#define IMSG_NO_ISTG_COMMIT 0x00000001u
#define KEEP_OPEN_READONLY 0x1u
#define KEEP_OPEN_READWRITE 0x2u
#define FORCE_SAVE 0x4u
#define MAPI_DEFERRED_ERRORS 0x8u
#define MAPI_MODIFY 0x1u
#define MAPI_CREATE 0x2u
#define MAPI_BEST_ACCESS 0x10u
#define ATTACH_DIALOG 0x1u
#define MODRECIP_ADD 0x2u
#define MODRECIP_MODIFY 0x4u
#define MODRECIP_REMOVE 0x8u
#define STORE_UNICODE_OK 0x00040000u

#define PROPATTR_MANDATORY 0x1u
#define PROPATTR_READABLE 0x2u
#define PROPATTR_WRITEABLE 0x4u
#define PROPATTR_NOT_PRESENT 0x8u

/* --- properties --- */

#define MV_FLAG 0x1000u
#define PT_UNSPECIFIED 0x0000u
#define PT_LONG 0x0003u
#define PT_ERROR 0x000Au
#define PT_BOOLEAN 0x000Bu
#define PT_OBJECT 0x000Du
#define PT_STRING8 0x001Eu
#define PT_UNICODE 0x001Fu
#define PT_CLSID 0x0048u
#define PT_BINARY 0x0102u

#define PROP_TYPE(tag) ((tag) & 0xFFFFu)
#define PROP_ID(tag) ((tag) >> 16)
#define PROP_TAG(type, id) ((ULONG)(id) << 16 | (type))

#define PR_STORE_SUPPORT_MASK 0x340D0003u
#define PR_ROWID 0x30000003u
#define PR_ATTACH_NUM 0x0E210003u
#define PR_ATTACH_METHOD 0x37050003u
#define PR_ATTACH_DATA_OBJ 0x3701000Du
#define ATTACH_EMBEDDED_MSG 5u

typedef struct { ULONG cb; BYTE *lpb; } SBinary;
typedef struct { ULONG cValues; LONG *lpl; } SLongArray;
typedef struct { ULONG cValues; LPSTR *lppszA; } SLPSTRArray;
typedef struct { ULONG cValues; LPWSTR *lppszW; } SWStringArray;
typedef struct { ULONG cValues; SBinary *lpbin; } SBinaryArray;
typedef struct { ULONG cValues; GUID *lpguid; } SGuidArray;

typedef union {
    int16_t i;
    LONG l;
    ULONG ul;
    uint16_t b; /* boolean */
    LPSTR lpszA;
    LPWSTR lpszW;
    GUID *lpguid;
    SBinary bin;
    SLongArray MVl;
    SLPSTRArray MVszA;
    SWStringArray MVszW;
    SBinaryArray MVbin;
    SGuidArray MVguid;
    SCODE err;
    int64_t li;
    double dbl;
} SPropUnion;

typedef struct { ULONG ulPropTag, dwAlignPad; SPropUnion Value; } SPropValue;
typedef struct { ULONG cValues; ULONG aulPropTag[1]; } SPropTagArray;
typedef struct { ULONG ulIndex, ulPropTag; SCODE scode; } SPropProblem;
typedef struct { ULONG cProblem; SPropProblem aProblem[1]; } SPropProblemArray;
typedef struct { ULONG cValues; ULONG aPropAttr[1]; } SPropAttrArray;
typedef struct { ULONG ulReserved1, cValues; SPropValue *rgPropVals; } ADRENTRY;
typedef struct { ULONG cEntries; ADRENTRY aEntries[1]; } ADRLIST;

#define MNID_ID 0u
#define MNID_STRING 1u
typedef struct {
    GUID *lpguid;
    ULONG ulKind;
    union { LONG lID; LPWSTR lpwstrName; } Kind;
} MAPINAMEID;

typedef struct { SCODE hResult; ULONG ulVersion; void *strings[2]; ULONG low, context; } MAPIERROR;

/* --- objects, their methods in the documented order --- */

typedef struct IMAPITable IMAPITable;
typedef struct IMessage IMessage;
typedef struct IAttach IAttach;

#define MAPI_PROP_METHODS(Self)                                                            \
    HRESULT(CALL *QueryInterface)(Self *, const IID *, void **);                           \
    ULONG(CALL *AddRef)(Self *);                                                           \
    ULONG(CALL *Release)(Self *);                                                          \
    HRESULT(CALL *GetLastError)(Self *, HRESULT, ULONG, MAPIERROR **);                     \
    HRESULT(CALL *SaveChanges)(Self *, ULONG);                                             \
    HRESULT(CALL *GetProps)(Self *, SPropTagArray *, ULONG, ULONG *, SPropValue **);       \
    HRESULT(CALL *GetPropList)(Self *, ULONG, SPropTagArray **);                           \
    HRESULT(CALL *OpenProperty)(Self *, ULONG, const IID *, ULONG, ULONG, IUnknown **);    \
    HRESULT(CALL *SetProps)(Self *, ULONG, SPropValue *, SPropProblemArray **);            \
    HRESULT(CALL *DeleteProps)(Self *, SPropTagArray *, SPropProblemArray **);             \
    HRESULT(CALL *CopyTo)(Self *, ULONG, const IID *, SPropTagArray *, ULONG_PTR, void *,  \
                          const IID *, void *, ULONG, SPropProblemArray **);               \
    HRESULT(CALL *CopyProps)(Self *, SPropTagArray *, ULONG_PTR, void *, const IID *,      \
                             void *, ULONG, SPropProblemArray **);                         \
    HRESULT(CALL *GetNamesFromIDs)(Self *, SPropTagArray **, GUID *, ULONG, ULONG *,       \
                                   MAPINAMEID ***);                                        \
    HRESULT(CALL *GetIDsFromNames)(Self *, ULONG, MAPINAMEID **, ULONG, SPropTagArray **);

typedef struct { MAPI_PROP_METHODS(IAttach) } IAttachVtbl;

typedef struct {
    MAPI_PROP_METHODS(IMessage)
    HRESULT(CALL *GetAttachmentTable)(IMessage *, ULONG, IMAPITable **);
    HRESULT(CALL *OpenAttach)(IMessage *, ULONG, const IID *, ULONG, IAttach **);
    HRESULT(CALL *CreateAttach)(IMessage *, const IID *, ULONG, ULONG *, IAttach **);
    HRESULT(CALL *DeleteAttach)(IMessage *, ULONG, ULONG_PTR, void *, ULONG);
    HRESULT(CALL *GetRecipientTable)(IMessage *, ULONG, IMAPITable **);
    HRESULT(CALL *ModifyRecipients)(IMessage *, ULONG, ADRLIST *);
    HRESULT(CALL *SubmitMessage)(IMessage *, ULONG);
    HRESULT(CALL *SetReadFlag)(IMessage *, ULONG);
} IMessageVtbl;

struct IMessage { const IMessageVtbl *lpVtbl; };
struct IAttach { const IAttachVtbl *lpVtbl; };

/* IID_IMessage, {00020307-0000-0000-C000-000000000046} */
#define MAPI_IID(number) {number, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}}
#define MAPI_IID_IMESSAGE MAPI_IID(0x00020307)
#define MAPI_IID_IATTACH MAPI_IID(0x00020308)
#define MAPI_IID_IMAPIPROP MAPI_IID(0x00020303)
#define MAPI_IID_IUNKNOWN MAPI_IID(0)
#define MAPI_IID_IMALLOC MAPI_IID(2)

/* --- message sessions --- */

typedef struct MSGSESS MSGSESS;

typedef SCODE(CALL *ALLOCATEBUFFER)(ULONG, void **);
typedef SCODE(CALL *ALLOCATEMORE)(ULONG, void *, void **);
typedef ULONG(CALL *FREEBUFFER)(void *);
typedef void(CALL *MSGCALLRELEASE)(ULONG, IMessage *);

typedef HRESULT(CALL *MAPIINITIALIZE)(void *);
typedef void(CALL *MAPIUNINITIALIZE)(void);
typedef SCODE(CALL *OPENIMSGSESSION)(IMalloc *, ULONG, MSGSESS **);
typedef void(CALL *CLOSEIMSGSESSION)(MSGSESS *);
typedef SCODE(CALL *OPENIMSGONISTG)(MSGSESS *, ALLOCATEBUFFER, ALLOCATEMORE, FREEBUFFER, IMalloc *,
                                    void *, IStorage *, MSGCALLRELEASE, ULONG, ULONG, IMessage **);
typedef HRESULT(CALL *GETATTRIBIMSGONISTG)(void *, SPropTagArray *, SPropAttrArray **);
typedef HRESULT(CALL *SETATTRIBIMSGONISTG)(void *, SPropTagArray *, SPropAttrArray *,
                                           SPropProblemArray **);

/* --- Simple MAPI --- */

typedef ULONG_PTR LHANDLE;

typedef struct {
    ULONG ulReserved, ulRecipClass;
    LPSTR lpszName, lpszAddress;
    ULONG ulEIDSize;
    void *lpEntryID;
} MapiRecipDesc;

typedef struct {
    ULONG ulReserved, flFlags, nPosition;
    LPSTR lpszPathName, lpszFileName;
    void *lpFileType;
} MapiFileDesc;

typedef struct {
    ULONG ulReserved;
    LPSTR lpszSubject, lpszNoteText, lpszMessageType, lpszDateReceived, lpszConversationID;
    ULONG flFlags;
    MapiRecipDesc *lpOriginator;
    ULONG nRecipCount;
    MapiRecipDesc *lpRecips;
    ULONG nFileCount;
    MapiFileDesc *lpFiles;
} MapiMessage;

typedef ULONG(CALL *MAPILOGON)(ULONG_PTR, LPSTR, LPSTR, ULONG, ULONG, LHANDLE *);
typedef ULONG(CALL *MAPILOGOFF)(LHANDLE, ULONG_PTR, ULONG, ULONG);
typedef ULONG(CALL *MAPISENDMAIL)(LHANDLE, ULONG_PTR, MapiMessage *, ULONG, ULONG);
typedef ULONG(CALL *MAPISAVEMAIL)(LHANDLE, ULONG_PTR, MapiMessage *, ULONG, ULONG, LPSTR);
typedef ULONG(CALL *MAPIREADMAIL)(LHANDLE, ULONG_PTR, LPSTR, ULONG, ULONG, MapiMessage **);
typedef ULONG(CALL *MAPIDELETEMAIL)(LHANDLE, ULONG_PTR, LPSTR, ULONG, ULONG);
typedef ULONG(CALL *MAPIFINDNEXT)(LHANDLE, ULONG_PTR, LPSTR, LPSTR, ULONG, ULONG, LPSTR);
typedef ULONG(CALL *MAPIRESOLVENAME)(LHANDLE, ULONG_PTR, LPSTR, ULONG, ULONG, MapiRecipDesc **);
typedef ULONG(CALL *MAPIFREEBUFFER)(void *);
typedef SCODE(CALL *SCMAPIXFROMSMAPI)(LHANDLE, ULONG, const IID *, void **);

#endif
