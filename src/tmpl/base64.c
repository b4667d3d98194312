/* SPDX-License-Identifier: MIT */
/* Base64 with the standard alphabet. */
#include "base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#define PADDING '='

/* Three bytes, of which n are there, as four characters. */
static void add_group(const char *bytes, size_t n, struct buf *out)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < 3; i++)
        bits = bits << 8 | (i < n ? (unsigned char)bytes[i] : 0);
    for (size_t i = 0; i < 4; i++)
        buf_add_byte(out, i <= n ? alphabet[bits >> (18 - 6 * i) & 63] : PADDING);
}

void base64_encode(struct slice bytes, struct buf *out)
{
    buf_reserve(out, (bytes.len + 2) / 3 * 4);
    for (size_t at = 0; at < bytes.len; at += 3)
        add_group(bytes.ptr + at, bytes.len - at < 3 ? bytes.len - at : 3, out);
}

/* The six bits that a character stands for. */
static bool decode_character(char c, uint32_t *ret_bits)
{
    if (c >= 'A' && c <= 'Z')
        *ret_bits = (uint32_t)(c - 'A');
    else if (c >= 'a' && c <= 'z')
        *ret_bits = (uint32_t)(c - 'a') + 26;
    else if (c >= '0' && c <= '9')
        *ret_bits = (uint32_t)(c - '0') + 52;
    else if (c == '+' || c == '/')
        *ret_bits = c == '+' ? 62 : 63;
    else
        return false;
    return true;
}

bool base64_decode(struct slice text, struct buf *out)
{
    uint32_t bits = 0, part;
    size_t n = 0, n_padding = 0; /* characters of the group, padding included */

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\r' || text.ptr[i] == '\n')
            continue;
        if (text.ptr[i] == PADDING && n >= 2) {
            n_padding++;
            part = 0;
        } else if (n_padding || !decode_character(text.ptr[i], &part)) {
            return false;
        }
        bits = bits << 6 | part;
        if (++n < 4)
            continue;
        for (size_t j = 0; j < 3 - n_padding; j++)
            buf_add_byte(out, (char)(bits >> (16 - 8 * j)));
        n = bits = 0;
    }
    return n == 0;
}
