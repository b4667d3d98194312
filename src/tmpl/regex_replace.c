/* SPDX-License-Identifier: MIT */
/* Replacing all matches of a regular expression. */
#include <stdlib.h>
#include <unictype.h>

#include "base/memory.h"
#include "base/utf8.h"

#include "eval.h"
#include "regex.h"
#include "regex_search.h"

/* --- The replacement ----------------------------------------------------------------------- */

/* A replacement, taken apart once for all matches. */
struct piece {
    bool is_group, is_named;
    struct text text;  /* no group */
    size_t number;     /* a group by its number */
    struct slice name; /* or by its name */
};

struct pieces {
    struct piece *items;
    size_t n, cap;
};

static void pieces_fini(struct pieces *pieces)
{
    free(pieces->items);
}

static void pieces_add(struct pieces *pieces, struct piece piece)
{
    GROW(pieces->items, pieces->n, pieces->cap);
    pieces->items[pieces->n++] = piece;
}

/* How many bytes at the start are letters, digits and '_', Unicode's included. */
static size_t word_len(struct slice text)
{
    size_t at = 0, n;
    uint32_t rune;

    while ((n = utf8_decode(slice_sub(text, at, text.len), &rune)) &&
           (rune == '_' || uc_is_general_category(rune, UC_CATEGORY_L) ||
            uc_is_general_category(rune, UC_CATEGORY_Nd)))
        at += n;
    return at;
}

#define MAX_NUMBER_DIGITS 9 /* Go's: what is longer is a name */

/* The group that a text behind a dollar names, and how long that is; 0: it names none and the
 * dollar stands for itself. */
static size_t parse_reference(struct slice text, struct piece *ret_piece)
{
    bool has_braces = text.len && text.ptr[0] == '{';
    struct slice name = slice_sub(text, has_braces, text.len);
    uint64_t number = 0;

    name = slice_sub(name, 0, word_len(name));
    if (name.len == 0 || (has_braces && (name.len + 2 > text.len || text.ptr[name.len + 1] != '}')))
        return 0;
    *ret_piece = (struct piece){ .is_group = true, .name = name };
    ret_piece->is_named = name.len > MAX_NUMBER_DIGITS || (name.len > 1 && name.ptr[0] == '0') ||
                          !slice_parse_u64(name, UINT64_MAX, &number);
    ret_piece->number = (size_t)number;
    return name.len + (has_braces ? 2 : 0);
}

static void pieces_parse(struct pieces *pieces, struct arena *arena, const struct text *replacement)
{
    struct slice bytes = slice_of(replacement->ptr, replacement->len);
    size_t from = 0, at = 0, dollar;

    while ((dollar = slice_find_byte(slice_sub(bytes, at, bytes.len), '$')) != SLICE_NOT_FOUND) {
        struct piece piece;
        size_t end, length;

        at += dollar + 1;
        end = at - 1;
        length = parse_reference(slice_sub(bytes, at, bytes.len), &piece);
        if (length == 0 && (at == bytes.len || bytes.ptr[at] != '$'))
            continue; /* not at "$$": the dollar is part of the text */
        if (length == 0)
            end = at; /* the first dollar of two stays, the second goes */
        pieces_add(pieces, (struct piece){ .text = text_sub(arena, replacement, from, end) });
        if (length)
            pieces_add(pieces, piece);
        at += length ? length : 1;
        from = at;
    }
    pieces_add(pieces, (struct piece){ .text = text_sub(arena, replacement, from, bytes.len) });
}

/* --- The result ---------------------------------------------------------------------------- */

struct replacing {
    struct search search;
    const struct text *text;
    struct pieces pieces;
    struct text_builder out;
};

static void replacing_fini(struct replacing *replacing)
{
    search_fini(&replacing->search);
    pieces_fini(&replacing->pieces);
}

static bool add_text(struct replacing *replacing, const struct text *text, struct error *err)
{
    if (!eval_check_size(replacing->search.eval, replacing->out.len + text->len, err))
        return false;
    text_builder_add_text(&replacing->out, text);
    return true;
}

/* What the search calls [from, to). */
static bool add_original(struct replacing *replacing, size_t from, size_t to, struct error *err)
{
    struct text sub =
        text_sub(replacing->out.arena, replacing->text, search_original(&replacing->search, from),
                 search_original(&replacing->search, to));

    return add_text(replacing, &sub, err);
}

/* The group that a piece stands for; of several with its name, the first that took part. */
static bool find_group(const struct replacing *replacing, const struct piece *piece,
                       size_t *ret_from, size_t *ret_to)
{
    const struct search *search = &replacing->search;
    const struct regex_groups *groups = &search->regex->groups;

    if (!piece->is_named)
        return piece->number < groups->n && search_group(search, piece->number, ret_from, ret_to);
    for (size_t i = 1; i < groups->n; i++) {
        if (slice_equal(groups->items[i].name, piece->name) &&
            search_group(search, i, ret_from, ret_to))
            return true;
    }
    return false;
}

static bool add_replacement(struct replacing *replacing, struct error *err)
{
    for (size_t i = 0; i < replacing->pieces.n; i++) {
        const struct piece *piece = &replacing->pieces.items[i];
        size_t from, to;

        if (piece->is_group ? find_group(replacing, piece, &from, &to) &&
                                  !add_original(replacing, from, to, err)
                            : !add_text(replacing, &piece->text, err))
            return false;
    }
    return true;
}

/* Where the search goes on behind a match: one character further at least. */
static size_t next_search(struct slice text, size_t at, size_t match_end)
{
    size_t next = at + utf8_prefix(slice_sub(text, at, text.len), 1);

    if (next > match_end)
        return next;
    return at + 1 > match_end ? at + 1 : match_end;
}

static bool replace_matches(struct replacing *replacing, bool *ret_has_match, struct error *err)
{
    struct search *search = &replacing->search;
    struct slice text = search->subject.text;
    size_t done = 0, at = 0;

    *ret_has_match = false;
    while (at <= text.len) {
        size_t from = 0, to = 0;
        bool is_match;

        if (!search_next(search, at, &is_match, err))
            return false;
        if (!is_match)
            break;
        *ret_has_match = true;
        search_group(search, 0, &from, &to);
        if (!add_original(replacing, done, from, err))
            return false;
        /* No match of nothing right behind a match. */
        if ((to > done || from == 0) && !add_replacement(replacing, err))
            return false;
        done = to;
        at = next_search(text, at, to);
    }
    return add_original(replacing, done, text.len, err);
}

bool regex_replace_all(const struct regex *regex, struct eval *eval, const struct text *replacement,
                       const struct text *text, struct text *ret_text, struct error *err)
{
    CLEANUP(replacing_fini) struct replacing replacing = { .text = text };
    bool has_match;

    text_builder_init(&replacing.out, eval->arena);
    pieces_parse(&replacing.pieces, eval->arena, replacement);
    if (!search_init(&replacing.search, regex, eval, slice_of(text->ptr, text->len), err) ||
        !replace_matches(&replacing, &has_match, err))
        return false;
    *ret_text = has_match ? text_builder_finish(&replacing.out) : *text;
    return true;
}
