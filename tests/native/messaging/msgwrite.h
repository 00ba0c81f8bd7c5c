/* Writing a message into a storage. Source: MS-OXMSG. */

#ifndef MESSAGING_MSGWRITE_H
#define MESSAGING_MSGWRITE_H

#include "elements.h"

static ULONG file_tag(ULONG tag, int unicode) { return is_text(tag) && !unicode ? tag & ~1u : tag; }

/* An item as its stream has it. */
static void add_item(Buffer *buffer, const Item *item, ULONG tag) {
    if (!is_narrow(tag)) add(buffer, item->bytes, item->size);
    else
        for (ULONG i = 0; i < item->size; i += 2) add(buffer, item->bytes + i, 1);
}

static ULONG terminator(ULONG tag) { return !is_text(tag) ? 0 : is_narrow(tag) ? 1 : 2; }

static int write_array(IStorage *storage, const Property *property, ULONG tag, Buffer *main) {
    int done = 1;
    for (ULONG i = 0; i < property->count; ++i) {
        Buffer item = {NULL, 0, 0};
        char name[NAME_ROOM];
        if (item_size(PROP_TYPE(tag))) {
            add(main, property->items[i].bytes, property->items[i].size);
            continue;
        }
        add_item(&item, &property->items[i], tag);
        add(&item, "\0", terminator(tag));
        add32(main, (ULONG)item.length);
        if (!is_text(tag)) add32(main, 0);
        snprintf(name, sizeof name, "__substg1.0_%08lX-%08lX", (unsigned long)tag,
                 (unsigned long)i);
        done &= write_stream(storage, name, item.bytes, item.length);
        free(item.bytes);
    }
    return done;
}

/* Adds the entry of a property, and writes its streams. */
static int write_property(IStorage *storage, const Property *property, int unicode,
                          Buffer *entries) {
    ULONG tag = file_tag(property->tag, unicode);
    Buffer stream = {NULL, 0, 0};
    char name[NAME_ROOM];
    int done = 1;
    add32(entries, tag);
    add32(entries, property->attributes);
    if (!in_stream(PROP_TYPE(tag))) {
        add(entries, property->fixed, 8);
        if (PLANTED(file_padding) && PROP_TYPE(tag) == PT_LONG)
            entries->bytes[entries->length - 1] = 7;
        return 1;
    }
    if (tag & MV_FLAG) done = write_array(storage, property, tag, &stream);
    else add_item(&stream, property->items, tag);
    snprintf(name, sizeof name, "__substg1.0_%08lX", (unsigned long)tag);
    done &= write_stream(storage, name, stream.bytes, stream.length);
    add32(entries, (ULONG)stream.length +
                       (tag & MV_FLAG || PLANTED(file_string_size) ? 0 : terminator(tag)));
    add32(entries, 0);
    free(stream.bytes);
    return done;
}

static int write_properties(IStorage *storage, const Property *list, int unicode, Buffer *entries) {
    int done = 1;
    for (; list; list = list->next) done &= write_property(storage, list, unicode, entries);
    return done;
}

static void add_number(Buffer *entries, ULONG tag, ULONG number) {
    add32(entries, tag), add32(entries, PROPATTR_READABLE | PROPATTR_WRITEABLE);
    add32(entries, number), add32(entries, 0);
}

static int write_row(IStorage *storage, const Row *row, int unicode) {
    Buffer entries = {NULL, 0, 0};
    int done;
    add32(&entries, 0), add32(&entries, 0);
    done = write_properties(storage, row->properties, unicode, &entries);
    if (!property_find(row->properties, PR_ROWID)) add_number(&entries, PR_ROWID, row->id);
    done &= write_stream(storage, "__properties_version1.0", entries.bytes, entries.length);
    free(entries.bytes);
    return done;
}

static int write_content(IStorage *storage, const Content *content, int unicode, size_t header);

static int write_part(IStorage *storage, const Part *part, ULONG number, int unicode) {
    Buffer entries = {NULL, 0, 0};
    int done;
    add32(&entries, 0), add32(&entries, 0);
    done = write_properties(storage, part->properties, unicode, &entries);
    add_number(&entries, PR_ATTACH_NUM, number);
    if (part->embedded) {
        IStorage *inner = create_storage(storage, "__substg1.0_3701000D");
        done &= inner && write_content(inner, part->embedded, unicode, 24);
        if (inner) inner->lpVtbl->Release(inner);
        add32(&entries, PR_ATTACH_DATA_OBJ), add32(&entries, 6);
        add32(&entries, 0xFFFFFFFFu), add32(&entries, 1);
    }
    done &= write_stream(storage, "__properties_version1.0", entries.bytes, entries.length);
    free(entries.bytes);
    return done;
}

/* Writes a message; `header` is how many bytes its property stream begins with. */
static int write_content(IStorage *storage, const Content *content, int unicode, size_t header) {
    Buffer entries = {NULL, 0, 0};
    static const char zeros[8];
    ULONG rows = 0, parts = 0, counts[4];
    char name[NAME_ROOM];
    int done = 1;
    for (const Row *row = content->rows; row; row = row->next) {
        const char *form = PLANTED(file_decimal_names)     ? "__recip_version1.0_#%08lu"
                         : PLANTED(save_under_other_names) ? "recip%08lX"
                                                           : "__recip_version1.0_#%08lX";
        snprintf(name, sizeof name, form, (unsigned long)rows++);
        IStorage *inner = create_storage(storage, name);
        done &= inner && write_row(inner, row, unicode);
        if (inner) inner->lpVtbl->Release(inner);
    }
    for (const Part *part = content->parts; part; part = part->next) {
        snprintf(name, sizeof name, "__attach_version1.0_#%08lX", (unsigned long)parts);
        IStorage *inner = create_storage(storage, name);
        done &= inner && write_part(inner, part, parts++, unicode);
        if (inner) inner->lpVtbl->Release(inner);
    }
    counts[0] = counts[2] = PLANTED(file_counts) ? 0 : rows;
    counts[1] = counts[3] = PLANTED(file_counts) ? 0 : parts;
    add(&entries, zeros, 8);
    add(&entries, counts, sizeof counts);
    if (header > 24) add(&entries, zeros, header - 24);
    done &= write_properties(storage, content->properties, unicode, &entries);
    done &= write_stream(storage, "__properties_version1.0", entries.bytes, entries.length);
    free(entries.bytes);
    return done;
}

/* --- the names of properties --- */

static ULONG checksum(const unsigned char *bytes, size_t length) {
    ULONG sum = 0;
    for (size_t i = 0; i < length; ++i) {
        sum ^= bytes[i];
        for (int bit = 0; bit < 8; ++bit) sum = sum & 1 ? sum >> 1 ^ 0xEDB88320u : sum >> 1;
    }
    return sum;
}

/* The number of a property set: two are known to all, the others are listed from 3 on. */
static ULONG guid_number(const GUID *guid, Buffer *listed) {
    static const GUID known[] = {MAPI_IID(0x00020328), MAPI_IID(0x00020329)};
    for (ULONG i = 0; i < 2; ++i)
        if (memcmp(&known[i], guid, sizeof *guid) == 0) return i + 1;
    for (size_t at = 0; at < listed->length; at += sizeof *guid)
        if (memcmp(listed->bytes + at, guid, sizeof *guid) == 0)
            return 3 + (ULONG)(at / sizeof *guid);
    add(listed, guid, sizeof *guid);
    return 2 + (ULONG)(listed->length / sizeof *guid);
}

static int write_names(IStorage *root, const Name *names) {
    Buffer guids = {NULL, 0, 0}, entries = guids, strings = guids, buckets[0x1F];
    IStorage *storage = create_storage(root, "__nameid_version1.0");
    ULONG index = 0;
    char name[NAME_ROOM];
    int done = storage != NULL;
    memset(buckets, 0, sizeof buckets);
    for (const Name *each = names; each; each = each->next, ++index) {
        int text = each->kind == MNID_STRING;
        ULONG guid = guid_number(&each->guid, &guids), packed = guid << 1 | (ULONG)text;
        ULONG hashed = text ? checksum(each->text.bytes, each->text.size) : each->id;
        Buffer *bucket = &buckets[(hashed ^ packed) % 0x1F];
        if (PLANTED(file_name_bucket)) bucket = &buckets[(hashed ^ packed) % 0x1E];
        add32(&entries, text ? (ULONG)strings.length : each->id);
        add32(&entries, packed | index << 16);
        add32(bucket, hashed);
        add32(bucket, packed | index << 16);
        if (text) {
            add32(&strings, each->text.size);
            add(&strings, each->text.bytes, each->text.size);
            add(&strings, "\0\0\0", (0u - each->text.size) % 4);
        }
    }
    done = done && write_stream(storage, "__substg1.0_00020102", guids.bytes, guids.length) &&
           write_stream(storage, "__substg1.0_00030102", entries.bytes, entries.length) &&
           write_stream(storage, "__substg1.0_00040102", strings.bytes, strings.length);
    for (ULONG i = 0; i < 0x1F; ++i) {
        snprintf(name, sizeof name, "__substg1.0_%04lX0102", (unsigned long)(0x1000 + i));
        if (buckets[i].length)
            done = done && write_stream(storage, name, buckets[i].bytes, buckets[i].length);
        free(buckets[i].bytes);
    }
    free(guids.bytes), free(entries.bytes), free(strings.bytes);
    if (storage) storage->lpVtbl->Release(storage);
    return done;
}

static int write_message(IStorage *root, const Content *content, const Name *names, int unicode) {
    destroy_own(root);
    return write_content(root, content, unicode, 32) && write_names(root, names);
}

#endif
