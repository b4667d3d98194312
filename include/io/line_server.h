/* SPDX-License-Identifier: MIT */
/* A Unix socket where a client sends one line and gets a text back; for our user alone (0600).
 *
 * Nobody is waited for: a client that sends or reads too slowly, too much, or is one too many is
 * put off or cut off. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"
#include "io/loop.h"

struct line_server;

/* The line is without its end. What is added to the reply is sent, then the client is gone. */
typedef void (*line_server_fn)(void *ctx, struct slice line, struct buf *reply);

/* Listens at `name` in the folder; a socket that a dead process has left there is replaced. The
 * path may be of any length. ERROR_INVALID: another process listens there. */
MUST_CHECK bool line_server_new(struct loop *loop, const char *folder, const char *name,
                                line_server_fn fn, void *ctx, struct line_server **ret_server,
                                struct error *err);
void line_server_free(struct line_server *server); /* removes the socket; not from its callback */
DEFINE_FREEP(struct line_server, line_server_free)

/* The other side, for a program that may wait: the reply is appended, at most max_bytes of it. An
 * error with sys_errno ENOENT or ECONNREFUSED: nobody listens there. */
MUST_CHECK bool line_ask(const char *folder, const char *name, struct slice line,
                         uint64_t timeout_ms, size_t max_bytes, struct buf *reply,
                         struct error *err);
