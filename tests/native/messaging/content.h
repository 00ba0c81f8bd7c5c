/* The content of messages and attachments, apart from objects and files. All memory of it comes
 * from the allocator that was lent. Strings are kept in 16-bit units, whatever their width was. */

#ifndef MESSAGING_CONTENT_H
#define MESSAGING_CONTENT_H

#include <stdio.h>

#include "faults.h"
#include "mapi.h"

typedef struct {
    ULONG size;
    unsigned char *bytes;
} Item;

typedef struct Property {
    ULONG tag, attributes;
    unsigned char fixed[8]; /* as the file has it */
    ULONG count;            /* of items; one for a single value of variable length */
    Item *items;
    struct Property *next;
} Property;

typedef struct Row {
    ULONG id;
    Property *properties;
    struct Row *next;
} Row;

typedef struct Part {
    ULONG number;
    int saved; /* by the message too */
    Property *properties;
    struct Content *embedded;
    struct Part *next;
} Part;

typedef struct Content {
    Property *properties;
    Row *rows;
    Part *parts;
} Content;

static void *get(IMalloc *heap, size_t size) {
    void *memory = heap->lpVtbl->Alloc(heap, size ? size : 1);
    if (memory) memset(memory, 0, size);
    return memory;
}

static void give(IMalloc *heap, void *memory) {
    if (memory) heap->lpVtbl->Free(heap, memory);
}

static int is_text(ULONG tag) {
    ULONG type = PROP_TYPE(tag) & ~MV_FLAG;
    return type == PT_STRING8 || type == PT_UNICODE;
}

static int is_narrow(ULONG tag) { return (PROP_TYPE(tag) & ~MV_FLAG) == PT_STRING8; }
static ULONG canonical(ULONG tag) { return is_text(tag) ? tag | 1 : tag; }

/* The bytes of one item of an array, or 0 where each has a length of its own. */
static ULONG item_size(ULONG type) {
    switch (type & ~MV_FLAG) {
    case PT_LONG:
        return 4;
    case PT_CLSID:
        return 16;
    }
    return 0;
}

static int in_stream(ULONG type) {
    return (type & MV_FLAG) || type == PT_UNICODE || type == PT_STRING8 || type == PT_BINARY ||
           type == PT_CLSID;
}

static void property_free(IMalloc *heap, Property *property) {
    for (ULONG i = 0; i < property->count; ++i) give(heap, property->items[i].bytes);
    give(heap, property->items);
    give(heap, property);
}

static void properties_free(IMalloc *heap, Property **list) {
    while (*list) {
        Property *gone = *list;
        *list = gone->next;
        property_free(heap, gone);
    }
}

static int item_set(IMalloc *heap, Item *item, const void *bytes, size_t size) {
    item->size = (ULONG)size;
    item->bytes = get(heap, size);
    if (item->bytes) memcpy(item->bytes, bytes, size);
    return item->bytes != NULL;
}

static Property *property_new(IMalloc *heap, ULONG tag, ULONG count) {
    Property *made = get(heap, sizeof *made);
    if (!made) return NULL;
    made->tag = tag;
    made->attributes = PROPATTR_READABLE | PROPATTR_WRITEABLE;
    made->items =
        count || in_stream(PROP_TYPE(tag)) ? get(heap, count * sizeof *made->items) : NULL;
    made->count = made->items ? count : 0;
    if (count && !made->items) return give(heap, made), NULL;
    return made;
}

static Property *property_copy(IMalloc *heap, const Property *from) {
    Property *made = property_new(heap, from->tag, from->count);
    if (!made) return NULL;
    made->attributes = from->attributes;
    memcpy(made->fixed, from->fixed, sizeof made->fixed);
    for (ULONG i = 0; i < from->count; ++i)
        if (!item_set(heap, &made->items[i], from->items[i].bytes, from->items[i].size))
            return property_free(heap, made), NULL;
    return made;
}

static Property *property_find(Property *list, ULONG tag) {
    for (; list; list = list->next)
        if (PROP_TYPE(tag) == PT_UNSPECIFIED ? PROP_ID(list->tag) == PROP_ID(tag)
                                             : list->tag == canonical(tag))
            return list;
    return NULL;
}

/* Puts a property in the place of one with the same identifier. */
static void property_put(IMalloc *heap, Property **list, Property *made) {
    Property **link = list;
    while (*link && PROP_ID((*link)->tag) != PROP_ID(made->tag)) link = &(*link)->next;
    if (*link) {
        Property *old = *link;
        if (old->tag == made->tag) made->attributes = old->attributes;
        made->next = old->next;
        property_free(heap, old);
    }
    *link = made;
}

static int number_put(IMalloc *heap, Property **list, ULONG tag, ULONG number, ULONG attributes) {
    Property *made = property_new(heap, tag, 0);
    if (!made) return 0;
    memcpy(made->fixed, &number, 4);
    property_put(heap, list, made);
    made->attributes = attributes;
    return 1;
}

static ULONG number_of(const Property *property, ULONG otherwise) {
    ULONG number = otherwise;
    if (property) memcpy(&number, property->fixed, 4);
    return number;
}

static Property *properties_copy(IMalloc *heap, const Property *from) {
    Property *first = NULL, **link = &first;
    for (; from; from = from->next) {
        if (!(*link = property_copy(heap, from))) break;
        link = &(*link)->next;
    }
    return first;
}

static void content_free(IMalloc *heap, Content *content);

static void part_free(IMalloc *heap, Part *part) {
    properties_free(heap, &part->properties);
    if (part->embedded) content_free(heap, part->embedded);
    give(heap, part->embedded);
    give(heap, part);
}

static void rows_free(IMalloc *heap, Row **rows) {
    while (*rows) {
        Row *gone = *rows;
        *rows = gone->next;
        properties_free(heap, &gone->properties);
        give(heap, gone);
    }
}

static void content_free(IMalloc *heap, Content *content) {
    properties_free(heap, &content->properties);
    rows_free(heap, &content->rows);
    while (content->parts) {
        Part *gone = content->parts;
        content->parts = gone->next;
        part_free(heap, gone);
    }
}

static Content *content_copy(IMalloc *heap, const Content *from);

static Part *part_copy(IMalloc *heap, const Part *from) {
    Part *made = get(heap, sizeof *made);
    if (!made) return NULL;
    made->number = from->number;
    made->saved = from->saved;
    made->properties = properties_copy(heap, from->properties);
    if (from->embedded) made->embedded = content_copy(heap, from->embedded);
    return made;
}

static Content *content_copy(IMalloc *heap, const Content *from) {
    Content *made = get(heap, sizeof *made);
    Row **row;
    Part **part;
    if (!made) return NULL;
    made->properties = properties_copy(heap, from->properties);
    row = &made->rows;
    for (const Row *each = from->rows; each && (*row = get(heap, sizeof **row));
         each = each->next) {
        (*row)->id = each->id;
        (*row)->properties = properties_copy(heap, each->properties);
        row = &(*row)->next;
    }
    part = &made->parts;
    for (const Part *each = from->parts; each && (*part = part_copy(heap, each)); each = each->next)
        part = &(*part)->next;
    return made;
}

static Part **part_place(Content *content, ULONG number) {
    Part **link = &content->parts;
    while (*link && (*link)->number < number) link = &(*link)->next;
    return link;
}

static Part *part_find(Content *content, ULONG number) {
    Part *found = *part_place(content, number);
    return found && found->number == number ? found : NULL;
}

static void part_put(IMalloc *heap, Content *content, Part *made) {
    Part **link = part_place(content, made->number), *old = *link;
    made->next = old;
    if (old && old->number == made->number) {
        made->saved = old->saved;
        made->next = old->next;
        part_free(heap, old);
    }
    *link = made;
}

#endif
