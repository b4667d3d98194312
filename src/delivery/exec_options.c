/* SPDX-License-Identifier: MIT */
/* How a process of the operator's is run. */
#include "delivery/exec_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

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

static char **copy_list(char *const *list, size_t n)
{
    char **copy = n ? memory_resize_array(NULL, n, sizeof(*copy)) : NULL;

    for (size_t i = 0; i < n; i++)
        copy[i] = memory_copy_string(list[i]);
    return copy;
}

struct environment_options environment_options_copy(const struct environment_options *options)
{
    struct environment_options copy = *options;

    copy.custom = copy_list(options->custom, options->n_custom);
    copy.allowed = copy_list(options->allowed, options->n_allowed);
    copy.denied = copy_list(options->denied, options->n_denied);
    return copy;
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

bool command_manner_equal(const struct command_manner *a, const struct command_manner *b)
{
    return a->kill_signal == b->kill_signal && a->kill_timeout_ms == b->kill_timeout_ms &&
           environment_options_equal(&a->environment, &b->environment);
}

struct command_manner command_manner_copy(const struct command_manner *manner)
{
    struct command_manner copy = *manner;

    copy.environment = environment_options_copy(&manner->environment);
    return copy;
}

void command_manner_fini(struct command_manner *manner)
{
    environment_options_fini(&manner->environment);
}

void exec_options_fini(struct exec_options *options)
{
    command_fini(&options->command);
    environment_options_fini(&options->environment);
}
