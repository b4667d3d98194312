/* SPDX-License-Identifier: MIT */
/* Whether one of HAProxy's sockets is what we need it to be, without changing anything. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "io/loop.h"

struct haproxy_probe;

enum haproxy_probe_outcome {
    HAPROXY_PROBE_GOOD,
    HAPROXY_PROBE_ABSENT,    /* there is no such socket */
    HAPROXY_PROBE_FORBIDDEN, /* we may not connect */
    HAPROXY_PROBE_POWERLESS, /* we may connect, and change nothing: its level is below admin */
    HAPROXY_PROBE_SILENT,    /* nobody listens, or nobody answers in time, or not as HAProxy */
};

/* Called once, from the loop; it may free the probe. */
typedef void (*haproxy_probe_fn)(void *ctx, enum haproxy_probe_outcome outcome);

/* A connection of its own, for two seconds at most. The master is not asked for its level, which
 * is admin unless somebody has written another one. */
struct haproxy_probe *haproxy_probe_start(struct loop *loop, const char *socket, bool is_master,
                                          haproxy_probe_fn fn, void *ctx);
void haproxy_probe_free(struct haproxy_probe *probe); /* no callback; NULL is fine */
DEFINE_FREEP(struct haproxy_probe, haproxy_probe_free)

/* The installed files (those of haproxy_options) can be read and open no such stats socket. */
bool haproxy_files_lack_socket(char *const *files, size_t n_files, const char *socket);
