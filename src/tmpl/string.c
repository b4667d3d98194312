/* SPDX-License-Identifier: MIT */
/* Functions on strings: split, join, trim and its kin, case, replaceAll, indent. */
#include <string.h>

#include "base/utf8.h"

#include "eval.h"
#include "function.h"
#include "split.h"
#include "unicode.h"

/* --- Splitting and joining ----------------------------------------------------------------- */

static bool call_split(struct eval *eval, const struct value *args, size_t n_args,
                       struct value *ret, struct error *err)
{
    struct text text = text_trim_space(eval->arena, &args[1].text), *pieces = NULL;
    size_t n = 0;

    (void)n_args;
    if (text.len && !split_text(eval, &text, value_slice(&args[0]), &pieces, &n, err))
        return false;
    *ret = value_list(&type_string_list, STORED_TEXTS, pieces, n);
    return true;
}

static bool call_join(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                      struct error *err)
{
    const struct value *list = &args[1];
    size_t n = list->type ? list->list.n : 0; /* nil is an empty list */
    struct text_builder out;

    (void)n_args;
    text_builder_init(&out, eval->arena);
    for (size_t i = 0; i < n; i++) {
        struct value item = value_list_get(list, i);

        if (!eval_check_size(eval, out.len + args[0].text.len + item.text.len, err))
            return false;
        if (i)
            text_builder_add_text(&out, &args[0].text);
        text_builder_add_text(&out, &item.text);
    }
    *ret = value_text(text_builder_finish(&out));
    return true;
}

/* --- Trimming ------------------------------------------------------------------------------ */

static bool slice_has_rune(struct slice set, uint32_t wanted)
{
    for (size_t at = 0; at < set.len;) {
        uint32_t rune;

        at += utf8_decode(slice_sub(set, at, set.len), &rune);
        if (rune == wanted)
            return true;
    }
    return false;
}

/* An invalid byte is U+FFFD in the text and in the set alike. */
static bool call_trim(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                      struct error *err)
{
    struct slice set = value_slice(&args[0]), text = value_slice(&args[1]);
    size_t from = 0, to = text.len;
    uint32_t rune;

    (void)n_args;
    (void)err;
    while (from < to) {
        size_t n = utf8_decode(slice_sub(text, from, to), &rune);

        if (!slice_has_rune(set, rune))
            break;
        from += n;
    }
    while (from < to) {
        size_t n = utf8_decode_last(slice_sub(text, from, to), &rune);

        if (!slice_has_rune(set, rune))
            break;
        to -= n;
    }
    *ret = value_text(text_sub(eval->arena, &args[1].text, from, to));
    return true;
}

static bool call_trim_prefix(struct eval *eval, const struct value *args, size_t n_args,
                             struct value *ret, struct error *err)
{
    struct slice prefix = value_slice(&args[0]), text = value_slice(&args[1]);
    size_t from = slice_starts_with(text, prefix) ? prefix.len : 0;

    (void)n_args;
    (void)err;
    *ret = value_text(text_sub(eval->arena, &args[1].text, from, text.len));
    return true;
}

static bool call_trim_suffix(struct eval *eval, const struct value *args, size_t n_args,
                             struct value *ret, struct error *err)
{
    struct slice suffix = value_slice(&args[0]), text = value_slice(&args[1]);
    size_t to = text.len - (slice_ends_with(text, suffix) ? suffix.len : 0);

    (void)n_args;
    (void)err;
    *ret = value_text(text_sub(eval->arena, &args[1].text, 0, to));
    return true;
}

static bool call_trim_space(struct eval *eval, const struct value *args, size_t n_args,
                            struct value *ret, struct error *err)
{
    (void)n_args;
    (void)err;
    *ret = value_text(text_trim_space(eval->arena, &args[0].text));
    return true;
}

/* --- Case ---------------------------------------------------------------------------------- */

static bool change_case(struct eval *eval, enum letter_case letter_case, struct slice text,
                        struct value *ret, struct error *err)
{
    size_t length = case_map(letter_case, text, NULL);

    if (!eval_check_size(eval, length, err))
        return false;

    char *out = arena_alloc(eval->arena, length + 1);

    case_map(letter_case, text, out);
    *ret = value_string(slice_of(out, length));
    return true;
}

static bool call_to_upper(struct eval *eval, const struct value *args, size_t n_args,
                          struct value *ret, struct error *err)
{
    (void)n_args;
    return change_case(eval, CASE_UPPER, value_slice(&args[0]), ret, err);
}

static bool call_to_lower(struct eval *eval, const struct value *args, size_t n_args,
                          struct value *ret, struct error *err)
{
    (void)n_args;
    return change_case(eval, CASE_LOWER, value_slice(&args[0]), ret, err);
}

static bool call_to_title(struct eval *eval, const struct value *args, size_t n_args,
                          struct value *ret, struct error *err)
{
    (void)n_args;
    return change_case(eval, CASE_TITLE, value_slice(&args[0]), ret, err);
}

/* --- Replacing and indenting --------------------------------------------------------------- */

/* The length of the text with n of its pieces of from_len bytes replaced by to_len bytes; what is
 * beyond all limits saturates. */
static size_t length_after(size_t length, size_t n, size_t from_len, size_t to_len)
{
    size_t added, total;

    if (__builtin_mul_overflow(n, to_len, &added) ||
        __builtin_add_overflow(length - n * from_len, added, &total))
        return SIZE_MAX;
    return total;
}

/* Before each character and at the end. */
static void insert_everywhere(struct text_builder *out, const struct text *to,
                              const struct text *text)
{
    struct slice bytes = slice_of(text->ptr, text->len);

    for (size_t at = 0; at < text->len;) {
        size_t end = at + utf8_prefix(slice_sub(bytes, at, bytes.len), 1);
        struct text character = text_sub(out->arena, text, at, end);

        text_builder_add_text(out, to);
        text_builder_add_text(out, &character);
        at = end;
    }
    text_builder_add_text(out, to);
}

static void replace_occurrences(struct text_builder *out, struct slice from, const struct text *to,
                                const struct text *text)
{
    struct slice bytes = slice_of(text->ptr, text->len);
    size_t at = 0, found;

    while ((found = slice_find(slice_sub(bytes, at, bytes.len), from)) != SLICE_NOT_FOUND) {
        struct text before = text_sub(out->arena, text, at, at + found);

        text_builder_add_text(out, &before);
        text_builder_add_text(out, to);
        at += found + from.len;
    }

    struct text rest = text_sub(out->arena, text, at, text->len);

    text_builder_add_text(out, &rest);
}

static bool call_replace_all(struct eval *eval, const struct value *args, size_t n_args,
                             struct value *ret, struct error *err)
{
    struct slice from = value_slice(&args[0]), bytes = value_slice(&args[2]);
    const struct text *to = &args[1].text, *text = &args[2].text;
    size_t n = from.len ? count_occurrences(bytes, from) : utf8_count(bytes) + 1;
    struct text_builder out;

    (void)n_args;
    if (n == 0) {
        *ret = args[2];
        return true;
    }
    if (!eval_check_size(eval, length_after(bytes.len, n, from.len, to->len), err))
        return false;
    text_builder_init(&out, eval->arena);
    if (from.len)
        replace_occurrences(&out, from, to, text);
    else
        insert_everywhere(&out, to, text);
    *ret = value_text(text_builder_finish(&out));
    return true;
}

/* How many lines are not empty: those that are indented. */
static size_t count_filled_lines(struct slice text)
{
    struct slice line;
    size_t n = 0;

    while (slice_next(&text, '\n', &line))
        n += line.len > 0;
    return n;
}

static bool call_indent(struct eval *eval, const struct value *args, size_t n_args,
                        struct value *ret, struct error *err)
{
    const struct text *text = &args[1].text;
    struct slice bytes = value_slice(&args[1]);
    struct text_builder out;

    (void)n_args;
    if (args[0].integer < 0)
        return function_error(err, "cannot indent by %jd spaces", (intmax_t)args[0].integer);

    size_t n_lines = count_filled_lines(bytes);
    size_t n_spaces = n_lines ? (size_t)args[0].integer : 0;

    if (!eval_check_size(eval, length_after(bytes.len, n_lines, 0, n_spaces), err))
        return false;

    char *spaces = arena_alloc(eval->arena, n_spaces);

    memset(spaces, ' ', n_spaces);
    text_builder_init(&out, eval->arena);
    for (size_t at = 0, end; at < text->len; at = end) {
        size_t newline = slice_find_byte(slice_sub(bytes, at, bytes.len), '\n');

        end = newline == SLICE_NOT_FOUND ? text->len : at + newline + 1;

        struct text line = text_sub(eval->arena, text, at, end);

        if (newline != 0)
            text_builder_add(&out, slice_of(spaces, n_spaces));
        text_builder_add_text(&out, &line);
    }
    *ret = value_text(text_builder_finish(&out));
    return true;
}

#define STRING  &type_string
#define STRINGS &type_string_list

static const struct function rows[] = {
    { "indent", call_indent, { &type_int, STRING }, STRING, 2, 2, FUNCTION_KEEPS_SPANS },
    { "join", call_join, { STRING, STRINGS }, STRING, 2, 2, FUNCTION_KEEPS_SPANS },
    { "replaceAll", call_replace_all, { STRING }, STRING, 3, 3, FUNCTION_KEEPS_SPANS },
    { "split", call_split, { STRING }, STRINGS, 2, 2, FUNCTION_KEEPS_SPANS },
    { "toLower", call_to_lower, { STRING }, STRING, 1, 1, 0 },
    { "toTitle", call_to_title, { STRING }, STRING, 1, 1, 0 },
    { "toUpper", call_to_upper, { STRING }, STRING, 1, 1, 0 },
    { "trim", call_trim, { STRING }, STRING, 2, 2, FUNCTION_KEEPS_SPANS },
    { "trimPrefix", call_trim_prefix, { STRING }, STRING, 2, 2, FUNCTION_KEEPS_SPANS },
    { "trimSpace", call_trim_space, { STRING }, STRING, 1, 1, FUNCTION_KEEPS_SPANS },
    { "trimSuffix", call_trim_suffix, { STRING }, STRING, 2, 2, FUNCTION_KEEPS_SPANS },
};

const struct function_group functions_string = { rows, ARRAY_SIZE(rows) };
