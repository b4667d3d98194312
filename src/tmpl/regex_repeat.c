/* SPDX-License-Identifier: MIT */
/* Repetitions in a regular expression. */
#include <string.h>

#include "regex_translator.h"

#define MAX_REPEAT 1000 /* Go's limit, for the product of nested ones, too */
#define NO_MAX     UINT32_MAX

/* A number of a repetition; what is too large is NO_MAX - 1. */
static bool take_count(struct translator *tr, uint32_t *ret_count)
{
    size_t from = tr->at;
    uint32_t count = 0;

    while (translator_peek(tr) >= '0' && translator_peek(tr) <= '9') {
        uint32_t digit = translator_next(tr) - '0';

        count = count > MAX_REPEAT ? NO_MAX - 1 : count * 10 + digit;
    }
    /* A leading zero makes it no number. */
    if (tr->at == from || (tr->at - from > 1 && tr->pattern.ptr[from] == '0'))
        return false;
    *ret_count = count;
    return true;
}

/* {n}, {n,} or {n,m}; anything else leaves tr->at where it is: the brace is a literal then. */
static bool take_braces(struct translator *tr, uint32_t *ret_min, uint32_t *ret_max)
{
    size_t from = tr->at;

    if (translator_take(tr, "{") && take_count(tr, ret_min)) {
        *ret_max = *ret_min;
        if (translator_take(tr, ",") && !translator_is_next(tr, "}")) {
            if (!take_count(tr, ret_max)) {
                tr->at = from;
                return false;
            }
        } else if (tr->pattern.ptr[tr->at - 1] == ',') {
            *ret_max = NO_MAX;
        }
        if (translator_take(tr, "}"))
            return true;
    }
    tr->at = from;
    return false;
}

/* Puts the last item into a group of its own. */
static void wrap_item(struct translator *tr)
{
    const struct slice open = SLICE("(?:");
    size_t length = tr->out->len - tr->item.out_at;

    buf_add(tr->out, open);
    buf_add_byte(tr->out, ')');

    char *item = tr->out->ptr + tr->item.out_at;

    memmove(item + open.len, item, length);
    memcpy(item, open.ptr, open.len);
    item[open.len + length] = ')';
}

/* Go refuses nested counts whose product is above its limit. A repetition without an upper bound
 * counts as its lower one, and one that is never taken as nothing. */
static bool multiply_repeat(struct translator *tr, size_t from, uint32_t min, uint32_t max)
{
    uint32_t factor = max == NO_MAX ? min : max;

    if (max == 0)
        tr->item.repeat = 1;
    else if (factor > 1)
        tr->item.repeat *= factor;
    if (tr->item.repeat > MAX_REPEAT)
        return translator_fail(tr, from, "nested repetitions count more than %d together",
                               MAX_REPEAT);
    return true;
}

/* A repetition whose operator was just taken; `counts` is false for * + and ?. */
static bool add_repeat(struct translator *tr, size_t from, uint32_t min, uint32_t max, bool counts)
{
    bool is_lazy = tr->flags & FLAG_UNGREEDY;

    if (translator_take(tr, "?"))
        is_lazy = !is_lazy;
    if (tr->is_after_repeat)
        return translator_fail(tr, tr->repeat_at, "'%.*s' repeats a repetition",
                               SLICE_ARG(slice_sub(tr->pattern, tr->repeat_at, tr->at)));
    if (!tr->item.exists)
        return translator_fail(tr, from, "there is nothing that '%.*s' could repeat",
                               SLICE_ARG(slice_sub(tr->pattern, from, tr->at)));
    if (counts && !multiply_repeat(tr, from, min, max))
        return false;
    if (tr->item.needs_group)
        wrap_item(tr);
    if (max == NO_MAX)
        buf_printf(tr->out, "{%u,}", min);
    else
        buf_printf(tr->out, "{%u,%u}", min, max);
    if (is_lazy)
        buf_add_byte(tr->out, '?');
    tr->item.needs_group = true;
    tr->item.needs_callout = max > 1 || min != max;
    if (min > 1)
        tr->item.cost =
            tr->item.cost * min < TRANSLATOR_MAX_COST ? tr->item.cost * min : TRANSLATOR_MAX_COST;
    tr->is_repeat = true;
    tr->repeat_at = from;
    return true;
}

static bool add_braces(struct translator *tr)
{
    size_t from = tr->at;
    uint32_t min, max;

    if (!take_braces(tr, &min, &max)) {
        translator_next(tr);
        translator_add_literal(tr, '{');
        return true;
    }
    if (min > MAX_REPEAT || (max != NO_MAX && (max > MAX_REPEAT || max < min)))
        return translator_fail(tr, from, "'%.*s' is no valid count (at most %d)",
                               SLICE_ARG(slice_sub(tr->pattern, from, tr->at)), MAX_REPEAT);
    return add_repeat(tr, from, min, max, true);
}

bool translator_add_repeat(struct translator *tr)
{
    size_t from = tr->at;

    if (translator_take(tr, "*"))
        return add_repeat(tr, from, 0, NO_MAX, false);
    if (translator_take(tr, "+"))
        return add_repeat(tr, from, 1, NO_MAX, false);
    if (translator_take(tr, "?"))
        return add_repeat(tr, from, 0, 1, false);
    return add_braces(tr);
}
