/* SPDX-License-Identifier: MIT */
/* What options say, and their memory. */
#include "haproxy/options.h"

#include <stdlib.h>
#include <string.h>

bool haproxy_options_has_file(const struct haproxy_options *options, const char *path)
{
    size_t i = 0;

    while (i < options->n_files && strcmp(options->files[i], path) != 0)
        i++;
    return i < options->n_files;
}

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
