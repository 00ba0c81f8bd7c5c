/* What the host lends to message sessions beside storages: counting allocators, the three buffer
 * routines, and the release callback. */

#ifndef MAPI_CONFORMANCE_LENT_H
#define MAPI_CONFORMANCE_LENT_H

#include "blocks.h"
#include "text.h"

static const IID iid_unknown = MAPI_IID_IUNKNOWN, iid_malloc = MAPI_IID_IMALLOC;

static int iid_is(const IID *asked, const IID *known) {
    return asked && memcmp(asked, known, sizeof *known) == 0;
}

/* --- allocators: IMalloc of COM --- */

typedef struct Malloc {
    IMalloc face;
    int32_t references;
    int64_t successes_left; /* negative: no limit */
    int given_up;
    Heap heap;
    char *name;
    struct Malloc *next;
} Malloc;

static Malloc *mallocs;

static ULONG CALL malloc_add_ref(IMalloc *face) {
    lock();
    ULONG count = (ULONG)++((Malloc *)face)->references;
    unlock();
    return count;
}

static ULONG CALL malloc_release(IMalloc *face) {
    lock();
    ULONG count = (ULONG)--((Malloc *)face)->references;
    unlock();
    return count;
}

static HRESULT CALL malloc_query(IMalloc *face, const IID *iid, void **object) {
    int known = iid_is(iid, &iid_unknown) || iid_is(iid, &iid_malloc);
    if (!object) return E_INVALIDARG;
    *object = known ? face : NULL;
    if (known) malloc_add_ref(face);
    return known ? S_OK : E_NOINTERFACE;
}

static void *CALL malloc_alloc(IMalloc *face, SIZE_T size) {
    Malloc *self = (Malloc *)face;
    void *memory = NULL;
    lock();
    if (self->successes_left != 0 && (memory = block_new(&self->heap, size)) != NULL)
        self->successes_left -= self->successes_left > 0;
    unlock();
    return memory;
}

static void CALL malloc_free(IMalloc *face, void *memory) {
    Malloc *self = (Malloc *)face;
    lock();
    Block *block = block_find(&self->heap, memory);
    if (block) block_free(&self->heap, block);
    else if (memory) ++self->heap.foreign_frees;
    unlock();
}

static void *CALL malloc_realloc(IMalloc *face, void *memory, SIZE_T size) {
    Malloc *self = (Malloc *)face;
    void *fresh = NULL;
    lock();
    Block *block = block_find(&self->heap, memory);
    if (memory && !block) {
        ++self->heap.foreign_frees;
    } else if (memory && size == 0) {
        block_free(&self->heap, block);
    } else if ((fresh = malloc_alloc(face, size)) != NULL && block) {
        memcpy(fresh, memory, block->size < size ? block->size : size);
        block_free(&self->heap, block);
    }
    unlock();
    return fresh;
}

static SIZE_T CALL malloc_size(IMalloc *face, void *memory) {
    lock();
    Block *block = block_find(&((Malloc *)face)->heap, memory);
    SIZE_T size = block ? block->size : (SIZE_T)-1;
    unlock();
    return size;
}

static int CALL malloc_did_alloc(IMalloc *face, void *memory) {
    return memory ? malloc_size(face, memory) != (SIZE_T)-1 : -1;
}

static void CALL malloc_minimize(IMalloc *face) { (void)face; }

static const IMallocVtbl malloc_methods = {
    malloc_query, malloc_add_ref, malloc_release, malloc_alloc, malloc_realloc,
    malloc_free,  malloc_size,    malloc_did_alloc, malloc_minimize};

static Malloc *lend_malloc(const char *name, int64_t successes) {
    Malloc *lent = calloc(1, sizeof *lent);
    if (!lent) return NULL;
    lent->face.lpVtbl = &malloc_methods;
    lent->references = 1;
    lent->successes_left = successes;
    lent->name = strdup(name);
    lent->next = mallocs;
    return mallocs = lent;
}

/* --- the three buffer routines --- */

static Heap buffers;

static SCODE CALL allocate_buffer(ULONG size, void **buffer) {
    if (!buffer) return MAPI_E_INVALID_PARAMETER;
    lock();
    *buffer = block_new(&buffers, size);
    unlock();
    return *buffer ? S_OK : MAPI_E_NOT_ENOUGH_MEMORY;
}

static SCODE CALL allocate_more(ULONG size, void *owner, void **buffer) {
    lock();
    Block *first = block_find(&buffers, owner);
    SCODE code = first ? allocate_buffer(size, buffer) : MAPI_E_INVALID_PARAMETER;
    if (code == S_OK) buffers.first->owner = first;
    unlock();
    return code;
}

static ULONG CALL free_buffer(void *buffer) {
    ULONG code = 0;
    lock();
    Block *block = block_find(&buffers, buffer);
    if (block && !block->owner) {
        for (Block *each = buffers.first, *next; each; each = next) {
            next = each->next;
            if (each->owner == block) block_free(&buffers, each);
        }
        block_free(&buffers, block);
    } else if (buffer) {
        ++buffers.foreign_frees;
        code = (ULONG)MAPI_E_INVALID_PARAMETER;
    }
    unlock();
    return code;
}

/* --- the release callback --- */

enum { MAX_RELEASED = 4096 };
static struct { ULONG data; IMessage *message; } released[MAX_RELEASED];
static size_t released_count;

static void storage_message_gone(const void *message); /* in storage.h */

static void CALL on_release(ULONG data, IMessage *message) {
    lock();
    if (released_count < MAX_RELEASED) {
        released[released_count].data = data;
        released[released_count++].message = message;
    }
    storage_message_gone(message);
    unlock();
}

/* Forgets everything here; tells whether all of it had come back. */
static int drop_lent(void) {
    int clean = buffers.live == 0;
    while (mallocs) {
        Malloc *each = mallocs;
        mallocs = each->next;
        if (each->references > !each->given_up || each->heap.live) {
            clean = 0; /* the library may still use it: it stays as it is */
        } else {
            free(each->name);
            free(each);
        }
    }
    if (clean) heap_drop(&buffers);
    buffers.foreign_frees = 0;
    released_count = 0;
    return clean;
}

#endif
