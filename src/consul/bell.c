/* SPDX-License-Identifier: MIT */
/* One blocking query on a table that rings for many questions. */
#include "bell.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "query.h"
#include "watch.h"

/* So many failures in a row, while others are answered, and it is of no use. */
#define USELESS_FAILURES 3

static void bell_enter(struct bell *bell, enum bell_state next);

/* --- Requests ------------------------------------------------------------------------------- */

static bool read_piece(void *ctx, struct slice piece, struct error *err)
{
    struct bell *bell = ctx;

    return table_feed(&bell->table, piece, err);
}

static bool read_end(void *ctx, struct error *err)
{
    struct bell *bell = ctx;

    return table_end(&bell->table, &bell->changes, err);
}

static void bell_ask(struct bell *bell)
{
    static const struct exchange_reader reader = { read_piece, read_end };
    const struct watch_env *env = bell->env;
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY;

    bell->wait_ms = bell->state == BELL_ARMED ? env->tuning.wait_ms : 0;
    bell->is_stale = env->options->max_stale_ms > 0 && !bell->needs_leader;
    if (bell->table.kind == TABLE_KEYS)
        query_add_keys(&path, table_kind_path(TABLE_KEYS), bell->tenancy, env->options);
    else
        query_add_table(&path, table_kind_path(bell->table.kind), bell->tenancy, env->options);
    if (bell->wait_ms > 0)
        query_add_wait(&path, bell->index, bell->wait_ms);
    if (bell->is_stale)
        query_add_stale(&path);

    struct exchange_call call = {
        .is_kv = bell->table.kind == TABLE_KEYS,
        .path = path.ptr,
        .timeout_ms = bell->wait_ms > 0 ? watch_deadline_ms(&env->tuning, bell->wait_ms)
                                        : env->tuning.fetch_timeout_ms,
        .is_fresh = bell->is_second_try,
        .reader = &reader,
    };

    table_begin(&bell->table);
    exchange_start(&bell->exchange, env->agent, &call);
}

/* --- States --------------------------------------------------------------------------------- */

static void bell_enter(struct bell *bell, enum bell_state next)
{
    static const char *const names[] = { "stopped", "fetching", "armed",
                                         "paused",  "backoff",  "parked" };

    log_trace("%s: %s", bell->name, names[next]);
    timer_stop(&bell->timer);
    exchange_cancel(&bell->exchange);
    if (bell->seat.is_parked || next == BELL_STOPPED)
        breaker_leave(bell->breaker, &bell->seat);
    bell->state = next;

    switch (next) {
    case BELL_STOPPED: reporter_forget(&bell->env->reporter, &bell->trouble); return;
    case BELL_FETCHING:
    case BELL_ARMED: bell_ask(bell); return;
    case BELL_PAUSED:
    case BELL_BACKOFF: timer_start_ms(&bell->timer, bell->delay_ms); return;
    case BELL_PARKED:
        bell->seat.is_urgent = true;
        breaker_park(bell->breaker, &bell->seat, true);
        return;
    }
}

static void on_timer(void *ctx)
{
    struct bell *bell = ctx;

    switch (bell->state) {
    case BELL_PAUSED: bell_enter(bell, bell->needs_leader ? BELL_FETCHING : BELL_ARMED); return;
    case BELL_BACKOFF:
        bell_enter(bell, breaker_is_open(bell->breaker) ? BELL_PARKED : BELL_FETCHING);
        return;
    case BELL_STOPPED:
    case BELL_FETCHING:
    case BELL_ARMED:
    case BELL_PARKED: return;
    }
}

static void on_release(void *ctx)
{
    bell_enter(ctx, BELL_FETCHING);
}

/* --- Failures ------------------------------------------------------------------------------- */

static bool is_refusal(enum failure failure)
{
    return failure == FAILURE_DENIED || failure == FAILURE_REQUEST;
}

static void bell_fail(struct bell *bell, enum failure failure, uint64_t retry_after_ms,
                      const char *reason)
{
    struct watch_env *env = bell->env;
    uint64_t cap = env->tuning.retry_after_cap_ms;

    bell->n_failures++;
    log_debug("%s: failed (%s, %u in a row): %s", bell->name, failure_name(failure),
              bell->n_failures, reason);
    reporter_fail(&env->reporter, &bell->trouble, bell->name, reason);
    if (is_refusal(failure))
        breaker_succeed(bell->breaker); /* it is there */
    else
        breaker_fail(bell->breaker, &bell->seat);
    bell->is_useless = is_refusal(failure) ||
                       (bell->n_failures >= USELESS_FAILURES && !breaker_is_open(bell->breaker));
    bell->delay_ms = backoff_ms(&env->tuning.backoff[failure], bell->n_failures);
    retry_after_ms = retry_after_ms < cap ? retry_after_ms : cap;
    if (bell->delay_ms < retry_after_ms)
        bell->delay_ms = retry_after_ms;

    bool may_park = failure == FAILURE_TRANSPORT || failure == FAILURE_SERVER;

    bell_enter(bell, may_park && breaker_is_open(bell->breaker) ? BELL_PARKED : BELL_BACKOFF);
    bell->fn(bell->ctx, bell, BELL_FAILED);
}

/* --- Answers -------------------------------------------------------------------------------- */

/* What the index tells. One that is lower, or the same too early, is the leader's to explain. */
static enum bell_news judge(struct bell *bell, const struct exchange_result *result)
{
    bool is_early = bell->wait_ms > 0 && result->index == bell->index &&
                    result->elapsed_ms * 10 < bell->wait_ms * 9;
    bool is_behind = bell->has_answer && result->index < bell->index;
    bool is_doubtful =
        bell->is_stale &&
        (result->is_leaderless || result->last_contact_ms > bell->env->options->max_stale_ms);
    bool was_asked_leader = bell->wait_ms == 0 && !bell->is_stale;

    bell->has_gone_back |= is_behind;
    bell->needs_leader =
        !was_asked_leader && (is_early || is_behind || is_doubtful || bell->has_gone_back);
    if (bell->needs_leader)
        return BELL_QUIET;
    if (bell->has_gone_back)
        return BELL_RESET;
    return bell->has_answer && result->index == bell->index ? BELL_QUIET : BELL_RUNG;
}

static void bell_take(struct bell *bell, const struct exchange_result *result)
{
    struct watch_env *env = bell->env;
    enum bell_news news = judge(bell, result);
    uint64_t pause = doorbells_pause_ms(&env->doorbells, result->n_bytes);
    uint64_t least = bell->needs_leader   ? env->tuning.verify_ms
                     : news == BELL_QUIET ? 0
                                          : env->tuning.ring_ms;

    if (result->status == 404) /* nothing begins with the prefix */
        table_end_empty(&bell->table, &bell->changes);
    if (news != BELL_QUIET)
        log_debug("%s: index %" PRIu64 " after %" PRIu64 ", %zu services and %zu nodes differ",
                  bell->name, result->index, bell->index, bell->changes.services.n,
                  bell->changes.nodes.n);
    if (!bell->needs_leader) {
        bell->index = result->index;
        bell->has_answer = true;
    }
    bell->has_gone_back &= bell->needs_leader;
    bell->n_rings += news != BELL_QUIET;
    bell->n_failures = 0;
    bell->is_useless = false;
    bell->ok_ms = loop_now_ms(env->loop);
    if (bell->wait_ms == 0) {
        bell->fetch_ms = result->elapsed_ms;
        breaker_succeed(bell->breaker);
    }
    reporter_recover(&env->reporter, &bell->trouble);
    bell->delay_ms = pause > least ? pause : least;
    bell_enter(bell, BELL_PAUSED);
    bell->fn(bell->ctx, bell, news);
}

static void on_result(void *ctx, struct exchange_result *result)
{
    struct bell *bell = ctx;
    struct watch_env *env = bell->env;

    bell->n_bytes += result->n_bytes;
    doorbells_spend(&env->doorbells, result->n_bytes);
    if (result->outcome == HTTP_DONE)
        lanes_see_room(&env->lanes, result->n_room);
    if (exchange_was_turned_away(result, env->tuning.limit_ms))
        lanes_meet_limit(&env->lanes);
    if (exchange_was_too_much(result))
        lanes_halve(&env->lanes);
    bell->is_second_try =
        result->outcome == HTTP_CLOSED && result->was_reused && !bell->is_second_try;
    if (bell->is_second_try)
        bell_enter(bell, BELL_FETCHING);
    else if (!result->is_good)
        bell_fail(bell, result->failure, result->retry_after_ms, result->reason);
    else if (result->index == 0)
        bell_fail(bell, FAILURE_SERVER, 0, "the answer has no usable X-Consul-Index");
    else
        bell_take(bell, result);
    table_changes_fini(&bell->changes);
}

/* --- Life ----------------------------------------------------------------------------------- */

static char *make_name(enum table_kind kind, const struct dep *tenancy)
{
    struct buf name = BUF_EMPTY;

    buf_printf(&name, "doorbell %s", table_kind_name(kind));
    if (tenancy->dc.len > 0)
        buf_printf(&name, " of %.*s", SLICE_ARG(tenancy->dc));
    return buf_take(&name);
}

void bell_init(struct bell *bell, enum table_kind kind, struct watch_env *env,
               const struct dep *tenancy, bell_fn fn, void *ctx)
{
    *bell = (struct bell){ .env = env, .tenancy = tenancy, .fn = fn, .ctx = ctx };
    bell->name = make_name(kind, tenancy);
    bell->ok_ms = loop_now_ms(env->loop);
    bell->breaker = breakers_get(&env->breakers, tenancy->dc);
    bell->seat = (struct breaker_seat){ .on_release = on_release, .ctx = bell };
    table_init(&bell->table, kind);
    exchange_init(&bell->exchange, on_result, bell);
    timer_init(&bell->timer, env->loop, on_timer, bell);
}

void bell_fini(struct bell *bell)
{
    bell_stop(bell);
    exchange_fini(&bell->exchange);
    timer_fini(&bell->timer);
    table_fini(&bell->table);
    table_changes_fini(&bell->changes);
    free(bell->name);
}

void bell_start(struct bell *bell)
{
    bell->index = 0;
    bell->has_answer = bell->has_gone_back = bell->needs_leader = bell->is_second_try = false;
    bell_enter(bell, BELL_FETCHING);
}

void bell_retry(struct bell *bell)
{
    if (bell->state == BELL_BACKOFF)
        bell_enter(bell, BELL_FETCHING);
}

void bell_stop(struct bell *bell)
{
    bell_enter(bell, BELL_STOPPED);
}
