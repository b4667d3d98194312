/* SPDX-License-Identifier: MIT */
/* All questions that somebody wants answered. */
#include "consul/watch_set.h"

#include <assert.h>
#include <stdlib.h>

#include "agent.h"
#include "base/log.h"
#include "base/map.h"
#include "base/memory.h"
#include "io/timer.h"
#include "optional.h"
#include "vintage.h"
#include "watch.h"
#include "watch_set_tuning.h"

struct watch_set {
    struct watch_env env;
    struct watch_set_handler handler;
    void *ctx;
    struct map watches; /* by the dep's key */
    struct watch *dead; /* stopped; freed when no callback of theirs can be on the stack */
    struct loop_source *deferred;
    struct optional optional;
    struct vintage vintage;
    struct timer token_timer; /* runs while a token is refused and may be replaced */
    uint64_t fingerprint;     /* of the way to the agent */
    bool has_new_token, has_new_lanes;
    bool is_unhealthy; /* as the handler was told */
};

/* --- Health --------------------------------------------------------------------------------- */

/* Unusable: the agent is away, or most questions fail. */
static const char *find_complaint(const struct watch_set *set)
{
    const struct reporter *reporter = &set->env.reporter;

    if (agent_is_away(set->env.agent))
        return agent_away_reason(set->env.agent);
    if (doorbells_complaint(&set->env.doorbells))
        return doorbells_complaint(&set->env.doorbells);
    return reporter->n_troubles * 2 > set->watches.n ? reporter->troubles->reason : NULL;
}

static void judge_health(void *ctx)
{
    struct watch_set *set = ctx;
    const char *complaint = find_complaint(set);

    if (set->handler.on_trouble)
        set->handler.on_trouble(set->ctx);
    if (set->is_unhealthy == (complaint != NULL))
        return;
    set->is_unhealthy = complaint != NULL;
    if (set->handler.on_health)
        set->handler.on_health(set->ctx, !complaint, complaint ? complaint : "");
}

static void on_away(void *ctx, bool is_away)
{
    struct watch_set *set = ctx;

    /* Judged by the reporter in a moment: the watches have yet to hear of it. */
    reporter_set_quiet(&set->env.reporter, is_away);
    if (is_away)
        return;
    lanes_forget_limit(&set->env.lanes);
    vintage_look(&set->vintage);
}

/* --- Tokens --------------------------------------------------------------------------------- */

static bool is_any_denied(const struct watch_set *set)
{
    const struct watch *watch;

    for (size_t i = 0; (watch = map_next(&set->watches, &i)) != NULL;) {
        if (watch->state == WATCH_DENIED)
            return true;
    }
    return false;
}

static void on_token(void *ctx)
{
    struct watch_set *set = ctx;

    set->has_new_token = true;
    loop_defer(set->deferred);
}

static void on_token_timer(void *ctx)
{
    struct watch_set *set = ctx;

    agent_refresh_token(set->env.agent);
    if (is_any_denied(set))
        timer_start_ms(&set->token_timer, set->env.tuning.token_ms);
}

/* Who has no rights asks rarely; a new token is noticed sooner than that. */
static void on_denied(void *ctx)
{
    struct watch_set *set = ctx;

    if (agent_has_token_file(set->env.agent) && !set->token_timer.is_running)
        timer_start_ms(&set->token_timer, set->env.tuning.token_ms);
}

static void retry_denied(struct watch_set *set)
{
    struct watch *watch;

    doorbells_retry(&set->env.doorbells);
    for (size_t i = 0; (watch = map_next(&set->watches, &i)) != NULL;) {
        if (watch->state == WATCH_DENIED)
            watch_retry(watch);
    }
}

/* --- Watches -------------------------------------------------------------------------------- */

static void on_answer(void *ctx, struct watch *watch, struct document *doc)
{
    struct watch_set *set = ctx;

    set->handler.on_answer(set->ctx, watch->dep, doc, watch_is_in_doubt(watch));
}

static void on_assumed(void *ctx, struct watch *watch, struct document *doc)
{
    struct watch_set *set = ctx;

    set->handler.on_answer(set->ctx, watch->dep, doc, false);
}

static void on_give_up(void *ctx, struct watch *watch, const char *reason)
{
    struct watch_set *set = ctx;

    if (set->handler.on_give_up)
        set->handler.on_give_up(set->ctx, watch->dep, reason);
}

static void on_deferred(void *ctx)
{
    struct watch_set *set = ctx;

    while (set->dead) {
        struct watch *watch = set->dead;

        set->dead = watch->next_dead;
        watch_free(watch);
    }
    if (set->has_new_token) {
        set->has_new_token = false;
        retry_denied(set);
    }
    if (set->has_new_lanes) {
        set->has_new_lanes = false;
        doorbells_choose(&set->env.doorbells, &set->watches);
    }
}

/* More or fewer connections, or other ones. */
static void on_lanes(void *ctx)
{
    struct watch_set *set = ctx;

    set->has_new_lanes = true;
    loop_defer(set->deferred);
}

/* Adds a watch for each question that is new, not started; these are linked by next_dead. */
static struct watch *add_new(struct watch_set *set, const struct dep_set *wanted)
{
    struct watch *added = NULL, **place = &added;
    const struct dep *dep;

    for (size_t i = 0; (dep = dep_set_next(wanted, &i)) != NULL;) {
        assert(dep->kind != DEP_FILE);
        if (map_find(&set->watches, dep->key))
            continue;
        *place = watch_new(&set->env, dep_copy(dep));
        map_put(&set->watches, (*place)->dep->key, *place);
        place = &(*place)->next_dead;
    }
    return added;
}

/* How all are asked depends on their number, so that is known before the first is. */
void watch_set_add(struct watch_set *set, const struct dep_set *wanted)
{
    struct watch *added = add_new(set, wanted);

    if (!added)
        return;
    lanes_set_demand(&set->env.lanes, set->watches.n);
    doorbells_choose(&set->env.doorbells, &set->watches);
    while (added) {
        struct watch *watch = added;

        added = TAKE(watch->next_dead);
        watch_start(watch);
    }
    optional_look(&set->optional);
    vintage_look(&set->vintage);
}

void watch_set_keep_only(struct watch_set *set, const struct dep_set *wanted)
{
    struct map kept = MAP_EMPTY;
    struct watch *watch;

    for (size_t i = 0; (watch = map_next(&set->watches, &i)) != NULL;) {
        if (dep_set_has(wanted, watch->dep->key)) {
            map_put(&kept, watch->dep->key, watch);
            continue;
        }
        log_debug("%.*s: not asked any more", SLICE_ARG(watch->dep->key));
        watch_stop(watch);
        doorbell_leave(&watch->listener);
        watch->next_dead = set->dead;
        set->dead = watch;
    }
    map_fini(&set->watches);
    set->watches = kept;
    lanes_set_demand(&set->env.lanes, kept.n);
    if (set->dead)
        on_lanes(set);
}

void watch_set_set_resting(struct watch_set *set, bool is_resting)
{
    set->env.is_resting = is_resting;
}

void watch_set_keep_output(struct watch_set *set, bool keeps_output)
{
    set->env.keeps_output = keeps_output;
}

void watch_set_follow(struct watch_set *set, const struct dep_set *deps)
{
    const struct dep *dep;

    for (size_t i = 0; (dep = dep_set_next(deps, &i)) != NULL;) {
        struct watch *watch = map_find(&set->watches, dep->key);

        if (watch)
            watch_follow(watch);
    }
}

bool watch_set_release(struct watch_set *set, watch_wanted_fn is_wanted, void *ctx,
                       const struct dep **ret_dep)
{
    struct watch *watch;

    for (size_t i = 0; (watch = map_next(&set->watches, &i)) != NULL;) {
        if (!watch->disbelieved || !is_wanted(ctx, watch->dep) || !watch_release(watch))
            continue;
        *ret_dep = watch->dep;
        return true;
    }
    return false;
}

/* --- Life ----------------------------------------------------------------------------------- */

static const struct agent_handler agent_handler = { on_away, on_token };

bool watch_set_new(struct loop *loop, const struct consul_options *options,
                   const struct watch_set_handler *handler, void *ctx, struct watch_set **ret_set,
                   struct error *err)
{
    CLEANUP(watch_set_freep) struct watch_set *set = NEW(struct watch_set);

    set->handler = *handler;
    set->ctx = ctx;
    set->env = (struct watch_env){
        .loop = loop,
        .options = options,
        .tuning = watch_tuning_from(options),
        .on_answer = on_answer,
        .on_give_up = on_give_up,
        .on_denied = on_denied,
        .on_entitled = on_token,
        .ctx = set,
    };
    set->fingerprint = agent_fingerprint(options);
    reporter_init(&set->env.reporter, loop, set->env.tuning.report_ms, judge_health, set);
    set->optional = (struct optional){ .watches = &set->watches,
                                       .on_assumed = on_assumed,
                                       .ctx = set,
                                       .options = options,
                                       .patience_ms = set->env.tuning.optional_ms };
    optional_init(&set->optional, loop);
    set->vintage = (struct vintage){ .agent = &set->env.agent,
                                     .watches = &set->watches,
                                     .options = options,
                                     .timeout_ms = set->env.tuning.fetch_timeout_ms };
    vintage_init(&set->vintage);
    timer_init(&set->token_timer, loop, on_token_timer, set);
    breakers_init(&set->env.breakers, loop, &set->env.agent, &set->env.tuning);
    if (!doorbells_init(&set->env.doorbells, &set->env, err) ||
        !lanes_init(&set->env.lanes, loop, options->connections, &set->env.tuning, err) ||
        !loop_add_deferred(loop, on_deferred, set, &set->deferred, err) ||
        !agent_new(loop, options, &agent_handler, set, &set->env.agent, err))
        return false;
    agent_set_homing(set->env.agent, set->env.tuning.homing_ms);
    set->env.lanes.on_change = on_lanes;
    set->env.lanes.ctx = set;
    *ret_set = TAKE(set);
    return true;
}

void watch_set_free(struct watch_set *set)
{
    struct watch *watch;

    if (!set)
        return;
    for (size_t i = 0; (watch = map_next(&set->watches, &i)) != NULL;)
        watch_free(watch);
    map_fini(&set->watches);
    while ((watch = set->dead) != NULL) {
        set->dead = watch->next_dead;
        watch_free(watch);
    }
    timer_fini(&set->token_timer);
    optional_fini(&set->optional);
    vintage_fini(&set->vintage);
    doorbells_fini(&set->env.doorbells);
    lanes_fini(&set->env.lanes);
    breakers_fini(&set->env.breakers);
    reporter_fini(&set->env.reporter);
    loop_source_free(set->deferred);
    agent_free(set->env.agent);
    free(set);
}

/* Another way to the agent: everything in flight is asked again over it. */
static bool change_agent(struct watch_set *set, const struct consul_options *options,
                         struct error *err)
{
    struct agent *old = set->env.agent;
    struct watch *watch;

    if (!agent_new(set->env.loop, options, &agent_handler, set, &set->env.agent, err))
        return false;
    agent_set_homing(set->env.agent, set->env.tuning.homing_ms);
    set->env.options = options;
    reporter_set_quiet(&set->env.reporter, false);
    lanes_forget_limit(&set->env.lanes);
    breakers_stop(&set->env.breakers);
    doorbells_restart(&set->env.doorbells);
    vintage_forget(&set->vintage);
    for (size_t i = 0; (watch = map_next(&set->watches, &i)) != NULL;)
        watch_restart(watch);
    agent_free(old);
    return true;
}

static bool is_same_tenancy(const struct consul_options *a, const struct consul_options *b)
{
    return slice_equal(slice_from(a->namespace_name), slice_from(b->namespace_name)) &&
           slice_equal(slice_from(a->partition), slice_from(b->partition));
}

bool watch_set_configure(struct watch_set *set, const struct consul_options *options,
                         struct error *err)
{
    uint64_t fingerprint = agent_fingerprint(options);
    bool is_other_tenancy = !is_same_tenancy(set->env.options, options);
    struct watch *watch;

    if (fingerprint != set->fingerprint) {
        if (!change_agent(set, options, err))
            return false;
    } else if (!agent_set_options(set->env.agent, options, err)) {
        return false;
    }
    set->fingerprint = fingerprint;
    set->env.options = options;
    set->optional.options = options;
    optional_look(&set->optional);
    set->vintage.options = options;
    vintage_look(&set->vintage);
    set->env.tuning = watch_tuning_from(options);
    lanes_set_max(&set->env.lanes, options->connections);
    if (is_other_tenancy)
        doorbells_restart(&set->env.doorbells);
    for (size_t i = 0; (watch = map_next(&set->watches, &i)) != NULL;)
        watch_reconsider(watch);
    return true;
}

void watch_set_tune(struct watch_set *set, const struct watch_tuning *tuning)
{
    set->env.tuning = *tuning;
    set->env.reporter.delay_ms = tuning->report_ms;
    set->optional.patience_ms = tuning->optional_ms;
    agent_set_homing(set->env.agent, tuning->homing_ms);
}

/* --- Status --------------------------------------------------------------------------------- */

bool watch_set_get_status(const struct watch_set *set, const struct dep *dep,
                          struct watch_status *ret_status)
{
    const struct watch *watch = map_find(&set->watches, dep->key);

    if (!watch)
        return false;
    watch_get_status(watch, ret_status);
    return true;
}

size_t watch_set_count(const struct watch_set *set)
{
    return set->watches.n;
}

bool watch_set_next_status(const struct watch_set *set, size_t *iterator,
                           struct watch_status *ret_status)
{
    const struct watch *watch = map_next(&set->watches, iterator);

    if (!watch)
        return false;
    watch_get_status(watch, ret_status);
    return true;
}

bool watch_set_next_transport(const struct watch_set *set, size_t *iterator,
                              struct transport_status *ret_status)
{
    const char *dc = breakers_dc(&set->env.breakers, *iterator);

    if (!dc)
        return false;
    ++*iterator;
    *ret_status = doorbells_status(&set->env.doorbells, slice_from(dc));
    return true;
}

void watch_set_get_totals(const struct watch_set *set, struct consul_totals *ret_totals)
{
    const struct agent_totals *totals = agent_get_totals(set->env.agent);

    static_assert(N_CONSUL_ERROR_KINDS == N_FAILURES, "a name for each");
    *ret_totals = (struct consul_totals){ .n_bytes = totals->n_bytes };
    for (enum failure failure = 0; failure < N_FAILURES; failure++) {
        ret_totals->errors[failure].kind = failure_name(failure);
        ret_totals->errors[failure].n = totals->n_failures[failure];
    }
}
