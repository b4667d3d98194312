/* SPDX-License-Identifier: MIT */
/* Which questions have a blocking query of their own and which a doorbell wakes.
 *
 * Own queries are the faster ones; they need a connection each, unless HTTP/2 lets all share a few.
 * So doorbells are for the questions of an agent without HTTP/2 that has too many of them, one for
 * each datacenter, namespace, partition and peer with more questions than a doorbell has queries.
 * Those for keys come last: they keep their own queries as long as there are connections for them.
 * The choice is made anew whenever the questions, or the connections they may have, change. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/map.h"
#include "base/slice.h"
#include "consul/watch_set.h"
#include "io/loop.h"

struct doorbell;
struct watch_env;

/* All of a watch set; embedded. */
struct doorbells {
    struct watch_env *env;
    struct doorbell *first;
    struct loop_source *turn; /* for sweeps, when a question is answered */
    bool is_on;
    uint64_t full_ms; /* the budget of bytes, as a clock that runs ahead */
};

MUST_CHECK bool doorbells_init(struct doorbells *doorbells, struct watch_env *env,
                               struct error *err);
void doorbells_fini(struct doorbells *doorbells); /* nobody listens any more */

/* Lets each watch of the map join a doorbell or leave it. Not from within a watch's callback. */
void doorbells_choose(struct doorbells *doorbells, const struct map *watches);
/* Over another way to the agent. */
void doorbells_restart(struct doorbells *doorbells);
/* A token may help what was refused. */
void doorbells_retry(struct doorbells *doorbells);
/* Who listens to what has changed. */
void doorbells_recount(struct doorbells *doorbells);
/* A question has been answered: there may be room for the next one of a sweep. */
void doorbells_go_on(struct doorbells *doorbells);

/* So many bytes were read; for how long nothing should be that can wait. A bell whose answers have
 * so few bytes waits no longer than a tenth of the budget takes for them: what says that services
 * have changed is a fraction of the checks, and need not pay for these. */
void doorbells_spend(struct doorbells *doorbells, uint64_t n_bytes);
uint64_t doorbells_pause_ms(const struct doorbells *doorbells, uint64_t n_bytes);

/* Why the questions of a doorbell have no news; NULL: nothing of the kind. */
const char *doorbells_complaint(const struct doorbells *doorbells);

/* Of one datacenter. */
struct transport_status doorbells_status(const struct doorbells *doorbells, struct slice dc);
