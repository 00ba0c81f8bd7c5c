/* Reading a message from a storage. Source: MS-OXMSG; what is reserved or unused is ignored. */

#ifndef MESSAGING_MSGREAD_H
#define MESSAGING_MSGREAD_H

#include "msgwrite.h"

/* Makes an item of the bytes of a stream; `end` is how many bytes of terminator to drop. */
static int item_from(IMalloc *heap, Item *item, const Buffer *stream, ULONG tag, ULONG end) {
    size_t length = stream->length < end ? 0 : stream->length - end;
    if (!is_narrow(tag)) return item_set(heap, item, stream->bytes, length);
    item->size = (ULONG)(2 * length);
    item->bytes = get(heap, item->size);
    for (size_t i = 0; item->bytes && i < length; ++i) item->bytes[2 * i] = stream->bytes[i];
    return item->bytes != NULL;
}

static Property *read_array(IMalloc *heap, IStorage *storage, ULONG tag, const Buffer *main) {
    ULONG size = item_size(PROP_TYPE(tag)), step = size ? size : is_text(tag) ? 4 : 8;
    Property *made = property_new(heap, canonical(tag), (ULONG)(main->length / step));
    Buffer item = {NULL, 0, 0};
    char name[NAME_ROOM];
    int done = made != NULL;
    for (ULONG i = 0; done && i < made->count; ++i) {
        if (size) {
            done = item_set(heap, &made->items[i], main->bytes + i * size, size);
            continue;
        }
        snprintf(name, sizeof name, "__substg1.0_%08lX-%08lX", (unsigned long)tag,
                 (unsigned long)i);
        done = read_stream(storage, name, &item) &&
               item_from(heap, &made->items[i], &item, tag, terminator(tag));
    }
    free(item.bytes);
    if (made && !done) return property_free(heap, made), NULL;
    return made;
}

static Property *read_property(IMalloc *heap, IStorage *storage, ULONG tag,
                               const unsigned char *fixed) {
    ULONG type = PROP_TYPE(tag);
    Buffer stream = {NULL, 0, 0};
    Property *made = NULL;
    char name[NAME_ROOM];
    if (!in_stream(type)) {
        if ((made = property_new(heap, tag, 0)) == NULL) return NULL;
        memcpy(made->fixed, fixed, type == PT_LONG ? 4 : type == PT_BOOLEAN ? 2 : 8);
        return made;
    }
    snprintf(name, sizeof name, "__substg1.0_%08lX", (unsigned long)tag);
    if (read_stream(storage, name, &stream)) {
        if (type & MV_FLAG) made = read_array(heap, storage, tag, &stream);
        else if ((made = property_new(heap, canonical(tag), 1)) != NULL &&
                 !item_from(heap, made->items, &stream, tag, 0))
            property_free(heap, made), made = NULL;
    }
    free(stream.bytes);
    return made;
}

static int read_properties(IMalloc *heap, IStorage *storage, size_t header, Property **list) {
    Buffer stream = {NULL, 0, 0};
    int done = read_stream(storage, "__properties_version1.0", &stream) && stream.length >= header;
    for (size_t at = header; done && at + 16 <= stream.length; at += 16) {
        ULONG tag, attributes;
        memcpy(&tag, stream.bytes + at, 4);
        memcpy(&attributes, stream.bytes + at + 4, 4);
        if (PROP_TYPE(tag) == PT_OBJECT) continue;
        if (PLANTED(file_loses_booleans) && PROP_TYPE(tag) == PT_BOOLEAN) continue;
        if (!(*list = read_property(heap, storage, tag, stream.bytes + at + 8))) done = 0;
        else {
            (*list)->attributes = attributes & 7;
            list = &(*list)->next;
        }
    }
    free(stream.bytes);
    return done;
}

static int read_content(IMalloc *heap, IStorage *storage, size_t header, Content *content);

static int read_part(IMalloc *heap, IStorage *storage, Part *part) {
    IStorage *inner = open_storage(storage, "__substg1.0_3701000D");
    Property **link = &part->properties;
    int done = read_properties(heap, storage, 8, link);
    while (*link && PROP_ID((*link)->tag) != PROP_ID(PR_ATTACH_NUM)) link = &(*link)->next;
    if (*link) {
        Property *number = *link;
        *link = number->next;
        property_free(heap, number);
    }
    part->saved = 1;
    if (inner) {
        part->embedded = get(heap, sizeof *part->embedded);
        done = done && part->embedded && read_content(heap, inner, 24, part->embedded);
        inner->lpVtbl->Release(inner);
    }
    return done;
}

static int read_content(IMalloc *heap, IStorage *storage, size_t header, Content *content) {
    Row **row = &content->rows;
    IStorage *inner;
    char name[NAME_ROOM];
    int done = read_properties(heap, storage, header, &content->properties);
    for (ULONG i = 0; done; ++i) {
        snprintf(name, sizeof name, "__recip_version1.0_#%08lX", (unsigned long)i);
        if (!(inner = open_storage(storage, name))) break;
        if ((*row = get(heap, sizeof **row)) != NULL) {
            done = read_properties(heap, inner, 8, &(*row)->properties);
            (*row)->id = number_of(property_find((*row)->properties, PR_ROWID), i);
            row = &(*row)->next;
        }
        inner->lpVtbl->Release(inner);
    }
    for (ULONG i = 0; done; ++i) {
        snprintf(name, sizeof name, "__attach_version1.0_#%08lX", (unsigned long)i);
        if (!(inner = open_storage(storage, name))) break;
        Part *part = get(heap, sizeof *part);
        done = part && read_part(heap, inner, part);
        if (part) part->number = i, part_put(heap, content, part);
        inner->lpVtbl->Release(inner);
    }
    return done;
}

static int read_names(IMalloc *heap, IStorage *root, Name **names) {
    static const GUID known[] = {MAPI_IID(0x00020328), MAPI_IID(0x00020329)};
    IStorage *storage = open_storage(root, "__nameid_version1.0");
    Buffer guids = {NULL, 0, 0}, entries = guids, strings = guids;
    int done = 1;
    if (!storage) return 1;
    done = read_stream(storage, "__substg1.0_00020102", &guids) &&
           read_stream(storage, "__substg1.0_00030102", &entries) &&
           read_stream(storage, "__substg1.0_00040102", &strings);
    for (size_t at = 0; done && at + 8 <= entries.length; at += 8) {
        ULONG key, packed, number, size = 0;
        GUID guid;
        Item text = {0, NULL};
        memcpy(&key, entries.bytes + at, 4);
        memcpy(&packed, entries.bytes + at + 4, 4);
        number = (packed & 0xFFFF) >> 1;
        if (number >= 3 && (number - 2) * sizeof guid <= guids.length)
            memcpy(&guid, guids.bytes + (number - 3) * sizeof guid, sizeof guid);
        else if (number == 1 || number == 2) guid = known[number - 1];
        else done = 0;
        if (done && packed & 1) {
            if (key + 4 <= strings.length) memcpy(&size, strings.bytes + key, 4);
            text.size = size;
            text.bytes = strings.bytes + key + 4;
            done = key + 4 + size <= strings.length;
        }
        done = done && name_add(heap, names, &guid, packed & 1 ? MNID_STRING : MNID_ID,
                                packed & 1 ? 0 : key, &text);
    }
    free(guids.bytes), free(entries.bytes), free(strings.bytes);
    storage->lpVtbl->Release(storage);
    return done;
}

/* Reads the message in a storage, an empty one if there is none; 0 where it is unsound. */
static int read_message(IMalloc *heap, IStorage *root, Content *content, Name **names) {
    Buffer stream = {NULL, 0, 0};
    int there = read_stream(root, "__properties_version1.0", &stream);
    free(stream.bytes);
    return !there || (read_content(heap, root, 32, content) && read_names(heap, root, names));
}

#endif
