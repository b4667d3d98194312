/* SPDX-License-Identifier: MIT */
/* How a group's files are delivered. */
#include "delivery/options.h"

#include <stdlib.h>

void delivery_options_fini(struct delivery_options *options)
{
    for (size_t i = 0; i < options->n_files; i++) {
        free(options->files[i].destination);
        free(options->files[i].user);
        free(options->files[i].group);
    }
    free(options->files);
    free(options->name);
    command_fini(&options->command);
    *options = (struct delivery_options){ .name = NULL };
}
