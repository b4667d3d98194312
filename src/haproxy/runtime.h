/* SPDX-License-Identifier: MIT */
/* A conversation with HAProxy over one of its sockets: one command, one answer. */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"
#include "io/loop.h"

struct runtime;

enum runtime_kind {
    RUNTIME_WORKER, /* the stats socket, in prompt mode: many commands on one connection */
    RUNTIME_MASTER, /* the master socket: a connection for each command, read to its end */
};

/* Both may ask again, hang up or free the runtime. None is called before runtime_ask() returned. */
struct runtime_handler {
    void (*on_answer)(void *ctx, struct slice answer); /* without the prompt; borrowed */
    /* ERROR_SYSTEM with ENOENT or ECONNREFUSED: nobody listens. is_sent: HAProxy may have done the
     * command. */
    void (*on_failure)(void *ctx, const struct error *err, bool is_sent);
};

struct runtime *runtime_new(struct loop *loop, enum runtime_kind kind, const char *socket,
                            const struct runtime_handler *handler, void *ctx);
void runtime_free(struct runtime *runtime);
DEFINE_FREEP(struct runtime, runtime_free)

/* One at a time; the command has no newline and is copied. Without a connection it makes one. A
 * socket that somebody listens on and that does not answer (all its connections are in use, its
 * worker goes away) is tried again on fresh connections for ten seconds: any command as long as it
 * has not left, one that changes nothing also after that. */
void runtime_ask(struct runtime *runtime, struct slice command, bool changes_something);
/* Closes the connection; the next command makes another one. Forgets what was asked. */
void runtime_hang_up(struct runtime *runtime);
