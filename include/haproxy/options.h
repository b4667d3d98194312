/* SPDX-License-Identifier: MIT */
/* How a group's HAProxy is reached and kept up to date: what haproxy/ obeys and config/ fills in.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct haproxy_options {
    char *socket;        /* the stats socket: a path, or IP:PORT */
    char *master_socket; /* NULL: none */
    char **files;        /* all that HAProxy reads, files and folders, in its order; never empty */
    size_t n_files;
    char *binary;
    char *reload_unit; /* reload over D-Bus; NULL: by the master socket or the group's command */
    bool is_reload_only;
    bool has_unique_names;
    uint64_t drain_ms; /* for instances that are still registered; 0: they leave at once */
    uint64_t grace_ms; /* between the end of a server and its deletion */
};

/* The path is one of the files, as it is written there. */
bool haproxy_options_has_file(const struct haproxy_options *options, const char *path);
void haproxy_options_fini(struct haproxy_options *options); /* all of it on the heap */
