/* SPDX-License-Identifier: MIT */
/* What templates are shown of what Consul says. */
#include "data/belief.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/memory.h"
#include "data/instances.h"

struct conviction {
    struct dep *dep;
    struct guard guard;
    struct guard_history history; /* of what was shown as a whole */
    struct document *shown;       /* the last one that was believed as a whole */
    struct document *latest;      /* what Consul says instead; NULL unless held */
    bool is_settling, is_guarded; /* held: why */
    bool is_remembered;           /* `shown` is of an earlier process */
    uint64_t since_ms, changed_ms;
    uint64_t before_ms; /* what is guarded was held for so long by earlier processes */
};

struct belief {
    struct map convictions; /* by the dep's key; of lists of instances */
    uint64_t settle_ms;
    size_t n_held;
};

/* --- One question --------------------------------------------------------------------------- */

static void conviction_free(struct belief *belief, struct conviction *conviction)
{
    belief->n_held -= conviction->latest != NULL;
    document_unref(conviction->latest);
    document_unref(conviction->shown);
    guard_history_fini(&conviction->history);
    dep_free(conviction->dep);
    free(conviction);
}

static struct conviction *conviction_of(struct belief *belief, const struct dep *dep)
{
    struct conviction *conviction = map_find(&belief->convictions, dep->key);

    if (conviction)
        return conviction;
    conviction = NEW(struct conviction);
    conviction->dep = dep_copy(dep);
    map_put(&belief->convictions, conviction->dep->key, conviction);
    return conviction;
}

static void set_latest(struct belief *belief, struct conviction *conviction, struct document *doc)
{
    belief->n_held += (doc != NULL) - (size_t)(conviction->latest != NULL);
    document_unref(conviction->latest);
    conviction->latest = doc;
}

/* The document is what there is, all of it. */
static void believe(struct belief *belief, struct conviction *conviction, struct document *doc,
                    uint64_t now_ms)
{
    document_ref(doc);
    set_latest(belief, conviction, NULL);
    document_unref(conviction->shown);
    conviction->shown = doc;
    conviction->is_settling = conviction->is_guarded = false;
    conviction->before_ms = 0;
    guard_history_put(&conviction->history, instances_count_passing(doc), now_ms);
}

static uint64_t add_ms(uint64_t ms, uint64_t more_ms)
{
    return more_ms > UINT64_MAX - ms ? UINT64_MAX : ms + more_ms;
}

static uint64_t settle_due_ms(const struct belief *belief, const struct conviction *conviction)
{
    uint64_t due = conviction->changed_ms + belief->settle_ms;
    uint64_t last = conviction->since_ms + SETTLE_MAX_MS;

    return due < last ? due : last;
}

/* A guard that was switched off meanwhile holds nothing any more. */
static uint64_t guard_due_ms(const struct conviction *conviction)
{
    uint64_t hold_ms = conviction->guard.hold_ms, before_ms = conviction->before_ms;

    if (!conviction->is_guarded || !conviction->guard.is_on)
        return 0;
    if (hold_ms == GUARD_FOREVER)
        return GUARD_FOREVER;
    return add_ms(conviction->since_ms, hold_ms > before_ms ? hold_ms - before_ms : 0);
}

static uint64_t conviction_due_ms(const struct belief *belief, const struct conviction *conviction)
{
    uint64_t settled = conviction->is_settling ? settle_due_ms(belief, conviction) : 0;
    uint64_t guarded = guard_due_ms(conviction);

    return settled > guarded ? settled : guarded;
}

static struct belief_hold hold_of(const struct belief *belief, const struct conviction *conviction,
                                  uint64_t now_ms)
{
    const struct conviction *it = conviction;

    return (struct belief_hold){
        .dep = it->dep,
        .n_held = instances_count_missing(it->shown, it->latest, it->is_guarded),
        .is_settling = it->is_settling,
        .is_guarded = it->is_guarded,
        .n_before = guard_history_most(&it->history, now_ms),
        .n_now = instances_count_passing(it->latest),
        .held_ms = add_ms(now_ms - it->since_ms, it->before_ms),
        .due_ms = conviction_due_ms(belief, it),
    };
}

/* Whether something of the answer has to wait, and why. */
static bool is_to_be_held(const struct belief *belief, const struct conviction *conviction,
                          const struct document *doc, bool is_doubtful, uint64_t now_ms,
                          bool *ret_is_settling, bool *ret_is_guarded)
{
    *ret_is_settling = *ret_is_guarded = false;
    if (!conviction->shown)
        return false;
    *ret_is_settling = belief->settle_ms > 0 && (is_doubtful || conviction->is_settling) &&
                       instances_count_missing(conviction->shown, doc, false) > 0;
    *ret_is_guarded = guard_trips(&conviction->guard, &conviction->history,
                                  instances_count_passing(doc), now_ms) &&
                      instances_count_missing(conviction->shown, doc, true) > 0;
    return *ret_is_settling || *ret_is_guarded;
}

/* --- All of them ---------------------------------------------------------------------------- */

struct document *belief_take(struct belief *belief, const struct dep *dep, struct document *doc,
                             bool is_doubtful, uint64_t now_ms, struct belief_hold *ret_hold)
{
    bool is_settling, is_guarded;

    *ret_hold = (struct belief_hold){ .n_held = 0 };
    if (!instances_are_listed(doc))
        return doc;

    struct conviction *conviction = conviction_of(belief, dep);
    bool was_held = conviction->latest != NULL;

    uint64_t before_ms = conviction->is_remembered ? conviction->before_ms : 0;

    is_doubtful |= conviction->is_remembered;
    conviction->is_remembered = false;

    if (!is_to_be_held(belief, conviction, doc, is_doubtful, now_ms, &is_settling, &is_guarded)) {
        believe(belief, conviction, doc, now_ms);
        return doc;
    }
    if (!was_held || (is_guarded && !conviction->is_guarded)) {
        conviction->since_ms = now_ms;
        conviction->before_ms = is_guarded ? before_ms : 0;
    }
    conviction->changed_ms = now_ms;
    conviction->is_settling = is_settling;
    conviction->is_guarded = is_guarded;
    set_latest(belief, conviction, doc);
    *ret_hold = hold_of(belief, conviction, now_ms);
    return instances_join(conviction->shown, doc, is_guarded);
}

struct belief_memory belief_get_memory(const struct belief *belief, const struct dep *dep,
                                       uint64_t now_ms)
{
    const struct conviction *conviction = map_find(&belief->convictions, dep->key);
    struct belief_memory memory = BELIEF_MEMORY_NONE;

    if (!conviction)
        return memory;
    memory.most = guard_history_most(&conviction->history, now_ms);
    memory.is_guarded = conviction->is_guarded;
    if (conviction->is_guarded)
        memory.held_ms = hold_of(belief, conviction, now_ms).held_ms;
    return memory;
}

void belief_remember(struct belief *belief, const struct dep *dep, struct document *doc,
                     const struct belief_memory *memory, uint64_t now_ms)
{
    struct conviction *conviction = instances_are_listed(doc) ? conviction_of(belief, dep) : NULL;

    if (!conviction || conviction->shown)
        return;
    guard_history_put(&conviction->history, memory->most, now_ms);
    believe(belief, conviction, doc, now_ms);
    conviction->is_remembered = true;
    if (memory->is_guarded)
        conviction->before_ms = memory->held_ms;
}

bool belief_knows(const struct belief *belief, const struct dep *dep)
{
    const struct conviction *conviction = map_find(&belief->convictions, dep->key);

    return conviction && conviction->shown;
}

uint64_t belief_due_ms(const struct belief *belief)
{
    const struct conviction *conviction;
    uint64_t first = UINT64_MAX;

    if (belief->n_held == 0)
        return first;
    for (size_t i = 0; (conviction = map_next(&belief->convictions, &i)) != NULL;) {
        if (conviction->latest && conviction_due_ms(belief, conviction) < first)
            first = conviction_due_ms(belief, conviction);
    }
    return first;
}

/* The truth is shown. */
static void conviction_end_hold(struct belief *belief, struct conviction *conviction,
                                uint64_t now_ms, const struct dep **ret_dep,
                                struct document **ret_doc)
{
    /* What the guard has let pass in the end is the new measure. */
    if (conviction->is_guarded)
        guard_history_fini(&conviction->history);
    believe(belief, conviction, conviction->latest, now_ms);
    *ret_dep = conviction->dep;
    *ret_doc = document_ref(conviction->shown);
}

bool belief_settle(struct belief *belief, uint64_t now_ms, belief_answered_fn is_answered,
                   void *ctx, const struct dep **ret_dep, struct document **ret_doc)
{
    struct conviction *conviction;

    for (size_t i = 0; (conviction = map_next(&belief->convictions, &i)) != NULL;) {
        if (!conviction->latest || conviction_due_ms(belief, conviction) > now_ms)
            continue;
        if (!is_answered(ctx, conviction->dep)) {
            conviction->since_ms = conviction->changed_ms = now_ms;
            conviction->before_ms = 0;
            continue;
        }
        conviction_end_hold(belief, conviction, now_ms, ret_dep, ret_doc);
        return true;
    }
    return false;
}

bool belief_release(struct belief *belief, uint64_t now_ms, belief_wanted_fn is_wanted, void *ctx,
                    const struct dep **ret_dep, struct document **ret_doc)
{
    struct conviction *conviction;

    for (size_t i = 0; (conviction = map_next(&belief->convictions, &i)) != NULL;) {
        if (!conviction->latest || !is_wanted(ctx, conviction->dep))
            continue;
        conviction_end_hold(belief, conviction, now_ms, ret_dep, ret_doc);
        return true;
    }
    return false;
}

bool belief_next_hold(const struct belief *belief, size_t *iterator, uint64_t now_ms,
                      struct belief_hold *ret_hold)
{
    const struct conviction *conviction;

    while ((conviction = map_next(&belief->convictions, iterator)) != NULL) {
        if (!conviction->latest)
            continue;
        *ret_hold = hold_of(belief, conviction, now_ms);
        return true;
    }
    return false;
}

void belief_follow(struct belief *belief, const struct dep_set *wanted)
{
    struct map kept = MAP_EMPTY;
    struct conviction *conviction;
    const struct dep *dep;

    for (size_t i = 0; (conviction = map_next(&belief->convictions, &i)) != NULL;) {
        if (dep_set_has(wanted, conviction->dep->key))
            map_put(&kept, conviction->dep->key, conviction);
        else
            conviction_free(belief, conviction);
    }
    map_fini(&belief->convictions);
    belief->convictions = kept;
    for (size_t i = 0; (dep = dep_set_next(wanted, &i)) != NULL;) {
        if (dep->guard.is_on || map_find(&belief->convictions, dep->key))
            conviction_of(belief, dep)->guard = dep->guard;
    }
}

void belief_set_settle(struct belief *belief, uint64_t settle_ms)
{
    belief->settle_ms = settle_ms;
}

struct belief *belief_new(uint64_t settle_ms)
{
    struct belief *belief = NEW(struct belief);

    belief->settle_ms = settle_ms;
    return belief;
}

void belief_free(struct belief *belief)
{
    struct conviction *conviction;

    if (!belief)
        return;
    for (size_t i = 0; (conviction = map_next(&belief->convictions, &i)) != NULL;)
        conviction_free(belief, conviction);
    map_fini(&belief->convictions);
    free(belief);
}
