/* The answer being made on a thread, and the names that the suite has bound in this sequence. */

#ifndef MAPI_CONFORMANCE_NAMES_H
#define MAPI_CONFORMANCE_NAMES_H

#include "json.h"
#include "encoded.h"

enum { NO_REQUEST = -32600, NOT_OFFERED = -32601, BAD_PARAMS = -32602, CRASHED = -32000,
       NOT_EXPRESSIBLE = -32001, NOT_IMPLEMENTED = -32002 };

static THREAD_LOCAL Text *out; /* where the result goes */
static THREAD_LOCAL int error_code;
static THREAD_LOCAL const char *error_message;
static THREAD_LOCAL int in_parallel;

static int fail(int code, const char *message) {
    error_code = code;
    error_message = message;
    return 0;
}

typedef struct { char *name; uintptr_t value; } Binding;
static Binding *bindings;
static size_t binding_count, binding_room;

static int bind_name(const char *name, uintptr_t value) {
    lock();
    if (binding_count == binding_room) {
        binding_room = 2 * binding_room + 64;
        bindings = realloc(bindings, binding_room * sizeof *bindings);
        if (!bindings) abort();
    }
    bindings[binding_count].name = strdup(name);
    bindings[binding_count++].value = value;
    unlock();
    return 1;
}

static int find_binding(const char *name, uintptr_t *value) {
    int found = 0;
    lock();
    for (size_t i = binding_count; i-- > 0 && !found;) /* the latest are asked for most */
        if (strcmp(bindings[i].name, name) == 0) *value = bindings[i].value, found = 1;
    unlock();
    if (found) return 1;
    /* The suite cannot know what another thread has bound by now. */
    return fail(in_parallel ? NOT_EXPRESSIBLE : BAD_PARAMS, "a name is not bound");
}

static void unbind_all(void) {
    while (binding_count) free(bindings[--binding_count].name);
}

#endif
