/* Counting storages: an IStorage, and the streams and storages within, that pass every call on to
 * the platform's own compound file (backend_*) and count what the suite asks about. */

#ifndef MAPI_CONFORMANCE_STORAGE_H
#define MAPI_CONFORMANCE_STORAGE_H

#include "backend.h"
#include "lent.h"

typedef struct Storage {
    Backend backend;
    struct Element *root;
    int32_t references; /* the suite's and the implementation's, and one for each open element */
    int32_t commits, calls_after_release, messages;
    int finished, given_up, writable, transacted;
    char *name;
    struct Storage *next;
} Storage;

/* A root storage, or something opened within it. */
typedef struct Element {
    union { IStorage storage; IStream stream; } face;
    union { IStorage *storage; IStream *stream; } inner;
    ULONG references;
    Storage *lent;
} Element;

static Storage *storages;
static Heap elements; /* wrappers of elements: blocks, so that use after release faults */
static const IID iid_storage = MAPI_IID(0x0000000B), iid_stream = MAPI_IID(0x0000000C);
static const IID iid_sequential = {0x0C733A30, 0x2A1C, 0x11CE,
                                   {0xAD, 0xE5, 0, 0xAA, 0, 0x44, 0x77, 0x3D}};

static void called(Element *self) {
    lock();
    self->lent->calls_after_release += self->lent->finished;
    unlock();
}

static Element *element_new(Storage *lent) {
    lock();
    Element *made = block_new(&elements, sizeof *made);
    if (made) {
        made->references = 1;
        made->lent = lent;
        ++lent->references;
    }
    unlock();
    return made;
}

static void element_end(Element *self) {
    lock();
    --self->lent->references;
    block_free(&elements, block_find(&elements, self));
    unlock();
}

/* --- messages on storages --- */

typedef struct { const void *message, *session; Storage *storage; int callback, ended; } Housed;
enum { MAX_HOUSED = 1024 };
static Housed housed[MAX_HOUSED];
static size_t housed_count;

static void storage_message_opened(Storage *storage, const void *message, const void *session,
                                   int callback) {
    lock();
    if (housed_count < MAX_HOUSED)
        housed[housed_count++] = (Housed){message, session, storage, callback, 0};
    ++storage->messages;
    unlock();
}

static void housed_end(Housed *each) {
    each->ended = 1;
    each->storage->finished = --each->storage->messages == 0;
}

static void storage_message_gone(const void *message) {
    for (size_t i = housed_count; i-- > 0;)
        if (!housed[i].ended && housed[i].message == message) {
            housed_end(&housed[i]);
            return;
        }
}

/* The caller closed a session: messages of it that have no callback to tell are gone. */
static void storage_session_closed(const void *session) {
    lock();
    for (size_t i = 0; i < housed_count; ++i)
        if (!housed[i].ended && !housed[i].callback && housed[i].session == session)
            housed_end(&housed[i]);
    unlock();
}

/* --- roots: made by the suite --- */

#include "wrappers.h"

static Storage *find_storage(const void *face) {
    for (Storage *each = storages; each; each = each->next)
        if ((const void *)&each->root->face == face) return each;
    return NULL;
}

/* Lends a storage over `backend`, which it takes over; NULL where that cannot be opened so. */
static Storage *lend_storage(const char *name, DWORD mode, int transacted, Backend *backend) {
    Storage *lent = calloc(1, sizeof *lent);
    Element *root = calloc(1, sizeof *root);
    mode |= mode == STGM_READ ? STGM_SHARE_DENY_WRITE : STGM_SHARE_EXCLUSIVE;
    mode |= transacted ? STGM_TRANSACTED : 0;
    if (!lent || !root || !backend_open(backend, mode, &root->inner.storage)) {
        backend_drop(backend);
        free(lent);
        free(root);
        return NULL;
    }
    root->face.storage.lpVtbl = &storage_methods;
    root->references = 1;
    root->lent = lent;
    lent->backend = *backend;
    lent->root = root;
    lent->references = 1;
    lent->writable = (mode & 3) == STGM_READWRITE;
    lent->transacted = transacted;
    lent->name = strdup(name);
    lent->next = storages;
    return storages = lent;
}

/* Forgets all storages; tells whether they had all come back. */
static int drop_storages(void) {
    int clean = elements.live == 0;
    for (const Storage *each = storages; each; each = each->next)
        clean &= each->references == !each->given_up;
    while (clean && storages) {
        Storage *each = storages;
        storages = each->next;
        if (each->root->inner.storage) {
            IStorage *inner = each->root->inner.storage;
            inner->lpVtbl->Release(inner);
        }
        backend_drop(&each->backend);
        free(each->root);
        free(each->name);
        free(each);
    }
    housed_count = 0;
    return clean;
}

#endif
