/* A growing buffer, and JSON written into it. */

#ifndef MAPI_CONFORMANCE_TEXT_H
#define MAPI_CONFORMANCE_TEXT_H

#include <stdarg.h>

#include "platform.h"

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

/* A string of 16-bit units; all but plain ASCII is escaped, halves of surrogate pairs too. */
static void text_wide(Text *text, const WCHAR *string) {
    text_put(text, "\"");
    for (; *string; ++string) {
        char plain = (char)*string;
        if (*string < 0x20 || *string > 0x7E || plain == '"' || plain == '\\')
            text_format(text, "\\u%04x", (unsigned)*string);
        else
            text_bytes(text, &plain, 1);
    }
    text_put(text, "\"");
}

static void text_base64(Text *text, const unsigned char *bytes, size_t length) {
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    text_put(text, "\"");
    for (size_t at = 0; at < length; at += 3) {
        size_t left = length - at;
        unsigned long three = (unsigned long)bytes[at] << 16 |
                              (left > 1 ? (unsigned long)bytes[at + 1] << 8 : 0) |
                              (left > 2 ? bytes[at + 2] : 0);
        char four[4] = {digits[three >> 18 & 63], digits[three >> 12 & 63],
                        left > 1 ? digits[three >> 6 & 63] : '=',
                        left > 2 ? digits[three & 63] : '='};
        text_bytes(text, four, 4);
    }
    text_put(text, "\"");
}

/* Decodes in place; returns the number of bytes, or -1 where it is no base64. */
static long base64_decode(char *text, size_t length) {
    unsigned char *to = (unsigned char *)text;
    unsigned long bits = 0;
    size_t padding = 0;
    if (length % 4) return -1;
    for (size_t i = 0; i < length; ++i) {
        char c = text[i];
        unsigned long digit = c >= 'A' && c <= 'Z'   ? (unsigned long)(c - 'A')
                              : c >= 'a' && c <= 'z' ? (unsigned long)(c - 'a' + 26)
                              : c >= '0' && c <= '9' ? (unsigned long)(c - '0' + 52)
                              : c == '+'             ? 62u
                              : c == '/'             ? 63u
                                                     : 64u;
        if (c == '=' && i + 2 >= length) ++padding, digit = 0;
        else if (digit == 64 || padding) return -1;
        bits = bits << 6 | digit;
        if (i % 4 == 3) {
            *to++ = (unsigned char)(bits >> 16);
            *to++ = (unsigned char)(bits >> 8);
            *to++ = (unsigned char)bits;
        }
    }
    return (long)((char *)to - text) - (long)padding;
}

#endif
