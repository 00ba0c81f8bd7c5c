/* A tree from the bytes of a compound file, versions 3 and 4. Source: [MS-CFB].
 *
 * Every number in the file is checked before it is used, each sector and entry is taken once. */

#ifndef MAPI_CONFORMANCE_COMPOUND_READ_H
#define MAPI_CONFORMANCE_COMPOUND_READ_H

#include "text.h"
#include "tree.h"

typedef struct {
    const unsigned char *bytes;
    size_t length, sector;
    uint32_t sectors;
    Text fat, directory, mini, mini_fat;
    unsigned char *seen; /* entries of the directory */
    size_t budget;       /* bytes that streams may still take */
} Reader;

static uint32_t get16(const void *from) {
    const unsigned char *at = from;
    return at[0] | (uint32_t)at[1] << 8;
}

static uint32_t get32(const void *from) {
    return get16(from) | get16((const unsigned char *)from + 2) << 16;
}

static const unsigned char *sector_at(const Reader *reader, uint32_t number) {
    return reader->bytes + ((size_t)number + 1) * reader->sector;
}

/* Collects a chain of sectors; a chain longer than the file has sectors runs in a circle. */
static int read_chain(const Reader *reader, uint32_t number, Text *to) {
    uint32_t taken = 0;
    for (; number != 0xFFFFFFFEu; number = get32(reader->fat.data + 4 * (size_t)number)) {
        if (number >= reader->sectors || 4 * (size_t)number >= reader->fat.length ||
            ++taken > reader->sectors)
            return 0;
        text_bytes(to, sector_at(reader, number), reader->sector);
    }
    return 1;
}

static int read_fat(Reader *reader) {
    uint32_t left = get32(reader->bytes + 44), difat = get32(reader->bytes + 68), taken = 0;
    const unsigned char *list = reader->bytes + 76;
    size_t per_list = 109;
    while (left) {
        for (size_t i = 0; i < per_list && left; ++i, --left) {
            uint32_t number = get32(list + 4 * i);
            if (number >= reader->sectors) return 0;
            text_bytes(&reader->fat, sector_at(reader, number), reader->sector);
        }
        if (!left) break;
        if (difat >= reader->sectors || ++taken > reader->sectors) return 0;
        list = sector_at(reader, difat);
        per_list = reader->sector / 4 - 1;
        difat = get32(list + 4 * per_list);
    }
    return reader->fat.length / 4 >= reader->sectors;
}

static int read_stream(Reader *reader, Node *node, const unsigned char *entry) {
    uint32_t number = get32(entry + 116), size = get32(entry + 120);
    if (size > reader->budget) return 0;
    reader->budget -= size;
    if (size >= 4096) {
        Text chain = {NULL, 0, 0};
        int sound = read_chain(reader, number, &chain) && chain.length >= size;
        if (sound) node_write(node, 0, chain.data, size);
        free(chain.data);
        return sound;
    }
    for (uint32_t at = 0; at < size; at += 64) {
        size_t offset = (size_t)number * 64, piece = size - at < 64 ? size - at : 64;
        if (number >= reader->mini_fat.length / 4 || offset + piece > reader->mini.length) return 0;
        node_write(node, at, reader->mini.data + offset, piece);
        number = get32(reader->mini_fat.data + 4 * (size_t)number);
    }
    return 1;
}

static void read_class(Node *node, const unsigned char *entry) {
    node->clsid.Data1 = get32(entry + 80);
    node->clsid.Data2 = (uint16_t)get16(entry + 84);
    node->clsid.Data3 = (uint16_t)get16(entry + 86);
    memcpy(node->clsid.Data4, entry + 88, 8);
    node->state_bits = get32(entry + 96);
}

/* Adds an entry, its siblings and its children to a storage. */
static int read_entry(Reader *reader, uint32_t number, Node *parent, int depth) {
    const unsigned char *entry = (unsigned char *)reader->directory.data + (size_t)number * 128;
    WCHAR name[NAME_ROOM] = {0};
    Node *node;
    if (number == 0xFFFFFFFFu) return 1;
    if (number >= reader->directory.length / 128 || depth > 200 || reader->seen[number]) return 0;
    reader->seen[number] = 1;
    for (unsigned i = 0; i < NAME_ROOM - 1; ++i) name[i] = (WCHAR)get16(entry + 2 * i);
    if ((entry[66] != 1 && entry[66] != 2) || !name_is_sound(name) || node_find(parent, name))
        return 0;
    node = node_add(parent, name, node_new(entry[66] == 1));
    read_class(node, entry);
    return (entry[66] == 1 ? read_entry(reader, get32(entry + 76), node, depth + 1)
                           : read_stream(reader, node, entry)) &&
           read_entry(reader, get32(entry + 68), parent, depth + 1) &&
           read_entry(reader, get32(entry + 72), parent, depth + 1);
}

static int read_all(Reader *reader, Node *root) {
    const unsigned char *top;
    if (!read_fat(reader) || !read_chain(reader, get32(reader->bytes + 48), &reader->directory) ||
        (get32(reader->bytes + 64) &&
         !read_chain(reader, get32(reader->bytes + 60), &reader->mini_fat)) ||
        reader->directory.length < 128)
        return 0;
    top = (unsigned char *)reader->directory.data;
    if (top[66] != 5 ||
        (get32(top + 120) && !read_chain(reader, get32(top + 116), &reader->mini)))
        return 0;
    reader->seen = checked(calloc(reader->directory.length / 128, 1));
    read_class(root, top);
    return read_entry(reader, get32(top + 76), root, 0);
}

static int compound_read(Node *root, const void *bytes, size_t length) {
    Reader reader;
    int sound;
    unsigned version;
    memset(&reader, 0, sizeof reader);
    if (length < 1536 || memcmp(bytes, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8) != 0) return 0;
    reader.bytes = bytes;
    reader.length = reader.budget = length;
    version = get16(reader.bytes + 26);
    reader.sector = version == 4 ? 4096 : 512;
    if ((version != 3 && version != 4) || length < 3 * reader.sector) return 0;
    reader.sectors = (uint32_t)(length / reader.sector) - 1;
    sound = read_all(&reader, root);
    free(reader.fat.data), free(reader.directory.data);
    free(reader.mini.data), free(reader.mini_fat.data);
    free(reader.seen);
    return sound;
}

#endif
