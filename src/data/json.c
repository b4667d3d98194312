/* SPDX-License-Identifier: MIT */
/* Reading JSON from outside: the strict pull reader. */
#include "data/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/utf8.h"

static bool PRINTF(2, 3) json_fail(struct json_reader *reader, const char *fmt, ...)
{
    char text[128];
    va_list args;

    if (reader->has_failed)
        return false;
    reader->has_failed = true;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return error_set(reader->err, ERROR_SYNTAX, "JSON: offset %zu: %s", reader->at, text);
}

void json_init(struct json_reader *reader, struct slice text, unsigned max_depth,
               struct arena *arena, struct error *err)
{
    *reader =
        (struct json_reader){ .text = text, .max_depth = max_depth, .arena = arena, .err = err };
}

static void skip_space(struct json_reader *reader)
{
    while (reader->at < reader->text.len) {
        switch (reader->text.ptr[reader->at]) {
        case ' ':
        case '\t':
        case '\r':
        case '\n': reader->at++; continue;
        default: return;
        }
    }
}

/* The byte after white space, or 0 at the end (a NUL byte in the text fails like any stray one). */
static char next_byte(struct json_reader *reader)
{
    skip_space(reader);
    return reader->at < reader->text.len ? reader->text.ptr[reader->at] : '\0';
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

enum json_kind json_peek(struct json_reader *reader)
{
    if (reader->has_failed)
        return JSON_NONE;

    char byte = next_byte(reader);

    switch (byte) {
    case 'n': return JSON_NULL;
    case 't':
    case 'f': return JSON_BOOL;
    case '"': return JSON_STRING;
    case '[': return JSON_ARRAY;
    case '{': return JSON_OBJECT;
    default: return byte == '-' || is_digit(byte) ? JSON_NUMBER : JSON_NONE;
    }
}

const char *json_kind_name(enum json_kind kind)
{
    switch (kind) {
    case JSON_NULL: return "null";
    case JSON_BOOL: return "a boolean";
    case JSON_NUMBER: return "a number";
    case JSON_STRING: return "a string";
    case JSON_ARRAY: return "an array";
    case JSON_OBJECT: return "an object";
    case JSON_NONE: return "no value";
    }
    return "?";
}

static bool json_unexpected(struct json_reader *reader, const char *wanted)
{
    enum json_kind kind = json_peek(reader);

    if (kind != JSON_NONE)
        return json_fail(reader, "expected %s, found %s", wanted, json_kind_name(kind));
    if (reader->at >= reader->text.len)
        return json_fail(reader, "expected %s, found the end of the text", wanted);
    return json_fail(reader, "expected %s, found byte 0x%02x", wanted,
                     (unsigned)(unsigned char)reader->text.ptr[reader->at]);
}

/* Consumes a word like "null" that json_peek() has recognised by its first byte. */
static bool take_word(struct json_reader *reader, struct slice word)
{
    struct slice rest = slice_sub(reader->text, reader->at, reader->text.len);

    if (!slice_starts_with(rest, word))
        return json_fail(reader, "expected '%.*s'", SLICE_ARG(word));
    reader->at += word.len;
    return true;
}

/* --- Objects and arrays -------------------------------------------------------------------- */

static bool json_enter(struct json_reader *reader, enum json_kind kind)
{
    enum json_kind found = json_peek(reader);

    if (found == JSON_NULL) {
        reader->place = JSON_IN_NULL;
        return take_word(reader, SLICE("null"));
    }
    if (found != kind)
        return json_unexpected(reader, json_kind_name(kind));
    if (reader->depth == reader->max_depth)
        return json_fail(reader, "nested deeper than %u", reader->max_depth);
    reader->depth++;
    reader->at++;
    reader->place = JSON_AT_FIRST;
    return true;
}

bool json_enter_object(struct json_reader *reader)
{
    return json_enter(reader, JSON_OBJECT);
}

bool json_enter_array(struct json_reader *reader)
{
    return json_enter(reader, JSON_ARRAY);
}

/* Moves to the next item of an object or array; false at its end, which is consumed. */
static bool json_next_item(struct json_reader *reader, char closer)
{
    enum json_place place = reader->place;

    reader->place = JSON_AT_NEXT;
    if (reader->has_failed || place == JSON_IN_NULL)
        return false;
    if (next_byte(reader) == closer) {
        reader->depth--;
        reader->at++;
        return false;
    }
    if (place == JSON_AT_FIRST)
        return true;
    if (next_byte(reader) != ',')
        return json_fail(reader, "expected ',' or '%c'", closer);
    reader->at++;
    if (next_byte(reader) == closer)
        return json_fail(reader, "expected a value after ','");
    return true;
}

bool json_next_element(struct json_reader *reader)
{
    return json_next_item(reader, ']');
}

bool json_next_member(struct json_reader *reader, struct slice *ret_key)
{
    if (!json_next_item(reader, '}'))
        return false;
    if (json_peek(reader) != JSON_STRING)
        return json_unexpected(reader, "a member's name");
    if (!json_read_string(reader, ret_key))
        return false;
    if (next_byte(reader) != ':')
        return json_fail(reader, "expected ':'");
    reader->at++;
    return true;
}

/* --- Strings ------------------------------------------------------------------------------- */

/* The run of bytes from reader->at that stand for themselves. */
static size_t plain_len(const struct json_reader *reader)
{
    size_t at = reader->at;

    while (at < reader->text.len) {
        unsigned char byte = (unsigned char)reader->text.ptr[at];

        if (byte < 0x20 || byte == '"' || byte == '\\')
            break;
        if (byte < 0x80) {
            at++;
            continue;
        }

        uint32_t rune;
        size_t n = utf8_decode(slice_sub(reader->text, at, reader->text.len), &rune);

        if (n == 1) /* an invalid byte */
            break;
        at += n;
    }
    return at - reader->at;
}

static bool take_hex4(struct json_reader *reader, uint32_t *ret_unit)
{
    uint32_t unit = 0;

    for (size_t i = 0; i < 4; i++) {
        char byte = reader->at < reader->text.len ? reader->text.ptr[reader->at] : '\0';
        uint32_t digit;

        if (is_digit(byte))
            digit = (uint32_t)(byte - '0');
        else if ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f')
            digit = (uint32_t)((byte | 0x20) - 'a' + 10);
        else
            return json_fail(reader, "expected four hexadecimal digits after \\u");
        unit = unit << 4 | digit;
        reader->at++;
    }
    *ret_unit = unit;
    return true;
}

/* The rest of a \u escape; a surrogate without its partner becomes U+FFFD. */
static bool take_unicode_escape(struct json_reader *reader, struct buf *out)
{
    uint32_t unit, low;

    if (!take_hex4(reader, &unit))
        return false;
    if (unit < 0xd800 || unit > 0xdfff) {
        buf_add_rune(out, unit);
        return true;
    }
    if (unit < 0xdc00 &&
        slice_starts_with(slice_sub(reader->text, reader->at, reader->text.len), SLICE("\\u"))) {
        size_t before = reader->at;

        reader->at += 2;
        if (!take_hex4(reader, &low))
            return false;
        if (low >= 0xdc00 && low <= 0xdfff) {
            buf_add_rune(out, 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
            return true;
        }
        reader->at = before; /* an escape of its own */
    }
    buf_add_rune(out, RUNE_REPLACEMENT);
    return true;
}

static bool take_escape(struct json_reader *reader, struct buf *out)
{
    char byte = ++reader->at < reader->text.len ? reader->text.ptr[reader->at] : '\0';

    reader->at++;
    switch (byte) {
    case '"':
    case '\\':
    case '/': buf_add_byte(out, byte); return true;
    case 'b': buf_add_byte(out, '\b'); return true;
    case 'f': buf_add_byte(out, '\f'); return true;
    case 'n': buf_add_byte(out, '\n'); return true;
    case 'r': buf_add_byte(out, '\r'); return true;
    case 't': buf_add_byte(out, '\t'); return true;
    case 'u': return take_unicode_escape(reader, out);
    default: reader->at--; return json_fail(reader, "no such escape in a string");
    }
}

/* A string with escapes or invalid bytes: from the first of them on. */
static bool take_decoded_string(struct json_reader *reader, struct buf *out)
{
    for (;;) {
        size_t n = plain_len(reader);

        buf_add(out, slice_sub(reader->text, reader->at, reader->at + n));
        reader->at += n;
        if (reader->at == reader->text.len)
            return json_fail(reader, "the string is never closed");

        unsigned char byte = (unsigned char)reader->text.ptr[reader->at];

        if (byte == '"')
            return true;
        if (byte < 0x20)
            return json_fail(reader, "control byte 0x%02x in a string", byte);
        if (byte == '\\') {
            if (!take_escape(reader, out))
                return false;
        } else {
            buf_add_rune(out, RUNE_REPLACEMENT);
            reader->at++;
        }
    }
}

bool json_read_string(struct json_reader *reader, struct slice *ret_text)
{
    enum json_kind kind = json_peek(reader);

    if (kind == JSON_NULL) {
        *ret_text = SLICE_EMPTY;
        return take_word(reader, SLICE("null"));
    }
    if (kind != JSON_STRING)
        return json_unexpected(reader, "a string");
    reader->at++;

    size_t n = plain_len(reader);
    struct slice plain = slice_sub(reader->text, reader->at, reader->at + n);

    if (reader->at + n < reader->text.len && reader->text.ptr[reader->at + n] == '"') {
        reader->at += n + 1;
        *ret_text = arena_copy(reader->arena, plain);
        return true;
    }

    CLEANUP(buf_fini) struct buf decoded = BUF_EMPTY;

    if (!take_decoded_string(reader, &decoded))
        return false;
    reader->at++;
    *ret_text = arena_copy(reader->arena, buf_slice(&decoded));
    return true;
}

/* --- Numbers and words --------------------------------------------------------------------- */

static size_t take_digits(struct json_reader *reader)
{
    size_t from = reader->at;

    while (reader->at < reader->text.len && is_digit(reader->text.ptr[reader->at]))
        reader->at++;
    return reader->at - from;
}

static bool is_at(const struct json_reader *reader, const char *any_of)
{
    return reader->at < reader->text.len && reader->text.ptr[reader->at] != '\0' &&
           strchr(any_of, reader->text.ptr[reader->at]);
}

/* The bytes of a number, checked against JSON's grammar. */
static bool take_number(struct json_reader *reader, struct slice *ret_digits)
{
    if (json_peek(reader) != JSON_NUMBER)
        return json_unexpected(reader, "a number");

    size_t from = reader->at;

    if (is_at(reader, "-"))
        reader->at++;

    bool begins_with_zero = is_at(reader, "0");
    size_t n_digits = take_digits(reader);

    if (n_digits == 0)
        return json_fail(reader, "expected a digit");
    if (begins_with_zero && n_digits > 1)
        return json_fail(reader, "a number may not begin with 0");
    if (is_at(reader, ".")) {
        reader->at++;
        if (take_digits(reader) == 0)
            return json_fail(reader, "expected digits after the point");
    }
    if (is_at(reader, "eE")) {
        reader->at++;
        if (is_at(reader, "+-"))
            reader->at++;
        if (take_digits(reader) == 0)
            return json_fail(reader, "expected digits in the exponent");
    }
    *ret_digits = slice_sub(reader->text, from, reader->at);
    return true;
}

/* Reads an integer as sign and magnitude; null is 0. */
static bool take_integer(struct json_reader *reader, bool *ret_is_negative, uint64_t *ret_magnitude)
{
    struct slice digits;

    *ret_is_negative = false;
    *ret_magnitude = 0;
    if (json_peek(reader) == JSON_NULL)
        return take_word(reader, SLICE("null"));
    if (!take_number(reader, &digits))
        return false;
    *ret_is_negative = digits.ptr[0] == '-';
    if (!slice_parse_u64(slice_sub(digits, *ret_is_negative, digits.len), UINT64_MAX,
                         ret_magnitude))
        return json_fail(reader, "expected an integer of at most 64 bits, found %.*s",
                         SLICE_ARG(slice_sub(digits, 0, 40)));
    return true;
}

bool json_read_int(struct json_reader *reader, int64_t *ret_integer)
{
    bool is_negative;
    uint64_t magnitude;

    if (!take_integer(reader, &is_negative, &magnitude))
        return false;
    if (magnitude > (uint64_t)INT64_MAX + is_negative)
        return json_fail(reader, "the integer does not fit into 64 bits");
    *ret_integer = is_negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

bool json_read_uint(struct json_reader *reader, uint64_t *ret_natural)
{
    bool is_negative;
    uint64_t magnitude;

    if (!take_integer(reader, &is_negative, &magnitude))
        return false;
    if (is_negative && magnitude)
        return json_fail(reader, "expected an integer that is not negative");
    *ret_natural = magnitude;
    return true;
}

bool json_read_double(struct json_reader *reader, double *ret_number)
{
    struct slice digits;
    char text[64];

    if (!take_number(reader, &digits))
        return false;

    /* strtod wants a terminated text; the program never leaves the C locale. */
    char *copy = digits.len < sizeof(text) ? memcpy(text, digits.ptr, digits.len) : NULL;

    if (copy)
        copy[digits.len] = '\0';
    else
        copy = slice_to_string(digits);
    *ret_number = strtod(copy, NULL);
    if (copy != text)
        free(copy);
    if (__builtin_isinf(*ret_number))
        return json_fail(reader, "the number is too large");
    return true;
}

bool json_read_bool(struct json_reader *reader, bool *ret_bool)
{
    switch (json_peek(reader)) {
    case JSON_NULL: *ret_bool = false; return take_word(reader, SLICE("null"));
    case JSON_BOOL:
        *ret_bool = reader->text.ptr[reader->at] == 't';
        return take_word(reader, *ret_bool ? SLICE("true") : SLICE("false"));
    default: return json_unexpected(reader, "a boolean");
    }
}

/* --- Values of any kind -------------------------------------------------------------------- */

/* Skips a string without decoding it. */
static bool skip_string(struct json_reader *reader)
{
    reader->at++;
    for (;;) {
        while (reader->at < reader->text.len && reader->text.ptr[reader->at] != '"' &&
               reader->text.ptr[reader->at] != '\\' &&
               (unsigned char)reader->text.ptr[reader->at] >= 0x20)
            reader->at++;
        if (reader->at == reader->text.len)
            return json_fail(reader, "the string is never closed");
        if (reader->text.ptr[reader->at] == '"') {
            reader->at++;
            return true;
        }
        if (reader->text.ptr[reader->at] != '\\')
            return json_fail(reader, "control byte 0x%02x in a string",
                             (unsigned)(unsigned char)reader->text.ptr[reader->at]);

        CLEANUP(buf_fini) struct buf ignored = BUF_EMPTY;

        if (!take_escape(reader, &ignored))
            return false;
    }
}

static bool skip_string_and_colon(struct json_reader *reader)
{
    if (json_peek(reader) != JSON_STRING)
        return json_unexpected(reader, "a member's name");
    if (!skip_string(reader))
        return false;
    if (next_byte(reader) != ':')
        return json_fail(reader, "expected ':'");
    reader->at++;
    return true;
}

bool json_skip(struct json_reader *reader)
{
    struct slice digits;
    bool boolean;

    switch (json_peek(reader)) {
    case JSON_NULL: return take_word(reader, SLICE("null"));
    case JSON_BOOL: return json_read_bool(reader, &boolean);
    case JSON_NUMBER: return take_number(reader, &digits);
    case JSON_STRING: return skip_string(reader);
    case JSON_ARRAY:
        if (!json_enter_array(reader))
            return false;
        while (json_next_element(reader)) {
            if (!json_skip(reader))
                return false;
        }
        return !reader->has_failed;
    case JSON_OBJECT:
        if (!json_enter_object(reader))
            return false;
        while (json_next_item(reader, '}')) {
            if (!skip_string_and_colon(reader) || !json_skip(reader))
                return false;
        }
        return !reader->has_failed;
    case JSON_NONE: return json_unexpected(reader, "a value");
    }
    return false;
}

bool json_read_raw(struct json_reader *reader, struct slice *ret_raw)
{
    skip_space(reader);

    size_t from = reader->at;

    if (!json_skip(reader))
        return false;
    *ret_raw = slice_sub(reader->text, from, reader->at);
    return true;
}

bool json_at_end(struct json_reader *reader)
{
    skip_space(reader);
    return !reader->has_failed && reader->at == reader->text.len;
}

bool json_expect_end(struct json_reader *reader)
{
    return json_at_end(reader) || json_unexpected(reader, "the end of the text");
}
