/* SPDX-License-Identifier: MIT */
/* Writes texts so that each is one word to HAProxy, wherever it stands. What reads its lines
 * (quote_split.c) has the same notion of a unit, so that the two cannot disagree. */
#include "haproxy/quote.h"

#include <string.h>

#include "unit.h"

static bool refuse(const char *what, struct error *err)
{
    return error_set(err, ERROR_INVALID, "%s in a value from Consul", what);
}

bool quote_check_line(struct slice text, struct error *err)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.ptr[i]) { /* mostly a name or an address: too short for three searches */
        case '\n': return refuse("a newline", err);
        case '\r': return refuse("a carriage return", err);
        case '\0': return refuse("a NUL byte", err);
        default: break;
        }
    }
    return true;
}

static void add_bare_byte(struct buf *out, char byte)
{
    switch (byte) {
    case '\t': buf_add_string(out, "\\t"); return;
    case '\v': buf_add_string(out, "\\x0b"); return;
    case '\f': buf_add_string(out, "\\x0c"); return;
    case ' ':
    case '"':
    case '\'':
    case '\\':
    case '#': buf_add_byte(out, '\\'); break;
    default: break;
    }
    buf_add_byte(out, byte);
}

void quote_add_byte(struct buf *out, enum quote_context context, char byte)
{
    switch (context) {
    case QUOTE_BARE: add_bare_byte(out, byte); return;
    case QUOTE_DOUBLE:
        if (byte == '"' || byte == '\\' || byte == '$')
            buf_add_byte(out, '\\');
        buf_add_byte(out, byte);
        return;
    case QUOTE_SINGLE:
        /* Nothing can be escaped there: leave the quotes, and enter them again. */
        if (byte == '\'')
            buf_add_string(out, "'\\''");
        else
            buf_add_byte(out, byte);
        return;
    case QUOTE_COMMENT: buf_add_byte(out, byte); return;
    }
}

bool quote_add_word(struct buf *out, enum quote_context context, struct slice text,
                    struct error *err)
{
    if (!quote_check_line(text, err))
        return false;
    for (size_t i = 0; i < text.len; i++)
        quote_add_byte(out, context, text.ptr[i]);
    return true;
}

static void quote_start_line(struct quote *quote)
{
    quote->is_double = quote->is_single = quote->is_ignored = quote->is_word = false;
    quote->is_line_start = true;
}

void quote_init(struct quote *quote, struct buf *out)
{
    *quote = (struct quote){ .out = out, .scanned = out->len };
    quote_start_line(quote);
}

static void quote_follow(struct quote *quote, const struct unit *unit)
{
    switch (unit->kind) {
    case UNIT_QUOTE:
        if (unit->byte == '"')
            quote->is_double = !quote->is_double;
        else
            quote->is_single = !quote->is_single;
        break;
    case UNIT_SPACE: quote->is_word = false; return;
    case UNIT_COMMENT: quote->is_ignored = true; return;
    case UNIT_END:
        if (unit->byte == '\n')
            quote_start_line(quote);
        else if (unit->byte != '\r' || !quote->is_line_start)
            quote->is_ignored = true; /* HAProxy reads no further, but the line goes on */
        return;
    case UNIT_BYTE:
        if (quote->is_line_start && unit->byte == '[' && unit->len == 1)
            quote->is_ignored = true;
        break;
    case UNIT_VARIABLE:
    case UNIT_PARTIAL:
    case UNIT_BAD_HEX:
    case UNIT_BAD_NAME:
    case UNIT_BAD_BRACE:
    case UNIT_BAD_EXPANSION: break; /* a line that HAProxy refuses: no matter */
    }
    quote->is_word = true;
    quote->is_line_start = false;
}

/* Finds out where in a line the end of the text is. Each byte is looked at once, but for those of a
 * unit that was not complete before. */
static void quote_scan(struct quote *quote)
{
    struct slice text = buf_slice(quote->out);

    while (quote->scanned < text.len) {
        struct slice rest = slice_sub(text, quote->scanned, text.len);

        if (quote->is_ignored) {
            size_t end = slice_find_byte(rest, '\n');

            if (end == SLICE_NOT_FOUND) {
                quote->scanned = text.len;
                return;
            }
            quote->scanned += end + 1;
            quote_start_line(quote);
            continue;
        }

        struct unit unit = unit_take(rest, quote->is_double, quote->is_single, false);

        if (unit.kind == UNIT_PARTIAL)
            return;
        quote_follow(quote, &unit);
        quote->scanned += unit.len;
    }
}

void quote_add_own(struct quote *quote, struct slice text)
{
    if (text.len == 0)
        return;
    if (quote->is_empty_owed && unit_is_space(text.ptr[0]) && text.ptr[0] != '\n')
        buf_add_string(quote->out, "\"\"");
    quote->is_empty_owed = false;
    buf_add(quote->out, text);
    quote_scan(quote);
}

static enum quote_context quote_context(const struct quote *quote)
{
    if (quote->is_ignored)
        return QUOTE_COMMENT;
    if (quote->is_double)
        return QUOTE_DOUBLE;
    return quote->is_single ? QUOTE_SINGLE : QUOTE_BARE;
}

/* The operator's own text must not end in the middle of something. */
static bool quote_check_place(const struct quote *quote, struct error *err)
{
    if (quote->scanned == quote->out->len)
        return true;
    if (quote->out->ptr[quote->scanned] == '$')
        return error_set(err, ERROR_INVALID, "a value from Consul in the name of a variable");
    return error_set(err, ERROR_INVALID, "a value from Consul directly behind a backslash");
}

bool quote_add_foreign(struct quote *quote, struct slice text, struct error *err)
{
    enum quote_context context = quote_context(quote);

    if (!quote_check_place(quote, err) || !quote_check_line(text, err))
        return false;
    if (text.len == 0) {
        quote->is_empty_owed = quote->is_empty_owed || (context == QUOTE_BARE && !quote->is_word);
        return true;
    }
    quote->is_empty_owed = false;
    if (context == QUOTE_BARE && quote->is_line_start && text.ptr[0] == '[') {
        buf_add_string(quote->out, "\\x5b"); /* as it is, HAProxy would not look at the line */
        text = slice_sub(text, 1, text.len);
    }
    for (size_t i = 0; i < text.len; i++)
        quote_add_byte(quote->out, context, text.ptr[i]);
    quote->scanned = quote->out->len;
    if (context != QUOTE_COMMENT) {
        quote->is_word = true;
        quote->is_line_start = false;
    }
    return true;
}

/* --- The state ------------------------------------------------------------------------------ */

bool quote_get_state(const struct quote *quote, unsigned *ret_state)
{
    *ret_state = (unsigned)quote->is_double | (unsigned)quote->is_single << 1 |
                 (unsigned)quote->is_ignored << 2 | (unsigned)quote->is_line_start << 3 |
                 (unsigned)quote->is_word << 4 | (unsigned)quote->is_empty_owed << 5;
    return quote->scanned == quote->out->len;
}

void quote_resume(struct quote *quote, unsigned state)
{
    quote->is_double = state & 1;
    quote->is_single = state >> 1 & 1;
    quote->is_ignored = state >> 2 & 1;
    quote->is_line_start = state >> 3 & 1;
    quote->is_word = state >> 4 & 1;
    quote->is_empty_owed = state >> 5 & 1;
    quote->scanned = quote->out->len;
}
