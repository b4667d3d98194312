/* SPDX-License-Identifier: MIT */
/* Finds the parts of a JSON text that arrives in pieces. */
#include "scanner.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void scanner_init(struct scanner *scanner, enum scanner_shape shape, size_t max_bytes,
                  scanner_fn fn, void *ctx)
{
    *scanner = (struct scanner){ .shape = shape, .max_bytes = max_bytes, .fn = fn, .ctx = ctx };
}

void scanner_fini(struct scanner *scanner)
{
    buf_fini(&scanner->key);
    buf_fini(&scanner->held);
}

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

static bool fail(const struct scanner *scanner, size_t at, const char *wanted, char found,
                 struct error *err)
{
    unsigned char byte = (unsigned char)found;
    char shown[8];

    if (byte < 0x20 || byte >= 0x7f)
        snprintf(shown, sizeof(shown), "\\x%02x", byte);
    else
        snprintf(shown, sizeof(shown), "%c", byte);
    return error_set(err, ERROR_SYNTAX, "offset %" PRIu64 ": expected %s, found '%s'",
                     scanner->offset + at, wanted, shown);
}

/* --- Strings and values -------------------------------------------------------------------- */

/* Whether one of the eight bytes equals the one that `pattern` repeats. A borrow may also mark
 * bytes behind the first that does, never one before it. */
static bool has_byte(uint64_t word, uint64_t pattern)
{
    uint64_t zeros = word ^ pattern;

    return ((zeros - 0x0101010101010101) & ~zeros & 0x8080808080808080) != 0;
}

/* How many bytes there are before a quote or a backslash: most of what a large answer holds. */
static size_t count_plain(const char *bytes, size_t n)
{
    size_t i = 0;

    for (uint64_t word; i + sizeof(word) <= n; i += sizeof(word)) {
        memcpy(&word, bytes + i, sizeof(word));
        if (has_byte(word, 0x2222222222222222) || has_byte(word, 0x5c5c5c5c5c5c5c5c))
            break;
    }
    while (i < n && bytes[i] != '"' && bytes[i] != '\\')
        i++;
    return i;
}

/* How many bytes of the text belong to the string at hand, its closing quote included. A quote that
 * closes it clears is_in_string. */
static size_t skip_string(struct scanner *scanner, struct slice text)
{
    size_t i = 0;

    while (i < text.len) {
        if (scanner->is_escaped) {
            scanner->is_escaped = false;
            i++;
            continue;
        }
        i += count_plain(text.ptr + i, text.len - i);
        if (i == text.len)
            break;
        if (text.ptr[i++] == '"') {
            scanner->is_in_string = false;
            break;
        }
        scanner->is_escaped = true;
    }
    return i;
}

/* What ends a number or a literal, which have no end of their own; a NUL byte ends everything. */
static bool ends_scalar(char byte)
{
    return is_space(byte) || byte == ',' || byte == ']' || byte == '}' || byte == '\0';
}

/* How many bytes of the text belong to the value at hand, and whether it ends there. */
static size_t skip_value(struct scanner *scanner, struct slice text, bool *ret_is_over)
{
    size_t i = 0;

    *ret_is_over = true;
    while (i < text.len) {
        if (scanner->is_in_string) {
            i += skip_string(scanner, slice_sub(text, i, text.len));
            if (!scanner->is_in_string && scanner->depth == 0)
                return i;
            continue;
        }
        if (scanner->is_scalar && ends_scalar(text.ptr[i]))
            return i;

        switch (text.ptr[i++]) {
        case '"': scanner->is_in_string = true; break;
        case '{':
        case '[': scanner->depth++; break;
        case '}':
        case ']':
            if (--scanner->depth == 0)
                return i;
            break;
        default: break;
        }
    }
    *ret_is_over = false;
    return i;
}

static void begin_value(struct scanner *scanner, char first)
{
    buf_clear(&scanner->held);
    scanner->is_in_string = scanner->is_escaped = scanner->is_too_large = false;
    scanner->depth = 0;
    scanner->is_scalar = !strchr("\"{[", first);
    scanner->state = SCANNER_VALUE;
}

static void hold(struct scanner *scanner, struct slice bytes)
{
    if (scanner->is_too_large)
        return;
    if (bytes.len > scanner->max_bytes - scanner->held.len) {
        scanner->is_too_large = true;
        buf_fini(&scanner->held);
        return;
    }
    buf_add(&scanner->held, bytes);
}

/* Hands the part on; last are the bytes of its value that are not held yet. */
static bool end_value(struct scanner *scanner, struct slice last, struct error *err)
{
    struct scanner_part part = { .key = buf_slice(&scanner->key), .value = SLICE_EMPTY };

    /* A value that lies within one piece is not copied. */
    if (scanner->held.len > 0 || scanner->is_too_large || last.len > scanner->max_bytes)
        hold(scanner, last);
    part.is_too_large = scanner->is_too_large;
    if (!part.is_too_large)
        part.value = scanner->held.len ? buf_slice(&scanner->held) : last;

    bool is_good = scanner->fn(scanner->ctx, &part, err);

    buf_clear(&scanner->held);
    buf_clear(&scanner->key);
    scanner->state = scanner->shape == SCANNER_WHOLE ? SCANNER_END : SCANNER_AFTER_VALUE;
    return is_good;
}

/* What is known needs no search for its end. */
static size_t take_known(struct scanner *scanner, struct slice text)
{
    size_t n = 0;

    if (scanner->known_fn && text.ptr[0] == '{')
        n = scanner->known_fn(scanner->ctx, text);
    if (n > 0)
        scanner->state = SCANNER_AFTER_VALUE;
    return n;
}

/* --- The text ------------------------------------------------------------------------------- */

static bool scan_start(struct scanner *scanner, char byte, size_t at, struct error *err)
{
    switch (scanner->shape) {
    case SCANNER_WHOLE:
        if (strchr(",:]}", byte))
            return fail(scanner, at, "a value", byte, err);
        begin_value(scanner, byte);
        return true;
    case SCANNER_ELEMENTS:
        if (byte != '[')
            return fail(scanner, at, "'['", byte, err);
        break;
    case SCANNER_MEMBERS:
        if (byte != '{')
            return fail(scanner, at, "'{'", byte, err);
        break;
    }
    scanner->state = SCANNER_FIRST;
    return true;
}

static bool begin_key(struct scanner *scanner, char byte, size_t at, struct error *err)
{
    if (byte != '"')
        return fail(scanner, at, "a member's name", byte, err);
    buf_add_byte(&scanner->key, byte);
    scanner->is_in_string = true;
    scanner->is_escaped = false;
    scanner->state = SCANNER_KEY;
    return true;
}

/* One byte between the parts that is no white space. A value's first byte is not consumed here. */
static bool scan_byte(struct scanner *scanner, char byte, size_t at, struct error *err)
{
    bool is_object = scanner->shape == SCANNER_MEMBERS;
    char closing = is_object ? '}' : ']';

    switch (scanner->state) {
    case SCANNER_START: return scan_start(scanner, byte, at, err);
    case SCANNER_FIRST:
        if (byte == closing) {
            scanner->state = SCANNER_END;
            return true;
        }
        __attribute__((fallthrough));
    case SCANNER_BEFORE_KEY:
        if (is_object)
            return begin_key(scanner, byte, at, err);
        __attribute__((fallthrough));
    case SCANNER_BEFORE_VALUE:
        if (strchr(",:]}", byte))
            return fail(scanner, at, "a value", byte, err);
        begin_value(scanner, byte);
        return true;
    case SCANNER_BEFORE_COLON:
        if (byte != ':')
            return fail(scanner, at, "':'", byte, err);
        scanner->state = SCANNER_BEFORE_VALUE;
        return true;
    case SCANNER_AFTER_VALUE:
        if (byte != ',' && byte != closing)
            return fail(scanner, at, is_object ? "',' or '}'" : "',' or ']'", byte, err);
        scanner->state = byte == ',' ? SCANNER_BEFORE_KEY : SCANNER_END;
        return true;
    case SCANNER_END: return fail(scanner, at, "the end", byte, err);
    case SCANNER_KEY:
    case SCANNER_VALUE: break; /* read by scanner_feed() */
    }
    return true;
}

#define KEY_MAX_BYTES (64u << 10)

static bool scan_key(struct scanner *scanner, struct slice text, size_t *ret_n, struct error *err)
{
    *ret_n = skip_string(scanner, text);
    if (*ret_n > KEY_MAX_BYTES - scanner->key.len)
        return error_set(err, ERROR_LIMIT, "a member's name has more than %u bytes", KEY_MAX_BYTES);
    buf_add(&scanner->key, slice_sub(text, 0, *ret_n));
    if (!scanner->is_in_string)
        scanner->state = SCANNER_BEFORE_COLON;
    return true;
}

static bool scan_value(struct scanner *scanner, struct slice text, size_t *ret_n, struct error *err)
{
    bool is_over;

    *ret_n = skip_value(scanner, text, &is_over);
    if (is_over)
        return end_value(scanner, slice_sub(text, 0, *ret_n), err);
    hold(scanner, slice_sub(text, 0, *ret_n));
    return true;
}

bool scanner_feed(struct scanner *scanner, struct slice piece, struct error *err)
{
    size_t i = 0;

    while (i < piece.len) {
        struct slice rest = slice_sub(piece, i, piece.len);
        size_t n = 0;

        if (scanner->state == SCANNER_VALUE) {
            if (!scan_value(scanner, rest, &n, err))
                return false;
        } else if (scanner->state == SCANNER_KEY) {
            if (!scan_key(scanner, rest, &n, err))
                return false;
        } else if (is_space(rest.ptr[0])) {
            n = 1;
        } else {
            if (!scan_byte(scanner, rest.ptr[0], i, err))
                return false;
            n = scanner->state == SCANNER_VALUE ? take_known(scanner, rest) : 1;
        }
        i += n;
    }
    scanner->offset += piece.len;
    return true;
}

bool scanner_finish(struct scanner *scanner, struct error *err)
{
    /* `null` has no end but that of the text. */
    if (scanner->state == SCANNER_VALUE && scanner->shape == SCANNER_WHOLE && scanner->is_scalar &&
        !end_value(scanner, SLICE_EMPTY, err))
        return false;
    if (scanner->state == SCANNER_START)
        return error_set(err, ERROR_SYNTAX, "the text is empty");
    if (scanner->state != SCANNER_END)
        return error_set(err, ERROR_SYNTAX, "the text ends too early, after %" PRIu64 " bytes",
                         scanner->offset);
    return true;
}
