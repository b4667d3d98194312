/* SPDX-License-Identifier: MIT */
/* All questions of a doorbell are asked again, a few at a time. */
#include "doorbell_sweep.h"

#include "watch.h"

#define SWEEP_TICK_MS 20 /* looks for room where no answer makes some */

#define EXPLAIN_FACTOR 3
#define EXPLAIN_MAX_MS 1000

/* All questions of sweeps together: a hundred a second, and so many at once after a while without.
 * Each is a question to the leader, from four hundred of us. */
#define SWEEP_QUESTION_MS 10
#define SWEEP_BURST_MS    60000

/* When the budget allows one. A sweep that may find nothing leaves room for one that will. */
static uint64_t sweep_free_ms(const struct doorbell *doorbell, bool is_explained)
{
    uint64_t burst = is_explained ? 0 : SWEEP_BURST_MS;
    uint64_t by_budget = doorbell->full_ms > burst ? doorbell->full_ms - burst : 0;
    uint64_t by_time = doorbell->swept_ms + doorbell->env->tuning.sweep_gap_ms;

    return by_budget > by_time ? by_budget : by_time;
}

/* For the next one. */
static void sweep_wait(struct doorbell *doorbell)
{
    uint64_t now = loop_now_ms(doorbell->env->loop), free_ms = sweep_free_ms(doorbell, false);

    timer_start_ms(&doorbell->sweep_timer, free_ms > now ? free_ms - now : 0);
}

void doorbell_sweep_on(struct doorbell *doorbell)
{
    struct lanes *lanes = &doorbell->env->lanes;

    if (!doorbell->cursor)
        return;
    while (doorbell->cursor && lanes_n_free(lanes, LANE_SHORT) > 0) {
        struct listener *listener = doorbell->cursor;

        doorbell->cursor = listener->next;
        if (listener->is_dirty)
            listener_ring(listener, listener->is_swept);
    }
    if (doorbell->cursor)
        timer_start_ms(&doorbell->sweep_timer, SWEEP_TICK_MS);
    else if (doorbell->is_sweep_wanted)
        sweep_wait(doorbell);
    else
        timer_stop(&doorbell->sweep_timer);
}

/* Who is being asked already asks once more. is_reset: an index that is the same proves nothing. */
void doorbell_sweep_begin(struct doorbell *doorbell, bool is_reset)
{
    uint64_t now = loop_now_ms(doorbell->env->loop);

    for (struct listener *listener = doorbell->first; listener; listener = listener->next) {
        listener->is_swept = !is_reset && (!listener->is_dirty || listener->is_swept);
        listener->is_dirty = true;
    }
    doorbell->swept_ms = now;
    doorbell->is_sweep_wanted = false;
    doorbell->cursor = doorbell->first;
    doorbell_sweep_on(doorbell);
}

void doorbell_on_sweep_timer(void *ctx)
{
    struct doorbell *doorbell = ctx;
    uint64_t now = loop_now_ms(doorbell->env->loop);

    if (doorbell->cursor) {
        doorbell_sweep_on(doorbell);
        return;
    }
    if (doorbell->full_ms < now)
        doorbell->full_ms = now;
    doorbell->full_ms += doorbell->n_listeners * SWEEP_QUESTION_MS;
    doorbell_sweep_begin(doorbell, false);
}

/* How long after a ring of the services the checks may still explain it: theirs is the larger
 * table, and both are made at the same time. */
static uint64_t explain_ms(const struct doorbell *doorbell)
{
    if (doorbell->is_for_keys)
        return 0;

    uint64_t least = doorbell->env->tuning.explain_ms;
    uint64_t checks_ms = EXPLAIN_FACTOR * doorbell->bells[TABLE_CHECKS].fetch_ms;

    if (checks_ms > EXPLAIN_MAX_MS)
        checks_ms = EXPLAIN_MAX_MS;
    return least > checks_ms ? least : checks_ms;
}

/* The table of services has changed, or that of keys. If it, or that of checks at the same time,
 * shows where, there is less reason to ask all; but other changes may hide behind those. At the
 * earlier one of two times, if one is planned already. */
void doorbell_sweep_consider(struct doorbell *doorbell)
{
    const struct watch_tuning *tuning = &doorbell->env->tuning;
    struct timer *timer = &doorbell->sweep_timer;
    uint64_t now = loop_now_ms(doorbell->env->loop);
    bool is_explained =
        doorbell->explained_ms > 0 && now - doorbell->explained_ms <= explain_ms(doorbell);
    uint64_t free_ms = sweep_free_ms(doorbell, is_explained);
    uint64_t due = now + (is_explained ? tuning->sweep_ms : explain_ms(doorbell));

    if (due < free_ms)
        due = free_ms;
    if (!doorbell->is_sweep_wanted)
        doorbell->wanted_ms = now;
    doorbell->is_sweep_wanted = true;
    if (!doorbell->cursor && (!timer->is_running || timer->due_ms > due))
        timer_start_ms(timer, due - now);
}

/* A change that is shown now explains a ring a moment ago. */
void doorbell_sweep_explain(struct doorbell *doorbell)
{
    const struct watch_tuning *tuning = &doorbell->env->tuning;
    uint64_t now = loop_now_ms(doorbell->env->loop);

    doorbell->explained_ms = now;
    if (doorbell->is_sweep_wanted && !doorbell->cursor &&
        now - doorbell->wanted_ms <= explain_ms(doorbell)) {
        uint64_t free_ms = sweep_free_ms(doorbell, true), due = now + tuning->sweep_ms;

        timer_start_ms(&doorbell->sweep_timer, (due > free_ms ? due : free_ms) - now);
    }
}

void doorbell_sweep_forget(struct doorbell *doorbell)
{
    doorbell->cursor = NULL;
    doorbell->is_sweep_wanted = false;
    timer_stop(&doorbell->sweep_timer);
}
