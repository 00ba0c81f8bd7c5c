/* One call, from its request to its result. */

#ifndef MAPI_CONFORMANCE_CALLS_H
#define MAPI_CONFORMANCE_CALLS_H

#include "opened.h"
#include "replies.h"
#include "storage.h"

static void *CALL method_of(void **object, uintptr_t slot) { return ((void **)*object)[slot]; }

static int find_target(const Function *function, Invocation *call) {
    Invocation look = {(void *)method_of, 2, {call->arguments[0], (uintptr_t)function->slot}, 0};
    if (function->slot < 0) {
        call->function = exports[function - functions];
        return call->function || fail(NOT_OFFERED, "the library has no such export");
    }
    if (!call->arguments[0]) return fail(NOT_EXPRESSIBLE, "a method needs an object");
    if (guarded(&look)) return fail(CRASHED, "the object has no methods any more");
    call->function = (void *)look.result;
    return 1;
}

static int run(const Function *function, Invocation *call) {
    if (!find_target(function, call)) return 0;
    if (guarded(call) == 0) return 1;
    return fault_code == STUB_EXCEPTION
               ? fail(NOT_IMPLEMENTED, "the export is a stub that raises")
               : fail(CRASHED, "the library faulted inside the call");
}

/* Ends what is left, last first; tells whether the library agreed each time. */
static int close_all(void) {
    int clean = 1;
    while (opened_count) {
        Open last = opened[--opened_count];
        const Function *closer = find_function(last.closer);
        Invocation call = {NULL, (int)strlen(closer->kinds), {last.value}, 0};
        if (!run(closer, &call)) return 0;
        if (closer->result == 'c' && (uint32_t)call.result != 0) clean = 0;
    }
    return clean;
}

/* Remembers what has to be undone, or no longer has to be. */
static void track(const Function *function, const Invocation *call, const Slots *slots) {
    uint32_t code = (uint32_t)call->result;
    uintptr_t first = call->arguments[0];
    if (slots->recipient) note_open("MAPIFreeBuffer", slots->recipient, 0);
    if (function->closer) {
        uintptr_t value = strchr(function->kinds, 'o') ? slots->pointer : 0;
        if (code == 0 && value != SENTINEL && (value || function->kinds[0] == '0'))
            note_open(function->closer, value, strcmp(function->family, "imsg") ? 0 : first);
    } else if (function->slot == 1) {
        note_open("IMessage.Release", first, 0);
    } else if (function->result == 'v') {
        note_close(function->name, strlen(function->kinds) ? first : 0, 1);
    } else if (function->result == 'n' || code == 0) {
        note_close(function->name, first, 0);
    }
}

static int is_function(const Function *function, const char *name) {
    return strcmp(function->name, name) == 0;
}

/* Makes the call; the storage below a message learns when the first begins and the last ends. */
static int run_watched(const Function *function, Invocation *call, const Slots *slots) {
    Storage *storage = NULL;
    int before = 0, done;
    if (is_function(function, "OpenIMsgOnIStg")) {
        lock();
        if ((storage = find_storage((void *)call->arguments[6])) != NULL)
            before = storage->finished, storage->finished = 0;
        unlock();
    }
    done = run(function, call);
    if (storage && done && (uint32_t)call->result == 0 && slots->pointer != SENTINEL)
        storage_message_opened(storage, (void *)slots->pointer, (void *)call->arguments[0],
                               call->arguments[7] != 0);
    else if (storage && storage->messages == 0)
        storage->finished = before;
    if (done && is_function(function, "CloseIMsgSession"))
        storage_session_closed((void *)call->arguments[0]);
    return done;
}

static int call_function(const Function *function, const Json *params) {
    Slots slots;
    Invocation call = {NULL, (int)strlen(function->kinds), {0}, 0};
    memset(&slots, 0, sizeof slots);
    slots.pointer = slots.block = SENTINEL;
    slots.number = (ULONG)SENTINEL;
    for (int i = 0; i < call.count; ++i)
        if (!to_argument(function->kinds[i], json_member(params, function->params[i]), &slots,
                         &call.arguments[i]))
            return 0;
    if (!run_watched(function, &call, &slots)) return 0;
    if (function->result == 'v') text_put(out, "{\"return\":null");
    else text_format(out, "{\"return\":%lu", (unsigned long)(uint32_t)call.result);
    for (int i = 0; i < call.count; ++i) {
        char kind = function->kinds[i];
        const char *name = function->params[i];
        if (kind == 'o') write_out(name, json_member(params, name), slots.pointer);
        if (kind == 'i' || kind == 'I') write_text("lpszMessageID", slots.id);
        if (kind == '#' && !function->reply)
            text_format(out, ",\"number\":%lu", (unsigned long)slots.number);
    }
    track(function, &call, &slots);
    if (function->reply && !write_reply(function->reply, (int32_t)call.result, &slots)) return 0;
    if (is_function(function, "MAPIReadMail") && (uint32_t)call.result == 0 && call.arguments[5] &&
        slots.pointer && slots.pointer != SENTINEL && !write_subject(slots.pointer))
        return 0;
    text_put(out, "}");
    return 1;
}

#endif
