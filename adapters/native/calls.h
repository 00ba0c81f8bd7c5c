/* One call, from its request to its result, and the way back from what calls have begun. */

#ifndef MAPI_CONFORMANCE_CALLS_H
#define MAPI_CONFORMANCE_CALLS_H

#include "arguments.h"
#include "functions.h"
#include "json.h"
#include "platform.h"

static Text out;      /* the answer being written */
static int fresh = 1; /* nothing of an earlier sequence can be left in the library */

/* --- what a sequence has begun and not ended --- */

typedef struct { const char *closer; uintptr_t value, owner; } Open;
static Open opened[4096];
static size_t opened_count;

static void note_open(const char *closer, uintptr_t value, uintptr_t owner) {
    if (opened_count < sizeof opened / sizeof *opened)
        opened[opened_count++] = (Open){closer, value, owner};
    else
        fresh = 0;
}

static void note_close(const char *closer, uintptr_t value) {
    size_t kept = 0;
    int found = 0;
    /* Drops the entry, and with a session the messages that it closes. */
    for (size_t i = 0; i < opened_count; ++i) {
        int same = !found && opened[i].value == value && strcmp(opened[i].closer, closer) == 0;
        found |= same;
        if (!same && !(opened[i].owner && opened[i].owner == value)) opened[kept++] = opened[i];
    }
    opened_count = kept;
}

/* --- one call --- */

static void *CALL method_of(void **object, uintptr_t slot) { return ((void **)*object)[slot]; }
static const char *CALL subject_of(const Message *message) { return message->subject; }

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
        if (closer->result != 'v' && (uint32_t)call.result != 0) clean = 0;
    }
    return clean;
}

static void write_out(const Function *function, int index, const Json *params, uintptr_t value) {
    const char *name = function->params[index];
    const Json *asked = json_member(params, name);
    if (asked->type == JSON_NULL) return;
    text_format(&out, ",\"out\":{\"%s\":", name);
    if (value == SENTINEL) {
        text_format(&out, "\"untouched\"}");
    } else if (value == 0) {
        text_format(&out, "null}");
    } else {
        text_format(&out, "\"0x%llx\"}", (unsigned long long)value);
        bind_name(asked->text, value);
    }
}

static void write_text(const char *name, const char *text) {
    text_format(&out, ",\"%s\":", name);
    if (text && *text) text_string(&out, text);
    else text_format(&out, "null");
}

static void write_subject(uintptr_t message) {
    Invocation look = {(void *)subject_of, 1, {message}, 0};
    if (guarded(&look) == 0) write_text("subject", (const char *)look.result);
}

static void track(const Function *function, const Invocation *call, const Slots *slots) {
    uint32_t code = (uint32_t)call->result;
    uintptr_t first = call->arguments[0];
    int ended = function->result == 'c' ? code == 0 : function->result == 'v' || code == 0;
    if (slots->recipient) note_open("MAPIFreeBuffer", slots->recipient, 0);
    if (function->closer) {
        uintptr_t value = strchr(function->kinds, 'o') ? slots->pointer : 0;
        if (code == 0 && value != SENTINEL && (value || function->kinds[0] == '0'))
            note_open(function->closer, value, function->slot < 0 ? first : 0);
    } else if (ended) {
        note_close(function->name, strlen(function->kinds) ? first : 0);
    }
}

static int call_function(const Function *function, const Json *params) {
    static Slots slots;
    Invocation call = {NULL, (int)strlen(function->kinds), {0}, 0};
    slots.pointer = SENTINEL;
    slots.recipient = 0;
    for (int i = 0; i < call.count; ++i)
        if (!to_argument(function->kinds[i], json_member(params, function->params[i]), &slots,
                         &call.arguments[i]))
            return 0;
    if (!run(function, &call)) return 0;
    if (function->result == 'v') text_format(&out, "{\"return\":null");
    else text_format(&out, "{\"return\":%u", (unsigned)(uint32_t)call.result);
    for (int i = 0; i < call.count; ++i) {
        char kind = function->kinds[i];
        if (kind == 'o') write_out(function, i, params, slots.pointer);
        if (kind == 'i' || kind == 'I') write_text("lpszMessageID", slots.id);
        if (kind == '#') text_format(&out, ",\"number\":%u", (unsigned)slots.number);
    }
    if (strcmp(function->name, "MAPIReadMail") == 0 && (uint32_t)call.result == 0 &&
        call.arguments[5] && slots.pointer && slots.pointer != SENTINEL)
        write_subject(slots.pointer);
    text_format(&out, "}");
    track(function, &call, &slots);
    return 1;
}

#endif
