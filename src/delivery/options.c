/* SPDX-License-Identifier: MIT */
/* How a group's files are delivered. */
#include "delivery/options.h"

#include <stdlib.h>

bool delivery_command_equal(const struct delivery_command *a, const struct delivery_command *b)
{
    return a->pass_token == b->pass_token && command_equal(&a->command, &b->command);
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
    for (size_t i = 0; i < options->n_commands; i++)
        command_fini(&options->commands[i].command);
    free(options->commands);
    *options = (struct delivery_options){ .name = NULL };
}
