/* SPDX-License-Identifier: MIT */
/* Which of some datacenters answer. */
#include "probe.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/memory.h"
#include "content.h"
#include "io/http.h"
#include "query.h"

/* At once; a datacenter that is cut off answers only after Consul's own timeout. */
#define PROBE_MAX_REQUESTS 4

struct target {
    struct probe *probe;
    struct slice name; /* in probe->doc */
    struct http_request *request;
    bool is_good;
};

struct probe {
    struct agent *agent;
    uint64_t timeout_ms;
    probe_fn fn;
    void *ctx;
    struct document *doc; /* under construction; holds the names */
    struct target *targets;
    size_t n_targets, n_started, n_running;
};

static void probe_finish(struct probe *probe)
{
    struct document *doc = probe->doc;
    struct slice *names = ARENA_ARRAY(&doc->arena, probe->n_targets, struct slice);
    struct content content = CONTENT_START;
    size_t n = 0;

    for (size_t i = 0; i < probe->n_targets; i++) {
        if (probe->targets[i].is_good) {
            names[n++] = probe->targets[i].name;
            content_add(&content, probe->targets[i].name);
        }
    }
    doc->root = value_list(&type_string_list, STORED_SLICES, names, n);
    doc->content_hash = content.state;
    probe->fn(probe->ctx, TAKE(probe->doc));
}

static void probe_go_on(struct probe *probe);

static void on_done(void *ctx, const struct http_reply *reply)
{
    struct target *target = ctx;
    struct probe *probe = target->probe;

    target->is_good = reply->outcome == HTTP_DONE && reply->status == 200;
    http_request_free(TAKE(target->request));
    probe->n_running--;
    probe_go_on(probe);
}

static void target_ask(struct target *target)
{
    static const struct http_handler handler = { .on_done = on_done };
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY;
    struct probe *probe = target->probe;
    size_t address;

    query_add_datacenter_probe(&path, target->name);

    struct http_call call = { .path = path.ptr, .timeout_ms = probe->timeout_ms };

    target->request = agent_ask(probe->agent, &call, &handler, target, &address);
    probe->n_running++;
}

/* Starts what may be started; ends when there is nothing left. */
static void probe_go_on(struct probe *probe)
{
    while (probe->n_running < PROBE_MAX_REQUESTS && probe->n_started < probe->n_targets)
        target_ask(&probe->targets[probe->n_started++]);
    if (probe->n_running == 0)
        probe_finish(probe);
}

struct probe *probe_start(struct agent *agent, const struct document *datacenters,
                          uint64_t timeout_ms, probe_fn fn, void *ctx)
{
    struct probe *probe = NEW(struct probe);
    const struct slice *names = datacenters->root.list.items;

    probe->agent = agent;
    probe->timeout_ms = timeout_ms;
    probe->fn = fn;
    probe->ctx = ctx;
    probe->doc = document_new();
    probe->n_targets = datacenters->root.list.n;
    probe->targets = memory_resize_array(NULL, probe->n_targets, sizeof(*probe->targets));
    for (size_t i = 0; i < probe->n_targets; i++)
        probe->targets[i] =
            (struct target){ .probe = probe, .name = arena_copy(&probe->doc->arena, names[i]) };
    probe_go_on(probe);
    return probe;
}

void probe_free(struct probe *probe)
{
    if (!probe)
        return;
    for (size_t i = 0; i < probe->n_started; i++)
        http_request_free(probe->targets[i].request);
    document_unref(probe->doc);
    free(probe->targets);
    free(probe);
}
