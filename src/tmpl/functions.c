/* SPDX-License-Identifier: MIT */
/* Finds the functions of the language by name. */
#include "function.h"

static const struct function_group *const groups[] = {
    &functions_builtin, &functions_consul,   &functions_collection, &functions_string,
    &functions_regex,   &functions_encoding, &functions_yaml,       &functions_math,
    &functions_time,    &functions_foreign,  &functions_slots,
};

const struct function *function_find(struct slice name)
{
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        for (size_t j = 0; j < groups[i]->n; j++) {
            if (slice_is(name, groups[i]->items[j].name))
                return &groups[i]->items[j];
        }
    }
    return NULL;
}

const struct function *function_at(size_t i)
{
    for (size_t group = 0; group < ARRAY_SIZE(groups); group++) {
        if (i < groups[group]->n)
            return &groups[group]->items[i];
        i -= groups[group]->n;
    }
    return NULL;
}

#define MAX_FUNCTIONS 256

const char *function_nearest(struct slice name)
{
    const char *names[MAX_FUNCTIONS];
    size_t n = 0;

    for (; n < MAX_FUNCTIONS && function_at(n); n++)
        names[n] = function_at(n)->name;
    return slice_nearest(name, names, n);
}
