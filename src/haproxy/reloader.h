/* SPDX-License-Identifier: MIT */
/* One reload of HAProxy, by whatever way there is, and the proof that it has happened. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/slice.h"
#include "haproxy/options.h"
#include "io/loop.h"
#include "memory.h"

struct reloader;

struct reloader_result {
    bool is_done;
    struct worker worker; /* the new one; pid 0: it cannot be known */
    size_t n_old_workers; /* that still serve connections; 0 without a master socket */
    const char *text;     /* what has failed */
    bool is_evidence;     /* HAProxy runs, and refused the files */
};

struct reloader_handler {
    void (*on_result)(void *ctx, const struct reloader_result *result);
    /* Starts the group's command; reloader_on_command() tells its end. False: there is none. */
    bool (*run_command)(void *ctx, const char *reason);
};

/* Options and ctx are borrowed. */
struct reloader *reloader_new(struct loop *loop, const struct haproxy_options *options,
                              const struct reloader_handler *handler, void *ctx);
void reloader_free(struct reloader *reloader);
DEFINE_FREEP(struct reloader, reloader_free)

/* `before`: the worker that is to be replaced. One at a time. */
void reloader_start(struct reloader *reloader, struct worker before, const char *reason);
void reloader_on_command(struct reloader *reloader, bool is_ok, const char *text);
void reloader_stop(struct reloader *reloader); /* no result follows; what was begun goes on */

/* What the master says of its processes. */
struct haproxy_processes {
    size_t n_old_workers;
    uint64_t n_failed; /* reloads since the last good one */
};

struct haproxy_processes haproxy_processes_parse(struct slice text);
/* False: the answer to `reload` says that it has failed; `text` gets HAProxy's own reason. True
 * also for an answer that says nothing, as HAProxy's before 2.7 do. */
bool haproxy_reload_parse(struct slice answer, bool *ret_says_so, struct buf *text);
