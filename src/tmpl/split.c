/* SPDX-License-Identifier: MIT */
/* Cutting a text into pieces at a separator. */
#include "split.h"

#include "base/utf8.h"

#include "eval.h"

size_t count_occurrences(struct slice text, struct slice needle)
{
    size_t n = 0;

    for (size_t at; (at = slice_find(text, needle)) != SLICE_NOT_FOUND; n++)
        text = slice_sub(text, at + needle.len, text.len);
    return n;
}

/* Where the piece that starts at `from` ends. */
static size_t piece_end(struct slice text, size_t from, struct slice separator)
{
    struct slice rest = slice_sub(text, from, text.len);

    if (separator.len == 0)
        return from + utf8_prefix(rest, 1);

    size_t at = slice_find(rest, separator);

    return at == SLICE_NOT_FOUND ? text.len : from + at;
}

bool split_text(struct eval *eval, const struct text *text, struct slice separator,
                struct text **ret_pieces, size_t *ret_n, struct error *err)
{
    struct slice bytes = slice_of(text->ptr, text->len);
    size_t n = separator.len ? count_occurrences(bytes, separator) + 1 : utf8_count(bytes);
    size_t at = 0;

    if (!eval_check_size(eval, n * sizeof(struct text), err))
        return false;

    struct text *pieces = ARENA_ARRAY(eval->arena, n, struct text);

    for (size_t i = 0; i < n; i++) {
        size_t end = piece_end(bytes, at, separator);

        pieces[i] = text_sub(eval->arena, text, at, end);
        at = end + separator.len;
    }
    *ret_pieces = pieces;
    *ret_n = n;
    return true;
}
