/* SPDX-License-Identifier: MIT */
/* Which questions have a blocking query of their own and which a doorbell wakes. */
#include "doorbells.h"

#include "base/log.h"
#include "doorbell.h"
#include "watch.h"

#define SPARE_CONNECTIONS 10 /* beside one for each question */
#define BURST_BYTES       (16u << 20)
#define SMALL_SHARE       10 /* what a small table gets of the budget in any case: one part in ten */

/* --- Bytes ---------------------------------------------------------------------------------- */

void doorbells_spend(struct doorbells *doorbells, uint64_t n_bytes)
{
    uint64_t now = loop_now_ms(doorbells->env->loop);

    if (doorbells->full_ms < now)
        doorbells->full_ms = now;
    doorbells->full_ms += n_bytes / DOORBELL_BYTES_PER_MS;
}

uint64_t doorbells_pause_ms(const struct doorbells *doorbells, uint64_t n_bytes)
{
    uint64_t free_ms = loop_now_ms(doorbells->env->loop) + BURST_BYTES / DOORBELL_BYTES_PER_MS;
    uint64_t pause = doorbells->full_ms > free_ms ? doorbells->full_ms - free_ms : 0;
    uint64_t own = SMALL_SHARE * n_bytes / DOORBELL_BYTES_PER_MS;

    return pause < own ? pause : own;
}

/* --- The choice ----------------------------------------------------------------------------- */

static struct doorbell *get_doorbell(struct doorbells *doorbells, const struct dep *dep)
{
    struct doorbell **place = &doorbells->first;

    for (; *place; place = &(*place)->next) {
        if (doorbell_is_for(*place, dep))
            return *place;
    }
    *place = doorbell_new(doorbells->env, dep);
    return *place;
}

/* With some distance between one answer and the other, so that it does not change all the time. */
static bool is_beyond(const struct doorbells *doorbells, size_t n_questions, bool was_beyond)
{
    const struct lanes *lanes = &doorbells->env->lanes;
    size_t room = was_beyond ? lanes->max * 4 / 5 : lanes->max;

    return n_questions + SPARE_CONNECTIONS > room;
}

static bool is_needed(const struct doorbells *doorbells, size_t n_questions)
{
    const struct watch_env *env = doorbells->env;

    return !env->lanes.is_shared && !env->is_resting &&
           is_beyond(doorbells, n_questions, doorbells->is_on);
}

static void count_candidates(struct doorbells *doorbells, const struct map *watches)
{
    struct watch *watch;

    for (struct doorbell *doorbell = doorbells->first; doorbell; doorbell = doorbell->next)
        doorbell->n_candidates = 0;
    for (size_t i = 0; (watch = map_next(watches, &i)) != NULL;) {
        if (listener_can_be_covered(watch->dep))
            doorbell_add_candidate(get_doorbell(doorbells, watch->dep), watch->dep);
    }
}

static void pick_one(struct doorbell *doorbell, size_t *room, size_t *n_own)
{
    size_t n = doorbell->n_candidates;

    doorbell->is_picked = *room >= doorbell->n_bells && n > doorbell->n_bells;
    if (!doorbell->is_picked)
        return;
    *room -= doorbell->n_bells;
    *n_own -= n - doorbell->n_bells;
}

/* The first one has one bell more: that many connections are well spent once. */
static void pick_quick(struct doorbells *doorbells)
{
    bool has_one = false;

    for (struct doorbell *doorbell = doorbells->first; doorbell; doorbell = doorbell->next) {
        bool is_quick = !has_one && doorbell->is_picked && !doorbell->is_for_keys;

        doorbell_set_quick(doorbell, is_quick);
        has_one |= is_quick;
    }
}

/* Those that get one, in order; half of the connections are never for doorbells. Keys have queries
 * of their own as long as there are connections for those that services leave. */
static void pick(struct doorbells *doorbells, size_t n_questions)
{
    size_t room = doorbells->env->lanes.max / 2, n_own = n_questions;

    for (struct doorbell *doorbell = doorbells->first; doorbell; doorbell = doorbell->next) {
        if (!doorbell->is_for_keys)
            pick_one(doorbell, &room, &n_own);
    }
    for (struct doorbell *doorbell = doorbells->first; doorbell; doorbell = doorbell->next) {
        if (!doorbell->is_for_keys)
            continue;
        if (is_beyond(doorbells, n_own, doorbell->is_picked))
            pick_one(doorbell, &room, &n_own);
        else
            doorbell->is_picked = false;
        if (doorbell->is_picked)
            doorbell_cover_prefix(doorbell, doorbell->common);
    }
}

static void free_unused(struct doorbells *doorbells)
{
    struct doorbell **place = &doorbells->first;

    while (*place) {
        struct doorbell *doorbell = *place;

        if (doorbell->n_listeners > 0) {
            place = &doorbell->next;
            continue;
        }
        *place = doorbell->next;
        doorbell_free(doorbell);
    }
}

static void say(const struct doorbells *doorbells, bool is_on, size_t n_questions)
{
    if (is_on == doorbells->is_on)
        return;
    if (is_on)
        log_info("consul: %zu questions and %zu connections (consul.connections): a few queries "
                 "for each datacenter wake them from now on",
                 n_questions, doorbells->env->lanes.max);
    else
        log_info("consul: each of %zu questions has a query of its own from now on", n_questions);
}

void doorbells_choose(struct doorbells *doorbells, const struct map *watches)
{
    bool is_on = is_needed(doorbells, watches->n);
    struct watch *watch;

    if (!is_on && !doorbells->is_on)
        return;
    say(doorbells, is_on, watches->n);
    doorbells->is_on = is_on;
    count_candidates(doorbells, watches);
    pick(doorbells, watches->n);
    pick_quick(doorbells);
    for (size_t i = 0; (watch = map_next(watches, &i)) != NULL;) {
        if (!listener_can_be_covered(watch->dep))
            continue;

        struct doorbell *doorbell = get_doorbell(doorbells, watch->dep);

        if (is_on && doorbell->is_picked)
            doorbell_join(doorbell, &watch->listener, watch->state != WATCH_STOPPED);
        else
            doorbell_leave(&watch->listener);
    }
    free_unused(doorbells);
    doorbells_recount(doorbells);
}

void doorbells_recount(struct doorbells *doorbells)
{
    size_t n_bells = 0, n_covered = 0;

    for (struct doorbell *doorbell = doorbells->first; doorbell; doorbell = doorbell->next) {
        if (doorbell->n_listeners > 0)
            n_bells += doorbell_n_connections(doorbell);
        if (doorbell->state != DOORBELL_USELESS)
            n_covered += doorbell->n_listeners;
    }
    lanes_set_bells(&doorbells->env->lanes, n_bells, n_covered);
}

/* --- All doorbells -------------------------------------------------------------------------- */

static void on_turn(void *ctx)
{
    struct doorbells *doorbells = ctx;

    for (struct doorbell *doorbell = doorbells->first; doorbell; doorbell = doorbell->next)
        doorbell_sweep_on(doorbell);
}

void doorbells_go_on(struct doorbells *doorbells)
{
    if (doorbells->first)
        loop_defer(doorbells->turn);
}

void doorbells_restart(struct doorbells *doorbells)
{
    for (struct doorbell *doorbell = doorbells->first; doorbell; doorbell = doorbell->next)
        doorbell_restart(doorbell);
}

void doorbells_retry(struct doorbells *doorbells)
{
    for (struct doorbell *doorbell = doorbells->first; doorbell; doorbell = doorbell->next) {
        for (size_t i = 0; i < doorbell->n_bells; i++)
            bell_retry(&doorbell->bells[i]);
        bell_retry(&doorbell->failing);
    }
}

const char *doorbells_complaint(const struct doorbells *doorbells)
{
    for (struct doorbell *doorbell = doorbells->first; doorbell; doorbell = doorbell->next) {
        const struct bell *bell = doorbell_trouble(doorbell);

        if (bell && bell->trouble.reason && doorbell->state != DOORBELL_USELESS)
            return bell->trouble.reason;
    }
    return NULL;
}

/* --- Status --------------------------------------------------------------------------------- */

const char *transport_name(enum transport transport)
{
    switch (transport) {
    case TRANSPORT_STREAMS: return "streams";
    case TRANSPORT_QUERIES: return "queries";
    case TRANSPORT_DOORBELL: return "doorbell";
    case TRANSPORT_TURNS: return "turns";
    }
    return "?";
}

struct transport_status doorbells_status(const struct doorbells *doorbells, struct slice dc)
{
    const struct lanes *lanes = &doorbells->env->lanes;
    struct transport_status status = { .datacenter = dc };

    status.transport = lanes->is_shared           ? TRANSPORT_STREAMS
                       : lanes_are_crowded(lanes) ? TRANSPORT_TURNS
                                                  : TRANSPORT_QUERIES;
    for (const struct doorbell *doorbell = doorbells->first; doorbell; doorbell = doorbell->next) {
        if (doorbell->n_listeners == 0 || !slice_equal(doorbell->tenancy->dc, dc))
            continue;
        if (doorbell->state != DOORBELL_USELESS)
            status.transport = TRANSPORT_DOORBELL;
        for (size_t i = 0; i < doorbell->n_bells; i++)
            status.n_bytes += doorbell->bells[i].n_bytes;
        status.n_bytes += doorbell->failing.n_bytes;
    }
    return status;
}

/* --- Life ----------------------------------------------------------------------------------- */

bool doorbells_init(struct doorbells *doorbells, struct watch_env *env, struct error *err)
{
    *doorbells = (struct doorbells){ .env = env };
    return loop_add_deferred(env->loop, on_turn, doorbells, &doorbells->turn, err);
}

void doorbells_fini(struct doorbells *doorbells)
{
    free_unused(doorbells);
    loop_source_free(TAKE(doorbells->turn));
}
