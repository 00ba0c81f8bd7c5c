/* What a sequence has begun and not ended: begin gives it back, so that the process can stay. */

#ifndef MAPI_CONFORMANCE_OPENED_H
#define MAPI_CONFORMANCE_OPENED_H

#include "functions.h"
#include "names.h"

typedef struct { const char *closer; uintptr_t value, owner; } Open; /* one for each reference */
enum { MAX_OPENED = 8192 };
static Open opened[MAX_OPENED];
static size_t opened_count;
static int fresh = 1; /* nothing of an earlier sequence can be left in the library */

static void note_open(const char *closer, uintptr_t value, uintptr_t owner) {
    lock();
    if (opened_count < MAX_OPENED) opened[opened_count++] = (Open){closer, value, owner};
    else fresh = 0;
    unlock();
}

static int is_noted(uintptr_t value) {
    for (size_t i = 0; i < opened_count; ++i)
        if (opened[i].value == value) return 1;
    return 0;
}

/* Drops what went with its owner: the messages of a session, and the parts of messages. */
static void note_parts_closed(uintptr_t owner) {
    for (size_t i = opened_count; i-- > 0;)
        if (i < opened_count && opened[i].owner == owner) {
            uintptr_t value = opened[i].value;
            memmove(&opened[i], &opened[i + 1], (--opened_count - i) * sizeof *opened);
            if (!is_noted(value)) note_parts_closed(value);
        }
}

/* Drops one reference; `parts` says that what belongs to the object has ended too. */
static void note_close(const char *closer, uintptr_t value, int parts) {
    lock();
    for (size_t i = opened_count; i-- > 0;)
        if (opened[i].value == value && strcmp(opened[i].closer, closer) == 0) {
            memmove(&opened[i], &opened[i + 1], (--opened_count - i) * sizeof *opened);
            break;
        }
    if (parts && value) note_parts_closed(value);
    unlock();
}

#endif
