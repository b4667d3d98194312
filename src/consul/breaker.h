/* SPDX-License-Identifier: MIT */
/* Whether a datacenter answers at all. While it does not, one question asks for all.
 *
 *   CLOSED --several watches fail, none succeeds--> OPEN
 *   OPEN --after a while--> PROBING --there is a leader--> TRYING --one watch is answered-->
 *   RELEASING --all are let go--> CLOSED
 *
 * A failure leads back to OPEN, and any watch's success out of it. A thousand watches that fail in
 * the same millisecond are parked here and let go over the recovery ramp, because four hundred of
 * us do the same: each in an order and at moments of its own. Those without any answer go at once,
 * because templates wait for them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent.h"
#include "backoff.h"
#include "base/slice.h"
#include "io/loop.h"
#include "io/timer.h"

struct breaker;

/* Of a watch; embedded. */
struct breaker_seat {
    struct breaker_seat *next, *previous; /* of those that are parked */
    loop_fn on_release;
    void *ctx;
    uint64_t window; /* its last failure was counted in */
    uint64_t key;    /* hash of its question */
    uint64_t rank;   /* in the order in which this machine lets go */
    bool is_parked;
    bool is_urgent; /* it has no answer yet */
};

/* All breakers of a watch set; embedded. */
struct breakers {
    struct loop *loop;
    struct agent *const *agent; /* the present one */
    const struct watch_tuning *tuning;
    struct breaker *first;
};

void breakers_init(struct breakers *breakers, struct loop *loop, struct agent *const *agent,
                   const struct watch_tuning *tuning);
/* Ends what is asked of the agent, which may be freed then. */
void breakers_stop(struct breakers *breakers);
void breakers_fini(struct breakers *breakers);
/* The one of a datacenter (empty: the agent's own); the set's, for its whole life. */
struct breaker *breakers_get(struct breakers *breakers, struct slice dc);
/* The name of the i-th datacenter that has one; NULL: there are not so many. */
const char *breakers_dc(const struct breakers *breakers, size_t i);

/* A watch has failed in a way that may be everybody's. */
void breaker_fail(struct breaker *breaker, struct breaker_seat *seat);
/* A watch was answered, be it with a refusal. */
void breaker_succeed(struct breaker *breaker);
bool breaker_is_open(const struct breaker *breaker);

/* on_release follows from the loop. At the front: it is tried before others. */
void breaker_park(struct breaker *breaker, struct breaker_seat *seat, bool at_front);
/* All that are parked here in this turn of the loop are let go over the ramp, though nothing says
 * that the datacenter does not answer: they have lost the connection that they shared. */
void breaker_spread(struct breaker *breaker);
/* It does not ask any more, or is on its own again. Fine for those that are not parked. */
void breaker_leave(struct breaker *breaker, struct breaker_seat *seat);
