/* SPDX-License-Identifier: MIT */
/* How a process of the operator's is run. */
#include "delivery/exec_options.h"

#include <stdlib.h>
#include <string.h>

static bool lists_equal(char *const *a, size_t n_a, char *const *b, size_t n_b)
{
    if (n_a != n_b)
        return false;
    for (size_t i = 0; i < n_a; i++) {
        if (strcmp(a[i], b[i]) != 0)
            return false;
    }
    return true;
}

bool environment_options_equal(const struct environment_options *a,
                               const struct environment_options *b)
{
    return a->is_pristine == b->is_pristine &&
           lists_equal(a->custom, a->n_custom, b->custom, b->n_custom) &&
           lists_equal(a->allowed, a->n_allowed, b->allowed, b->n_allowed) &&
           lists_equal(a->denied, a->n_denied, b->denied, b->n_denied);
}

static void free_list(char **list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(list[i]);
    free(list);
}

void environment_options_fini(struct environment_options *options)
{
    free_list(options->custom, options->n_custom);
    free_list(options->allowed, options->n_allowed);
    free_list(options->denied, options->n_denied);
    *options = (struct environment_options){ .custom = NULL };
}

void exec_options_fini(struct exec_options *options)
{
    command_fini(&options->command);
    environment_options_fini(&options->environment);
}
