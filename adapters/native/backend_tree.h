/* Storages in memory, where there is no OLE: a tree of what is committed, and IStorage over it. */

#ifndef MAPI_CONFORMANCE_BACKEND_TREE_H
#define MAPI_CONFORMANCE_BACKEND_TREE_H

#include "tree.h"
#include "tree_storage.h"
#include "compound_read.h"
#include "compound_write.h"

typedef struct { Node *committed; } Backend;

static void backend_drop(Backend *backend) {
    if (backend->committed) node_release(backend->committed);
    backend->committed = NULL;
}

static int backend_create(Backend *backend, const void *bytes, size_t length) {
    backend->committed = node_new(1);
    if (!bytes) return backend->committed->clsid = clsid_mail_message, 1;
    if (compound_read(backend->committed, bytes, length)) return 1;
    backend_drop(backend);
    return 0;
}

static int backend_copy(Backend *to, const Backend *from) {
    to->committed = node_copy(from->committed);
    return 1;
}

static int backend_open(Backend *backend, DWORD mode, IStorage **storage) {
    *storage = tree_open(backend->committed, mode);
    return 1;
}

static int backend_bytes(const Backend *backend, Text *out) {
    compound_write(backend->committed, out);
    return 1;
}

#endif
