/* SPDX-License-Identifier: MIT */
/* regexMatch and regexReplaceAll, and which compiled expressions are kept.
 *
 * A constant expression is compiled once and kept with its call, as long as the template lives. One
 * that a template makes up while it renders is kept in a small table for the whole process: most
 * are made up again, in the next turn of a loop or in the next rendering. */
#include "eval.h"
#include "function.h"
#include "regex.h"

#define N_KEPT 16

struct kept {
    struct arena arena;
    struct slice pattern;
    struct regex *regex; /* NULL: free */
    uint64_t used_at;    /* in calls */
};

static struct kept kept[N_KEPT];
static uint64_t n_calls;

static struct kept *find_kept(struct slice pattern)
{
    for (size_t i = 0; i < N_KEPT; i++) {
        if (kept[i].regex && slice_equal(kept[i].pattern, pattern))
            return &kept[i];
    }
    return NULL;
}

/* A place for a new expression: a free one, or that of the one unused for longest. */
static struct kept *make_room(void)
{
    struct kept *oldest = &kept[0];

    for (size_t i = 1; i < N_KEPT; i++) {
        if (kept[i].used_at < oldest->used_at)
            oldest = &kept[i];
    }
    arena_fini(&oldest->arena);
    *oldest = (struct kept){ .arena = ARENA_EMPTY };
    return oldest;
}

static bool get_kept(struct slice pattern, const struct regex **ret_regex, struct error *err)
{
    struct kept *place = find_kept(pattern);

    if (!place) {
        place = make_room();
        place->pattern = arena_copy(&place->arena, pattern);
        if (!regex_new(&place->arena, pattern, &place->regex, err))
            return false; /* make_room() takes this place first */
    }
    place->used_at = ++n_calls;
    *ret_regex = place->regex;
    return true;
}

/* The expression of the running call; good until the call returns. */
static bool get_regex(struct eval *eval, const struct value *pattern,
                      const struct regex **ret_regex, struct error *err)
{
    struct regex *regex;

    if (!eval->memo)
        return get_kept(value_slice(pattern), ret_regex, err);
    if (!eval->memo->data) {
        if (!regex_new(eval->memo->arena, value_slice(pattern), &regex, err))
            return false;
        eval->memo->data = regex;
    }
    *ret_regex = eval->memo->data;
    return true;
}

static bool call_match(struct eval *eval, const struct value *args, size_t n_args,
                       struct value *ret, struct error *err)
{
    const struct regex *regex;
    bool is_match;

    (void)n_args;
    if (!get_regex(eval, &args[0], &regex, err) ||
        !regex_match(regex, eval, value_slice(&args[1]), &is_match, err))
        return false;
    *ret = value_bool(is_match);
    return true;
}

static bool call_replace_all(struct eval *eval, const struct value *args, size_t n_args,
                             struct value *ret, struct error *err)
{
    const struct regex *regex;
    struct text text;

    (void)n_args;
    if (!get_regex(eval, &args[0], &regex, err) ||
        !regex_replace_all(regex, eval, &args[1].text, &args[2].text, &text, err))
        return false;
    *ret = value_text(text);
    return true;
}

#define STRING &type_string

static const struct function rows[] = {
    { "regexMatch", call_match, { STRING }, &type_bool, 2, 2, 0 },
    { "regexReplaceAll", call_replace_all, { STRING }, STRING, 3, 3, FUNCTION_KEEPS_SPANS },
};

const struct function_group functions_regex = { rows, ARRAY_SIZE(rows) };
