/* SPDX-License-Identifier: MIT */
/* Base64 (RFC 4648), always padded. */
#include "base/base64.h"

#include <stdint.h>

#define PADDING '='

struct base64_alphabet {
    char digits[65];
};

const struct base64_alphabet base64_standard = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
};
const struct base64_alphabet base64_url = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
};

size_t base64_encoded_len(size_t n_bytes)
{
    return n_bytes / 3 * 4 + (n_bytes % 3 ? 4 : 0);
}

void base64_encode_with(const struct base64_alphabet *alphabet, struct slice bytes, struct buf *out)
{
    buf_reserve(out, base64_encoded_len(bytes.len));
    for (size_t at = 0; at < bytes.len; at += 3) {
        size_t n = bytes.len - at < 3 ? bytes.len - at : 3;
        uint32_t bits = 0;

        for (size_t i = 0; i < 3; i++)
            bits = bits << 8 | (i < n ? (unsigned char)bytes.ptr[at + i] : 0);
        for (size_t i = 0; i < 4; i++)
            buf_add_byte(out, i <= n ? alphabet->digits[bits >> (18 - 6 * i) & 63] : PADDING);
    }
}

/* --- Decoding ------------------------------------------------------------------------------ */

#define NO_DIGIT 64

static uint32_t digit_of(const struct base64_alphabet *alphabet, char byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return (uint32_t)(byte - 'A');
    if (byte >= 'a' && byte <= 'z')
        return (uint32_t)(byte - 'a') + 26;
    if (byte >= '0' && byte <= '9')
        return (uint32_t)(byte - '0') + 52;
    return byte == alphabet->digits[62] ? 62 : byte == alphabet->digits[63] ? 63 : NO_DIGIT;
}

struct decoder {
    const struct base64_alphabet *alphabet;
    struct slice text;
    size_t at;
};

static void skip_newlines(struct decoder *decoder)
{
    while (decoder->at < decoder->text.len &&
           (decoder->text.ptr[decoder->at] == '\r' || decoder->text.ptr[decoder->at] == '\n'))
        decoder->at++;
}

/* What may follow the first '=' of a group that has n digits: a second one behind two digits, and
 * the end. */
static bool check_padding(struct decoder *decoder, size_t n, size_t *ret_bad_at)
{
    size_t first = decoder->at++;

    *ret_bad_at = first;
    if (n < 2)
        return false;
    skip_newlines(decoder);
    if (n == 2) {
        *ret_bad_at = decoder->at == decoder->text.len ? decoder->at : decoder->at - 1;
        if (decoder->at == decoder->text.len || decoder->text.ptr[decoder->at] != PADDING)
            return false;
        decoder->at++;
        skip_newlines(decoder);
    }
    *ret_bad_at = decoder->at;
    return decoder->at == decoder->text.len;
}

/* Reads the digits of one group of four; *ret_n is less only in the last one. */
static bool take_group(struct decoder *decoder, uint32_t *ret_bits, size_t *ret_n,
                       size_t *ret_bad_at)
{
    uint32_t bits = 0;
    size_t n = 0;

    for (; n < 4; n++) {
        skip_newlines(decoder);
        if (decoder->at == decoder->text.len) {
            *ret_bad_at = decoder->at - n;
            *ret_n = 0;
            return n == 0;
        }

        char byte = decoder->text.ptr[decoder->at];
        uint32_t digit = digit_of(decoder->alphabet, byte);

        *ret_bad_at = decoder->at;
        if (byte == PADDING)
            break;
        if (digit == NO_DIGIT)
            return false;
        bits = bits << 6 | digit;
        decoder->at++;
    }
    if (n < 4 && !check_padding(decoder, n, ret_bad_at))
        return false;
    *ret_bits = bits << 6 * (4 - n);
    *ret_n = n;
    return true;
}

bool base64_decode_with(const struct base64_alphabet *alphabet, struct slice text, struct buf *out,
                        size_t *ret_bad_at)
{
    struct decoder decoder = { .alphabet = alphabet, .text = text };

    buf_reserve(out, text.len / 4 * 3 + 3);
    while (decoder.at < text.len) {
        uint32_t bits;
        size_t n;

        if (!take_group(&decoder, &bits, &n, ret_bad_at))
            return false;
        for (size_t i = 0; i + 1 < n; i++)
            buf_add_byte(out, (char)(bits >> (16 - 8 * i)));
    }
    return true;
}

void base64_encode(struct slice bytes, struct buf *out)
{
    base64_encode_with(&base64_standard, bytes, out);
}

bool base64_decode(struct slice text, struct buf *out)
{
    size_t bad_at;

    return base64_decode_with(&base64_standard, text, out, &bad_at);
}
