/* SPDX-License-Identifier: MIT */
/* Writes blocks and scalars of YAML. */
#include "yaml_emitter.h"

#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"

#include "yaml_text.h"

#define INDENT_STEP      2
#define FOLD_COLUMN      80  /* a space behind it ends the line */
#define SIMPLE_KEY_BYTES 128 /* longer keys are written as "? KEY" */

void yaml_emitter_init(struct yaml_emitter *emitter, struct buf *out)
{
    *emitter = (struct yaml_emitter){
        .out = out, .indent = -1, .is_after_space = true, .is_at_indent = true
    };
}

bool yaml_emitter_is_full(const struct yaml_emitter *emitter)
{
    return emitter->out->len > LIMIT_OUTPUT_BYTES;
}

/* --- Bytes --------------------------------------------------------------------------------- */

static void put_byte(struct yaml_emitter *emitter, char byte)
{
    buf_add_byte(emitter->out, byte);
    emitter->column++;
}

static void put_string(struct yaml_emitter *emitter, const char *ascii)
{
    buf_add_string(emitter->out, ascii);
    emitter->column += strlen(ascii);
}

static void put_line_end(struct yaml_emitter *emitter)
{
    buf_add_byte(emitter->out, '\n');
    emitter->column = 0;
}

/* Begins a line at the indentation, unless this one is still empty and not beyond it. */
static void put_indent(struct yaml_emitter *emitter)
{
    size_t indent = emitter->indent < 0 ? 0 : (size_t)emitter->indent;

    if (yaml_emitter_is_full(emitter))
        return;
    if (!emitter->is_at_indent || emitter->column > indent ||
        (emitter->column == indent && !emitter->is_after_space))
        put_line_end(emitter);
    if (emitter->column < indent) {
        buf_add_repeated(emitter->out, ' ', indent - emitter->column);
        emitter->column = indent;
    }
    emitter->is_after_space = true;
    emitter->is_at_indent = true;
}

enum { NEEDS_SPACE = 1 << 0, KEEPS_INDENT = 1 << 1 };

static void put_indicator(struct yaml_emitter *emitter, const char *ascii, unsigned flags)
{
    if (flags & NEEDS_SPACE && !emitter->is_after_space)
        put_byte(emitter, ' ');
    put_string(emitter, ascii);
    emitter->is_after_space = false;
    emitter->is_at_indent = emitter->is_at_indent && flags & KEEPS_INDENT;
}

static void put_character(struct yaml_emitter *emitter, struct slice text, size_t at, size_t n)
{
    buf_add(emitter->out, slice_sub(text, at, at + n));
    emitter->column++;
}

static void put_text_line_end(struct yaml_emitter *emitter, struct slice text, size_t at, size_t n)
{
    buf_add(emitter->out, slice_sub(text, at, at + n));
    emitter->column = 0;
    emitter->is_at_indent = true;
}

/* --- Styles -------------------------------------------------------------------------------- */

static enum scalar_style choose_style(const struct yaml_emitter *emitter,
                                      const struct yaml_scalar *scalar,
                                      const struct yaml_analysis *analysis)
{
    enum scalar_style style = scalar->style;

    if (emitter->is_simple_key && analysis->is_multiline)
        style = SCALAR_DOUBLE_QUOTED;
    if (style == SCALAR_PLAIN && !analysis->can_be_plain)
        style = SCALAR_SINGLE_QUOTED;
    if (style == SCALAR_SINGLE_QUOTED && !analysis->can_be_single_quoted)
        style = SCALAR_DOUBLE_QUOTED;
    if (style == SCALAR_LITERAL && (!analysis->can_be_literal || emitter->is_simple_key))
        style = SCALAR_DOUBLE_QUOTED;
    return style;
}

/* Whether the line ends at this space, which is then left out. */
static bool is_fold(const struct yaml_emitter *emitter, bool is_after_text_space)
{
    return !emitter->is_simple_key && !is_after_text_space && emitter->column > FOLD_COLUMN;
}

static void put_plain(struct yaml_emitter *emitter, struct slice text)
{
    bool is_after_text_space = false;
    struct yaml_character c;

    if (!emitter->is_after_space)
        put_byte(emitter, ' ');
    for (size_t at = 0; (c = yaml_character_at(text, at)).n && !yaml_emitter_is_full(emitter);
         at += c.n) {
        bool is_space = c.rune == ' ';

        if (is_space && is_fold(emitter, is_after_text_space) && text.ptr[at + 1] != ' ') {
            put_indent(emitter);
        } else {
            put_character(emitter, text, at, c.n);
            if (!is_space)
                emitter->is_at_indent = false;
        }
        is_after_text_space = is_space;
    }
    emitter->is_after_space = false;
    emitter->is_at_indent = false;
}

static void put_single_quoted(struct yaml_emitter *emitter, struct slice text)
{
    enum { OTHER, SPACE, LINE_END } last = OTHER;
    struct yaml_character c;

    put_indicator(emitter, "'", NEEDS_SPACE);
    for (size_t at = 0; (c = yaml_character_at(text, at)).n && !yaml_emitter_is_full(emitter);
         at += c.n) {
        if (c.rune == ' ') {
            if (is_fold(emitter, last == SPACE) && at > 0 && at + 1 < text.len &&
                text.ptr[at + 1] != ' ')
                put_indent(emitter);
            else
                put_character(emitter, text, at, c.n);
            last = SPACE;
        } else if (yaml_is_line_end(c.rune)) {
            put_text_line_end(emitter, text, at, c.n);
            last = LINE_END;
        } else {
            if (last == LINE_END)
                put_indent(emitter);
            if (c.rune == '\'')
                put_byte(emitter, '\'');
            put_character(emitter, text, at, c.n);
            emitter->is_at_indent = false;
            last = OTHER;
        }
    }
    put_indicator(emitter, "'", 0);
}

static void put_hexadecimal(struct yaml_emitter *emitter, char letter, unsigned n_digits,
                            uint32_t rune)
{
    put_byte(emitter, letter);
    while (n_digits-- > 0)
        put_byte(emitter, "0123456789ABCDEF"[rune >> 4 * n_digits & 15]);
}

static void put_escape(struct yaml_emitter *emitter, uint32_t rune)
{
    static const struct {
        uint32_t rune;
        char letter;
    } escapes[] = {
        { 0x00, '0' },  { 0x07, 'a' }, { 0x08, 'b' }, { 0x09, 't' },   { 0x0a, 'n' },
        { 0x0b, 'v' },  { 0x0c, 'f' }, { 0x0d, 'r' }, { 0x1b, 'e' },   { '"', '"' },
        { '\\', '\\' }, { 0x85, 'N' }, { 0xa0, '_' }, { 0x2028, 'L' }, { 0x2029, 'P' },
    };

    put_byte(emitter, '\\');
    for (size_t i = 0; i < ARRAY_SIZE(escapes); i++) {
        if (escapes[i].rune == rune) {
            put_byte(emitter, escapes[i].letter);
            return;
        }
    }
    if (rune <= 0xff)
        put_hexadecimal(emitter, 'x', 2, rune);
    else if (rune <= 0xffff)
        put_hexadecimal(emitter, 'u', 4, rune);
    else
        put_hexadecimal(emitter, 'U', 8, rune);
}

/* The library takes every character for a byte order mark when the first one is. */
static void put_double_quoted(struct yaml_emitter *emitter, struct slice text)
{
    bool is_all_escaped = slice_starts_with(text, SLICE("\xef\xbb\xbf"));
    bool is_after_text_space = false;
    struct yaml_character c;

    put_indicator(emitter, "\"", NEEDS_SPACE);
    for (size_t at = 0; (c = yaml_character_at(text, at)).n && !yaml_emitter_is_full(emitter);
         at += c.n) {
        bool is_space = c.rune == ' ';

        if (is_all_escaped || !yaml_is_printable(c.rune) || yaml_is_line_end(c.rune) ||
            c.rune == '"' || c.rune == '\\') {
            put_escape(emitter, c.rune);
        } else if (is_space && is_fold(emitter, is_after_text_space) && at > 0 &&
                   at + 1 < text.len) {
            put_indent(emitter);
            if (text.ptr[at + 1] == ' ')
                put_byte(emitter, '\\');
        } else {
            put_character(emitter, text, at, c.n);
        }
        is_after_text_space = is_space && !is_all_escaped;
    }
    put_indicator(emitter, "\"", 0);
}

/* Behind '|': a digit where the text begins with white space, '-' where it does not end its last
 * line, '+' where more than one line end follows. */
static void put_literal_hints(struct yaml_emitter *emitter, struct slice text)
{
    uint32_t rune;
    size_t n;

    if (text.ptr[0] == ' ' || yaml_is_line_end(yaml_character_at(text, 0).rune))
        put_byte(emitter, '0' + INDENT_STEP);
    n = utf8_decode_last(text, &rune);
    if (!yaml_is_line_end(rune)) {
        put_byte(emitter, '-');
        return;
    }
    if (!utf8_decode_last(slice_sub(text, 0, text.len - n), &rune) || yaml_is_line_end(rune))
        put_byte(emitter, '+');
}

static void put_literal(struct yaml_emitter *emitter, struct slice text)
{
    bool is_new_line = true;
    struct yaml_character c;

    put_indicator(emitter, "|", NEEDS_SPACE);
    put_literal_hints(emitter, text);
    put_line_end(emitter);
    emitter->is_at_indent = true;
    emitter->is_after_space = true;
    for (size_t at = 0; (c = yaml_character_at(text, at)).n && !yaml_emitter_is_full(emitter);
         at += c.n) {
        if (yaml_is_line_end(c.rune)) {
            put_text_line_end(emitter, text, at, c.n);
            is_new_line = true;
            continue;
        }
        if (is_new_line)
            put_indent(emitter);
        put_character(emitter, text, at, c.n);
        emitter->is_at_indent = false;
        is_new_line = false;
    }
}

void yaml_emit_scalar(struct yaml_emitter *emitter, const struct yaml_scalar *scalar)
{
    struct yaml_analysis analysis = yaml_analyze(scalar->text);
    int indent = emitter->indent;

    if (yaml_emitter_is_full(emitter))
        return;
    if (scalar->is_binary)
        put_indicator(emitter, "!!binary", NEEDS_SPACE);
    emitter->indent = indent < 0 ? INDENT_STEP : indent + INDENT_STEP;
    switch (choose_style(emitter, scalar, &analysis)) {
    case SCALAR_PLAIN: put_plain(emitter, scalar->text); break;
    case SCALAR_SINGLE_QUOTED: put_single_quoted(emitter, scalar->text); break;
    case SCALAR_DOUBLE_QUOTED: put_double_quoted(emitter, scalar->text); break;
    case SCALAR_LITERAL: put_literal(emitter, scalar->text); break;
    }
    emitter->indent = indent;
}

/* --- Collections --------------------------------------------------------------------------- */

void yaml_emit_empty(struct yaml_emitter *emitter, const char *brackets)
{
    put_indicator(emitter, brackets, NEEDS_SPACE);
}

/* Where a collection opens in the line of its key, a list stays at the key's indentation. */
static int open_block(struct yaml_emitter *emitter, bool is_indented)
{
    int before = emitter->indent;

    if (before < 0)
        emitter->indent = 0;
    else if (is_indented)
        emitter->indent += INDENT_STEP;
    return before;
}

int yaml_emit_open_list(struct yaml_emitter *emitter)
{
    return open_block(emitter, !emitter->is_in_mapping || emitter->is_at_indent);
}

void yaml_emit_item(struct yaml_emitter *emitter)
{
    put_indent(emitter);
    put_indicator(emitter, "-", NEEDS_SPACE | KEEPS_INDENT);
    emitter->is_in_mapping = false;
    emitter->is_simple_key = false;
}

int yaml_emit_open_mapping(struct yaml_emitter *emitter)
{
    return open_block(emitter, true);
}

static bool is_simple_key(const struct yaml_scalar *key)
{
    size_t tag = key->is_binary ? sizeof("!!binary") - 1 : 0;

    return key->text.len + tag <= SIMPLE_KEY_BYTES && !yaml_analyze(key->text).is_multiline;
}

void yaml_emit_key(struct yaml_emitter *emitter, const struct yaml_scalar *key)
{
    bool is_simple = is_simple_key(key);

    put_indent(emitter);
    emitter->is_in_mapping = true;
    emitter->is_simple_key = is_simple;
    if (!is_simple)
        put_indicator(emitter, "?", NEEDS_SPACE | KEEPS_INDENT);
    yaml_emit_scalar(emitter, key);
    emitter->is_simple_key = false;
    if (!is_simple) {
        put_indent(emitter);
        put_indicator(emitter, ":", NEEDS_SPACE | KEEPS_INDENT);
    } else {
        put_indicator(emitter, ":", 0);
    }
    emitter->is_in_mapping = true;
}

void yaml_emit_close(struct yaml_emitter *emitter, int indent)
{
    emitter->indent = indent;
}
