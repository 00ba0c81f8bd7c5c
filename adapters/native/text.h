/* A growing buffer, and JSON written into it. */

#ifndef MAPI_CONFORMANCE_TEXT_H
#define MAPI_CONFORMANCE_TEXT_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { char *data; size_t length, room; } Text;

/* Room for `length` more bytes, which count as written. */
static char *text_grow(Text *text, size_t length) {
    if (text->length + length > text->room) {
        text->room = 2 * (text->length + length) + 4096;
        text->data = realloc(text->data, text->room);
        if (!text->data) abort();
    }
    text->length += length;
    return text->data + text->length - length;
}

static void text_bytes(Text *text, const void *bytes, size_t length) {
    if (length) memcpy(text_grow(text, length), bytes, length);
}

static void text_put(Text *text, const char *words) { text_bytes(text, words, strlen(words)); }

static void text_format(Text *text, const char *format, ...) {
    char piece[512];
    va_list list;
    int length;
    va_start(list, format);
    length = vsnprintf(piece, sizeof piece, format, list);
    va_end(list);
    text_bytes(text, piece, length < (int)sizeof piece ? (size_t)length : sizeof piece - 1);
}

/* The length of the well-formed UTF-8 sequence at `at`, or 0. */
static size_t text_utf8(const unsigned char *at) {
    size_t length = at[0] < 0x80 ? 1 : at[0] < 0xC2 ? 0 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3
                  : at[0] < 0xF5 ? 4 : 0;
    for (size_t i = 1; i < length; ++i)
        if ((at[i] & 0xC0) != 0x80) return 0;
    if ((at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F) ||
        (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F))
        return 0;
    return length;
}

/* A string of the implementation; bytes that are no UTF-8 are shown as if they were Latin-1. */
static void text_string(Text *text, const char *string) {
    text_put(text, "\"");
    for (const unsigned char *at = (const unsigned char *)string; *at;) {
        size_t length = text_utf8(at);
        if (length == 0 || *at < 0x20 || *at == '"' || *at == '\\') {
            text_format(text, "\\u%04x", *at);
            ++at;
        } else {
            text_bytes(text, at, length);
            at += length;
        }
    }
    text_put(text, "\"");
}

#endif
