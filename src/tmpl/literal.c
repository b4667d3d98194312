/* SPDX-License-Identifier: MIT */
/* Escape sequences: section 1.5 of the language. */
#include "literal.h"

#include "base/buf.h"
#include "base/utf8.h"

static unsigned digit_value(char c) /* 16: no digit */
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        return (unsigned)((c | 0x20) - 'a') + 10;
    return 16;
}

/* Exactly n digits of the base at the start of the text. */
static bool parse_digits(struct slice text, size_t n, unsigned base, uint32_t *ret_number)
{
    uint32_t number = 0;

    if (text.len < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        unsigned digit = digit_value(text.ptr[i]);

        if (digit >= base)
            return false;
        number = number * base + digit;
    }
    *ret_number = number;
    return true;
}

/* The escape sequence at the start of the text, backslash included. is_byte: it stands for one
 * byte, not for a character. Returns its length; 0: it is none. */
static size_t parse_escape(struct slice text, char quote, uint32_t *ret_rune, bool *ret_is_byte)
{
    struct slice rest = slice_sub(text, 2, text.len);

    *ret_is_byte = false;
    switch (text.len < 2 ? '\0' : text.ptr[1]) {
    case 'a': *ret_rune = '\a'; return 2;
    case 'b': *ret_rune = '\b'; return 2;
    case 'f': *ret_rune = '\f'; return 2;
    case 'n': *ret_rune = '\n'; return 2;
    case 'r': *ret_rune = '\r'; return 2;
    case 't': *ret_rune = '\t'; return 2;
    case 'v': *ret_rune = '\v'; return 2;
    case '\\': *ret_rune = '\\'; return 2;
    case '"':
    case '\'': *ret_rune = (uint32_t)quote; return text.ptr[1] == quote ? 2 : 0;
    case 'x': *ret_is_byte = true; return parse_digits(rest, 2, 16, ret_rune) ? 4 : 0;
    case 'u': return parse_digits(rest, 4, 16, ret_rune) && rune_is_valid(*ret_rune) ? 6 : 0;
    case 'U': return parse_digits(rest, 8, 16, ret_rune) && rune_is_valid(*ret_rune) ? 10 : 0;
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
        *ret_is_byte = true;
        rest = slice_sub(text, 1, text.len);
        return parse_digits(rest, 3, 8, ret_rune) && *ret_rune <= 0xff ? 4 : 0;
    default: return 0;
    }
}

/* One character or escape sequence; returns its length, 0 for a wrong one. */
static size_t parse_character(struct slice text, char quote, uint32_t *ret_rune, bool *ret_is_byte)
{
    if (text.ptr[0] == '\\')
        return parse_escape(text, quote, ret_rune, ret_is_byte);
    *ret_is_byte = false;
    return utf8_decode(text, ret_rune);
}

static struct slice unquote_raw(struct slice body, struct arena *arena)
{
    char *copy = arena_alloc(arena, body.len + 1);
    size_t n = 0;

    for (size_t i = 0; i < body.len; i++) {
        if (body.ptr[i] != '\r')
            copy[n++] = body.ptr[i];
    }
    copy[n] = '\0';
    return slice_of(copy, n);
}

bool literal_unquote(struct slice quoted, struct arena *arena, struct slice *ret_text,
                     size_t *ret_bad_at)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct slice body = slice_sub(quoted, 1, quoted.len - 1);

    if (quoted.ptr[0] == '`') {
        *ret_text = unquote_raw(body, arena);
        return true;
    }
    for (size_t at = 0; at < body.len;) {
        uint32_t rune;
        bool is_byte;
        size_t n = parse_character(slice_sub(body, at, body.len), '"', &rune, &is_byte);

        if (n == 0) {
            *ret_bad_at = at + 1;
            return false;
        }
        if (is_byte)
            buf_add_byte(&text, (char)rune);
        else
            buf_add_rune(&text, rune);
        at += n;
    }
    *ret_text = arena_copy(arena, buf_slice(&text));
    return true;
}

bool literal_parse_rune(struct slice quoted, uint32_t *ret_rune)
{
    struct slice body = slice_sub(quoted, 1, quoted.len - 1);
    bool is_byte;

    return body.len && parse_character(body, '\'', ret_rune, &is_byte) == body.len;
}
