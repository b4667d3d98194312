/* SPDX-License-Identifier: MIT */
/* Tries one of HAProxy's sockets. */
#include "haproxy/probe.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/memory.h"
#include "decide.h"
#include "io/stream.h"
#include "reading.h"

#define PATIENCE_MS 2000
#define MAX_ANSWER  4096

/* A command for admins alone, without what it is to change: "Require 'backend/server'." Who has
 * less gets "Permission denied" before anything else is looked at (2.2 to 3.2). */
#define HARMLESS SLICE("set server\n")
#define REFUSAL  SLICE("Permission denied")
#define CONSENT  SLICE("backend/server")

struct haproxy_probe {
    haproxy_probe_fn fn;
    void *ctx;
    struct stream *stream;
    bool is_master;
    struct buf answer;
};

/* The last thing that happens: fn may free it. */
static void probe_end(struct haproxy_probe *probe, enum haproxy_probe_outcome outcome)
{
    stream_free(TAKE(probe->stream));
    probe->fn(probe->ctx, outcome);
}

static void probe_on_open(void *ctx)
{
    struct haproxy_probe *probe = ctx;

    if (probe->is_master)
        probe_end(probe, HAPROXY_PROBE_GOOD);
    else
        stream_send(probe->stream, HARMLESS);
}

static void probe_on_data(void *ctx, struct slice piece)
{
    struct haproxy_probe *probe = ctx;

    buf_add(&probe->answer, slice_sub(piece, 0, MAX_ANSWER - probe->answer.len));
    if (slice_find(buf_slice(&probe->answer), REFUSAL) != SLICE_NOT_FOUND)
        probe_end(probe, HAPROXY_PROBE_POWERLESS);
    else if (slice_find(buf_slice(&probe->answer), CONSENT) != SLICE_NOT_FOUND)
        probe_end(probe, HAPROXY_PROBE_GOOD);
}

static void probe_on_end(void *ctx, const struct error *err)
{
    switch (err->sys_errno) {
    case ENOENT: probe_end(ctx, HAPROXY_PROBE_ABSENT); return;
    case EACCES:
    case EPERM: probe_end(ctx, HAPROXY_PROBE_FORBIDDEN); return;
    default: probe_end(ctx, HAPROXY_PROBE_SILENT); return;
    }
}

struct haproxy_probe *haproxy_probe_start(struct loop *loop, const char *socket, bool is_master,
                                          haproxy_probe_fn fn, void *ctx)
{
    static const struct stream_handler handler = { probe_on_open, probe_on_data, probe_on_end };
    struct haproxy_probe *probe = NEW(struct haproxy_probe);

    probe->fn = fn;
    probe->ctx = ctx;
    probe->is_master = is_master;
    probe->stream = stream_open(loop, socket, &handler, probe);
    stream_set_deadline_ms(probe->stream, PATIENCE_MS);
    return probe;
}

void haproxy_probe_free(struct haproxy_probe *probe)
{
    if (!probe)
        return;
    stream_free(probe->stream);
    buf_fini(&probe->answer);
    free(probe);
}

bool haproxy_files_lack_socket(char *const *files, size_t n_files, const char *socket)
{
    CLEANUP(reading_fini) struct reading reading = READING_NONE;
    struct error err;

    return reading_take(files, n_files, &reading, &err) &&
           !config_opens_socket(reading.config, socket);
}
