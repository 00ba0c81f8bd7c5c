/* The part of COM that the messaging API uses, as C sees it.
 *
 * On Windows the system's own headers have it. Elsewhere these declarations stand in, with the
 * layouts that the Windows documentation gives: WCHAR has 16 bits, methods use the platform's C
 * calling convention, and memory that changes hands without an allocator (STATSTG.pwcsName) comes
 * from malloc and goes to free. */

#ifndef MAPI_CONFORMANCE_COM_H
#define MAPI_CONFORMANCE_COM_H

#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32

#ifndef COBJMACROS
#define COBJMACROS
#endif
#ifndef CONST_VTABLE
#define CONST_VTABLE
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
#include <objbase.h>
#define CALL __stdcall

#else

#define CALL
#define STDMETHODCALLTYPE CALL

typedef uint8_t BYTE;
typedef uint16_t WORD, WCHAR, OLECHAR;
typedef uint32_t ULONG, DWORD;
typedef int32_t LONG, HRESULT, SCODE, BOOL;
typedef uintptr_t ULONG_PTR;
typedef size_t SIZE_T;
typedef char *LPSTR;
typedef WCHAR *LPWSTR;

typedef struct { uint32_t Data1; uint16_t Data2, Data3; uint8_t Data4[8]; } GUID;
typedef GUID IID, CLSID;
typedef struct { uint32_t dwLowDateTime, dwHighDateTime; } FILETIME;
typedef union { int64_t QuadPart; } LARGE_INTEGER;
typedef union { uint64_t QuadPart; } ULARGE_INTEGER;
typedef OLECHAR **SNB;

typedef struct {
    OLECHAR *pwcsName;
    DWORD type; /* STGTY_STORAGE 1, STGTY_STREAM 2 */
    ULARGE_INTEGER cbSize;
    FILETIME mtime, ctime, atime;
    DWORD grfMode, grfLocksSupported;
    CLSID clsid;
    DWORD grfStateBits, reserved;
} STATSTG;

typedef struct IUnknown IUnknown;
typedef struct IMalloc IMalloc;
typedef struct IStream IStream;
typedef struct IStorage IStorage;
typedef struct IEnumSTATSTG IEnumSTATSTG;

#define COM_METHODS(Self)                                                                  \
    HRESULT(CALL *QueryInterface)(Self *, const IID *, void **);                           \
    ULONG(CALL *AddRef)(Self *);                                                           \
    ULONG(CALL *Release)(Self *);

typedef struct { COM_METHODS(IUnknown) } IUnknownVtbl;

typedef struct {
    COM_METHODS(IMalloc)
    void *(CALL *Alloc)(IMalloc *, SIZE_T);
    void *(CALL *Realloc)(IMalloc *, void *, SIZE_T);
    void(CALL *Free)(IMalloc *, void *);
    SIZE_T(CALL *GetSize)(IMalloc *, void *);
    int(CALL *DidAlloc)(IMalloc *, void *);
    void(CALL *HeapMinimize)(IMalloc *);
} IMallocVtbl;

typedef struct {
    COM_METHODS(IStream)
    HRESULT(CALL *Read)(IStream *, void *, ULONG, ULONG *);
    HRESULT(CALL *Write)(IStream *, const void *, ULONG, ULONG *);
    HRESULT(CALL *Seek)(IStream *, LARGE_INTEGER, DWORD, ULARGE_INTEGER *);
    HRESULT(CALL *SetSize)(IStream *, ULARGE_INTEGER);
    HRESULT(CALL *CopyTo)(IStream *, IStream *, ULARGE_INTEGER, ULARGE_INTEGER *, ULARGE_INTEGER *);
    HRESULT(CALL *Commit)(IStream *, DWORD);
    HRESULT(CALL *Revert)(IStream *);
    HRESULT(CALL *LockRegion)(IStream *, ULARGE_INTEGER, ULARGE_INTEGER, DWORD);
    HRESULT(CALL *UnlockRegion)(IStream *, ULARGE_INTEGER, ULARGE_INTEGER, DWORD);
    HRESULT(CALL *Stat)(IStream *, STATSTG *, DWORD);
    HRESULT(CALL *Clone)(IStream *, IStream **);
} IStreamVtbl;

typedef struct {
    COM_METHODS(IEnumSTATSTG)
    HRESULT(CALL *Next)(IEnumSTATSTG *, ULONG, STATSTG *, ULONG *);
    HRESULT(CALL *Skip)(IEnumSTATSTG *, ULONG);
    HRESULT(CALL *Reset)(IEnumSTATSTG *);
    HRESULT(CALL *Clone)(IEnumSTATSTG *, IEnumSTATSTG **);
} IEnumSTATSTGVtbl;

typedef struct {
    COM_METHODS(IStorage)
    HRESULT(CALL *CreateStream)(IStorage *, const OLECHAR *, DWORD, DWORD, DWORD, IStream **);
    HRESULT(CALL *OpenStream)(IStorage *, const OLECHAR *, void *, DWORD, DWORD, IStream **);
    HRESULT(CALL *CreateStorage)(IStorage *, const OLECHAR *, DWORD, DWORD, DWORD, IStorage **);
    HRESULT(CALL *OpenStorage)(IStorage *, const OLECHAR *, IStorage *, DWORD, SNB, DWORD,
                               IStorage **);
    HRESULT(CALL *CopyTo)(IStorage *, DWORD, const IID *, SNB, IStorage *);
    HRESULT(CALL *MoveElementTo)(IStorage *, const OLECHAR *, IStorage *, const OLECHAR *, DWORD);
    HRESULT(CALL *Commit)(IStorage *, DWORD);
    HRESULT(CALL *Revert)(IStorage *);
    HRESULT(CALL *EnumElements)(IStorage *, DWORD, void *, DWORD, IEnumSTATSTG **);
    HRESULT(CALL *DestroyElement)(IStorage *, const OLECHAR *);
    HRESULT(CALL *RenameElement)(IStorage *, const OLECHAR *, const OLECHAR *);
    HRESULT(CALL *SetElementTimes)(IStorage *, const OLECHAR *, const FILETIME *, const FILETIME *,
                                   const FILETIME *);
    HRESULT(CALL *SetClass)(IStorage *, const CLSID *);
    HRESULT(CALL *SetStateBits)(IStorage *, DWORD, DWORD);
    HRESULT(CALL *Stat)(IStorage *, STATSTG *, DWORD);
} IStorageVtbl;

struct IUnknown { const IUnknownVtbl *lpVtbl; };
struct IMalloc { const IMallocVtbl *lpVtbl; };
struct IStream { const IStreamVtbl *lpVtbl; };
struct IStorage { const IStorageVtbl *lpVtbl; };
struct IEnumSTATSTG { const IEnumSTATSTGVtbl *lpVtbl; };

#define S_OK ((HRESULT)0)
#define S_FALSE ((HRESULT)1)
#define E_NOINTERFACE ((HRESULT)0x80004002)
#define E_NOTIMPL ((HRESULT)0x80004001)
#define E_INVALIDARG ((HRESULT)0x80070057)
#define E_OUTOFMEMORY ((HRESULT)0x8007000E)

#define STGM_READ 0x00000000
#define STGM_WRITE 0x00000001
#define STGM_READWRITE 0x00000002
#define STGM_SHARE_EXCLUSIVE 0x00000010
#define STGM_SHARE_DENY_WRITE 0x00000020
#define STGM_CREATE 0x00001000
#define STGM_TRANSACTED 0x00010000

#define STG_E_INVALIDFUNCTION ((HRESULT)0x80030001)
#define STG_E_FILENOTFOUND ((HRESULT)0x80030002)
#define STG_E_ACCESSDENIED ((HRESULT)0x80030005)
#define STG_E_INVALIDPOINTER ((HRESULT)0x80030009)
#define STG_E_FILEALREADYEXISTS ((HRESULT)0x80030050)
#define STG_E_INVALIDPARAMETER ((HRESULT)0x80030057)
#define STG_E_INVALIDNAME ((HRESULT)0x800300FC)
#define STG_E_REVERTED ((HRESULT)0x80030102)

#define STGTY_STORAGE 1
#define STGTY_STREAM 2
#define STATFLAG_NONAME 1
#define STREAM_SEEK_SET 0
#define STREAM_SEEK_CUR 1
#define STREAM_SEEK_END 2

#endif
#endif
