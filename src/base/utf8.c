/* SPDX-License-Identifier: MIT */
/* Decodes and encodes UTF-8. */
#include "base/utf8.h"

/* How many bytes a sequence with this first byte has, 0 if no sequence starts so; and the bounds of
 * its second byte, which exclude overlong forms, surrogates and what is above U+10FFFF. */
static size_t sequence_length(unsigned char first, unsigned char *ret_low, unsigned char *ret_high)
{
    *ret_low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    *ret_high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

bool rune_is_control(uint32_t rune)
{
    return rune < 0x20 || (rune >= 0x7f && rune < 0xa0) || rune == 0x200e || rune == 0x200f ||
           (rune >= 0x2028 && rune <= 0x202e) || (rune >= 0x2066 && rune <= 0x2069);
}

size_t utf8_decode(struct slice text, uint32_t *ret_rune)
{
    const unsigned char *bytes = (const unsigned char *)text.ptr;
    unsigned char low, high;

    if (text.len == 0)
        return 0;

    size_t n = sequence_length(bytes[0], &low, &high);

    if (n == 1) {
        *ret_rune = bytes[0];
        return 1;
    }
    *ret_rune = RUNE_REPLACEMENT;
    if (n == 0 || n > text.len || bytes[1] < low || bytes[1] > high)
        return 1;

    uint32_t rune = bytes[0] & (0x7fu >> n);

    for (size_t i = 1; i < n; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 1;
        rune = rune << 6 | (bytes[i] & 0x3f);
    }
    *ret_rune = rune;
    return n;
}

size_t utf8_decode_last(struct slice text, uint32_t *ret_rune)
{
    for (size_t n = 2; n <= text.len && n <= UTF8_MAX_BYTES; n++) {
        if (utf8_decode(slice_sub(text, text.len - n, text.len), ret_rune) == n)
            return n;
    }
    return utf8_decode(slice_sub(text, text.len ? text.len - 1 : 0, text.len), ret_rune);
}

size_t utf8_encode(uint32_t rune, char bytes[static UTF8_MAX_BYTES])
{
    if (!rune_is_valid(rune))
        rune = RUNE_REPLACEMENT;
    if (rune < 0x80) {
        bytes[0] = (char)rune;
        return 1;
    }

    size_t n = rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;

    for (size_t i = n - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (rune & 0x3f));
        rune >>= 6;
    }
    bytes[0] = (char)((0xf00u >> n & 0xff) | rune);
    return n;
}

size_t utf8_count(struct slice text)
{
    size_t count = 0;

    for (size_t at = 0; at < text.len; count++) {
        uint32_t rune;

        at += utf8_decode(slice_of(text.ptr + at, text.len - at), &rune);
    }
    return count;
}

size_t utf8_prefix(struct slice text, size_t n)
{
    size_t at = 0;

    for (; n > 0 && at < text.len; n--) {
        uint32_t rune;

        at += utf8_decode(slice_of(text.ptr + at, text.len - at), &rune);
    }
    return at;
}

size_t utf8_valid_len(struct slice text)
{
    size_t at = 0;

    while (at < text.len) {
        uint32_t rune;

        if ((unsigned char)text.ptr[at] < 0x80) {
            at++;
            continue;
        }

        size_t n = utf8_decode(slice_of(text.ptr + at, text.len - at), &rune);

        if (n == 1)
            break;
        at += n;
    }
    return at;
}
