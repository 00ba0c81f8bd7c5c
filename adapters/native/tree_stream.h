/* IStream over a stream of a tree in memory. */

#ifndef MAPI_CONFORMANCE_TREE_STREAM_H
#define MAPI_CONFORMANCE_TREE_STREAM_H

#include "tree.h"

typedef struct {
    IStream face;
    ULONG references;
    Node *node;
    uint64_t position;
    DWORD mode;
} TreeStream;

static const IStreamVtbl tree_stream_methods;

static IStream *tree_stream_open(Node *node, DWORD mode) {
    TreeStream *made = checked(calloc(1, sizeof *made));
    made->face.lpVtbl = &tree_stream_methods;
    made->references = 1;
    made->node = node;
    made->mode = mode;
    ++node->references;
    return &made->face;
}

static HRESULT stream_allows(const TreeStream *self, DWORD denied) {
    if (self->node->removed) return STG_E_REVERTED;
    return (self->mode & 3) == denied ? STG_E_ACCESSDENIED : S_OK;
}

static HRESULT CALL ts_query(IStream *face, const IID *iid, void **object) {
    (void)face, (void)iid;
    *object = NULL;
    return E_NOINTERFACE; /* only the counting stream in front is ever asked */
}

static ULONG CALL ts_add_ref(IStream *face) { return ++((TreeStream *)face)->references; }

static ULONG CALL ts_release(IStream *face) {
    TreeStream *self = (TreeStream *)face;
    ULONG left = --self->references;
    if (left) return left;
    node_release(self->node);
    free(self);
    return 0;
}

static HRESULT CALL ts_read(IStream *face, void *to, ULONG size, ULONG *got) {
    TreeStream *self = (TreeStream *)face;
    HRESULT code = stream_allows(self, STGM_WRITE);
    uint64_t length = self->node->length, left;
    if (got) *got = 0;
    if (code != S_OK) return code;
    if (!to) return STG_E_INVALIDPOINTER;
    left = self->position < length ? length - self->position : 0;
    if (size > left) size = (ULONG)left;
    if (size) memcpy(to, self->node->bytes + self->position, size);
    self->position += size;
    if (got) *got = size;
    return S_OK;
}

static HRESULT CALL ts_write(IStream *face, const void *from, ULONG size, ULONG *put) {
    TreeStream *self = (TreeStream *)face;
    HRESULT code = stream_allows(self, STGM_READ);
    if (put) *put = 0;
    if (code != S_OK) return code;
    if (!from && size) return STG_E_INVALIDPOINTER;
    node_write(self->node, (size_t)self->position, from, size);
    self->position += size;
    if (put) *put = size;
    return S_OK;
}

static HRESULT CALL ts_seek(IStream *face, LARGE_INTEGER move, DWORD origin, ULARGE_INTEGER *now) {
    TreeStream *self = (TreeStream *)face;
    int64_t base = origin == STREAM_SEEK_SET   ? 0
                   : origin == STREAM_SEEK_CUR ? (int64_t)self->position
                                               : (int64_t)self->node->length;
    if (origin > STREAM_SEEK_END || base + move.QuadPart < 0) return STG_E_INVALIDFUNCTION;
    self->position = (uint64_t)(base + move.QuadPart);
    if (now) now->QuadPart = self->position;
    return S_OK;
}

static HRESULT CALL ts_set_size(IStream *face, ULARGE_INTEGER size) {
    TreeStream *self = (TreeStream *)face;
    HRESULT code = stream_allows(self, STGM_READ);
    if (code == S_OK) node_resize(self->node, (size_t)size.QuadPart);
    return code;
}

static HRESULT CALL ts_copy_to(IStream *face, IStream *to, ULARGE_INTEGER size, ULARGE_INTEGER *got,
                               ULARGE_INTEGER *put) {
    TreeStream *self = (TreeStream *)face;
    HRESULT code = stream_allows(self, STGM_WRITE);
    uint64_t length = self->node->length;
    uint64_t left = self->position < length ? length - self->position : 0;
    ULONG written = 0;
    if (size.QuadPart > left) size.QuadPart = left;
    if (code == S_OK)
        code = to->lpVtbl->Write(to, self->node->bytes + self->position, (ULONG)size.QuadPart,
                                 &written);
    self->position += written;
    if (got) got->QuadPart = written;
    if (put) put->QuadPart = written;
    return code;
}

static HRESULT CALL ts_commit(IStream *face, DWORD flags) {
    (void)flags;
    return ((TreeStream *)face)->node->removed ? STG_E_REVERTED : S_OK;
}

static HRESULT CALL ts_revert(IStream *face) { return ts_commit(face, 0); }

static HRESULT CALL ts_region(IStream *face, ULARGE_INTEGER at, ULARGE_INTEGER size, DWORD kind) {
    (void)face, (void)at, (void)size, (void)kind;
    return STG_E_INVALIDFUNCTION;
}

static HRESULT CALL ts_stat(IStream *face, STATSTG *stat, DWORD flags);

static HRESULT CALL ts_clone(IStream *face, IStream **made) {
    TreeStream *self = (TreeStream *)face;
    if (!made) return STG_E_INVALIDPOINTER;
    *made = tree_stream_open(self->node, self->mode);
    ((TreeStream *)*made)->position = self->position;
    return S_OK;
}

static const IStreamVtbl tree_stream_methods = {
    ts_query, ts_add_ref, ts_release, ts_read, ts_write, ts_seek, ts_set_size,
    ts_copy_to, ts_commit, ts_revert, ts_region, ts_region, ts_stat, ts_clone};

/* What a node says of itself; the name goes to the caller, who frees it. */
static HRESULT node_stat(const Node *node, DWORD mode, STATSTG *stat, DWORD flags) {
    if (!stat) return STG_E_INVALIDPOINTER;
    memset(stat, 0, sizeof *stat);
    stat->type = node->is_storage ? STGTY_STORAGE : STGTY_STREAM;
    stat->cbSize.QuadPart = node->length;
    stat->grfMode = mode;
    stat->clsid = node->clsid;
    stat->grfStateBits = node->state_bits;
    if (!(flags & STATFLAG_NONAME))
        stat->pwcsName = memcpy(checked(malloc(sizeof node->name)), node->name, sizeof node->name);
    return S_OK;
}

static HRESULT CALL ts_stat(IStream *face, STATSTG *stat, DWORD flags) {
    TreeStream *self = (TreeStream *)face;
    return node_stat(self->node, self->mode, stat, flags);
}

#endif
