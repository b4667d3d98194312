/* SPDX-License-Identifier: MIT */
/* Last known good: what was shown before this process ran is the measure for what Consul says now,
 * and takes Consul's place while it is away and a file is missing. */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/memory.h"
#include "circle.h"

struct stale_answer {
    struct dep *dep;
    int64_t time; /* when it was known to be good */
};

static bool is_good(void *ctx, const struct dep *dep)
{
    const struct cycle *cycle = ctx;
    const struct value *value;
    struct watch_status status;

    return store_get(cycle->store, dep, &value) != ANSWER_PENDING &&
           !map_find(&cycle->stale, dep->key) &&
           watch_set_get_status(cycle->watches, dep, &status) && status.has_answer &&
           status.n_failures == 0;
}

struct last_known *cycle_make_last_known(struct cycle *cycle)
{
    const struct last_known_options options = {
        .state_dir = cycle->options.data ? NULL : cycle->options.state_dir,
        .from = cycle->config->consul.addresses[0],
        .max_age_ms = cycle->config->snapshot_max_age_ms,
        .store = cycle->store,
        .is_good = is_good,
        .ctx = cycle,
    };

    return last_known_new(cycle->loop, &options);
}

/* --- Each question --------------------------------------------------------------------------- */

/* The clock of the loop is another one in each life of the machine. */
static void remember(struct cycle *cycle, const struct dep *dep, struct document *doc,
                     const struct snapshot_facts *facts)
{
    uint64_t now_s = (uint64_t)time(NULL);
    struct belief_memory memory = { .most = facts->most, .is_guarded = facts->held_since > 0 };

    if (memory.is_guarded && facts->held_since < now_s)
        memory.held_ms = (now_s - facts->held_since) * 1000;
    belief_remember(cycle->belief, dep, doc, &memory, loop_now_ms(cycle->loop));
}

void cycle_remember(struct cycle *cycle, const struct dep_set *wanted)
{
    const struct dep *dep;

    if (!last_known_is_kept(cycle->known))
        return;
    last_known_keep_only(cycle->known, wanted);
    for (size_t i = 0; (dep = dep_set_next(wanted, &i)) != NULL;) {
        CLEANUP(document_unrefp) struct document *doc = NULL;
        struct last_known_facts facts;

        /* Lists of instances alone are compared. */
        if ((dep->kind != DEP_HEALTH_SERVICE && dep->kind != DEP_HEALTH_CONNECT) ||
            belief_knows(cycle->belief, dep))
            continue;
        if (last_known_find(cycle->known, dep, &doc, &facts))
            remember(cycle, dep, doc, &facts.said);
    }
}

void cycle_keep_answer(struct cycle *cycle, const struct dep *dep, uint64_t index)
{
    struct belief_memory memory = belief_get_memory(cycle->belief, dep, loop_now_ms(cycle->loop));
    const struct snapshot_facts facts = {
        .index = index,
        .most = memory.most,
        .held_since = memory.is_guarded ? (uint64_t)time(NULL) - memory.held_ms / 1000 : 0,
    };

    last_known_note(cycle->known, dep, &facts);
}

static void stale_answer_free(struct stale_answer *stale)
{
    dep_free(stale->dep);
    free(stale);
}

void cycle_note_answer(struct cycle *cycle, const struct dep *dep)
{
    struct stale_answer *stale = map_remove(&cycle->stale, dep->key);

    if (!stale)
        return;
    stale_answer_free(stale);
    cycle_deliver_withheld(cycle);
    if (cycle->stale.n == 0)
        log_info("all answers are Consul's own again");
}

void cycle_forget_stale(struct cycle *cycle)
{
    struct stale_answer *stale;

    for (size_t i = 0; (stale = map_next(&cycle->stale, &i)) != NULL;)
        stale_answer_free(stale);
    map_fini(&cycle->stale);
}

/* --- While Consul is away -------------------------------------------------------------------- */

/* Whoever wrote it: it is not replaced by what may be older. */
static bool is_in_place(const struct group *group)
{
    return group->delivery && delivery_look_at_remains(group->delivery) != DELIVERY_REMAINS_MISSING;
}

bool cycle_relies_on_last_good(const struct cycle *cycle, const struct group *group)
{
    if (!cycle->is_consul_away || !group->delivery)
        return false;
    switch (delivery_look_at_remains(group->delivery)) {
    case DELIVERY_REMAINS_MISSING:
    case DELIVERY_REMAINS_UNKNOWN: return false;
    case DELIVERY_REMAINS_EDITED:
    case DELIVERY_REMAINS_WHOLE: return true;
    }
    return false;
}

bool cycle_would_go_back(const struct cycle *cycle, const struct job *job)
{
    const struct stale_answer *stale;

    for (size_t i = 0; (stale = map_next(&cycle->stale, &i)) != NULL;) {
        if (dep_set_has(&job->asked, stale->dep->key))
            return is_in_place(job->group);
    }
    return false;
}

static void show_stale(struct cycle *cycle, const struct dep *dep)
{
    struct stale_answer *stale;
    struct document *doc;
    struct last_known_facts facts;

    if (dep_set_has(&cycle->not_known, dep->key))
        return;
    if (!last_known_find(cycle->known, dep, &doc, &facts)) {
        dep_set_add(&cycle->not_known, dep);
        return;
    }
    if (cycle->stale.n == 0)
        log_warn("Consul is away: what is missing is rendered from answers of before this start");
    stale = NEW(struct stale_answer);
    stale->dep = dep_copy(dep);
    stale->time = facts.time;
    map_put(&cycle->stale, stale->dep->key, stale);
    cycle_show(cycle, dep, doc);
}

/* Showing an answer changes what is pending only when the job is rendered again. */
static void fall_back(struct cycle *cycle, const struct job *job)
{
    const struct value *value;
    const struct dep *dep;

    for (size_t i = 0; (dep = dep_set_next(&job->pending, &i)) != NULL;) {
        if (dep->kind != DEP_FILE && store_get(cycle->store, dep, &value) == ANSWER_PENDING)
            show_stale(cycle, dep);
    }
}

void cycle_fall_back(struct cycle *cycle)
{
    if (!cycle->is_consul_away || !last_known_is_kept(cycle->known))
        return;
    for (size_t i = 0; i < cycle->n_jobs; i++) {
        const struct job *job = cycle->jobs[i];

        if (job->state == JOB_INCOMPLETE && !job->was_complete && !is_in_place(job->group))
            fall_back(cycle, job);
    }
}

/* --- For people ------------------------------------------------------------------------------ */

static uint64_t age_s(const struct stale_answer *stale)
{
    int64_t age = (int64_t)time(NULL) - stale->time;

    return age > 0 ? (uint64_t)age : 0;
}

void cycle_describe_stale(const struct cycle *cycle, struct buf *out)
{
    const struct stale_answer *stale;
    uint64_t oldest = 0;

    if (cycle->stale.n == 0)
        return;
    for (size_t i = 0; (stale = map_next(&cycle->stale, &i)) != NULL;)
        oldest = age_s(stale) > oldest ? age_s(stale) : oldest;
    buf_printf(out, "; stale: %zu answers of before this start, the oldest %" PRIu64 "s old",
               cycle->stale.n, oldest);
}

void cycle_add_stale(const struct cycle *cycle, struct json_node *to)
{
    struct json_node *list = json_add_array(to, "stale");
    const struct stale_answer *stale;

    json_add_bool(to, "is_stale", cycle->stale.n > 0);

    for (size_t i = 0; (stale = map_next(&cycle->stale, &i)) != NULL;) {
        struct json_node *node = json_add_object(list, NULL);

        json_add_string(node, "question", stale->dep->key);
        json_add_integer(node, "age_s", age_s(stale));
    }
}
