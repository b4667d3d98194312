/* SPDX-License-Identifier: MIT */
/* Lines and words by HAProxy's rules, read and written by one and the same notion of a unit: what
 * its parser takes at a time. */
#include "haproxy/quote.h"

#include <string.h>

/* --- Units --------------------------------------------------------------------------------- */

enum unit_kind {
    UNIT_BYTE,     /* of a word: unit.byte */
    UNIT_QUOTE,    /* opens or closes quotes */
    UNIT_SPACE,    /* between words */
    UNIT_VARIABLE, /* $X, ${X}, ${X-default}, ${X[*]} in double quotes */
    UNIT_COMMENT,  /* the start of one */
    UNIT_END,      /* newline, CR or NUL: the line is over, also inside of quotes */
    UNIT_PARTIAL,  /* depends on what follows */
    UNIT_BAD_HEX,
    UNIT_BAD_NAME,
    UNIT_BAD_BRACE,
    UNIT_BAD_EXPANSION,
};

struct unit {
    enum unit_kind kind;
    size_t len; /* 0: the rest of the text */
    char byte;
};

static bool is_space(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static int hex_digit(char byte)
{
    if (is_digit(byte))
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

/* A part that the text is too short for: more may come, or never will. */
static struct unit unit_cut(bool is_final, enum unit_kind otherwise)
{
    return (struct unit){ is_final ? otherwise : UNIT_PARTIAL, 0, 0 };
}

static struct unit unit_byte(char byte, size_t len)
{
    return (struct unit){ UNIT_BYTE, len, byte };
}

/* \xNN */
static struct unit take_hex(struct slice text, bool is_final)
{
    int digits[2];

    for (size_t i = 0; i < 2; i++) {
        if (2 + i >= text.len)
            return unit_cut(is_final, UNIT_BAD_HEX);
        digits[i] = hex_digit(text.ptr[2 + i]);
        if (digits[i] < 0)
            return (struct unit){ UNIT_BAD_HEX, 2, 0 };
    }
    return unit_byte((char)(digits[0] << 4 | digits[1]), 4);
}

/* A backslash that is followed by nothing special is a backslash. */
static struct unit take_escape(struct slice text, bool is_double, bool is_final)
{
    if (text.len < 2)
        return is_final ? unit_byte('\\', 1) : unit_cut(false, UNIT_PARTIAL);
    switch (text.ptr[1]) {
    case ' ':
    case '\\':
    case '#':
    case '\'':
    case '"': return unit_byte(text.ptr[1], 2);
    case 't': return unit_byte('\t', 2);
    case 'n': return unit_byte('\n', 2);
    case 'r': return unit_byte('\r', 2);
    case '$': return is_double ? unit_byte('$', 2) : unit_byte('\\', 1);
    case 'x': return take_hex(text, is_final);
    default: return unit_byte('\\', 1);
    }
}

/* What follows the name inside of braces, up to the closing one. */
static struct unit take_brace_end(struct slice text, size_t at, bool is_final)
{
    static const char expansion[] = "[*]";

    if (at < text.len && text.ptr[at] == '[') {
        for (size_t i = 0; i < sizeof(expansion) - 1; i++, at++) {
            if (at >= text.len)
                return unit_cut(is_final, UNIT_BAD_EXPANSION);
            if (text.ptr[at] != expansion[i])
                return (struct unit){ UNIT_BAD_EXPANSION, at, 0 };
        }
    }
    if (at < text.len && text.ptr[at] == '-') {
        while (at < text.len && text.ptr[at] != '}' && text.ptr[at] != '\n')
            at++;
    }
    if (at >= text.len)
        return unit_cut(is_final, UNIT_BAD_BRACE);
    if (text.ptr[at] != '}')
        return (struct unit){ UNIT_BAD_BRACE, at, 0 };
    return (struct unit){ UNIT_VARIABLE, at + 1, 0 };
}

static struct unit take_variable(struct slice text, bool is_final)
{
    bool has_brace = text.len > 1 && text.ptr[1] == '{';
    size_t at = has_brace ? 2 : 1;

    if (at >= text.len)
        return unit_cut(is_final, UNIT_BAD_NAME);
    if (!is_letter(text.ptr[at]) && text.ptr[at] != '_' && text.ptr[at] != '.')
        return (struct unit){ UNIT_BAD_NAME, at, 0 };
    at++;
    while (at < text.len &&
           (is_letter(text.ptr[at]) || is_digit(text.ptr[at]) || text.ptr[at] == '_'))
        at++;
    if (has_brace)
        return take_brace_end(text, at, is_final);
    if (at >= text.len && !is_final)
        return unit_cut(false, UNIT_PARTIAL);
    return (struct unit){ UNIT_VARIABLE, at, 0 };
}

/* The unit at the start of a text that is not empty. is_final: nothing follows the text. */
static struct unit take_unit(struct slice text, bool is_double, bool is_single, bool is_final)
{
    char byte = text.ptr[0];

    switch (byte) {
    case '\n':
    case '\r':
    case '\0': return (struct unit){ UNIT_END, 1, byte };
    default: break;
    }
    if (is_single)
        return (struct unit){ byte == '\'' ? UNIT_QUOTE : UNIT_BYTE, 1, byte };
    switch (byte) {
    case '"': return (struct unit){ UNIT_QUOTE, 1, byte };
    case '\\': return take_escape(text, is_double, is_final);
    default: break;
    }
    if (is_double)
        return byte == '$' ? take_variable(text, is_final) : unit_byte(byte, 1);
    switch (byte) {
    case '\'': return (struct unit){ UNIT_QUOTE, 1, byte };
    case '#': return (struct unit){ UNIT_COMMENT, 1, byte };
    default: return (struct unit){ is_space(byte) ? UNIT_SPACE : UNIT_BYTE, 1, byte };
    }
}

/* --- Reading ------------------------------------------------------------------------------- */

struct reader {
    struct slice line;
    struct source_pos pos;
    struct arena *arena;
    struct quote_line *result;
    struct error *err;
    size_t at, from; /* where we are, and where the present word starts */
    bool is_word, is_double, is_single;
    size_t quote_at; /* of the open quote */
    char *text;      /* of the words that are not written as they are; room for the whole line */
    size_t len, word_at;
    bool is_copied; /* the present word is */
};

static bool reader_fail(struct reader *reader, size_t at, const char *what)
{
    reader->pos.column = (unsigned)at + 1;
    return error_set_at(reader->err, ERROR_SYNTAX, reader->pos, "%s", what);
}

/* From here on the word is put together, as it is not what is written. */
static void reader_copy(struct reader *reader)
{
    size_t len = reader->at - reader->from;

    if (reader->is_copied)
        return;
    if (!reader->text)
        reader->text = arena_alloc(reader->arena, reader->line.len + 1);
    reader->is_copied = true;
    reader->word_at = reader->len;
    memcpy(reader->text + reader->len, reader->line.ptr + reader->from, len);
    reader->len += len;
}

static void reader_add(struct reader *reader, struct slice bytes, bool is_as_written)
{
    if (!is_as_written)
        reader_copy(reader);
    if (!reader->is_copied || bytes.len == 0)
        return;
    memcpy(reader->text + reader->len, bytes.ptr, bytes.len);
    reader->len += bytes.len;
}

static void reader_begin_word(struct reader *reader)
{
    if (reader->is_word)
        return;
    reader->is_word = true;
    reader->is_copied = false;
    reader->from = reader->at;
}

static void reader_end_word(struct reader *reader)
{
    struct quote_line *result = reader->result;
    struct slice text = slice_of(reader->line.ptr + reader->from, reader->at - reader->from);

    if (reader->is_copied)
        text = slice_of(reader->text + reader->word_at, reader->len - reader->word_at);
    /* A NUL of \x00 ends what HAProxy sees of the word. */
    text = slice_sub(text, 0, slice_find_byte(text, '\0'));
    result->words[result->n_words++] =
        (struct quote_word){ .text = text, .from = reader->from, .to = reader->at };
    reader->is_word = false;
}

static void reader_turn_quotes(struct reader *reader, char byte)
{
    bool *is_open = byte == '"' ? &reader->is_double : &reader->is_single;

    *is_open = !*is_open;
    reader->quote_at = reader->at;
}

/* False: it is wrong. What ends the line is not given to it. */
static bool reader_take(struct reader *reader, const struct unit *unit)
{
    struct slice written = slice_sub(reader->line, reader->at, reader->at + unit->len);

    switch (unit->kind) {
    case UNIT_BYTE:
        reader_begin_word(reader);
        reader_add(reader, slice_of(&unit->byte, 1), unit->len == 1);
        return true;
    case UNIT_QUOTE:
        reader_begin_word(reader);
        reader_add(reader, SLICE_EMPTY, false);
        reader_turn_quotes(reader, unit->byte);
        return true;
    case UNIT_VARIABLE:
        reader_begin_word(reader);
        reader_add(reader, written, true);
        reader->result->has_variable = true;
        return true;
    case UNIT_SPACE:
        if (!reader->is_word)
            return true;
        reader_end_word(reader);
        /* HAProxy makes room for the next word when it sees the space. */
        return reader->result->n_words < QUOTE_MAX_WORDS ||
               reader_fail(reader, reader->at, "more than 64 words");
    case UNIT_BAD_HEX:
        return reader_fail(reader, reader->at, "two hexadecimal digits expected behind '\\x'");
    case UNIT_BAD_NAME: return reader_fail(reader, reader->at, "a '$' without a variable's name");
    case UNIT_BAD_BRACE: return reader_fail(reader, reader->at, "'${' is never closed");
    case UNIT_BAD_EXPANSION:
        return reader_fail(reader, reader->at, "'[*]' expected behind the variable's name");
    case UNIT_COMMENT:
    case UNIT_END:
    case UNIT_PARTIAL: break;
    }
    return true;
}

static bool reader_finish(struct reader *reader)
{
    struct quote_line *result = reader->result;

    if (reader->is_double || reader->is_single)
        return reader_fail(reader, reader->quote_at, "the quote is never closed");
    if (reader->is_word)
        reader_end_word(reader);
    while (result->n_words > 0 && result->words[result->n_words - 1].text.len == 0)
        result->n_words--;
    if (result->n_words > 0 && result->words[0].text.len == 0)
        result->n_words = 0;
    return true;
}

bool quote_split(struct slice line, struct source_pos pos, struct arena *arena,
                 struct quote_line *ret_line, struct error *err)
{
    struct reader reader = {
        .line = line, .pos = pos, .arena = arena, .result = ret_line, .err = err
    };

    ret_line->n_words = 0;
    ret_line->has_variable = false;
    while (reader.at < line.len && is_space(line.ptr[reader.at]))
        reader.at++;
    ret_line->is_scope = reader.at < line.len && line.ptr[reader.at] == '[';
    if (ret_line->is_scope)
        return true;

    while (reader.at < line.len) {
        struct slice rest = slice_sub(line, reader.at, line.len);
        struct unit unit = take_unit(rest, reader.is_double, reader.is_single, true);

        if (unit.kind == UNIT_END && unit.byte == '\0')
            return reader_fail(&reader, reader.at, "a NUL byte");
        if (unit.kind == UNIT_END || unit.kind == UNIT_COMMENT)
            break;
        if (!reader_take(&reader, &unit))
            return false;
        reader.at += unit.len;
    }
    return reader_finish(&reader);
}

/* --- Writing ------------------------------------------------------------------------------- */

bool quote_check_line(struct slice text, struct error *err)
{
    static const struct {
        char byte;
        const char *name;
    } refused[] = { { '\n', "a newline" }, { '\r', "a carriage return" }, { '\0', "a NUL byte" } };

    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        if (slice_find_byte(text, refused[i].byte) != SLICE_NOT_FOUND)
            return error_set(err, ERROR_INVALID, "%s in a value from Consul", refused[i].name);
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

static void add_word_byte(struct buf *out, enum quote_context context, char byte)
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
        add_word_byte(out, context, text.ptr[i]);
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
        else
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

        struct unit unit = take_unit(rest, quote->is_double, quote->is_single, false);

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
    if (quote->is_empty_owed && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
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
        add_word_byte(quote->out, context, text.ptr[i]);
    quote->scanned = quote->out->len;
    if (context != QUOTE_COMMENT) {
        quote->is_word = true;
        quote->is_line_start = false;
    }
    return true;
}

static bool is_keyword_byte(char byte)
{
    return is_letter(byte) || is_digit(byte) || (byte && strchr("-_.:/,+@%=", byte));
}

bool quote_add_words(struct quote *quote, struct slice text, struct error *err)
{
    if (!quote_check_place(quote, err) || !quote_check_line(text, err))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_keyword_byte(text.ptr[i]) && text.ptr[i] != ' ')
            return error_set(err, ERROR_INVALID,
                             "a character that words must not have in a value from Consul");
    }
    if (quote_context(quote) != QUOTE_BARE && slice_find_byte(text, ' ') != SLICE_NOT_FOUND)
        return error_set(err, ERROR_INVALID, "several words from Consul inside of quotes");
    if (text.len > 0)
        quote->is_empty_owed = false;
    buf_add(quote->out, text);
    quote_scan(quote);
    return true;
}
