/* From the structures that the library hands out to the JSON of an answer. */

#ifndef MAPI_CONFORMANCE_REPLIES_H
#define MAPI_CONFORMANCE_REPLIES_H

#include "arguments.h"
#include "guard.h"

enum { MOST_VALUES = 65536 }; /* a count beyond that is no count */

static void write_value(ULONG type, const void *at) {
    switch (type) {
    case PT_LONG: text_format(out, "%lu", (unsigned long)*(const ULONG *)at); break;
    case PT_BOOLEAN: text_put(out, *(const uint16_t *)at ? "true" : "false"); break;
    case PT_STRING8: text_string(out, *(const char *const *)at); break;
    case PT_UNICODE: text_wide(out, *(const WCHAR *const *)at); break;
    case PT_BINARY:
        text_base64(out, ((const SBinary *)at)->lpb, ((const SBinary *)at)->cb);
        break;
    case PT_CLSID: text_base64(out, at, sizeof(GUID)); break;
    }
}

static size_t value_size(ULONG type) {
    switch (type) {
    case PT_LONG: return sizeof(LONG);
    case PT_STRING8:
    case PT_UNICODE: return sizeof(void *);
    case PT_BINARY: return sizeof(SBinary);
    case PT_CLSID: return sizeof(GUID);
    }
    return 0; /* of a type that the protocol has no values of */
}

static void write_property(const SPropValue *property) {
    ULONG type = PROP_TYPE(property->ulPropTag), item = type & ~MV_FLAG;
    const SLongArray *array = &property->Value.MVl; /* all arrays are laid out alike */
    text_format(out, "\"0x%08lX\":", (unsigned long)property->ulPropTag);
    if (type & MV_FLAG) {
        text_put(out, "[");
        for (ULONG i = 0; i < array->cValues && i < MOST_VALUES; ++i) {
            if (i) text_put(out, ",");
            write_value(item, (const char *)array->lpl + i * value_size(item));
        }
        text_put(out, "]");
    } else if (type == PT_CLSID) {
        write_value(type, property->Value.lpguid);
    } else {
        write_value(type, &property->Value);
    }
}

static void write_properties(const SPropValue *list, ULONG count) {
    const char *comma = "";
    for (ULONG i = 0; i < count && i < MOST_VALUES; ++i) {
        ULONG type = PROP_TYPE(list[i].ulPropTag);
        int single = type == PT_BOOLEAN || value_size(type);
        if (!single && !(type & MV_FLAG && value_size(type & ~MV_FLAG))) continue;
        text_put(out, comma);
        write_property(&list[i]);
        comma = ",";
    }
}

static void write_problems(const SPropProblemArray *problems) {
    for (ULONG i = 0; i < problems->cProblem && i < MOST_VALUES; ++i)
        text_format(out, "%s\"0x%08lX\":%lu", i ? "," : "",
                    (unsigned long)problems->aProblem[i].ulPropTag,
                    (unsigned long)(ULONG)problems->aProblem[i].scode);
}

static void write_attributes(const SPropAttrArray *attributes, const SPropTagArray *asked) {
    for (ULONG i = 0; i < attributes->cValues && i < asked->cValues; ++i)
        text_format(out, "%s\"0x%08lX\":%lu", i ? "," : "", (unsigned long)asked->aulPropTag[i],
                    (unsigned long)attributes->aPropAttr[i]);
}

static void write_tags(const SPropTagArray *tags) {
    for (ULONG i = 0; i < tags->cValues && i < MOST_VALUES; ++i)
        text_format(out, "%s\"0x%08lX\"", i ? "," : "", (unsigned long)tags->aulPropTag[i]);
}

typedef struct { char reply; const Slots *slots; } Handed;

static uintptr_t CALL write_handed(const Handed *handed) {
    const Slots *slots = handed->slots;
    switch (handed->reply) {
    case 'P': write_properties((const SPropValue *)slots->block, slots->number); break;
    case 'Q': write_problems((const SPropProblemArray *)slots->block); break;
    case 'A': write_attributes((const SPropAttrArray *)slots->block, slots->asked); break;
    case 'T': write_tags((const SPropTagArray *)slots->block); break;
    }
    return 0;
}

/* Writes what a call handed out and frees it, as a caller does; 0 where it cannot be read. */
static int write_reply(char reply, int32_t code, const Slots *slots) {
    Handed handed = {reply, slots};
    Invocation look = {(void *)write_handed, 1, {(uintptr_t)&handed}, 0};
    int given = slots->block && slots->block != SENTINEL && code >= 0;
    const char *name = reply == 'P'   ? "props"
                       : reply == 'Q' ? "problems"
                       : reply == 'A' ? "attribs"
                                      : "tags";
    text_format(out, reply == 'T' ? ",\"%s\":[" : ",\"%s\":{", name);
    if (given && guarded(&look)) return fail(CRASHED, "what the call handed out cannot be read");
    if (given) free_buffer((void *)slots->block);
    text_put(out, reply == 'T' ? "]" : "}");
    return 1;
}

static void write_text(const char *name, const char *text) {
    text_format(out, ",\"%s\":", name);
    if (text && *text) text_string(out, text);
    else text_put(out, "null");
}

static void write_out(const char *name, const Json *asked, uintptr_t value) {
    if (!asked || asked->type == JSON_NULL) return;
    text_format(out, ",\"out\":{\"%s\":", name);
    if (value == SENTINEL) {
        text_put(out, "\"untouched\"}");
    } else if (value == 0) {
        text_put(out, "null}");
    } else {
        text_format(out, "\"0x%llx\"}", (unsigned long long)value);
        bind_name(asked->text, value);
    }
}

static const char *CALL subject_of(const MapiMessage *message) {
    const char *subject = message->lpszSubject;
    if (subject) text_string(out, subject);
    else text_put(out, "null");
    return subject;
}

static int write_subject(uintptr_t message) {
    Invocation look = {(void *)subject_of, 1, {message}, 0};
    text_put(out, ",\"subject\":");
    return guarded(&look) == 0 || fail(CRASHED, "the message handed out cannot be read");
}

#endif
