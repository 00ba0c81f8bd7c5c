/* IEnumSTATSTG over the elements of a storage in memory, as they are when it is opened. */

#ifndef MAPI_CONFORMANCE_TREE_ENUM_H
#define MAPI_CONFORMANCE_TREE_ENUM_H

#include "tree_stream.h"

typedef struct { IEnumSTATSTG face; ULONG references, count, at; Node **nodes; } TreeEnum;

static const IEnumSTATSTGVtbl tree_enum_methods;

static IEnumSTATSTG *tree_enum_new(Node *const *nodes, ULONG count, ULONG at) {
    TreeEnum *made = checked(calloc(1, sizeof *made));
    made->face.lpVtbl = &tree_enum_methods;
    made->references = 1;
    made->count = count;
    made->at = at;
    made->nodes = checked(calloc(count + 1, sizeof *made->nodes));
    for (ULONG i = 0; i < count; ++i) ++(made->nodes[i] = nodes[i])->references;
    return &made->face;
}

static IEnumSTATSTG *tree_enum_open(const Node *storage) {
    ULONG count = 0;
    IEnumSTATSTG *made;
    Node **nodes;
    for (const Node *each = storage->first; each; each = each->next) ++count;
    nodes = checked(calloc(count + 1, sizeof *nodes));
    count = 0;
    for (Node *each = storage->first; each; each = each->next) nodes[count++] = each;
    made = tree_enum_new(nodes, count, 0);
    free(nodes);
    return made;
}

static HRESULT CALL te_query(IEnumSTATSTG *face, const IID *iid, void **object) {
    (void)face, (void)iid;
    if (object) *object = NULL;
    return E_NOINTERFACE;
}

static ULONG CALL te_add_ref(IEnumSTATSTG *face) { return ++((TreeEnum *)face)->references; }

static ULONG CALL te_release(IEnumSTATSTG *face) {
    TreeEnum *self = (TreeEnum *)face;
    ULONG left = --self->references;
    if (left) return left;
    for (ULONG i = 0; i < self->count; ++i) node_release(self->nodes[i]);
    free(self->nodes);
    free(self);
    return 0;
}

static HRESULT CALL te_next(IEnumSTATSTG *face, ULONG asked, STATSTG *to, ULONG *got) {
    TreeEnum *self = (TreeEnum *)face;
    ULONG given = 0;
    while (given < asked && self->at < self->count)
        node_stat(self->nodes[self->at++], 0, &to[given++], 0);
    if (got) *got = given;
    return given == asked ? S_OK : S_FALSE;
}

static HRESULT CALL te_skip(IEnumSTATSTG *face, ULONG count) {
    TreeEnum *self = (TreeEnum *)face;
    ULONG left = self->count - self->at;
    self->at += count < left ? count : left;
    return count <= left ? S_OK : S_FALSE;
}

static HRESULT CALL te_reset(IEnumSTATSTG *face) {
    ((TreeEnum *)face)->at = 0;
    return S_OK;
}

static HRESULT CALL te_clone(IEnumSTATSTG *face, IEnumSTATSTG **made) {
    TreeEnum *self = (TreeEnum *)face;
    *made = tree_enum_new(self->nodes, self->count, self->at);
    return S_OK;
}

static const IEnumSTATSTGVtbl tree_enum_methods = {te_query, te_add_ref, te_release, te_next,
                                                   te_skip,  te_reset,   te_clone};

#endif
