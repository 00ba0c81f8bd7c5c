/* From the parameters of a request to the arguments of a C function. */

#ifndef MAPI_CONFORMANCE_ARGUMENTS_H
#define MAPI_CONFORMANCE_ARGUMENTS_H

#include <errno.h>

#include "json.h"
#include "lent.h"

enum { NOT_OFFERED = -32601, BAD_PARAMS = -32602, CRASHED = -32000, NOT_EXPRESSIBLE = -32001,
       NOT_IMPLEMENTED = -32002 };

#define ID_ROOM 1024 /* twice the 512 that the documents ask callers for */
#if UINTPTR_MAX > 0xFFFFFFFFu
#define SENTINEL ((uintptr_t)0xA5C3A5C3A5C3A5C3u)
#else
#define SENTINEL ((uintptr_t)0xA5C3A5C3u)
#endif

static int error_code;
static const char *error_message;

static int fail(int code, const char *message) {
    error_code = code;
    error_message = message;
    return 0;
}

/* --- names of this sequence --- */

typedef struct { char *name; uintptr_t value; } Binding;
static Binding *bindings;
static size_t binding_count, binding_room;

static int bind_name(const char *name, uintptr_t value) {
    if (binding_count == binding_room) {
        binding_room = 2 * binding_room + 64;
        bindings = realloc(bindings, binding_room * sizeof *bindings);
        if (!bindings) abort();
    }
    bindings[binding_count].name = strdup(name);
    bindings[binding_count++].value = value;
    return 1;
}

static int find_binding(const char *name, uintptr_t *value) {
    for (size_t i = binding_count; i-- > 0;) /* the latest are asked for most */
        if (strcmp(bindings[i].name, name) == 0) return *value = bindings[i].value, 1;
    return fail(BAD_PARAMS, "a name is not bound");
}

static void unbind_all(void) {
    while (binding_count) free(bindings[--binding_count].name);
}

/* --- parameters --- */

typedef struct { /* the layouts of the Simple MAPI header, H4 */
    uint32_t reserved, kind;
    const char *name, *address;
    uint32_t entry_size;
    const void *entry;
} Recipient;

typedef struct {
    uint32_t reserved;
    const char *subject, *text, *type, *received, *conversation;
    uint32_t flags;
    Recipient *originator;
    uint32_t recipient_count;
    Recipient *recipients;
    uint32_t file_count;
    const void *files;
} Message;

typedef struct { /* where out parameters of one call live */
    uintptr_t pointer, recipient;
    uint32_t number;
    char id[ID_ROOM];
    Message message;
    Recipient to;
} Slots;

static int to_integer(const Json *value, uint64_t limit, uintptr_t *to) {
    uint64_t number;
    if (value && value->type == JSON_STRING && value->length > 2 && value->text[0] == '0') {
        char *end;
        errno = 0;
        number = strtoull(value->text, &end, 16);
        if (errno) return fail(NOT_EXPRESSIBLE, "a number is too wide for this machine");
        if (*end) return fail(BAD_PARAMS, "a string is no hexadecimal number");
    } else if (value && value->type == JSON_INTEGER) {
        number = value->integer;
    } else {
        return fail(BAD_PARAMS, "a parameter is no integer");
    }
    if (number > limit) return fail(NOT_EXPRESSIBLE, "a number does not fit its parameter");
    *to = (uintptr_t)number;
    return 1;
}

static int to_string(const Json *value, uintptr_t *to) {
    *to = 0;
    if (value && value->type == JSON_NULL) return 1;
    if (!value || value->type != JSON_STRING) return fail(BAD_PARAMS, "a parameter is no string");
    if (strlen(value->text) != value->length)
        return fail(NOT_EXPRESSIBLE, "a C string cannot hold U+0000");
    *to = (uintptr_t)value->text;
    return 1;
}

static int to_object(const Json *value, uintptr_t *to) {
    *to = 0;
    if (value && value->type == JSON_NULL) return 1;
    if (!value || value->type != JSON_STRING) return fail(BAD_PARAMS, "a parameter is no name");
    return find_binding(value->text, to);
}

static int to_handle(const Json *value, uintptr_t *to) {
    if (value && value->type == JSON_OBJECT)
        return to_integer(json_member(value, "literal"), UINTPTR_MAX, to);
    return to_object(value, to);
}

static int to_routine(const Json *value, void *routine, uintptr_t *to) {
    if (!value || (value->type != JSON_TRUE && value->type != JSON_NULL))
        return fail(BAD_PARAMS, "a function pointer is neither true nor null");
    *to = value->type == JSON_TRUE ? (uintptr_t)routine : 0;
    return 1;
}

static int to_message(const Json *subject, Slots *slots, uintptr_t *to) {
    uintptr_t text;
    if (!to_string(subject, &text)) return 0;
    memset(&slots->message, 0, sizeof slots->message);
    memset(&slots->to, 0, sizeof slots->to);
    slots->to.kind = 1; /* MAPI_TO, at an address that no mail can reach */
    slots->to.name = "Conformance";
    slots->to.address = "SMTP:nobody@example.invalid";
    slots->message.subject = (const char *)text;
    slots->message.text = "";
    slots->message.recipient_count = 1;
    slots->message.recipients = &slots->to;
    *to = (uintptr_t)&slots->message;
    return 1;
}

static int to_id(const Json *id, Slots *slots, uintptr_t *to) {
    uintptr_t text = 0;
    if (id && !to_string(id, &text)) return 0;
    if (text && strlen((const char *)text) >= ID_ROOM)
        return fail(NOT_EXPRESSIBLE, "a message identifier is too long");
    strcpy(slots->id, text ? (const char *)text : "");
    *to = (uintptr_t)slots->id;
    return 1;
}

static int to_argument(char kind, const Json *value, Slots *slots, uintptr_t *to) {
    *to = 0;
    switch (kind) {
    case 'U': return !value || to_integer(value, 0xFFFFFFFFu, to);
    case 'u': return to_integer(value, 0xFFFFFFFFu, to);
    case 'w': return to_integer(value, UINTPTR_MAX, to);
    case 's': return to_string(value, to);
    case 'h': return to_handle(value, to);
    case 'n': return to_object(value, to);
    case '?': return fail(NOT_EXPRESSIBLE, "this host cannot pass such a parameter");
    case 'm': return to_message(value, slots, to);
    case 'i': return to_id(NULL, slots, to);
    case 'I': return to_id(value, slots, to);
    case 'a': return to_routine(value, (void *)allocate_buffer, to);
    case 'b': return to_routine(value, (void *)allocate_more, to);
    case 'f': return to_routine(value, (void *)free_buffer, to);
    case 'c': return to_routine(value, (void *)on_release, to);
    case '#': slots->number = 0xA5C3A5C3u, *to = (uintptr_t)&slots->number; return 1;
    case 'r': *to = (uintptr_t)&slots->recipient; return 1;
    case 'o':
        if (!value || (value->type != JSON_STRING && value->type != JSON_NULL))
            return fail(BAD_PARAMS, "an out parameter is neither a name nor null");
        if (value->type == JSON_STRING) *to = (uintptr_t)&slots->pointer;
        return 1;
    }
    return 1;
}

#endif
