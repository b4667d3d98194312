/* SPDX-License-Identifier: MIT */
/* The elements of a range, one by one: the table in section 5.1 of the language. */
#include "range.h"

#include "ast.h"
#include "eval_internal.h"
#include "loop.h"

static bool fail_not_iterable(const struct eval *eval, const struct value *value, struct error *err)
{
    return eval_fail(eval, err, "'range' cannot iterate over a value of type %s",
                     value->type->name);
}

/* How many elements there are; of a channel, that is not known. */
static bool count_elements(struct eval *eval, const struct range *range, size_t *ret_n,
                           struct error *err)
{
    const struct value *subject = &range->subject;

    switch (value_kind(subject)) {
    case KIND_ANY: *ret_n = 0; return true;
    case KIND_LIST: *ret_n = subject->list.n; return true;
    case KIND_MAP: *ret_n = value_map_len(subject); return true;
    case KIND_CHANNEL: *ret_n = SIZE_MAX; return true;
    case KIND_INT: *ret_n = subject->integer > 0 ? (size_t)subject->integer : 0; break;
    case KIND_UINT: *ret_n = subject->natural; break;
    default: return fail_not_iterable(eval, subject, err);
    }
    if (range->node->range.pipeline->n_variables > 1)
        return eval_fail(eval, err, "'range' over a number has one variable, not two");
    return true;
}

/* A map of the render can be changed by its own range: the peer goes by what was there before. */
static const struct value_pair *copy_entries(struct eval *eval, const struct value *map, size_t n)
{
    struct value_pair *pairs = ARENA_ARRAY(eval->arena, n, struct value_pair);

    for (size_t i = 0; i < n; i++)
        value_map_at(map, i, &pairs[i].key, &pairs[i].value);
    return pairs;
}

bool range_next(struct range *range, struct value *ret_index, struct value *ret_element)
{
    size_t i = range->i;
    int64_t number;

    if (i >= range->n)
        return false;
    *ret_index = value_int((int64_t)i);
    switch (range->subject.type->kind) {
    case KIND_LIST: *ret_element = value_list_get(&range->subject, i); break;
    case KIND_MAP:
        if (range->pairs) {
            *ret_index = range->pairs[i].key;
            *ret_element = range->pairs[i].value;
        } else {
            value_map_at(&range->subject, i, ret_index, ret_element);
        }
        break;
    case KIND_CHANNEL:
        if (!loop_take(range->subject.state, &number))
            return false;
        *ret_element = value_int64(number);
        break;
    default: /* a number: counts in its own type */
        *ret_element = (struct value){ .type = range->subject.type, .natural = i };
        break;
    }
    value_mark_found(ret_element);
    range->i++;
    return true;
}

bool range_init(struct range *range, struct eval *eval, const struct node *node,
                const struct value *subject, struct error *err)
{
    *range = (struct range){ .node = node, .subject = *subject };
    if (!count_elements(eval, range, &range->n, err))
        return false;
    if (value_kind(subject) == KIND_MAP && subject->map.storage == STORED_VALUES)
        range->pairs = copy_entries(eval, subject, range->n);
    return true;
}
