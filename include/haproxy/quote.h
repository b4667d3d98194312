/* SPDX-License-Identifier: MIT */
/* HAProxy's own rules of lines and words ("Quoting and escaping" in its configuration manual): a
 * line is read as HAProxy reads it, and any text is written so that it stays one word of the line
 * it stands in. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"

#define QUOTE_MAX_WORDS 64 /* HAProxy's MAX_LINE_ARGS: a line with more is an error to it */

/* --- Reading ------------------------------------------------------------------------------- */

struct quote_word {
    struct slice text; /* what HAProxy sees: without quotes, escapes resolved; may be empty */
    size_t from, to;   /* the bytes of the line it is written with */
};

struct quote_line {
    struct quote_word words[QUOTE_MAX_WORDS];
    /* 0: white space, a comment, or ignored by HAProxy because its first word is empty. Empty words
     * at the end, which no version of it makes anything of, are left out. */
    size_t n_words;
    /* How many words stand before the first one with a variable in double quotes, which is kept as
     * it is written. As HAProxy joins an unset one with what is behind it, nothing else is sure. */
    size_t n_sure;
    bool is_scope; /* it begins with '[', which HAProxy does not split into words */
};

/* Splits one line, given without its newline. The texts of the words point into the line or into
 * the arena. An error is ERROR_SYNTAX at pos, whose column is ignored: it is that of the cause. */
MUST_CHECK bool quote_split(struct slice line, struct source_pos pos, struct arena *arena,
                            struct quote_line *ret_line, struct error *err);

/* --- Writing ------------------------------------------------------------------------------- */

enum quote_context {
    QUOTE_BARE,
    QUOTE_DOUBLE, /* between double quotes, which stay open */
    QUOTE_SINGLE,
    QUOTE_COMMENT,
};

/* False, with an error, for a text that would end a line: one with a newline, CR or NUL. */
MUST_CHECK bool quote_check_line(struct slice text, struct error *err);

/* Appends a text as a part of one word, or as all of it: what has no meaning for HAProxy keeps its
 * bytes. Refuses what quote_check_line() refuses. An empty text adds nothing. */
MUST_CHECK bool quote_add_word(struct buf *out, enum quote_context context, struct slice text,
                               struct error *err);

/* The same of one byte that is none of the refused ones. */
void quote_add_byte(struct buf *out, enum quote_context context, char byte);

/* A configuration that is written in pieces, of which some are foreign: each of these is one word,
 * or a part of one, wherever it stands. Everything that is in the buf when it begins counts as
 * earlier lines. */
struct quote {
    struct buf *out;
    size_t scanned; /* bytes of out whose meaning is known */
    bool is_double, is_single, is_ignored, is_line_start, is_word;
    bool is_empty_owed; /* an empty word is due if nothing joins it */
};

void quote_init(struct quote *quote, struct buf *out);
/* The operator's own text, as it is. */
void quote_add_own(struct quote *quote, struct slice text);
/* One word or a part of one. An empty one that would stand alone between two words becomes "" so
 * that the words behind it keep their places. Besides what quote_check_line() refuses: a text
 * directly behind a backslash or inside a variable's name. After an error nothing was added. */
MUST_CHECK bool quote_add_foreign(struct quote *quote, struct slice text, struct error *err);

/* All that what is added next depends on. False within a unit of the operator's own text. */
bool quote_get_state(const struct quote *quote, unsigned *ret_state);
/* Something was added to the buf by others: what ended in that state before. */
void quote_resume(struct quote *quote, unsigned state);
