/* SPDX-License-Identifier: MIT */
/* What a watch sends, and what becomes of a request: an answer to judge, a failure, or once more.
 */
#include "base/buf.h"
#include "base/memory.h"
#include "query.h"
#include "watch_steps.h"

/* --- Requests ------------------------------------------------------------------------------- */

/* The agent's own node is asked for by its name, which the agent has to tell first. */
static bool needs_agent_name(const struct watch *watch)
{
    return watch->dep->kind == DEP_CATALOG_NODE && watch->dep->name.len == 0 &&
           agent_node_name(watch->env->agent).len == 0;
}

bool watch_add_path(struct watch *watch, struct buf *path, struct error *err)
{
    const struct watch_env *env = watch->env;
    struct slice node = agent_node_name(env->agent);

    if (!query_add_path(watch->dep, env->options, node, path, err))
        return false;
    watch->path_hash = slice_hash(buf_slice(path));
    if (watch->wait_ms > 0)
        query_add_wait(path, watch->state == WATCH_DENIED ? watch->denied_index : watch->index,
                       watch->wait_ms);
    /* What is asked to be sure of something is not what a cache remembers. */
    bool is_cached =
        watch->wait_ms > 0 && env->options->is_cached && watch_kind(watch)->can_be_cached;

    watch->is_stale = watch_kind(watch)->can_be_stale && env->options->max_stale_ms > 0 &&
                      watch->state != WATCH_VERIFYING && !watch->is_rung && !is_cached;
    if (is_cached)
        query_add_cached(path);
    if (watch->is_stale)
        query_add_stale(path);
    if (watch->is_probe)
        query_add_probe(path);
    return true;
}

bool watch_is_blocking(const struct watch *watch)
{
    return watch->state == WATCH_ARMED || watch->state == WATCH_DENIED;
}

/* The first one is short: if the agent turns out to have fewer connections than there are
 * questions, those that have none yet do not wait for long. */
static uint64_t watch_pick_wait_ms(const struct watch *watch)
{
    const struct watch_env *env = watch->env;
    uint64_t max = watch_kind(watch)->max_wait_ms;
    uint64_t wait = env->lanes.is_shared             ? env->tuning.shared_wait_ms
                    : lanes_are_crowded(&env->lanes) ? env->tuning.turn_ms
                                                     : env->tuning.wait_ms;

    if (!watch->was_armed && !env->lanes.is_shared && wait > env->tuning.first_wait_ms)
        wait = env->tuning.first_wait_ms;
    return max > 0 && max < wait ? max : wait;
}

/* The index of a service tells whether anything about it has changed, without its instances. */
static bool watch_can_probe(const struct watch *watch)
{
    return watch->dep->kind == DEP_HEALTH_SERVICE && watch->dep->filter.len == 0 &&
           watch->state == WATCH_FETCHING && watch->has_answer && watch->n_items > 0;
}

/* Sends the request of the state. */
void watch_send(void *ctx)
{
    struct watch *watch = ctx;
    const struct watch_tuning *tuning = &watch->env->tuning;
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY;
    struct error err = ERROR_EMPTY;

    timer_stop(&watch->timer);
    watch->is_self = needs_agent_name(watch);
    watch->wait_ms = watch_is_blocking(watch) ? watch_pick_wait_ms(watch) : 0;
    watch->was_armed |= watch->wait_ms > 0;
    watch->is_rung = watch->wait_ms == 0 && watch->listener.is_dirty;
    watch->is_swept = watch->is_rung && watch->listener.is_swept;
    watch->is_probe = watch->is_swept && watch_can_probe(watch);
    if (watch->wait_ms == 0)
        watch->listener.is_dirty = watch->listener.is_swept = false;
    if (watch->is_self) {
        buf_add_string(&path, QUERY_AGENT_SELF);
    } else if (!watch_add_path(watch, &path, &err)) {
        timer_start_ms(&watch->timer, 0); /* fails from the loop, like every other request */
        return;
    }

    struct exchange_call call = {
        .dep = watch->is_self ? NULL : watch->dep,
        .is_kv = watch_kind(watch)->is_kv,
        .path = path.ptr,
        .timeout_ms =
            watch->wait_ms ? watch_deadline_ms(tuning, watch->wait_ms) : tuning->fetch_timeout_ms,
        .is_fresh = watch->is_second_try,
        .drops_output = !watch->env->keeps_output,
        .recall = watch->is_probe || watch->is_self ? NULL : &watch->recall,
    };

    exchange_start(&watch->exchange, watch->env->agent, &call);
}

/* As soon as there is a connection for it. Where those that wait for one have no chance, because
 * long blocking queries were sent before there were so many of them, a plain query stands in. */
void watch_ask(struct watch *watch)
{
    struct watch_env *env = watch->env;
    bool is_blocking = watch_is_blocking(watch);

    if (lanes_enter(&env->lanes, &watch->ticket, is_blocking ? LANE_LONG : LANE_SHORT))
        watch_send(watch);
    else if (is_blocking)
        timer_start_ms(&watch->timer, 2 * lanes_round_ms(&env->lanes) + env->tuning.queue_ms);
}

/* --- Two requests for one answer ------------------------------------------------------------ */

static void on_probed(void *ctx, struct document *doc)
{
    struct watch *watch = ctx;
    struct exchange_result result = {
        .is_good = true,
        .doc = doc,
        .summary = { .n_items = doc->root.list.n },
    };

    probe_free(TAKE(watch->probe));
    if (result.summary.n_items > 0) {
        watch_take(watch, &result);
        return;
    }
    document_unref(doc);
    watch_fail(watch, FAILURE_SERVER, 0, "no datacenter answers");
}

static void watch_take_self(struct watch *watch, const struct exchange_result *result)
{
    struct value name = value_list_get(&result->doc->root, AGENT_SELF_NAME);

    agent_set_node_name(watch->env->agent, value_slice(&name));
    document_unref(result->doc);
    watch_enter(watch, WATCH_FETCHING);
}

/* --- Exchanges ------------------------------------------------------------------------------ */

/* A connection that was kept may be closed by the agent just as we send: nobody's fault, so it is
 * tried once more, on a fresh connection. Without an index: the agent may have been restarted. A
 * connection that is shared takes hundreds of blocking queries with it, of each of us: they are not
 * asked anew in one moment. */
static bool watch_try_again(struct watch *watch, const struct exchange_result *result)
{
    bool is_one_of_many = watch->env->lanes.is_shared && watch_is_blocking(watch);

    watch->is_second_try =
        result->outcome == HTTP_CLOSED && result->was_reused && !watch->is_second_try;
    watch->is_shaken |= watch->is_second_try && watch->state == WATCH_ARMED;
    if (!watch->is_second_try)
        return false;
    if (is_one_of_many) {
        watch_enter(watch, WATCH_PARKED);
        breaker_spread(watch->breaker);
    } else {
        watch_enter(watch, watch_is_blocking(watch) ? WATCH_FETCHING : watch->state);
    }
    return true;
}

/* Nothing has changed, or it is asked for whole. */
static void watch_take_probe(struct watch *watch, const struct exchange_result *result)
{
    document_unref(result->doc);
    if (result->index == watch->index) {
        watch_succeed(watch);
        watch_go_on(watch);
        return;
    }
    watch->listener.is_dirty = true;
    watch_enter(watch, WATCH_FETCHING);
}

void watch_on_result(void *ctx, struct exchange_result *result)
{
    struct watch *watch = ctx;
    struct watch_env *env = watch->env;

    watch->n_bytes += result->n_bytes;
    if (result->outcome == HTTP_DONE)
        lanes_see_room(&env->lanes, result->n_room);
    if (exchange_was_turned_away(result, env->tuning.limit_ms))
        lanes_meet_limit(&env->lanes);
    if (exchange_was_too_much(result))
        lanes_halve(&env->lanes);
    watch->listener.is_dirty |= watch->is_rung && !result->is_good; /* still to be heard */
    if (watch_try_again(watch, result))
        return;
    if (!result->is_good) {
        watch->denied_index = 0;
        watch_fail(watch, result->failure, result->retry_after_ms, result->reason);
        /* The file may hold a better one already. */
        if (result->status == 403 && watch->state == WATCH_DENIED)
            agent_refresh_token(env->agent);
    } else if (watch->is_probe) {
        watch_take_probe(watch, result);
    } else if (watch->is_self) {
        watch_take_self(watch, result);
    } else if (watch->dep->kind == DEP_CATALOG_DATACENTERS && watch->dep->has_flag &&
               result->summary.n_items > 0) {
        watch->probe =
            probe_start(env->agent, result->doc, env->tuning.fetch_timeout_ms, on_probed, watch);
        document_unref(result->doc);
    } else {
        watch_take(watch, result);
    }
}
