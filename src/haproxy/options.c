/* SPDX-License-Identifier: MIT */
/* The options' memory. */
#include "haproxy/options.h"

#include <stdlib.h>

void haproxy_options_fini(struct haproxy_options *options)
{
    free(options->socket);
    free(options->master_socket);
    for (size_t i = 0; i < options->n_files; i++)
        free(options->files[i]);
    free(options->files);
    free(options->binary);
    free(options->reload_unit);
    *options = (struct haproxy_options){ .socket = NULL };
}
