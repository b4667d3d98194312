/* SPDX-License-Identifier: MIT */
/* A few blocking queries that wake any number of questions: where there are more of these than
 * connections, one bell for each table of a datacenter (table.h) tells which of them to ask again.
 * Services and nodes have one doorbell with three bells, keys another with one. The first of the
 * former has a fourth bell, on the checks that fail: they are few, so it tells of a status several
 * times sooner than the table of all checks, which then tells it again and finds it known.
 *
 *   NEW --all three tables are known--> LIVE
 *   either --a table cannot be had, or shows nothing--> USELESS --they can be had--> LIVE
 *
 * A question that is covered has no query of its own. It is asked again when it is rung for: at
 * once for what a table shows to have changed; all of them, a few at a time, when the table of
 * services or keys has changed and shows nothing, or has gone back. What rings while a question is
 * asked makes it ask once more, so nothing is lost. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "bell.h"
#include "data/dep.h"
#include "data/document.h"
#include "io/timer.h"
#include "table.h"

struct watch_env;
struct doorbell;

/* The budget of the tables' bytes, 256 kB/s: four hundred of us must not fill the servers' links.
 */
#define DOORBELL_BYTES_PER_MS 262

struct listener_handler {
    void (*on_ring)(void *ctx);  /* is_dirty is set */
    void (*on_cover)(void *ctx); /* now and then: it may be covered no more, or have to refresh */
    void (*on_shake)(void *ctx); /* the tables cannot be had: what comes next may be partial */
    void (*on_calm)(void *ctx);  /* they can again */
};

/* Of a watch; embedded. Zeroed but for dep, handler and ctx: it has no doorbell. */
struct listener {
    const struct dep *dep; /* the watch's */
    const struct listener_handler *handler;
    void *ctx;
    struct doorbell *doorbell; /* NULL: it asks by itself */
    struct listener *next, *previous;
    uint64_t key;      /* of the name that the tables have to show */
    bool is_dirty;     /* rung for since it was last asked */
    bool is_swept;     /* with all others, so that its index may be the one we have */
    uint64_t quick_ms; /* when it was rung for because a check fails, or does not any more */

    /* What the last answer had: the tables must have it, too. */
    bool has_items, has_checks;
    uint64_t *nodes; /* their keys */
    size_t n_nodes;
    uint64_t noted_ms; /* when that was */
};

void listener_fini(struct listener *listener);
/* A bell can tell of changes in what such a question is answered. */
bool listener_can_be_covered(const struct dep *dep);
/* Whether a change will ring. True as well while that is not known yet. */
bool listener_is_covered(const struct listener *listener);
/* An answer that is believed; doc may be NULL. */
void listener_note(struct listener *listener, const struct document *doc);

enum doorbell_state { DOORBELL_NEW, DOORBELL_LIVE, DOORBELL_USELESS };

struct doorbell {
    struct watch_env *env;
    struct doorbell *next;
    struct dep *tenancy;
    enum doorbell_state state;
    bool is_for_keys; /* the tenancy's name is what all of them begin with */
    bool is_shaken;
    bool is_started;
    struct bell bells[N_TABLES]; /* by table; of keys: the first */
    size_t n_bells;
    struct bell failing; /* tells of a status before the checks do; else it could be done without */
    bool is_quick;       /* it rings */
    struct listener *first, *last;
    size_t n_listeners, n_candidates; /* candidates may become listeners */
    bool is_picked;                   /* they shall */
    struct slice common;              /* what the candidates' names begin with; borrowed */

    struct timer tick;

    /* All are asked again, one after the other. */
    struct timer sweep_timer;
    struct listener *cursor; /* NULL: no sweep under way */
    bool is_sweep_wanted;    /* another one */
    uint64_t wanted_ms;      /* since when */
    uint64_t explained_ms;   /* the last ring that showed which services have changed */
    uint64_t swept_ms;       /* the start of the last one */
    uint64_t full_ms;        /* the budget of sweeps, as a clock that runs ahead */
};

struct doorbell *doorbell_new(struct watch_env *env, const struct dep *dep);
void doorbell_free(struct doorbell *doorbell); /* nobody listens any more */
bool doorbell_is_for(const struct doorbell *doorbell, const struct dep *dep);
/* How many connections its bells take. */
size_t doorbell_n_connections(const struct doorbell *doorbell);
/* Has one more bell, or no longer. Not for keys. */
void doorbell_set_quick(struct doorbell *doorbell, bool is_quick);
/* One more that could listen. */
void doorbell_add_candidate(struct doorbell *doorbell, const struct dep *dep);
/* Of keys: what all begin with from now on. What they have in common with `prefix` stays. */
void doorbell_cover_prefix(struct doorbell *doorbell, struct slice prefix);

/* was_asked: its question was put before. */
void doorbell_join(struct doorbell *doorbell, struct listener *listener, bool was_asked);
void doorbell_leave(struct listener *listener); /* nothing to do without a doorbell */
/* Rings for those that are still to be asked. */
void doorbell_sweep_on(struct doorbell *doorbell);
/* Over another way to the agent. */
void doorbell_restart(struct doorbell *doorbell);

/* Of the bell that is in trouble; NULL: of none. */
const struct bell *doorbell_trouble(const struct doorbell *doorbell);
/* Since when nothing can have been missed. */
uint64_t doorbell_ok_ms(const struct doorbell *doorbell);
