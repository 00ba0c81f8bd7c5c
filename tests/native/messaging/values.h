/* Properties from the structures of callers, and into memory of theirs. */

#ifndef MESSAGING_VALUES_H
#define MESSAGING_VALUES_H

#include "content.h"

typedef struct {
    ALLOCATEBUFFER allocate;
    ALLOCATEMORE more;
    FREEBUFFER free;
} Routines;

static size_t wide_length(const WCHAR *text) {
    size_t length = 0;
    while (text[length]) ++length;
    return length;
}

/* One string as bytes of 16-bit units, in little-endian order like everything here. */
static int text_set(IMalloc *heap, Item *item, const void *text, int narrow) {
    size_t length = narrow ? strlen(text) : wide_length(text);
    if (!narrow) return item_set(heap, item, text, 2 * length);
    item->size = (ULONG)(2 * length);
    item->bytes = get(heap, item->size);
    for (size_t i = 0; item->bytes && i < length; ++i)
        item->bytes[2 * i] = ((const unsigned char *)text)[i];
    return item->bytes != NULL;
}

static int array_set(IMalloc *heap, Property *made, const SPropValue *from) {
    ULONG type = PROP_TYPE(from->ulPropTag) & ~MV_FLAG, size = item_size(type);
    const SPropUnion *value = &from->Value;
    for (ULONG i = 0; i < made->count; ++i) {
        Item *item = &made->items[i];
        int done = type == PT_STRING8 ? text_set(heap, item, value->MVszA.lppszA[i], 1)
                 : type == PT_UNICODE ? text_set(heap, item, value->MVszW.lppszW[i], 0)
                 : type == PT_BINARY
                     ? item_set(heap, item, value->MVbin.lpbin[i].lpb, value->MVbin.lpbin[i].cb)
                     : item_set(heap, item, (char *)value->MVl.lpl + i * size, size);
        if (!done) return 0;
    }
    return 1;
}

/* A copy of what a caller gave; NULL without memory. The type has been looked at before. */
static Property *property_from(IMalloc *heap, const SPropValue *from) {
    ULONG type = PROP_TYPE(from->ulPropTag), tag = canonical(from->ulPropTag);
    ULONG count = type & MV_FLAG ? from->Value.MVl.cValues : (ULONG)in_stream(type);
    Property *made = property_new(heap, tag, count);
    int done = 1;
    if (!made) return NULL;
    if (type & MV_FLAG) done = array_set(heap, made, from);
    else if (is_text(tag)) done = text_set(heap, made->items, from->Value.lpszA, is_narrow(type));
    else if (type == PT_BINARY)
        done = item_set(heap, made->items, from->Value.bin.lpb, from->Value.bin.cb);
    else if (type == PT_CLSID) done = item_set(heap, made->items, from->Value.lpguid, 16);
    else if (type == PT_LONG) memcpy(made->fixed, &from->Value.l, 4);
    else made->fixed[0] = from->Value.b != 0;
    if (!done) return property_free(heap, made), NULL;
    return made;
}

static int is_expressible(ULONG tag) {
    ULONG type = PROP_TYPE(canonical(tag)) & ~MV_FLAG;
    return type == PT_LONG || type == PT_UNICODE || type == PT_BINARY || type == PT_CLSID ||
           PROP_TYPE(tag) == PT_BOOLEAN;
}

static int fits_narrow(const Property *property) {
    for (ULONG i = 0; i < property->count; ++i)
        for (ULONG at = 1; at < property->items[i].size; at += 2)
            if (property->items[i].bytes[at]) return 0;
    return 1;
}

/* --- into memory of the caller --- */

static void *text_for_caller(const Routines *routines, void *owner, const Item *item, int narrow) {
    char *text = NULL;
    if (routines->more(item->size + 2, owner, (void **)&text) != S_OK) return NULL;
    memcpy(text, item->bytes, item->size);
    text[item->size] = text[item->size + 1] = 0;
    for (ULONG i = 0; narrow && i <= item->size / 2; ++i)
        text[i] = text[2 * i + 1] ? '?' : text[2 * i];
    return text;
}

static void *bytes_for_caller(const Routines *routines, void *owner, const Item *item) {
    void *bytes = NULL;
    if (routines->more(item->size ? item->size : 1, owner, &bytes) != S_OK) return NULL;
    return memcpy(bytes, item->bytes, item->size);
}

static int array_for_caller(const Routines *routines, void *owner, const Property *from, ULONG type,
                            SPropUnion *to) {
    char *items = NULL;
    ULONG size = item_size(type);
    to->MVl.cValues = from->count;
    if (routines->more((from->count + 1) * sizeof(SBinary), owner, (void **)&items) != S_OK)
        return 0;
    to->MVl.lpl = (LONG *)items;
    for (ULONG i = 0; i < from->count; ++i) {
        const Item *item = &from->items[i];
        void *copy = size              ? items
                   : type == PT_BINARY ? bytes_for_caller(routines, owner, item)
                                       : text_for_caller(routines, owner, item, type == PT_STRING8);
        if (!copy) return 0;
        if (size) memcpy(items + i * size, item->bytes, size);
        else if (type == PT_BINARY) to->MVbin.lpbin[i] = (SBinary){item->size, copy};
        else to->MVszA.lppszA[i] = copy;
    }
    return 1;
}

/* Fills in a value as `tag` asks for it. */
static int property_for_caller(const Routines *routines, void *owner, const Property *from,
                               ULONG tag, SPropValue *to) {
    ULONG type = PROP_TYPE(tag);
    memset(to, 0, sizeof *to);
    to->ulPropTag = tag;
    if (type & MV_FLAG) return array_for_caller(routines, owner, from, type & ~MV_FLAG, &to->Value);
    if (is_text(tag))
        to->Value.lpszA = text_for_caller(routines, owner, from->items, type == PT_STRING8);
    else if (type == PT_BINARY)
        to->Value.bin =
            (SBinary){from->items->size, bytes_for_caller(routines, owner, from->items)};
    else if (type == PT_CLSID) to->Value.lpguid = bytes_for_caller(routines, owner, from->items);
    else if (type == PT_LONG) return memcpy(&to->Value.l, from->fixed, 4), 1;
    else return to->Value.b = from->fixed[0], 1;
    return type == PT_BINARY ? to->Value.bin.lpb != NULL : to->Value.lpszA != NULL;
}

#endif
