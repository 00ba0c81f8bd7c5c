/* A tree as a compound file, version 3 (512-byte sectors). Source: [MS-CFB]. */

#ifndef MAPI_CONFORMANCE_COMPOUND_WRITE_H
#define MAPI_CONFORMANCE_COMPOUND_WRITE_H

#include "text.h"
#include "tree.h"

enum { SECTOR = 512, MINI_SECTOR = 64, MINI_LIMIT = 4096, HEADER_FATS = 109, IDS = SECTOR / 4,
       ENTRY = 128 };
#define CHAIN_END 0xFFFFFFFEu
#define FREE_ID 0xFFFFFFFFu
#define FAT_ID 0xFFFFFFFDu
#define DIFAT_ID 0xFFFFFFFCu

static void put16(void *to, unsigned value) {
    unsigned char *at = to;
    at[0] = (unsigned char)value, at[1] = (unsigned char)(value >> 8);
}

static void put32(void *to, uint32_t value) {
    put16(to, value), put16((unsigned char *)to + 2, value >> 16);
}

typedef struct { size_t size; Text data, next; } Sectors; /* next: the following sector of each */

static uint32_t sectors_count(const Sectors *sectors) {
    return (uint32_t)(sectors->next.length / 4);
}

/* Appends a chain; gives its first sector. */
static uint32_t sectors_add(Sectors *sectors, const void *bytes, size_t length) {
    uint32_t first = sectors_count(sectors);
    size_t count = (length + sectors->size - 1) / sectors->size;
    if (!length) return CHAIN_END;
    text_bytes(&sectors->data, bytes, length);
    memset(text_grow(&sectors->data, count * sectors->size - length), 0,
           count * sectors->size - length);
    for (size_t i = 0; i < count; ++i)
        put32(text_grow(&sectors->next, 4), i + 1 < count ? first + (uint32_t)i + 1 : CHAIN_END);
    return first;
}

typedef struct { Text entries; Sectors sectors, mini; } Writer;

static uint32_t write_children(Writer *writer, const Node *storage);

static uint32_t write_entry(Writer *writer, const Node *node, unsigned kind) {
    uint32_t number = (uint32_t)(writer->entries.length / ENTRY), child, start = 0;
    unsigned length = 0;
    char *entry = text_grow(&writer->entries, ENTRY);
    memset(entry, 0, ENTRY);
    for (; node->name[length]; ++length) put16(entry + 2 * length, node->name[length]);
    put16(entry + 64, 2 * length + 2);
    entry[66] = (char)kind;
    entry[67] = 1; /* black */
    put32(entry + 68, FREE_ID), put32(entry + 72, FREE_ID), put32(entry + 76, FREE_ID);
    put32(entry + 80, node->clsid.Data1);
    put16(entry + 84, node->clsid.Data2), put16(entry + 86, node->clsid.Data3);
    memcpy(entry + 88, node->clsid.Data4, 8);
    put32(entry + 96, node->state_bits);
    if (node->is_storage) {
        child = write_children(writer, node);
        put32(writer->entries.data + (size_t)number * ENTRY + 76, child);
        return number;
    }
    start = sectors_add(node->length < MINI_LIMIT ? &writer->mini : &writer->sectors, node->bytes,
                        node->length);
    put32(entry + 116, start), put32(entry + 120, (uint32_t)node->length);
    return number;
}

/* Links sorted siblings to a red-black tree: balanced, black, its last level red. */
static uint32_t balance(Writer *writer, const uint32_t *numbers, size_t count, int red, int depth) {
    size_t middle = count / 2;
    uint32_t left, right;
    char *entry;
    if (!count) return FREE_ID;
    left = balance(writer, numbers, middle, red, depth + 1);
    right = balance(writer, numbers + middle + 1, count - middle - 1, red, depth + 1);
    entry = writer->entries.data + (size_t)numbers[middle] * ENTRY;
    entry[67] = (char)(depth != red || red == 0);
    put32(entry + 68, left), put32(entry + 72, right);
    return numbers[middle];
}

static uint32_t write_children(Writer *writer, const Node *storage) {
    size_t count = 0, at = 0;
    int red = -1;
    uint32_t *numbers, top;
    for (const Node *each = storage->first; each; each = each->next) ++count;
    numbers = checked(calloc(count + 1, sizeof *numbers));
    for (const Node *each = storage->first; each; each = each->next)
        numbers[at++] = write_entry(writer, each, each->is_storage ? 1 : 2);
    for (size_t left = count; left; left /= 2) ++red;
    top = balance(writer, numbers, count, red, 0);
    free(numbers);
    return top;
}

/* How many FAT and DIFAT sectors it takes to describe all sectors, these tables included. */
static void table_sizes(size_t sectors, size_t *fats, size_t *difats) {
    *fats = *difats = 0;
    while (*fats * IDS < sectors + *fats + *difats || *fats == 0) {
        ++*fats;
        *difats = *fats > HEADER_FATS ? (*fats - HEADER_FATS + IDS - 2) / (IDS - 1) : 0;
    }
}

/* The FAT after the sectors it describes, then the DIFAT; and the header, which knows them all. */
static void write_tables(Writer *writer, Text *out, size_t head, uint32_t directory,
                         uint32_t mini_fat, size_t mini_fats) {
    size_t fats, difats, first = sectors_count(&writer->sectors), i;
    Text *next = &writer->sectors.next;
    char *header;
    table_sizes(first, &fats, &difats);
    for (i = 0; i < fats; ++i) put32(text_grow(next, 4), FAT_ID);
    for (i = 0; i < difats; ++i) put32(text_grow(next, 4), DIFAT_ID);
    while (next->length < fats * SECTOR) put32(text_grow(next, 4), FREE_ID);
    text_bytes(out, writer->sectors.data.data, writer->sectors.data.length);
    text_bytes(out, next->data, fats * SECTOR);
    for (i = 0; i < difats * IDS; ++i) {
        size_t fat = HEADER_FATS + i / IDS * (IDS - 1) + i % IDS;
        uint32_t link = i / IDS + 1 < difats ? (uint32_t)(first + fats + i / IDS + 1) : CHAIN_END;
        put32(text_grow(out, 4), i % IDS == IDS - 1 ? link
                                 : fat < fats       ? (uint32_t)(first + fat)
                                                    : FREE_ID);
    }
    header = out->data + head;
    memcpy(header, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
    put16(header + 24, 0x3E), put16(header + 26, 3), put16(header + 28, 0xFFFE);
    put16(header + 30, 9), put16(header + 32, 6);
    put32(header + 44, (uint32_t)fats), put32(header + 48, directory);
    put32(header + 56, MINI_LIMIT), put32(header + 60, mini_fat);
    put32(header + 64, (uint32_t)mini_fats);
    put32(header + 68, difats ? (uint32_t)(first + fats) : CHAIN_END);
    put32(header + 72, (uint32_t)difats);
    for (i = 0; i < HEADER_FATS; ++i)
        put32(header + 76 + 4 * i, i < fats ? (uint32_t)(first + i) : FREE_ID);
}

static void compound_write(const Node *root, Text *out) {
    static const char name[] = "Root Entry";
    Writer writer = {{NULL, 0, 0}, {SECTOR, {NULL, 0, 0}, {NULL, 0, 0}},
                     {MINI_SECTOR, {NULL, 0, 0}, {NULL, 0, 0}}};
    size_t head = out->length, mini_size;
    uint32_t mini_fat, directory, mini_start;
    memset(text_grow(out, SECTOR), 0, SECTOR);
    write_entry(&writer, root, 5);
    for (unsigned i = 0; i + 1 < sizeof name; ++i)
        put16(writer.entries.data + 2 * i, (unsigned char)name[i]);
    put16(writer.entries.data + 64, 2 * sizeof name);
    mini_size = writer.mini.data.length;
    mini_start = sectors_add(&writer.sectors, writer.mini.data.data, mini_size);
    put32(writer.entries.data + 116, mini_start);
    put32(writer.entries.data + 120, (uint32_t)mini_size);
    while (writer.mini.next.length % SECTOR) put32(text_grow(&writer.mini.next, 4), FREE_ID);
    mini_fat = sectors_add(&writer.sectors, writer.mini.next.data, writer.mini.next.length);
    while (writer.entries.length % SECTOR) {
        char *unused = text_grow(&writer.entries, ENTRY);
        memset(unused, 0, ENTRY);
        put32(unused + 68, FREE_ID), put32(unused + 72, FREE_ID), put32(unused + 76, FREE_ID);
    }
    directory = sectors_add(&writer.sectors, writer.entries.data, writer.entries.length);
    write_tables(&writer, out, head, directory, mini_fat, writer.mini.next.length / SECTOR);
    free(writer.entries.data);
    free(writer.sectors.data.data), free(writer.sectors.next.data);
    free(writer.mini.data.data), free(writer.mini.next.data);
}

#endif
