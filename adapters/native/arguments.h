/* From the parameters of a request to the arguments of a C function. */

#ifndef MAPI_CONFORMANCE_ARGUMENTS_H
#define MAPI_CONFORMANCE_ARGUMENTS_H

#include "lent.h"
#include "values.h"

#define ID_ROOM 1024 /* twice the 512 that the documents ask callers for */
#if UINTPTR_MAX > 0xFFFFFFFFu
#define SENTINEL ((uintptr_t)0xA5C3A5C3A5C3A5C3u)
#else
#define SENTINEL ((uintptr_t)0xA5C3A5C3u)
#endif

static const IID iid_message = MAPI_IID_IMESSAGE;

typedef struct { /* where out parameters of one call live */
    uintptr_t pointer, block, recipient;
    ULONG number;
    char id[ID_ROOM];
    MapiMessage message;
    MapiRecipDesc to;
    SPropTagArray *asked; /* the tags that a call names */
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
    if (!is_c_string(value)) return 0;
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
    slots->to.ulRecipClass = 1; /* MAPI_TO, at an address that no mail can reach */
    slots->to.lpszName = "Conformance";
    slots->to.lpszAddress = "SMTP:nobody@example.invalid";
    slots->message.lpszSubject = (LPSTR)text;
    slots->message.lpszNoteText = "";
    slots->message.nRecipCount = 1;
    slots->message.lpRecips = &slots->to;
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

/* --- tags, attributes and names --- */

static int to_tags(const Json *list, int as_keys, Slots *slots, uintptr_t *to) {
    SPropTagArray *tags = scratch_new(sizeof *tags + json_count(list) * sizeof(ULONG));
    if (!list || list->type != (as_keys ? JSON_OBJECT : JSON_ARRAY))
        return fail(BAD_PARAMS, "tags are missing");
    for (const Json *each = list->first; each; each = each->next) {
        const char *text = as_keys ? each->key : each->type == JSON_STRING ? each->text : NULL;
        if (!to_tag(text, &tags->aulPropTag[tags->cValues++])) return 0;
    }
    slots->asked = tags;
    *to = (uintptr_t)tags;
    return 1;
}

static int to_attributes(const Json *attribs, uintptr_t *to) {
    SPropAttrArray *list = scratch_new(sizeof *list + json_count(attribs) * sizeof(ULONG));
    *to = (uintptr_t)list;
    for (const Json *each = attribs->first; each; each = each->next)
        if (!to_number(each, &list->aPropAttr[list->cValues++])) return 0;
    return 1;
}

/* A GUID as text, 8-4-4-4-12 digits, in braces or not. */
static int to_guid_text(const Json *value, GUID *to) {
    const char *at = value && value->type == JSON_STRING ? value->text : "";
    unsigned one, two, three, rest[8];
    if (sscanf(at + (*at == '{'), "%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x", &one, &two, &three,
               &rest[0], &rest[1], &rest[2], &rest[3], &rest[4], &rest[5], &rest[6],
               &rest[7]) != 11)
        return fail(BAD_PARAMS, "the guid of a name is none");
    to->Data1 = one, to->Data2 = (uint16_t)two, to->Data3 = (uint16_t)three;
    for (int i = 0; i < 8; ++i) to->Data4[i] = (BYTE)rest[i];
    return 1;
}

static int to_names(const Json *list, uintptr_t *to) {
    MAPINAMEID **names = scratch_new((json_count(list) + 1) * sizeof *names);
    *to = (uintptr_t)names;
    if (!list || list->type != JSON_ARRAY) return fail(BAD_PARAMS, "names is no list");
    for (const Json *each = list->first; each; each = each->next) {
        MAPINAMEID *name = *names++ = scratch_new(sizeof *name);
        const Json *id = json_member(each, "id");
        ULONG number = 0;
        name->lpguid = scratch_new(sizeof(GUID));
        name->ulKind = id ? MNID_ID : MNID_STRING;
        if (!to_guid_text(json_member(each, "guid"), name->lpguid) ||
            !(id ? to_number(id, &number)
                 : to_wide(json_member(each, "name"), &name->Kind.lpwstrName)))
            return 0;
        if (id) name->Kind.lID = (LONG)number;
    }
    return 1;
}

static int to_argument(char kind, const Json *value, Slots *slots, uintptr_t *to) {
    int create = value && value->type == JSON_TRUE;
    *to = 0;
    switch (kind) {
    case 'U': return !value || value->type == JSON_NULL || to_integer(value, 0xFFFFFFFFu, to);
    case 'u': return to_integer(value, 0xFFFFFFFFu, to);
    case 'w': return to_integer(value, UINTPTR_MAX, to);
    case 's': return to_string(value, to);
    case 'h': return to_handle(value, to);
    case 'n': return to_object(value, to);
    case 'm': return to_message(value, slots, to);
    case 'i': return to_id(NULL, slots, to);
    case 'I': return to_id(value, slots, to);
    case 'a': return to_routine(value, (void *)allocate_buffer, to);
    case 'b': return to_routine(value, (void *)allocate_more, to);
    case 'f': return to_routine(value, (void *)free_buffer, to);
    case 'c': return to_routine(value, (void *)on_release, to);
    case 'T': return to_tags(value, 0, slots, to);
    case 'B': return to_tags(value, 1, slots, to);
    case 'A': return to_attributes(value, to);
    case 'P': return to_properties(value, to);
    case 'D': return to_rows(value, to);
    case 'K': return to_names(value, to);
    case 'C':
    case 'N': *to = json_count(value); return 1;
    case 'F': *to = create ? MAPI_CREATE | MAPI_MODIFY : 0; return 1;
    case 'e': *to = create ? MAPI_CREATE : 0; return 1;
    case 'O': *to = PR_ATTACH_DATA_OBJ; return 1;
    case 'G': *to = (uintptr_t)&iid_message; return 1;
    case '#': *to = (uintptr_t)&slots->number; return 1;
    case 'x': *to = (uintptr_t)&slots->block; return 1;
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
