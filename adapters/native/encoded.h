/* Strings of 16-bit units and blocks of bytes, written into JSON and read from it. */

#ifndef MAPI_CONFORMANCE_ENCODED_H
#define MAPI_CONFORMANCE_ENCODED_H

#include "platform.h"
#include "text.h"

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
