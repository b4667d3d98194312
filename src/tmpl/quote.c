/* SPDX-License-Identifier: MIT */
/* Texts and characters in Go's syntax: %q, %+q, %#q. */
#include "quote.h"

#include <unictype.h>

#include "base/utf8.h"
#include "print.h"

/* Go's rule by general category. The library's tables may know another version of Unicode than the
 * peer's do; that shows only for characters that are assigned in one of them. */
bool rune_is_printable(uint32_t rune)
{
    const uint32_t visible = UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_N |
                             UC_CATEGORY_MASK_P | UC_CATEGORY_MASK_S;

    if (rune < 0x7f)
        return rune >= ' ';
    return rune <= RUNE_MAX && uc_is_general_category_withtable(rune, visible);
}

bool quote_can_be_raw(struct slice text)
{
    for (size_t at = 0; at < text.len;) {
        uint32_t rune;
        size_t length = utf8_decode(slice_of(text.ptr + at, text.len - at), &rune);
        bool is_byte_order_mark = rune == 0xfeff;
        bool is_invalid = rune == RUNE_REPLACEMENT && length == 1;
        bool is_control = (rune < ' ' && rune != '\t') || rune == 0x7f;

        if (is_byte_order_mark || is_invalid || is_control || rune == '`')
            return false;
        at += length;
    }
    return true;
}

/* The letter behind a backslash, or 0. */
static char short_escape(uint32_t rune)
{
    switch (rune) {
    case '\a': return 'a';
    case '\b': return 'b';
    case '\f': return 'f';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    case '\v': return 'v';
    default: return '\0';
    }
}

static void add_hexadecimal(struct buf *out, char letter, uint32_t number, unsigned n_digits)
{
    buf_add_byte(out, '\\');
    buf_add_byte(out, letter);
    while (n_digits-- > 0)
        buf_add_byte(out, "0123456789abcdef"[number >> (4 * n_digits) & 0xf]);
}

static void add_escaped(struct buf *out, uint32_t rune, char quote, bool is_ascii)
{
    char letter = short_escape(rune);

    if (rune == (unsigned char)quote || rune == '\\') {
        buf_add_byte(out, '\\');
        buf_add_byte(out, (char)rune);
    } else if (rune_is_printable(rune) && (rune < 0x80 || !is_ascii)) {
        buf_add_rune(out, rune);
    } else if (letter) {
        buf_add_byte(out, '\\');
        buf_add_byte(out, letter);
    } else if (rune < ' ' || rune == 0x7f) {
        add_hexadecimal(out, 'x', rune, 2);
    } else if (rune < 0x10000) {
        add_hexadecimal(out, 'u', rune, 4);
    } else {
        add_hexadecimal(out, 'U', rune, 8);
    }
}

void quote_add_rune(struct buf *out, uint32_t rune, bool is_ascii)
{
    buf_add_byte(out, '\'');
    add_escaped(out, rune_is_valid(rune) ? rune : RUNE_REPLACEMENT, '\'', is_ascii);
    buf_add_byte(out, '\'');
}

void print_add_quoted(struct buf *out, struct slice text, bool is_ascii)
{
    buf_reserve(out, text.len + 2);
    buf_add_byte(out, '"');
    for (size_t at = 0; at < text.len;) {
        uint32_t rune;
        size_t length = utf8_decode(slice_of(text.ptr + at, text.len - at), &rune);

        if (rune == RUNE_REPLACEMENT && length == 1)
            add_hexadecimal(out, 'x', (unsigned char)text.ptr[at], 2);
        else
            add_escaped(out, rune, '"', is_ascii);
        at += length;
    }
    buf_add_byte(out, '"');
}
