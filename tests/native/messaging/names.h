/* Named properties: a list of names whose places give identifiers from 0x8000 on. */

#ifndef MESSAGING_NAMES_H
#define MESSAGING_NAMES_H

#include "values.h"

typedef struct Name {
    GUID guid;
    ULONG kind, id;
    Item text;
    struct Name *next;
} Name;

static void names_free(IMalloc *heap, Name **names) {
    while (*names) {
        Name *gone = *names;
        *names = gone->next;
        give(heap, gone->text.bytes);
        give(heap, gone);
    }
}

static ULONG names_count(const Name *names) {
    ULONG count = 0;
    for (; names; names = names->next) ++count;
    return count;
}

static int name_is(const Name *name, const GUID *guid, ULONG kind, ULONG id, const Item *text) {
    return memcmp(&name->guid, guid, sizeof *guid) == 0 && name->kind == kind &&
           (kind == MNID_ID ? name->id == id
                            : name->text.size == text->size &&
                                  memcmp(name->text.bytes, text->bytes, text->size) == 0);
}

static Name *name_add(IMalloc *heap, Name **names, const GUID *guid, ULONG kind, ULONG id,
                      const Item *text) {
    Name *made = get(heap, sizeof *made);
    if (!made) return NULL;
    while (*names) names = &(*names)->next;
    made->guid = *guid;
    made->kind = kind;
    made->id = id;
    if (kind == MNID_STRING && !item_set(heap, &made->text, text->bytes, text->size))
        return give(heap, made), NULL;
    return *names = made;
}

/* The identifier of a name, 0 where there is none. */
static ULONG name_id(IMalloc *heap, Name **names, const MAPINAMEID *asked, int create) {
    Item text = {0, NULL};
    ULONG at = 0x8000, id = asked->ulKind == MNID_ID ? (ULONG)asked->Kind.lID : 0;
    if (asked->ulKind == MNID_STRING) {
        text.bytes = (unsigned char *)asked->Kind.lpwstrName;
        text.size = (ULONG)(2 * wide_length(asked->Kind.lpwstrName));
    }
    for (Name *each = *names; each; each = each->next, ++at)
        if (name_is(each, asked->lpguid, asked->ulKind, id, &text)) return at;
    if (!create || at > 0xFFFE) return 0;
    return name_add(heap, names, asked->lpguid, asked->ulKind, id, &text) ? at : 0;
}

#endif
