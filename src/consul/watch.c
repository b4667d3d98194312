/* SPDX-License-Identifier: MIT */
/* One question, asked for ever. */
#include "watch.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/memory.h"
#include "query.h"
#include "watch_steps.h"

/* Verifications of all watches that may be made at once. */
#define VERIFY_BURST 20

const char *watch_state_name(enum watch_state state)
{
    switch (state) {
    case WATCH_STOPPED: return "stopped";
    case WATCH_FETCHING: return "fetching";
    case WATCH_VERIFYING: return "verifying";
    case WATCH_ARMED: return "armed";
    case WATCH_COVERED: return "covered";
    case WATCH_RESTING: return "resting";
    case WATCH_PAUSED: return "paused";
    case WATCH_BACKOFF: return "backoff";
    case WATCH_PARKED: return "parked";
    case WATCH_DENIED: return "denied";
    }
    return "?";
}

const char *watch_name(const struct watch *watch)
{
    return watch->dep->key.ptr; /* a dep's own texts are terminated */
}

uint64_t watch_now_ms(const struct watch *watch)
{
    return loop_now_ms(watch->env->loop);
}

const struct query_kind *watch_kind(const struct watch *watch)
{
    return query_kind_get(watch->dep->kind);
}

/* --- Failures ------------------------------------------------------------------------------- */

static void set_last_error(struct watch *watch, const char *text)
{
    free(watch->last_error);
    watch->last_error = memory_copy_string(text);
}

void watch_forget_backoff(struct watch *watch)
{
    memset(watch->n_backoff, 0, sizeof(watch->n_backoff));
}

/* How long to wait after a failure. The row of failures of its kind that it depends on ends with a
 * blocking query's success, or by itself after a while: an agent that answers every other request
 * must not be asked without a pause. */
static uint64_t failure_delay_ms(struct watch *watch, enum failure failure, uint64_t retry_after_ms)
{
    const struct watch_tuning *tuning = &watch->env->tuning;
    const struct backoff *backoff = &tuning->backoff[failure];
    uint64_t now = watch_now_ms(watch);

    uint8_t *n_backoff = &watch->n_backoff[failure];

    if (now - watch->last_failure_ms > 2 * backoff->cap_ms)
        *n_backoff = 0;
    watch->last_failure_ms = now;
    if (*n_backoff < UINT8_MAX)
        ++*n_backoff;

    uint64_t delay = backoff_ms(backoff, *n_backoff);

    if (retry_after_ms > tuning->retry_after_cap_ms)
        retry_after_ms = tuning->retry_after_cap_ms;
    return delay > retry_after_ms ? delay : retry_after_ms;
}

static void tell_breaker(struct watch *watch, enum failure failure)
{
    switch (failure) {
    case FAILURE_TRANSPORT:
    case FAILURE_SERVER:
    case FAILURE_BUSY: breaker_fail(watch->breaker, &watch->seat); return;
    case FAILURE_DENIED:
    case FAILURE_REQUEST: breaker_succeed(watch->breaker); return; /* it is there */
    }
}

/* --once has its own number of attempts. */
static bool watch_is_to_park(const struct watch *watch)
{
    return breaker_is_open(watch->breaker) && !watch->env->is_resting;
}

void watch_fail(struct watch *watch, enum failure failure, uint64_t retry_after_ms,
                const char *reason)
{
    struct watch_env *env = watch->env;

    watch->n_failures++;
    set_last_error(watch, reason);
    log_debug("%s: failed (%s, %u in a row): %s", watch_name(watch), failure_name(failure),
              watch->n_failures, reason);
    reporter_fail(&env->reporter, &watch->trouble, watch_name(watch), reason);
    tell_breaker(watch, failure);
    watch->is_shaken |= failure == FAILURE_TRANSPORT || failure == FAILURE_SERVER;
    if (env->options->retry_attempts > 0 && watch->n_failures == env->options->retry_attempts)
        env->on_give_up(env->ctx, watch, reason);
    if (watch->state == WATCH_STOPPED)
        return;
    watch->delay_ms = failure_delay_ms(watch, failure, retry_after_ms);
    if (failure == FAILURE_DENIED) {
        watch_note_refusal(watch, reason);
        watch_enter(watch, WATCH_DENIED);
        env->on_denied(env->ctx);
    } else {
        bool may_park = failure == FAILURE_TRANSPORT || failure == FAILURE_SERVER;

        watch_enter(watch, may_park && watch_is_to_park(watch) ? WATCH_PARKED : WATCH_BACKOFF);
    }
}

/* What has vanished with the data of the servers comes back without our asking again and again: a
 * blocking query tells, or the doorbell. */
static bool watch_may_wait_denied(const struct watch *watch)
{
    return watch->denied_index > 0 && !watch->listener.doorbell &&
           !lanes_are_crowded(&watch->env->lanes);
}

/* --- States --------------------------------------------------------------------------------- */

void watch_enter(struct watch *watch, enum watch_state next)
{
    log_trace("%s: %s", watch_name(watch), watch_state_name(next));
    timer_stop(&watch->timer);
    exchange_cancel(&watch->exchange);
    probe_free(TAKE(watch->probe));
    watch_forget_vanishing(watch);
    lanes_leave(&watch->env->lanes, &watch->ticket);
    if (watch->seat.is_parked || next == WATCH_STOPPED)
        breaker_leave(watch->breaker, &watch->seat);
    if (next != WATCH_DENIED && next != WATCH_PAUSED)
        watch->denied_index = 0;
    watch->state = next;

    switch (next) {
    case WATCH_STOPPED:
        reporter_forget(&watch->env->reporter, &watch->trouble);
        watch_leave_token(watch);
        return;
    case WATCH_RESTING:
    case WATCH_COVERED: return;
    case WATCH_FETCHING:
    case WATCH_VERIFYING:
    case WATCH_ARMED: watch_ask(watch); return;
    case WATCH_PARKED:
        watch->seat.is_urgent = !watch->has_answer;
        breaker_park(watch->breaker, &watch->seat, watch->n_failures == 1);
        return;
    case WATCH_DENIED:
        if (watch_may_wait_denied(watch))
            watch_ask(watch);
        else
            timer_start_ms(&watch->timer, watch->delay_ms);
        return;
    case WATCH_PAUSED:
    case WATCH_BACKOFF: timer_start_ms(&watch->timer, watch->delay_ms); return;
    }
}

/* The question cannot be put at all: it names a filter that nobody has defined. */
static void watch_fail_to_ask(struct watch *watch)
{
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY;
    struct error err = ERROR_EMPTY;

    if (watch_add_path(watch, &path, &err))
        watch_enter(watch, watch->state);
    else
        watch_fail(watch, FAILURE_REQUEST, 0, err.text);
}

static void on_timer(void *ctx)
{
    struct watch *watch = ctx;

    switch (watch->state) {
    case WATCH_STOPPED:
    case WATCH_RESTING:
    case WATCH_COVERED:
    case WATCH_PARKED: return;
    case WATCH_FETCHING:
    case WATCH_VERIFYING:
    case WATCH_ARMED:
        if (watch->ticket.place == LANE_QUEUED)
            watch_enter(watch, WATCH_FETCHING);
        else
            watch_fail_to_ask(watch);
        return;
    case WATCH_PAUSED:
        if (watch->after_pause == WATCH_ARMED || watch->after_pause == WATCH_COVERED)
            watch->after_pause = watch_next_ask(watch); /* it may have rung meanwhile */
        watch_enter(watch, watch->after_pause);
        return;
    case WATCH_BACKOFF:
        watch_enter(watch, watch_is_to_park(watch) ? WATCH_PARKED : WATCH_FETCHING);
        return;
    case WATCH_DENIED: watch_enter(watch, WATCH_FETCHING); return;
    }
}

static void on_release(void *ctx)
{
    watch_enter(ctx, WATCH_FETCHING);
}

void watch_enter_after(struct watch *watch, uint64_t delay_ms, enum watch_state next)
{
    watch->delay_ms = delay_ms;
    watch->after_pause = next;
    watch_enter(watch, delay_ms > 0 ? WATCH_PAUSED : next);
}

void watch_verify(struct watch *watch)
{
    struct watch_env *env = watch->env;
    uint64_t now = watch_now_ms(watch), due = watch->verify_due_ms;
    uint64_t room = VERIFY_BURST * env->tuning.verify_all_ms;

    if (env->verify_full_ms < now)
        env->verify_full_ms = now;
    env->verify_full_ms += env->tuning.verify_all_ms;
    if (env->verify_full_ms > now + room && env->verify_full_ms - room > due)
        due = env->verify_full_ms - room;
    if (due < now)
        due = now;
    watch->verify_due_ms = due + env->tuning.verify_ms;
    watch_enter_after(watch, due - now, WATCH_VERIFYING);
}

/* --- The doorbell --------------------------------------------------------------------------- */

static void on_ring(void *ctx)
{
    struct watch *watch = ctx;

    if (watch->state == WATCH_COVERED || (watch->state == WATCH_DENIED && watch->denied_index > 0))
        watch_enter(watch, WATCH_FETCHING);
}

/* A blocking query that is in flight goes on: Consul would hold its connection anyhow. */
static void on_cover(void *ctx)
{
    struct watch *watch = ctx;

    if (watch->state == WATCH_COVERED && watch_next_ask(watch) != WATCH_COVERED)
        watch_enter(watch, watch_next_ask(watch));
}

static void on_shake(void *ctx)
{
    struct watch *watch = ctx;

    watch->is_shaken = true;
}

static void on_calm(void *ctx)
{
    struct watch *watch = ctx;

    if (watch->state == WATCH_COVERED)
        watch_calm_down(watch);
}

static const struct listener_handler listener_handler = { on_ring, on_cover, on_shake, on_calm };

/* --- Life ----------------------------------------------------------------------------------- */

struct watch *watch_new(struct watch_env *env, struct dep *dep)
{
    struct watch *watch = NEW(struct watch);

    watch->env = env;
    watch->dep = dep;
    watch->ok_ms = loop_now_ms(env->loop);
    exchange_init(&watch->exchange, watch_on_result, watch);
    timer_init(&watch->timer, env->loop, on_timer, watch);
    watch->breaker = breakers_get(&env->breakers, dep->dc);
    watch->seat = (struct breaker_seat){ .on_release = on_release,
                                         .ctx = watch,
                                         .key = slice_hash(dep->key) };
    watch->ticket = (struct lane_ticket){ .on_turn = watch_send, .ctx = watch };
    watch->listener = (struct listener){ .dep = dep, .handler = &listener_handler, .ctx = watch };
    pace_init(&watch->pace, &env->tuning);
    return watch;
}

void watch_free(struct watch *watch)
{
    if (!watch)
        return;
    watch_stop(watch);
    listener_fini(&watch->listener);
    exchange_fini(&watch->exchange);
    recall_fini(&watch->recall);
    timer_fini(&watch->timer);
    free(watch->last_error);
    free(watch->witness);
    watch_forget_disbelieved(watch);
    dep_free(watch->dep);
    free(watch);
}

void watch_start(struct watch *watch)
{
    assert(watch->state == WATCH_STOPPED);
    watch_enter(watch, WATCH_FETCHING);
}

void watch_stop(struct watch *watch)
{
    watch_enter(watch, WATCH_STOPPED);
}

void watch_retry(struct watch *watch)
{
    if (watch->state != WATCH_BACKOFF && watch->state != WATCH_DENIED)
        return;
    watch_forget_backoff(watch);
    watch_enter(watch, WATCH_FETCHING);
}

void watch_follow(struct watch *watch)
{
    if (watch->state == WATCH_RESTING)
        watch_go_on(watch);
}

void watch_restart(struct watch *watch)
{
    watch_forget_backoff(watch);
    watch_enter(watch, WATCH_FETCHING);
}

void watch_reconsider(struct watch *watch)
{
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY;
    struct error err = ERROR_EMPTY;
    struct slice node = agent_node_name(watch->env->agent);
    bool is_put = query_add_path(watch->dep, watch->env->options, node, &path, &err);

    if (is_put && slice_hash(buf_slice(&path)) == watch->path_hash)
        return;
    /* Another question now: what the old one's answer had is no reason to doubt an empty one. */
    watch->index = 0;
    watch->n_items = 0;
    watch->has_consul = false;
    watch_forget_disbelieved(watch);
    watch_restart(watch);
}

/* Under a doorbell's cover the answer is as good as what its tables said last. */
static uint64_t watch_ok_ms(const struct watch *watch)
{
    uint64_t ok_ms = watch->ok_ms, heard_ms;

    if (watch->state != WATCH_COVERED)
        return ok_ms;
    heard_ms = doorbell_ok_ms(watch->listener.doorbell);
    return heard_ms > ok_ms ? heard_ms : ok_ms;
}

void watch_get_status(const struct watch *watch, struct watch_status *ret_status)
{
    uint64_t now = watch_now_ms(watch);
    const struct doorbell *doorbell = watch->listener.doorbell;
    const struct bell *bell = watch->state == WATCH_COVERED ? doorbell_trouble(doorbell) : NULL;
    bool is_waiting = watch->timer.is_running && watch->timer.due_ms > now;

    *ret_status = (struct watch_status){
        .dep = watch->dep,
        .state = watch->state,
        .has_answer = watch->has_answer,
        .is_assumed = watch->is_assumed && !watch->has_answer,
        .is_queued = watch->ticket.place == LANE_QUEUED,
        .index = watch->index,
        .since_ok_ms = now - watch_ok_ms(watch),
        .next_try_ms = is_waiting ? watch->timer.due_ms - now : 0,
        .n_bytes = watch->n_bytes,
        .n_wakes = watch->n_wakes,
        .n_changes = watch->n_changes,
        .n_failures = bell ? bell->n_failures : watch->n_failures,
        .last_error = bell && bell->trouble.reason ? bell->trouble.reason
                      : watch->last_error          ? watch->last_error
                                                   : "",
    };
}
