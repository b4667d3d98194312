/* SPDX-License-Identifier: MIT */
/* How a group's files are delivered. */
#include "delivery/options.h"

#include <stdlib.h>

bool delivery_command_equal(const struct delivery_command *a, const struct delivery_command *b)
{
    return a->pass_token == b->pass_token && command_equal(&a->command, &b->command) &&
           command_manner_equal(&a->manner, &b->manner);
}

void delivery_command_fini(struct delivery_command *run)
{
    command_fini(&run->command);
    command_manner_fini(&run->manner);
}

void delivery_options_fini(struct delivery_options *options)
{
    for (size_t i = 0; i < options->n_files; i++) {
        free(options->files[i].destination);
        free(options->files[i].user);
        free(options->files[i].group);
        command_fini(&options->files[i].check);
    }
    free(options->files);
    free(options->name);
    for (size_t i = 0; i < options->n_watch_files; i++)
        free(options->watch_files[i]);
    free(options->watch_files);
    for (size_t i = 0; i < options->n_commands; i++)
        delivery_command_fini(&options->commands[i]);
    free(options->commands);
    if (options->haproxy)
        haproxy_options_fini(options->haproxy);
    free(options->haproxy);
    *options = (struct delivery_options){ .name = NULL };
}
