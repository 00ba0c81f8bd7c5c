/* Streams and storages of a compound file by their ASCII names. */

#ifndef MESSAGING_ELEMENTS_H
#define MESSAGING_ELEMENTS_H

#include "names.h"

enum { NAME_ROOM = 32 };
#define CREATING (STGM_CREATE | STGM_READWRITE | STGM_SHARE_EXCLUSIVE)
#define READING (STGM_READ | STGM_SHARE_EXCLUSIVE)

typedef struct {
    unsigned char *bytes;
    size_t length, room;
} Buffer; /* grows */

static void add(Buffer *buffer, const void *bytes, size_t length) {
    if (buffer->length + length > buffer->room) {
        buffer->room = 2 * (buffer->length + length) + 256;
        buffer->bytes = realloc(buffer->bytes, buffer->room);
        if (!buffer->bytes) abort();
    }
    if (length) memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
}

static void add32(Buffer *buffer, ULONG number) { add(buffer, &number, 4); }

static void widen(WCHAR *to, const char *name) {
    while ((*to++ = (unsigned char)*name++) != 0) continue;
}

static int write_stream(IStorage *storage, const char *name, const void *bytes, size_t length) {
    WCHAR wide[NAME_ROOM];
    IStream *stream;
    int done;
    widen(wide, name);
    if (storage->lpVtbl->CreateStream(storage, wide, CREATING, 0, 0, &stream) != S_OK) return 0;
    done = length == 0 || stream->lpVtbl->Write(stream, bytes, (ULONG)length, NULL) == S_OK;
    stream->lpVtbl->Release(stream);
    return done;
}

static IStorage *create_storage(IStorage *storage, const char *name) {
    WCHAR wide[NAME_ROOM];
    IStorage *made = NULL;
    widen(wide, name);
    storage->lpVtbl->CreateStorage(storage, wide, CREATING, 0, 0, &made);
    return made;
}

static IStorage *open_storage(IStorage *storage, const char *name) {
    WCHAR wide[NAME_ROOM];
    IStorage *made = NULL;
    widen(wide, name);
    storage->lpVtbl->OpenStorage(storage, wide, NULL, READING, NULL, 0, &made);
    return made;
}

/* Reads a whole stream; tells whether there was one. */
static int read_stream(IStorage *storage, const char *name, Buffer *to) {
    WCHAR wide[NAME_ROOM];
    IStream *stream;
    ULONG got;
    char piece[1024];
    widen(wide, name);
    to->length = 0;
    if (storage->lpVtbl->OpenStream(storage, wide, NULL, READING, 0, &stream) != S_OK) return 0;
    while (stream->lpVtbl->Read(stream, piece, sizeof piece, &got) >= 0 && got) add(to, piece, got);
    stream->lpVtbl->Release(stream);
    return 1;
}

static void free_name(OLECHAR *name) {
#ifdef _WIN32
    CoTaskMemFree(name);
#else
    free(name);
#endif
}

/* Whether an element of the root belongs to the message; others are left alone. */
static int is_own(const WCHAR *name) { return name[0] == '_' && name[1] == '_'; }

static void destroy_own(IStorage *storage) {
    WCHAR gone[4096][NAME_ROOM];
    IEnumSTATSTG *list;
    STATSTG stat;
    size_t count = 0;
    if (storage->lpVtbl->EnumElements(storage, 0, NULL, 0, &list) != S_OK) return;
    while (list->lpVtbl->Next(list, 1, &stat, NULL) == S_OK) {
        if (count < 4096 && (is_own(stat.pwcsName) || PLANTED(save_clears_storage)))
            memcpy(gone[count++], stat.pwcsName, 2 * wide_length(stat.pwcsName) + 2);
        free_name(stat.pwcsName);
    }
    list->lpVtbl->Release(list);
    while (count--) storage->lpVtbl->DestroyElement(storage, gone[count]);
}

#endif
