/* --- message sessions: compile with -DUSE_MAPI_HEADERS to take the platform's headers instead --- */

#ifdef USE_MAPI_HEADERS
#define INITGUID
#include <mapix.h>
#include <imessage.h>
#else
#ifndef _WIN32
typedef struct IMalloc IMalloc;
typedef struct IStorage IStorage;
typedef struct IUnknown { const void *lpVtbl; } IUnknown, *LPUNKNOWN;
typedef IMalloc *LPMALLOC;
typedef IStorage *LPSTORAGE;
typedef const GUID *LPCIID;
struct IMalloc { const struct IMallocVtbl *lpVtbl; };
typedef struct IMallocVtbl {
    HRESULT(WINAPI *QueryInterface)(IMalloc *, const GUID *, void **);
    ULONG(WINAPI *AddRef)(IMalloc *);
    ULONG(WINAPI *Release)(IMalloc *);
    void *(WINAPI *Alloc)(IMalloc *, SIZE_T);
    void *(WINAPI *Realloc)(IMalloc *, void *, SIZE_T);
    void(WINAPI *Free)(IMalloc *, void *);
    SIZE_T(WINAPI *GetSize)(IMalloc *, void *);
    int(WINAPI *DidAlloc)(IMalloc *, void *);
    void(WINAPI *HeapMinimize)(IMalloc *);
} IMallocVtbl;
#else
typedef const GUID *LPCIID;
#endif
typedef struct { ULONG cb; BYTE *lpb; } SBinary;
typedef struct {
    ULONG ulPropTag, dwAlignPad;
    union {
        short int i; LONG l; ULONG ul; double dbl; unsigned short b; int64_t li; FILETIME ft;
        LPSTR lpszA; LPWSTR lpszW; SBinary bin; GUID *lpguid;
        struct { ULONG cValues; void *lp; } MV;
    } Value;
} SPropValue, *LPSPropValue;
typedef struct { ULONG cValues, aulPropTag[1]; } SPropTagArray, *LPSPropTagArray;
typedef struct { ULONG cValues, aPropAttr[1]; } SPropAttrArray, *LPSPropAttrArray;
typedef struct { ULONG ulIndex, ulPropTag; SCODE scode; } SPropProblem;
typedef struct { ULONG cProblem; SPropProblem aProblem[1]; } SPropProblemArray, *LPSPropProblemArray;
typedef struct { ULONG ulReserved1, cValues; LPSPropValue rgPropVals; } ADRENTRY;
typedef struct { ULONG cEntries; ADRENTRY aEntries[1]; } ADRLIST, *LPADRLIST;
typedef struct MessageSession *LPMSGSESS;
typedef struct IMessage { const struct IMessageVtbl *lpVtbl; } IMessage, *LPMESSAGE;
typedef struct IMessage IAttach, *LPATTACH; /* the methods used here stand at the same places */
typedef struct IMessageVtbl {
    HRESULT(WINAPI *QueryInterface)(IMessage *, const GUID *, void **);
    ULONG(WINAPI *AddRef)(IMessage *);
    ULONG(WINAPI *Release)(IMessage *);
    HRESULT(WINAPI *GetLastError)(IMessage *, HRESULT, ULONG, void **);
    HRESULT(WINAPI *SaveChanges)(IMessage *, ULONG);
    HRESULT(WINAPI *GetProps)(IMessage *, LPSPropTagArray, ULONG, ULONG *, LPSPropValue *);
    HRESULT(WINAPI *GetPropList)(IMessage *, ULONG, LPSPropTagArray *);
    HRESULT(WINAPI *OpenProperty)(IMessage *, ULONG, LPCIID, ULONG, ULONG, LPUNKNOWN *);
    HRESULT(WINAPI *SetProps)(IMessage *, ULONG, LPSPropValue, LPSPropProblemArray *);
    void *DeleteProps, *CopyTo, *CopyProps, *GetNamesFromIDs, *GetIDsFromNames, *GetAttachmentTable;
    HRESULT(WINAPI *OpenAttach)(IMessage *, ULONG, LPCIID, ULONG, LPATTACH *);
    HRESULT(WINAPI *CreateAttach)(IMessage *, LPCIID, ULONG, ULONG *, LPATTACH *);
    HRESULT(WINAPI *DeleteAttach)(IMessage *, ULONG, ULONG_PTR, void *, ULONG);
    void *GetRecipientTable;
    HRESULT(WINAPI *ModifyRecipients)(IMessage *, ULONG, LPADRLIST);
    HRESULT(WINAPI *SubmitMessage)(IMessage *, ULONG);
} IMessageVtbl;
#endif

typedef void(WINAPI *ReleaseCallback)(ULONG ulCallerData, LPMESSAGE lpMessage);

static struct {
    HRESULT(WINAPI *MAPIInitialize)(LPVOID);
    void(WINAPI *MAPIUninitialize)(void);
    SCODE(WINAPI *OpenIMsgSession)(LPMALLOC, ULONG, LPMSGSESS *);
    void(WINAPI *CloseIMsgSession)(LPMSGSESS);
    SCODE(WINAPI *OpenIMsgOnIStg)(LPMSGSESS, void *lpAllocateBuffer, void *lpAllocateMore,
                                  void *lpFreeBuffer, LPMALLOC, LPVOID lpMapiSup, LPSTORAGE,
                                  ReleaseCallback, ULONG ulCallerData, ULONG ulFlags, LPMESSAGE *);
    HRESULT(WINAPI *GetAttribIMsgOnIStg)(LPVOID, LPSPropTagArray, LPSPropAttrArray *);
    HRESULT(WINAPI *SetAttribIMsgOnIStg)(LPVOID, LPSPropTagArray, LPSPropAttrArray,
                                         LPSPropProblemArray *);
} mapi;

/* --- memory that is lent: a counting allocator, and the three buffer routines --- */

typedef struct Block { struct Block *next, *previous, *owner; size_t size; } Block;

static Block *block_find(Block *list, const void *memory) {
    for (Block *each = list->next; each != list; each = each->next)
        if (each + 1 == memory) return each;
    return NULL;
}
static void *block_add(Block *list, size_t size, Block *owner) {
    Block *block = malloc(sizeof *block + size);
    if (!block) return NULL;
    *block = (Block){list->next, list, owner, size};
    return list->next = list->next->previous = block, block + 1;
}
static void block_remove(Block *block) {
    block->previous->next = block->next;
    block->next->previous = block->previous;
    free(block);
}
static inline unsigned block_count(const Block *list) {
    unsigned count = 0;
    for (const Block *each = list->next; each != list; each = each->next) ++count;
    return count;
}

typedef struct { /* an IMalloc; `successes` allocations succeed, all of them if it is negative */
    IMalloc object;
    ULONG references, foreign;
    long successes;
    Block blocks;
} Lent;

static HRESULT WINAPI lent_query(IMalloc *self, const GUID *iid, void **object) {
    (void)iid;
    if (!object) return (HRESULT)0x80004002;
    ++((Lent *)self)->references;
    return *object = self, 0;
}
static ULONG WINAPI lent_add_ref(IMalloc *self) { return ++((Lent *)self)->references; }
static ULONG WINAPI lent_release(IMalloc *self) { return --((Lent *)self)->references; }
static void *WINAPI lent_alloc(IMalloc *self, SIZE_T size) {
    Lent *lent = (Lent *)self;
    if (lent->successes == 0) return NULL;
    if (lent->successes > 0) --lent->successes;
    return block_add(&lent->blocks, size, NULL);
}
static void WINAPI lent_free(IMalloc *self, void *memory) {
    Block *block = block_find(&((Lent *)self)->blocks, memory);
    if (block) block_remove(block);
    else if (memory) ++((Lent *)self)->foreign;
}
static void *WINAPI lent_realloc(IMalloc *self, void *memory, SIZE_T size) {
    Block *block = block_find(&((Lent *)self)->blocks, memory);
    void *grown = memory && !block ? NULL : lent_alloc(self, size);
    if (grown && block) {
        memcpy(grown, memory, block->size < size ? block->size : size);
        block_remove(block);
    }
    return grown;
}
static SIZE_T WINAPI lent_size(IMalloc *self, void *memory) {
    Block *block = block_find(&((Lent *)self)->blocks, memory);
    return block ? block->size : (SIZE_T)-1;
}
static int WINAPI lent_did(IMalloc *self, void *memory) {
    return block_find(&((Lent *)self)->blocks, memory) != NULL;
}
static void WINAPI lent_minimize(IMalloc *self) { (void)self; }
static IMallocVtbl lent_methods = {lent_query, lent_add_ref, lent_release, lent_alloc, lent_realloc,
                                   lent_free,  lent_size,    lent_did,     lent_minimize};

static inline Lent *lend(long successes) {
    Lent *lent = calloc(1, sizeof *lent);
    if (!lent) abort();
    lent->object.lpVtbl = &lent_methods;
    lent->references = 1;
    lent->successes = successes;
    lent->blocks.next = lent->blocks.previous = &lent->blocks;
    return lent;
}
static inline void count(const char *name, const Lent *lent) {
    add("; %s: %u live, %u references, %u foreign", name, block_count(&lent->blocks),
        (unsigned)lent->references, (unsigned)lent->foreign);
}

static Block buffers = {&buffers, &buffers, NULL, 0};
static unsigned foreign_buffers;

static inline SCODE WINAPI allocate_buffer(ULONG size, LPVOID *buffer) {
    return (*buffer = block_add(&buffers, size, NULL)) ? 0 : (SCODE)0x8007000E;
}
static inline SCODE WINAPI allocate_more(ULONG size, LPVOID owner, LPVOID *buffer) {
    Block *first = block_find(&buffers, owner);
    if (!first) return (SCODE)0x80070057;
    return (*buffer = block_add(&buffers, size, first)) ? 0 : (SCODE)0x8007000E;
}
static inline ULONG WINAPI free_buffer(LPVOID buffer) {
    Block *block = block_find(&buffers, buffer);
    if (!buffer) return 0;
    if (!block) return ++foreign_buffers, 0x80070057u;
    for (Block *each = buffers.next, *next; each != &buffers; each = next) {
        next = each->next;
        if (each->owner == block) block_remove(each);
    }
    return block_remove(block), 0;
}

static unsigned released;
static inline void WINAPI on_release(ULONG ulCallerData, LPMESSAGE lpMessage) {
    (void)lpMessage;
    printf("   (the release callback runs, ulCallerData 0x%X)\n", (unsigned)ulCallerData);
    ++released;
}
