/* What the suite asks of the host: to lend allocators and storages, and to say what it sees. */

#ifndef MAPI_CONFORMANCE_WORLD_H
#define MAPI_CONFORMANCE_WORLD_H

#include "calls.h"

static const Json *named(const Json *params) {
    const Json *name = json_member(params, "name");
    if (name && name->type == JSON_STRING) return name;
    fail(BAD_PARAMS, "what is lent has no name");
    return NULL;
}

static int world_malloc(const Json *params) {
    const Json *name = named(params), *limit = json_member(params, "fail_after");
    int64_t successes = limit && limit->type == JSON_INTEGER ? (int64_t)limit->integer : -1;
    if (!name) return 0;
    text_put(out, "{}");
    return bind_name(name->text, (uintptr_t)lend_malloc(name->text, successes));
}

static int lend(const Json *params, Backend *backend) {
    static const struct { const char *name; DWORD mode; } modes[] = {
        {"read", STGM_READ}, {"write", STGM_WRITE}, {"readwrite", STGM_READWRITE}};
    const Json *name = named(params), *mode = json_member(params, "mode");
    const Json *transacted = json_member(params, "transacted");
    Storage *lent = NULL;
    for (int i = 0; name && mode && mode->type == JSON_STRING && i < 3; ++i)
        if (strcmp(mode->text, modes[i].name) == 0)
            lent = lend_storage(name->text, modes[i].mode,
                                transacted && transacted->type == JSON_TRUE, backend);
    if (!name) return 0;
    if (!lent) return fail(NOT_EXPRESSIBLE, "no storage can be lent in this mode");
    text_put(out, "{}");
    return bind_name(name->text, (uintptr_t)&lent->root->face);
}

/* The bytes of a parameter in base64; -1 where it is none. */
static long world_content(const Json *params, const char **bytes) {
    const Json *content = json_member(params, "base64");
    if (!content || content->type != JSON_STRING) return -1;
    *bytes = content->text;
    return base64_decode((char *)(uintptr_t)content->text, content->length);
}

static int world_storage(const Json *params) {
    const Json *content = json_member(params, "base64");
    const char *bytes = NULL;
    long length = 0;
    Backend backend;
    if (content && content->type != JSON_NULL && (length = world_content(params, &bytes)) < 0)
        return fail(BAD_PARAMS, "base64 is not base64");
    if (!backend_create(&backend, bytes, (size_t)length))
        return fail(NOT_EXPRESSIBLE, "the bytes are no sound compound file");
    return lend(params, &backend);
}

static Storage *named_storage(const Json *params, const char *key) {
    uintptr_t face;
    Storage *found = to_object(json_member(params, key), &face) ? find_storage((void *)face) : NULL;
    if (!found && !error_code) fail(BAD_PARAMS, "a name is that of no storage");
    /* What is written directly may wait in the storage's buffers. */
    if (found && found->writable && !found->transacted && found->root->inner.storage) {
        IStorage *inner = found->root->inner.storage;
        inner->lpVtbl->Commit(inner, 0);
    }
    return found;
}

static int world_reopen(const Json *params) {
    const Storage *from = named_storage(params, "from");
    Backend backend;
    if (!from) return 0;
    if (!backend_copy(&backend, &from->backend))
        return fail(NOT_EXPRESSIBLE, "what is committed cannot be opened again");
    return lend(params, &backend);
}

static int world_release(const Json *params) {
    uintptr_t face;
    Storage *storage;
    int32_t left;
    if (!to_object(json_member(params, "name"), &face)) return 0;
    if ((storage = find_storage((void *)face)) != NULL) {
        if (storage->given_up) return fail(NOT_EXPRESSIBLE, "the suite has no reference left");
        storage->given_up = 1;
        element_release(storage->root, 0);
        left = storage->references;
    } else {
        Malloc *lent = mallocs;
        while (lent && (uintptr_t)lent != face) lent = lent->next;
        if (!lent || lent->given_up)
            return fail(NOT_EXPRESSIBLE, "nothing of the suite's to release");
        lent->given_up = 1;
        left = --lent->references;
    }
    text_format(out, "{\"return\":%ld}", (long)left);
    return 1;
}

static int world_bytes(const Json *params) {
    static Text file;
    const Storage *storage = named_storage(params, "name");
    if (!storage) return 0;
    file.length = 0;
    if (!backend_bytes(&storage->backend, &file))
        return fail(NOT_EXPRESSIBLE, "what is committed cannot be read");
    text_put(out, "{\"base64\":");
    text_base64(out, (unsigned char *)file.data, file.length);
    text_put(out, "}");
    return 1;
}

static int world_profile(void) {
    static const char *const keys[] = {"profile", "password"};
    static const char *const sources[] = {"MAPI_CONFORMANCE_PROFILE", "MAPI_CONFORMANCE_PASSWORD"};
    for (int i = 0; i < 2; ++i) {
        const char *value = getenv(sources[i]);
        text_format(out, "%s\"%s\":", i ? "," : "{", keys[i]);
        if (value) text_string(out, value);
        else text_put(out, "null");
    }
    text_put(out, "}");
    return 1;
}

static int observe(void) {
    text_put(out, "{\"mallocs\":{");
    for (const Malloc *each = mallocs; each; each = each->next) {
        text_string(out, each->name);
        text_format(out, ":{\"live\":%lu,\"bytes\":%llu,", (unsigned long)each->heap.live,
                    (unsigned long long)each->heap.bytes);
        text_format(out, "\"references\":%ld,\"foreign_frees\":%lu}%s", (long)each->references,
                    (unsigned long)each->heap.foreign_frees, each->next ? "," : "");
    }
    text_put(out, "},\"storages\":{");
    for (const Storage *each = storages; each; each = each->next) {
        text_string(out, each->name);
        text_format(out, ":{\"references\":%ld,\"commits\":%ld,\"calls_after_release\":%ld}%s",
                    (long)each->references, (long)each->commits, (long)each->calls_after_release,
                    each->next ? "," : "");
    }
    text_put(out, "},\"released\":[");
    for (size_t i = 0; i < released_count; ++i)
        text_format(out, "%s{\"ulCallerData\":%lu,\"message\":\"0x%llx\"}", i ? "," : "",
                    (unsigned long)released[i].data,
                    (unsigned long long)(uintptr_t)released[i].message);
    text_format(out, "],\"buffers\":{\"live\":%lu,\"foreign_frees\":%lu}}",
                (unsigned long)buffers.live, (unsigned long)buffers.foreign_frees);
    return 1;
}

#endif
