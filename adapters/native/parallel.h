/* Every method by its name, and lists of calls on threads of their own. */

#ifndef MAPI_CONFORMANCE_PARALLEL_H
#define MAPI_CONFORMANCE_PARALLEL_H

#include "content.h"

static int world_method(const char *method, const Json *params) {
    if (strcmp(method, "world.malloc") == 0) return world_malloc(params);
    if (strcmp(method, "world.storage") == 0) return world_storage(params);
    if (strcmp(method, "world.reopen") == 0) return world_reopen(params);
    if (strcmp(method, "world.release") == 0) return world_release(params);
    if (strcmp(method, "world.elements") == 0) return world_elements(params);
    if (strcmp(method, "world.create") == 0) return world_create(params);
    if (strcmp(method, "world.commit") == 0) return world_commit(params);
    if (strcmp(method, "world.bytes") == 0) return world_bytes(params);
    if (strcmp(method, "world.profile") == 0) return world_profile();
    if (strcmp(method, "observe") == 0) return observe();
    return fail(NOT_EXPRESSIBLE, "this host cannot do that");
}

/* What may be called from several threads. Writes a result and returns 1, or sets the error. */
static int perform_shared(const char *method, const Json *params) {
    const Function *function = find_function(method);
    int done;
    if (function) return call_function(function, params);
    if (strcmp(method, "observe") != 0 && strncmp(method, "world.", 6) != 0)
        return fail(NOT_OFFERED, "this host has no such method");
    lock();
    done = world_method(method, params);
    unlock();
    return done;
}

/* Writes the error of this thread in place of a result that began at `start`. */
static void write_error(size_t start) {
    out->length = start;
    text_format(out, "\"error\":{\"code\":%d,\"message\":\"%s\"", error_code, error_message);
    if (error_code == CRASHED) {
        fresh = 0;
        text_format(out, ",\"data\":{\"code\":%lu}", (unsigned long)fault_code);
    }
    text_put(out, "}");
}

/* Writes the member `result` or `error` of one call. */
static void write_answer(const char *method, const Json *params,
                         int (*performer)(const char *, const Json *)) {
    size_t start = out->length;
    error_code = 0;
    text_put(out, "\"result\":");
    performer(method, params);
    if (error_code) write_error(start);
    scratch_reset();
}

typedef struct {
    const Json *calls;
    Text text;
    Thread thread;
    ThreadStart start;
    int running;
} Branch;

static void run_branch(void *argument) {
    Branch *branch = argument;
    out = &branch->text;
    in_parallel = 1;
    guard_thread();
    lock(); /* until all threads are there */
    unlock();
    text_put(out, "[");
    for (const Json *call = branch->calls->first; call; call = call->next) {
        const Json *method = json_member(call, "method");
        unsigned long begun = stamp();
        text_put(out, call == branch->calls->first ? "{" : ",{");
        write_answer(method && method->type == JSON_STRING ? method->text : "",
                     json_member(call, "params"), perform_shared);
        text_format(out, ",\"start\":%lu,\"end\":%lu}", begun, stamp());
    }
    text_put(out, "]");
    free(scratch); /* one piece is left of it */
}

static int parallel(const Json *params) {
    const Json *threads = json_member(params, "threads");
    size_t count = json_count(threads), at = 0;
    Branch *branches = calloc(count + 1, sizeof *branches);
    int started = 1;
    if (!branches) abort();
    for (const Json *each = threads ? threads->first : NULL; each; each = each->next)
        started &= each->type == JSON_ARRAY;
    if (!threads || !started)
        return free(branches), fail(BAD_PARAMS, "threads are no lists of calls");
    lock();
    for (const Json *each = threads->first; each; each = each->next, ++at) {
        branches[at].calls = each;
        branches[at].start = (ThreadStart){run_branch, &branches[at]};
        branches[at].running = thread_start(&branches[at].thread, &branches[at].start);
        started &= branches[at].running;
    }
    unlock();
    text_put(out, "{\"threads\":[");
    for (at = 0; at < count; ++at) {
        if (branches[at].running) thread_join(branches[at].thread);
        if (at) text_put(out, ",");
        text_bytes(out, branches[at].text.data, branches[at].text.length);
        free(branches[at].text.data);
    }
    text_put(out, "]}");
    free(branches);
    return started || fail(NOT_EXPRESSIBLE, "no further thread can be started");
}

#endif
