/* SPDX-License-Identifier: MIT */
/* A connection to a local server, by a Unix socket or an IP address. Nothing of it blocks. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"
#include "io/loop.h"

struct stream;

/* All but on_end are optional. None is called before stream_open() has returned; each may free the
 * stream. */
struct stream_handler {
    void (*on_open)(void *ctx);
    /* What has arrived, in pieces as they come. */
    void (*on_data)(void *ctx, struct slice piece);
    /* The last call. ERROR_NONE: the peer has closed its end in order. ERROR_SYSTEM: what went
     * wrong; of a connection that could not be made, ECONNREFUSED, ENOENT, EACCES and the like.
     * ERROR_UNAVAILABLE: the deadline has passed. */
    void (*on_end)(void *ctx, const struct error *err);
};

/* A path ("/run/x.sock", "unix@/run/x.sock"), or an address and a port in figures ("127.0.0.1:80",
 * "[::1]:80"). Never fails here: what goes wrong is told to on_end, from the loop. The target is
 * not needed any more when it returns. */
struct stream *stream_open(struct loop *loop, const char *target,
                           const struct stream_handler *handler, void *ctx);
/* Sends a copy, behind what has not left yet. Also before it is open. */
void stream_send(struct stream *stream, struct slice text);
/* Nothing follows what was sent: the peer reads its end, and may still answer. */
void stream_finish(struct stream *stream);
/* If the stream is still there after that time, it ends. Anew with each call; 0: no deadline. */
void stream_set_deadline_ms(struct stream *stream, uint64_t delay_ms);
void stream_free(struct stream *stream); /* closes; no callback. NULL is fine */
DEFINE_FREEP(struct stream, stream_free)
