/* Property lists: from the JSON of a request to the structures of the C API. */

#ifndef MAPI_CONFORMANCE_VALUES_H
#define MAPI_CONFORMANCE_VALUES_H

#include "names.h"

/* --- memory that lasts for one call; overwritten after it, as a caller's own may be --- */

typedef struct Scratch { struct Scratch *next; size_t used, room; void *padding; } Scratch;
static THREAD_LOCAL Scratch *scratch;
enum { SCRATCH_ROOM = 65536, SPENT_FILL = 0xDD };

static void *scratch_new(size_t size) {
    Scratch *piece = scratch;
    size = (size + 15) & ~(size_t)15;
    if (!piece || piece->room - piece->used < size) {
        size_t room = size > SCRATCH_ROOM ? size : SCRATCH_ROOM;
        piece = malloc(sizeof *piece + room);
        if (!piece) abort();
        *piece = (Scratch){scratch, 0, room, NULL};
        scratch = piece;
    }
    piece->used += size;
    return memset((char *)(piece + 1) + piece->used - size, 0, size);
}

static void scratch_reset(void) {
    while (scratch && scratch->next) {
        Scratch *gone = scratch;
        scratch = gone->next;
        memset(gone + 1, SPENT_FILL, gone->used);
        free(gone);
    }
    if (scratch) {
        memset(scratch + 1, SPENT_FILL, scratch->used);
        scratch->used = 0;
    }
}

static size_t json_count(const Json *list) {
    size_t count = 0;
    for (const Json *each = list ? list->first : NULL; each; each = each->next) ++count;
    return count;
}

/* --- single values --- */

static int to_tag(const char *text, ULONG *tag) {
    char *end = NULL;
    if (text && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') && strlen(text) == 10)
        *tag = (ULONG)strtoul(text + 2, &end, 16);
    return (end && !*end) || fail(BAD_PARAMS, "a property tag is not eight hexadecimal digits");
}

static int to_number(const Json *value, ULONG *number) {
    if (!value || value->type != JSON_INTEGER || value->integer > 0xFFFFFFFFu)
        return fail(BAD_PARAMS, "a value is no unsigned integer of 32 bits");
    *number = (ULONG)value->integer;
    return 1;
}

static int is_c_string(const Json *value) {
    if (!value || value->type != JSON_STRING) return fail(BAD_PARAMS, "a value is no string");
    return strlen(value->text) == value->length ||
           fail(NOT_EXPRESSIBLE, "a C string cannot hold U+0000");
}

static int to_narrow(const Json *value, LPSTR *to) {
    if (!is_c_string(value)) return 0;
    *to = memcpy(scratch_new(value->length + 1), value->text, value->length + 1);
    return 1;
}

/* From UTF-8, in which a lone half of a surrogate pair stands for itself. */
static int to_wide(const Json *value, LPWSTR *to) {
    const unsigned char *from;
    WCHAR *at;
    if (!is_c_string(value)) return 0;
    *to = at = scratch_new(2 * value->length + 2);
    for (from = (const unsigned char *)value->text; *from;) {
        unsigned length = *from < 0x80 ? 1 : *from < 0xE0 ? 2 : *from < 0xF0 ? 3 : 4;
        uint32_t code = length == 1 ? *from : *from & (0xFFu >> (length + 1));
        for (unsigned i = 1; i < length && (from[i] & 0xC0) == 0x80; ++i)
            code = code << 6 | (from[i] & 0x3Fu);
        for (; length && *from; --length) ++from;
        if (code < 0x10000) {
            *at++ = (WCHAR)code;
        } else {
            *at++ = (WCHAR)(0xD800 + ((code - 0x10000) >> 10));
            *at++ = (WCHAR)(0xDC00 + ((code - 0x10000) & 0x3FF));
        }
    }
    return 1;
}

static int to_binary(const Json *value, SBinary *to) {
    char *bytes;
    long length;
    if (!value || value->type != JSON_STRING) return fail(BAD_PARAMS, "a value is no base64");
    bytes = memcpy(scratch_new(value->length + 1), value->text, value->length + 1);
    length = base64_decode(bytes, value->length);
    if (length < 0) return fail(BAD_PARAMS, "a value is no base64");
    to->cb = (ULONG)length;
    to->lpb = (BYTE *)bytes;
    return 1;
}

static int to_guid_bytes(const Json *value, GUID *to) {
    SBinary bytes;
    if (!to_binary(value, &bytes)) return 0;
    if (bytes.cb != sizeof *to) return fail(BAD_PARAMS, "a GUID is not 16 bytes long");
    memcpy(to, bytes.lpb, sizeof *to);
    return 1;
}

/* --- properties --- */

static int to_array(const Json *value, ULONG type, SPropUnion *to) {
    ULONG count = (ULONG)json_count(value), i = 0;
    void *items;
    if (!value || value->type != JSON_ARRAY) return fail(BAD_PARAMS, "a value is no list");
    items = scratch_new((count + 1) * sizeof(SBinary));
    for (const Json *each = value->first; each; each = each->next, ++i) {
        int done = type == PT_LONG      ? to_number(each, (ULONG *)items + i)
                   : type == PT_STRING8 ? to_narrow(each, (LPSTR *)items + i)
                   : type == PT_UNICODE ? to_wide(each, (LPWSTR *)items + i)
                   : type == PT_BINARY  ? to_binary(each, (SBinary *)items + i)
                   : type == PT_CLSID   ? to_guid_bytes(each, (GUID *)items + i)
                                        : fail(NOT_EXPRESSIBLE, "a list of such values");
        if (!done) return 0;
    }
    to->MVl.cValues = count; /* all arrays are laid out alike */
    to->MVl.lpl = items;
    return 1;
}

static int to_property(const Json *member, SPropValue *to) {
    ULONG type;
    if (!to_tag(member->key, &to->ulPropTag)) return 0;
    type = PROP_TYPE(to->ulPropTag);
    if (type & MV_FLAG) return to_array(member, type & ~MV_FLAG, &to->Value);
    switch (type) {
    case PT_LONG: return to_number(member, &to->Value.ul);
    case PT_BOOLEAN:
        to->Value.b = member->type == JSON_TRUE;
        return member->type == JSON_TRUE || member->type == JSON_FALSE ||
               fail(BAD_PARAMS, "a value is no boolean");
    case PT_STRING8: return to_narrow(member, &to->Value.lpszA);
    case PT_UNICODE: return to_wide(member, &to->Value.lpszW);
    case PT_BINARY: return to_binary(member, &to->Value.bin);
    case PT_CLSID:
        to->Value.lpguid = scratch_new(sizeof(GUID));
        return to_guid_bytes(member, to->Value.lpguid);
    }
    return fail(NOT_EXPRESSIBLE, "the protocol has no properties of such a type");
}

static int to_properties(const Json *object, uintptr_t *to) {
    SPropValue *list = scratch_new((json_count(object) + 1) * sizeof *list);
    *to = (uintptr_t)list;
    if (!object || object->type != JSON_OBJECT) return fail(BAD_PARAMS, "this is no property list");
    for (const Json *each = object->first; each; each = each->next)
        if (!to_property(each, list++)) return 0;
    return 1;
}

static int to_rows(const Json *rows, uintptr_t *to) {
    ADRLIST *list = scratch_new(sizeof *list + json_count(rows) * sizeof(ADRENTRY));
    *to = (uintptr_t)list;
    if (!rows || rows->type != JSON_ARRAY) return fail(BAD_PARAMS, "rows is no list");
    for (const Json *row = rows->first; row; row = row->next) {
        ADRENTRY *entry = &list->aEntries[list->cEntries++];
        uintptr_t properties;
        if (!to_properties(row, &properties)) return 0;
        entry->cValues = (ULONG)json_count(row);
        entry->rgPropVals = (SPropValue *)properties;
    }
    return 1;
}

#endif
