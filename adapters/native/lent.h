/* What the host lends to message sessions: counting allocators, buffer routines, the release
 * callback, and, where the system has them, storages. */

#ifndef MAPI_CONFORMANCE_LENT_H
#define MAPI_CONFORMANCE_LENT_H

#include "json.h"
#include "platform.h"

#define E_INVALID 0x80070057u
#define E_MEMORY 0x8007000Eu
#define E_NO_INTERFACE 0x80004002u

/* --- allocators: IMalloc of COM, whose methods return nothing about the counts kept here --- */

typedef struct Block {
    struct Block *next, *previous;
    size_t size;
    struct Block *owner; /* of a buffer: the block it is freed with */
} Block;

typedef struct Malloc {
    const void *const *methods;
    uint32_t references;
    int64_t successes_left; /* negative: no limit */
    uint32_t foreign_frees;
    Block blocks;
    char *name;
    struct Malloc *next;
} Malloc;

static Malloc *mallocs;

static Block *block_find(Block *list, const void *memory) {
    /* Compares addresses only: a foreign pointer is never read. */
    for (Block *each = list->next; each != list; each = each->next)
        if (each + 1 == memory) return each;
    return NULL;
}

static Block *block_add(Block *list, size_t size) {
    Block *block = malloc(sizeof *block + size);
    if (!block) return NULL;
    block->size = size;
    block->owner = NULL;
    block->next = list->next;
    block->previous = list;
    list->next->previous = block;
    list->next = block;
    return block;
}

static void block_remove(Block *block) {
    block->previous->next = block->next;
    block->next->previous = block->previous;
    free(block);
}

static const unsigned char iid_unknown[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46};
static const unsigned char iid_malloc[16] = {2, 0, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46};

static uint32_t CALL malloc_add_ref(Malloc *self) { return ++self->references; }
static uint32_t CALL malloc_release(Malloc *self) { return --self->references; }

static uint32_t CALL malloc_query(Malloc *self, const void *iid, void **object) {
    int known = iid && (!memcmp(iid, iid_unknown, 16) || !memcmp(iid, iid_malloc, 16));
    if (object) *object = known ? self : NULL;
    if (!known || !object) return E_NO_INTERFACE;
    malloc_add_ref(self);
    return 0;
}

static void *CALL malloc_alloc(Malloc *self, size_t size) {
    Block *block;
    if (self->successes_left == 0 || !(block = block_add(&self->blocks, size))) return NULL;
    if (self->successes_left > 0) --self->successes_left;
    return block + 1;
}

static void CALL malloc_free(Malloc *self, void *memory) {
    Block *block = block_find(&self->blocks, memory);
    if (block) block_remove(block);
    else if (memory) ++self->foreign_frees;
}

static void *CALL malloc_realloc(Malloc *self, void *memory, size_t size) {
    Block *block = block_find(&self->blocks, memory);
    void *fresh;
    if (memory && !block) return ++self->foreign_frees, NULL;
    if (memory && size == 0) return malloc_free(self, memory), NULL;
    fresh = malloc_alloc(self, size);
    if (fresh && block) {
        memcpy(fresh, memory, block->size < size ? block->size : size);
        block_remove(block);
    }
    return fresh;
}

static size_t CALL malloc_size(Malloc *self, void *memory) {
    Block *block = block_find(&self->blocks, memory);
    return block ? block->size : (size_t)-1;
}

static int CALL malloc_did_alloc(Malloc *self, void *memory) {
    return memory ? block_find(&self->blocks, memory) != NULL : -1;
}

static void CALL malloc_minimize(Malloc *self) { (void)self; }

static const void *const malloc_methods[] = {
    (void *)malloc_query, (void *)malloc_add_ref, (void *)malloc_release,
    (void *)malloc_alloc, (void *)malloc_realloc, (void *)malloc_free,
    (void *)malloc_size,  (void *)malloc_did_alloc, (void *)malloc_minimize};

static Malloc *lend_malloc(const char *name, int64_t successes) {
    Malloc *lent = calloc(1, sizeof *lent);
    if (!lent) return NULL;
    lent->methods = malloc_methods;
    lent->references = 1;
    lent->successes_left = successes;
    lent->blocks.next = lent->blocks.previous = &lent->blocks;
    lent->name = strdup(name);
    lent->next = mallocs;
    mallocs = lent;
    return lent;
}

/* --- the three buffer routines --- */

static Block buffers = {&buffers, &buffers, 0, NULL};
static uint32_t buffer_foreign_frees;

static uint32_t CALL allocate_buffer(uint32_t size, void **buffer) {
    Block *block = buffer ? block_add(&buffers, size) : NULL;
    if (!block) return buffer ? E_MEMORY : E_INVALID;
    *buffer = block + 1;
    return 0;
}

static uint32_t CALL allocate_more(uint32_t size, void *owner, void **buffer) {
    Block *first = block_find(&buffers, owner);
    uint32_t code = first ? allocate_buffer(size, buffer) : E_INVALID;
    if (code == 0) ((Block *)*buffer - 1)->owner = first;
    return code;
}

static uint32_t CALL free_buffer(void *buffer) {
    Block *block = block_find(&buffers, buffer);
    if (!buffer) return 0;
    if (!block) return ++buffer_foreign_frees, E_INVALID;
    for (Block *each = buffers.next, *next; each != &buffers; each = next) {
        next = each->next;
        if (each->owner == block) block_remove(each);
    }
    block_remove(block);
    return 0;
}

/* --- the release callback --- */

enum { MAX_RELEASED = 4096 };
static struct { uint32_t data; uintptr_t message; } released[MAX_RELEASED];
static size_t released_count;

static void CALL on_release(uint32_t data, void *message) {
    if (released_count == MAX_RELEASED) return;
    released[released_count].data = data;
    released[released_count++].message = (uintptr_t)message;
}

/* --- storages: real ones on a file of their own, only where OLE is --- */

#ifdef _WIN32
enum { MAX_STORAGES = 64 };
static wchar_t storage_paths[MAX_STORAGES][MAX_PATH];
static int storage_count;

/* An empty compound file, opened once more in the mode asked for; 0 where that fails. */
static uintptr_t lend_storage(uint32_t mode, int transacted) {
    typedef HRESULT(CALL * Create)(const wchar_t *, DWORD, DWORD, void **);
    typedef HRESULT(CALL * Open)(const wchar_t *, void *, DWORD, void *, DWORD, void **);
    typedef ULONG(CALL * Release)(void *);
    HMODULE ole = LoadLibraryA("ole32.dll");
    Create create = ole ? (Create)(void *)GetProcAddress(ole, "StgCreateDocfile") : NULL;
    Open open = ole ? (Open)(void *)GetProcAddress(ole, "StgOpenStorage") : NULL;
    wchar_t folder[MAX_PATH], *path = storage_paths[storage_count % MAX_STORAGES];
    void *storage = NULL;
    if (!create || !open || storage_count == MAX_STORAGES) return 0;
    if (!GetTempPathW(MAX_PATH, folder) || !GetTempFileNameW(folder, L"mapi", 0, path)) return 0;
    ++storage_count;
    if (create(path, 0x1012, 0, &storage)) return 0; /* CREATE, SHARE_EXCLUSIVE, READWRITE */
    (*(Release **)storage)[2](storage);
    mode |= (transacted ? 0x10000u : 0) | (mode == 0 ? 0x20u : 0x10u);
    return open(path, NULL, mode, NULL, 0, &storage) ? 0 : (uintptr_t)storage;
}

static void drop_storages(void) {
    while (storage_count) DeleteFileW(storage_paths[--storage_count]);
}
#else
static uintptr_t lend_storage(uint32_t mode, int transacted) {
    (void)mode, (void)transacted;
    return 0;
}
static void drop_storages(void) {}
#endif

/* Forgets everything lent; tells whether all of it had come back. */
static int drop_lent(void) {
    int clean = buffers.next == &buffers;
    for (Malloc *each = mallocs, *next; each; each = next) {
        next = each->next;
        if (each->references > 1 || each->blocks.next != &each->blocks) {
            clean = 0; /* the library may still use it */
        } else {
            free(each->name);
            free(each);
        }
    }
    mallocs = NULL;
    released_count = 0;
    buffer_foreign_frees = 0;
    drop_storages();
    return clean;
}

static void observe_lent(Text *out) {
    size_t blocks = 0;
    text_format(out, "{\"mallocs\":{");
    for (Malloc *each = mallocs; each; each = each->next) {
        size_t live = 0, bytes = 0;
        for (Block *block = each->blocks.next; block != &each->blocks; block = block->next)
            ++live, bytes += block->size;
        text_string(out, each->name);
        text_format(out, ":{\"live\":%zu,\"bytes\":%zu,\"references\":%u,\"foreign_frees\":%u}%s",
                    live, bytes, (unsigned)each->references, (unsigned)each->foreign_frees,
                    each->next ? "," : "");
    }
    text_format(out, "},\"released\":[");
    for (size_t i = 0; i < released_count; ++i)
        text_format(out, "%s{\"ulCallerData\":%u,\"message\":\"0x%llx\"}", i ? "," : "",
                    (unsigned)released[i].data, (unsigned long long)released[i].message);
    for (Block *block = buffers.next; block != &buffers; block = block->next) ++blocks;
    text_format(out, "],\"buffers\":{\"live\":%zu,\"foreign_frees\":%u}}", blocks,
                (unsigned)buffer_foreign_frees);
}

#endif
