/* A JSON reader, as much as the harness protocol needs.
 *
 * It works in place: it unescapes strings inside the line and links values that live in an
 * arena, so that reading a request allocates nothing once the buffers have grown. */

#ifndef MAPI_CONFORMANCE_JSON_H
#define MAPI_CONFORMANCE_JSON_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_INTEGER, JSON_OTHER_NUMBER, JSON_STRING, JSON_ARRAY,
       JSON_OBJECT };

typedef struct Json {
    int type;
    const char *key;     /* the name of this member, if it is one */
    const char *text;    /* of a string, NUL at its end */
    size_t length;       /* of a string, which may hold NULs of its own */
    uint64_t integer;
    struct Json *first;  /* of an array or object */
    struct Json *next;   /* within the array or object that this value stands in */
} Json;

enum { JSON_VALUES = 65536, JSON_DEPTH = 64 };

static Json json_arena[JSON_VALUES];
static size_t json_used;

static Json *json_value(char **at, int depth);

static void json_space(char **at) {
    while (**at == ' ' || **at == '\t' || **at == '\r' || **at == '\n') ++*at;
}

static int json_hex4(const char *at, unsigned *value) {
    *value = 0;
    for (int i = 0; i < 4; ++i) {
        char c = at[i];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                                : 16u;
        if (digit == 16) return 0;
        *value = *value * 16 + digit;
    }
    return 1;
}

static char *json_utf8(char *to, unsigned code) {
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xC0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *to++ = (char)(0xE0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3F));
        *to++ = (char)(0x80 | (code & 0x3F));
    } else {
        *to++ = (char)(0xF0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3F));
        *to++ = (char)(0x80 | (code >> 6 & 0x3F));
        *to++ = (char)(0x80 | (code & 0x3F));
    }
    return to;
}

/* Unescapes the string at *at, which begins with a quote, in place: escapes only ever shrink. */
static char *json_string(char **at, size_t *length) {
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    char *from = *at, *start = from + 1, *to = start;
    if (*from++ != '"') return NULL;
    while (*from != '"') {
        unsigned code, low;
        const char *simple;
        if ((unsigned char)*from < 0x20) return NULL;
        if (*from != '\\') {
            *to++ = *from++;
        } else if (from[1] == 'u') {
            if (!json_hex4(from + 2, &code)) return NULL;
            from += 6;
            if (code >= 0xD800 && code < 0xDC00 && from[0] == '\\' && from[1] == 'u' &&
                json_hex4(from + 2, &low) && low >= 0xDC00 && low < 0xE000) {
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                from += 6;
            }
            to = json_utf8(to, code);
        } else {
            if (!from[1] || !(simple = strchr(names, from[1]))) return NULL;
            *to++ = values[simple - names];
            from += 2;
        }
    }
    *at = from + 1;
    *length = (size_t)(to - start);
    *to = 0;
    return start;
}

static int json_number(char **at, Json *value) {
    char *from = *at;
    int whole = *from != '-';
    value->type = JSON_INTEGER;
    value->integer = 0;
    if (!whole) ++from;
    if (*from < '0' || *from > '9') return 0;
    for (; *from >= '0' && *from <= '9'; ++from) {
        uint64_t digit = (uint64_t)(*from - '0');
        if (value->integer > (UINT64_MAX - digit) / 10) whole = 0;
        value->integer = value->integer * 10 + digit;
    }
    for (; *from && strchr("0123456789.eE+-", *from); ++from) whole = 0;
    if (!whole) value->type = JSON_OTHER_NUMBER;
    *at = from;
    return 1;
}

/* Reads members up to the closing bracket; keys only for an object. */
static int json_members(char **at, Json *parent, char close, int depth) {
    Json **link = &parent->first;
    ++*at;
    json_space(at);
    if (**at == close) return ++*at, 1;
    for (;;) {
        char *key = NULL;
        size_t length;
        Json *child;
        json_space(at);
        if (close == '}') {
            if (!(key = json_string(at, &length))) return 0;
            json_space(at);
            if (*(*at)++ != ':') return 0;
        }
        if (!(child = json_value(at, depth + 1))) return 0;
        child->key = key;
        *link = child;
        link = &child->next;
        json_space(at);
        if (**at == close) return ++*at, 1;
        if (*(*at)++ != ',') return 0;
    }
}

static Json *json_value(char **at, int depth) {
    static const struct { const char *word; int type; } words[] = {
        {"null", JSON_NULL}, {"false", JSON_FALSE}, {"true", JSON_TRUE}};
    Json *value;
    if (json_used == JSON_VALUES || depth > JSON_DEPTH) return NULL;
    value = &json_arena[json_used++];
    memset(value, 0, sizeof *value);
    json_space(at);
    switch (**at) {
    case '{': value->type = JSON_OBJECT; return json_members(at, value, '}', depth) ? value : NULL;
    case '[': value->type = JSON_ARRAY; return json_members(at, value, ']', depth) ? value : NULL;
    case '"':
        value->type = JSON_STRING;
        value->text = json_string(at, &value->length);
        return value->text ? value : NULL;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; ++i) {
        size_t length = strlen(words[i].word);
        if (strncmp(*at, words[i].word, length) == 0) {
            *at += length;
            value->type = words[i].type;
            return value;
        }
    }
    return json_number(at, value) ? value : NULL;
}

/* The value on a line, which is overwritten; NULL where it is no JSON. */
static Json *json_read(char *line) {
    Json *value;
    json_used = 0;
    value = json_value(&line, 0);
    json_space(&line);
    return value && *line == 0 ? value : NULL;
}

static const Json *json_member(const Json *object, const char *key) {
    const Json *found = NULL;
    if (object && object->type == JSON_OBJECT)
        for (const Json *each = object->first; each; each = each->next)
            if (strcmp(each->key, key) == 0) found = each;
    return found;
}

#endif
