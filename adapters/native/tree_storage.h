/* IStorage over a tree in memory. In transacted mode a storage works on a copy of its own, which
 * Commit puts in place of what it was opened on. */

#ifndef MAPI_CONFORMANCE_TREE_STORAGE_H
#define MAPI_CONFORMANCE_TREE_STORAGE_H

#include "tree_enum.h"
#include "tree_stream.h"

typedef struct { IStorage face; ULONG references; Node *node, *base; DWORD mode; } TreeStorage;

static const IStorageVtbl tree_storage_methods;

/* Opens a storage of a tree; `node` becomes what is committed, or is worked on directly. */
static IStorage *tree_open(Node *node, DWORD mode) {
    TreeStorage *made = checked(calloc(1, sizeof *made));
    made->face.lpVtbl = &tree_storage_methods;
    made->references = 1;
    made->mode = mode;
    made->node = node;
    ++node->references;
    if (mode & STGM_TRANSACTED) {
        made->base = node;
        made->node = node_copy(node);
    }
    return &made->face;
}

static HRESULT storage_allows(const TreeStorage *self, DWORD denied) {
    if (self->node->removed || (self->base && self->base->removed)) return STG_E_REVERTED;
    return (self->mode & 3) == denied ? STG_E_ACCESSDENIED : S_OK;
}

static HRESULT CALL tg_query(IStorage *face, const IID *iid, void **object) {
    (void)face, (void)iid;
    *object = NULL;
    return E_NOINTERFACE; /* only the counting storage in front is ever asked */
}

static ULONG CALL tg_add_ref(IStorage *face) { return ++((TreeStorage *)face)->references; }

static ULONG CALL tg_release(IStorage *face) {
    TreeStorage *self = (TreeStorage *)face;
    ULONG left = --self->references;
    if (left) return left;
    node_release(self->node);
    if (self->base) node_release(self->base);
    free(self);
    return 0;
}

/* Finds or makes the element that a call names. */
static HRESULT tg_create(TreeStorage *self, const WCHAR *name, DWORD mode, int is_storage,
                         Node **found) {
    HRESULT code = storage_allows(self, STGM_READ);
    if (code != S_OK) return code;
    if (!name_is_sound(name)) return STG_E_INVALIDNAME;
    if (node_find(self->node, name)) {
        if (!(mode & STGM_CREATE)) return STG_E_FILEALREADYEXISTS;
        node_remove(self->node, name);
    }
    *found = node_add(self->node, name, node_new(is_storage));
    return S_OK;
}

static HRESULT tg_find(TreeStorage *self, const WCHAR *name, DWORD mode, int is_storage,
                       Node **found) {
    HRESULT code = storage_allows(self, STGM_WRITE);
    if (code != S_OK) return code;
    if (!name) return STG_E_INVALIDNAME;
    *found = node_find(self->node, name);
    if (!*found || (*found)->is_storage != is_storage) return STG_E_FILENOTFOUND;
    return (self->mode & 3) == STGM_READ && (mode & 3) != STGM_READ ? STG_E_ACCESSDENIED : S_OK;
}

static HRESULT CALL tg_create_stream(IStorage *face, const OLECHAR *name, DWORD mode, DWORD a,
                                     DWORD b, IStream **made) {
    Node *node = NULL;
    HRESULT code = made ? tg_create((TreeStorage *)face, name, mode, 0, &node)
                        : STG_E_INVALIDPOINTER;
    (void)a, (void)b;
    if (made) *made = code == S_OK ? tree_stream_open(node, mode) : NULL;
    return code;
}

static HRESULT CALL tg_open_stream(IStorage *face, const OLECHAR *name, void *a, DWORD mode,
                                   DWORD b, IStream **made) {
    Node *node = NULL;
    HRESULT code = made ? tg_find((TreeStorage *)face, name, mode, 0, &node) : STG_E_INVALIDPOINTER;
    (void)a, (void)b;
    if (made) *made = code == S_OK ? tree_stream_open(node, mode) : NULL;
    return code;
}

static HRESULT CALL tg_create_storage(IStorage *face, const OLECHAR *name, DWORD mode, DWORD a,
                                      DWORD b, IStorage **made) {
    Node *node = NULL;
    HRESULT code = made ? tg_create((TreeStorage *)face, name, mode, 1, &node)
                        : STG_E_INVALIDPOINTER;
    (void)a, (void)b;
    if (made) *made = code == S_OK ? tree_open(node, mode) : NULL;
    return code;
}

static HRESULT CALL tg_open_storage(IStorage *face, const OLECHAR *name, IStorage *priority,
                                    DWORD mode, SNB excluded, DWORD a, IStorage **made) {
    Node *node = NULL;
    HRESULT code = made ? tg_find((TreeStorage *)face, name, mode, 1, &node) : STG_E_INVALIDPOINTER;
    (void)priority, (void)excluded, (void)a;
    if (made) *made = code == S_OK ? tree_open(node, mode) : NULL;
    return code;
}

/* Copies elements through the interface of the other storage, whosever it is. */
static HRESULT copy_elements(const Node *from, IStorage *to) {
    const DWORD mode = STGM_CREATE | STGM_READWRITE | STGM_SHARE_EXCLUSIVE;
    HRESULT code = S_OK;
    for (const Node *each = from->first; each && code == S_OK; each = each->next) {
        IStorage *storage;
        IStream *stream;
        if (each->is_storage) {
            code = to->lpVtbl->CreateStorage(to, each->name, mode, 0, 0, &storage);
            if (code != S_OK) return code;
            code = copy_elements(each, storage);
            storage->lpVtbl->Release(storage);
        } else {
            code = to->lpVtbl->CreateStream(to, each->name, mode, 0, 0, &stream);
            if (code != S_OK) return code;
            code = stream->lpVtbl->Write(stream, each->bytes, (ULONG)each->length, NULL);
            stream->lpVtbl->Release(stream);
        }
    }
    return code;
}

static HRESULT CALL tg_copy_to(IStorage *face, DWORD count, const IID *iids, SNB excluded,
                               IStorage *to) {
    TreeStorage *self = (TreeStorage *)face;
    HRESULT code = storage_allows(self, STGM_WRITE);
    (void)iids;
    if (count || excluded) return STG_E_INVALIDFUNCTION;
    if (code == S_OK) code = copy_elements(self->node, to);
    return code == S_OK ? to->lpVtbl->SetClass(to, &self->node->clsid) : code;
}

static HRESULT CALL tg_move(IStorage *face, const OLECHAR *name, IStorage *to, const OLECHAR *as,
                            DWORD flags) {
    (void)face, (void)name, (void)to, (void)as, (void)flags;
    return STG_E_INVALIDFUNCTION;
}

static HRESULT CALL tg_commit(IStorage *face, DWORD flags) {
    TreeStorage *self = (TreeStorage *)face;
    HRESULT code = storage_allows(self, STGM_READ);
    (void)flags;
    if (code == S_OK && self->base) node_assign(self->base, self->node);
    return code;
}

static HRESULT CALL tg_revert(IStorage *face) {
    TreeStorage *self = (TreeStorage *)face;
    if (self->base) node_assign(self->node, self->base);
    return S_OK;
}

static HRESULT CALL tg_enum(IStorage *face, DWORD a, void *b, DWORD c, IEnumSTATSTG **made) {
    TreeStorage *self = (TreeStorage *)face;
    HRESULT code = made ? storage_allows(self, STGM_WRITE) : STG_E_INVALIDPOINTER;
    (void)a, (void)b, (void)c;
    if (made) *made = code == S_OK ? tree_enum_open(self->node) : NULL;
    return code;
}

static HRESULT CALL tg_destroy(IStorage *face, const OLECHAR *name) {
    TreeStorage *self = (TreeStorage *)face;
    HRESULT code = storage_allows(self, STGM_READ);
    if (code != S_OK) return code;
    if (!name || !node_find(self->node, name)) return STG_E_FILENOTFOUND;
    node_remove(self->node, name);
    return S_OK;
}

static HRESULT CALL tg_rename(IStorage *face, const OLECHAR *from, const OLECHAR *to) {
    TreeStorage *self = (TreeStorage *)face;
    HRESULT code = storage_allows(self, STGM_READ);
    if (code != S_OK) return code;
    if (!from || !node_find(self->node, from)) return STG_E_FILENOTFOUND;
    if (!name_is_sound(to)) return STG_E_INVALIDNAME;
    if (node_find(self->node, to)) return STG_E_ACCESSDENIED;
    node_add(self->node, to, node_take(self->node, from));
    return S_OK;
}

static HRESULT CALL tg_times(IStorage *face, const OLECHAR *name, const FILETIME *created,
                             const FILETIME *accessed, const FILETIME *modified) {
    (void)name, (void)created, (void)accessed, (void)modified;
    return storage_allows((TreeStorage *)face, STGM_READ); /* times are not kept */
}

static HRESULT CALL tg_set_class(IStorage *face, const CLSID *clsid) {
    TreeStorage *self = (TreeStorage *)face;
    HRESULT code = storage_allows(self, STGM_READ);
    if (code == S_OK && clsid) self->node->clsid = *clsid;
    return code;
}

static HRESULT CALL tg_set_bits(IStorage *face, DWORD bits, DWORD mask) {
    TreeStorage *self = (TreeStorage *)face;
    HRESULT code = storage_allows(self, STGM_READ);
    if (code == S_OK) self->node->state_bits = (self->node->state_bits & ~mask) | (bits & mask);
    return code;
}

static HRESULT CALL tg_stat(IStorage *face, STATSTG *stat, DWORD flags) {
    TreeStorage *self = (TreeStorage *)face;
    return node_stat(self->node, self->mode, stat, flags);
}

static const IStorageVtbl tree_storage_methods = {
    tg_query, tg_add_ref, tg_release, tg_create_stream, tg_open_stream, tg_create_storage,
    tg_open_storage, tg_copy_to, tg_move, tg_commit, tg_revert, tg_enum, tg_destroy, tg_rename,
    tg_times, tg_set_class, tg_set_bits, tg_stat};

#endif
