/* What the suite does with the content of a storage that it lent: look, and write of its own. */

#ifndef MAPI_CONFORMANCE_CONTENT_H
#define MAPI_CONFORMANCE_CONTENT_H

#include "world.h"

typedef struct { char **items; size_t count, room; } Paths;

static void free_name(OLECHAR *name) {
#ifdef _WIN32
    CoTaskMemFree(name);
#else
    free(name);
#endif
}

static void add_path(Paths *paths, const Text *path) {
    if (paths->count == paths->room) {
        paths->room = 2 * paths->room + 16;
        paths->items = realloc(paths->items, paths->room * sizeof *paths->items);
    }
    if (!paths->items || !(paths->items[paths->count++] = strdup(path->data))) abort();
}

static int by_text(const void *one, const void *other) {
    return strcmp(*(char *const *)one, *(char *const *)other);
}

/* Collects the escaped paths of everything within a storage. */
static void collect(IStorage *storage, const char *prefix, Paths *paths) {
    IEnumSTATSTG *list;
    STATSTG stat;
    if (storage->lpVtbl->EnumElements(storage, 0, NULL, 0, &list) != S_OK) return;
    while (list->lpVtbl->Next(list, 1, &stat, NULL) == S_OK) {
        Text path = {NULL, 0, 0};
        IStorage *inner;
        text_put(&path, prefix);
        text_wide(&path, stat.pwcsName); /* in quotes, which go: one from each end */
        memmove(path.data + strlen(prefix), path.data + strlen(prefix) + 1,
                path.length - strlen(prefix) - 1);
        path.length -= 2;
        memset(text_grow(&path, 1), 0, 1);
        add_path(paths, &path);
        if (stat.type == STGTY_STORAGE &&
            storage->lpVtbl->OpenStorage(storage, stat.pwcsName, NULL,
                                         STGM_READ | STGM_SHARE_EXCLUSIVE, NULL, 0,
                                         &inner) == S_OK) {
            path.data[path.length - 1] = '/';
            memset(text_grow(&path, 1), 0, 1);
            collect(inner, path.data, paths);
            inner->lpVtbl->Release(inner);
        }
        free(path.data);
        free_name(stat.pwcsName);
    }
    list->lpVtbl->Release(list);
}

static int world_elements(const Json *params) {
    const Storage *storage = named_storage(params, "name");
    Paths paths = {NULL, 0, 0};
    Backend copy;
    IStorage *open;
    if (!storage) return 0;
    if (!backend_copy(&copy, &storage->backend))
        return fail(NOT_EXPRESSIBLE, "what is committed cannot be read");
    if (backend_open(&copy, STGM_READ | STGM_SHARE_DENY_WRITE, &open)) {
        collect(open, "", &paths);
        open->lpVtbl->Release(open);
    }
    backend_drop(&copy);
    if (paths.count) qsort(paths.items, paths.count, sizeof *paths.items, by_text);
    text_put(out, "{\"elements\":[");
    for (size_t i = 0; i < paths.count; ++i) {
        text_put(out, i ? ",\"" : "\"");
        text_put(out, paths.items[i]);
        text_put(out, "\"");
        free(paths.items[i]);
    }
    free(paths.items);
    text_put(out, "]}");
    return 1;
}

/* The storage in which the last part of a path is to be written; takes over `storage`. */
static IStorage *descend(IStorage *storage, const WCHAR *name) {
    const DWORD mode = STGM_READWRITE | STGM_SHARE_EXCLUSIVE;
    IStorage *inner = NULL;
    if (storage->lpVtbl->OpenStorage(storage, name, NULL, mode, NULL, 0, &inner) != S_OK)
        storage->lpVtbl->CreateStorage(storage, name, mode | STGM_CREATE, 0, 0, &inner);
    storage->lpVtbl->Release(storage);
    return inner;
}

static int write_element(IStorage *root, WCHAR *path, const char *bytes, ULONG length) {
    const DWORD mode = STGM_CREATE | STGM_READWRITE | STGM_SHARE_EXCLUSIVE;
    IStream *stream = NULL;
    int done;
    root->lpVtbl->AddRef(root);
    for (WCHAR *end = path; root && *end; ++end)
        if (*end == '/') {
            *end = 0;
            root = descend(root, path);
            path = end + 1;
        }
    if (!root) return 0;
    done = root->lpVtbl->CreateStream(root, path, mode, 0, 0, &stream) == S_OK &&
           stream->lpVtbl->Write(stream, bytes, length, NULL) == S_OK;
    if (stream) stream->lpVtbl->Release(stream);
    root->lpVtbl->Release(root);
    return done;
}

/* A storage that the suite itself can write to. */
static IStorage *own_storage(const Json *params) {
    const Storage *storage = named_storage(params, "name");
    if (storage && (storage->given_up || !storage->writable)) {
        fail(NOT_EXPRESSIBLE, "the suite cannot write to this storage");
        return NULL;
    }
    return storage ? storage->root->inner.storage : NULL;
}

static int world_commit(const Json *params) {
    IStorage *inner = own_storage(params);
    if (!inner) return 0;
    if (inner->lpVtbl->Commit(inner, 0) != S_OK) return fail(NOT_EXPRESSIBLE, "Commit failed");
    text_put(out, "{}");
    return 1;
}

static int world_create(const Json *params) {
    IStorage *inner = own_storage(params);
    const char *bytes = NULL;
    long length;
    LPWSTR path;
    if (!inner || !to_wide(json_member(params, "element"), &path)) return 0;
    if ((length = world_content(params, &bytes)) < 0)
        return fail(BAD_PARAMS, "base64 is not base64");
    if (!write_element(inner, path, bytes, (ULONG)length))
        return fail(NOT_EXPRESSIBLE, "the element cannot be written");
    return world_commit(params);
}

#endif
