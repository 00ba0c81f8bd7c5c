/* Memory that the host lends: each block ends at a page of its own, which is closed when the block
 * is freed. Touching a block after that, or writing past its end, faults at once; and addresses are
 * not used twice within a sequence. Fresh blocks are filled, so that nobody relies on zeros. */

#ifndef MAPI_CONFORMANCE_BLOCKS_H
#define MAPI_CONFORMANCE_BLOCKS_H

#include "platform.h"

enum { ARENA_PAGES = 8192, FRESH_FILL = 0xCD, GRAIN = 16 };

typedef struct Block {
    char *start;
    size_t size;
    uint32_t page, pages;        /* in the arena; none for a block outside */
    struct Block *owner;         /* of a buffer: the block it is freed with */
    struct Block *next, *previous; /* in its heap */
} Block;

/* A heap is whatever counts its blocks apart from others. */
typedef struct { Block *first; uint32_t live; size_t bytes; uint32_t foreign_frees; } Heap;

static char *arena;
static uint32_t arena_used;
static unsigned char page_open[ARENA_PAGES];

static void pages_set(uint32_t first, uint32_t count, int allowed) {
    uint32_t differ = 0;
    for (uint32_t i = first; i < first + count; ++i) differ |= page_open[i] != allowed;
    if (!differ) return;
    memset(page_open + first, allowed, count);
    pages_allow(arena + (size_t)first * PAGE, (size_t)count * PAGE, allowed);
}

static int place_in_arena(Block *block) {
    size_t room = (block->size + GRAIN - 1) / GRAIN * GRAIN;
    size_t pages = room / PAGE + 1;
    if (!arena && !(arena = pages_reserve((size_t)ARENA_PAGES * PAGE))) return 0;
    if (pages + 1 > ARENA_PAGES - arena_used) return 0;
    block->page = arena_used;
    block->pages = (uint32_t)pages;
    arena_used += (uint32_t)pages + 1; /* and one that stays closed */
    pages_set(block->page, block->pages, 1);
    pages_set(block->page + block->pages, 1, 0);
    block->start = arena + (size_t)(block->page + block->pages) * PAGE - room;
    return 1;
}

static Block *block_find(const Heap *heap, const void *memory) {
    /* Compares addresses only: a foreign pointer is never read. */
    for (const Block *each = heap->first; each; each = each->next)
        if (each->start == memory) return (Block *)(uintptr_t)each;
    return NULL;
}

static void *block_new(Heap *heap, size_t size) {
    Block *block = size > SIZE_MAX / 2 ? NULL : calloc(1, sizeof *block);
    if (!block) return NULL;
    block->size = size;
    if (!place_in_arena(block) && !(block->start = malloc(size ? size : 1))) {
        free(block);
        return NULL;
    }
    memset(block->start, FRESH_FILL, size);
    block->next = heap->first;
    if (heap->first) heap->first->previous = block;
    heap->first = block;
    ++heap->live;
    heap->bytes += size;
    return block->start;
}

static void block_free(Heap *heap, Block *block) {
    if (block->previous) block->previous->next = block->next;
    else heap->first = block->next;
    if (block->next) block->next->previous = block->previous;
    --heap->live;
    heap->bytes -= block->size;
    if (block->pages) pages_set(block->page, block->pages, 0);
    else free(block->start);
    free(block);
}

static void heap_drop(Heap *heap) {
    while (heap->first) block_free(heap, heap->first);
    heap->foreign_frees = 0;
}

/* Lets addresses be used again; only when nothing in the library can still hold one. */
static void blocks_reset(void) { arena_used = 0; }

#endif
