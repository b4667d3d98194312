/* SPDX-License-Identifier: MIT */
/* Splits a line into the words that HAProxy sees. */
#include <string.h>

#include "haproxy/quote.h"
#include "unit.h"

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
        if (reader->result->n_sure > reader->result->n_words)
            reader->result->n_sure = reader->result->n_words;
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
    if (result->n_sure > result->n_words)
        result->n_sure = result->n_words;
    return true;
}

bool quote_split(struct slice line, struct source_pos pos, struct arena *arena,
                 struct quote_line *ret_line, struct error *err)
{
    struct reader reader = {
        .line = line, .pos = pos, .arena = arena, .result = ret_line, .err = err
    };

    ret_line->n_words = 0;
    ret_line->n_sure = QUOTE_MAX_WORDS;
    while (reader.at < line.len && unit_is_space(line.ptr[reader.at]))
        reader.at++;
    ret_line->is_scope = reader.at < line.len && line.ptr[reader.at] == '[';
    if (ret_line->is_scope)
        return true;

    while (reader.at < line.len) {
        struct slice rest = slice_sub(line, reader.at, line.len);
        size_t n_plain = unit_plain_len(rest);

        if (n_plain > 0) {
            reader_begin_word(&reader);
            reader_add(&reader, slice_of(rest.ptr, n_plain), true);
            reader.at += n_plain;
            continue;
        }

        struct unit unit = unit_take(rest, reader.is_double, reader.is_single, true);

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
