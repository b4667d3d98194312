/* SPDX-License-Identifier: MIT */
/* Which requests may be in flight, so that there are never more connections than the agent allows.
 *
 * A blocking query holds its connection until something changes. Where there are more of them than
 * connections they take turns, each with a short wait, first come, first served. A few connections
 * are out of their reach, for questions that are answered at once; those in turn never get all.
 *
 * Doorbells (doorbell.h) have connections of their own, set aside from all others. Where there are
 * any, so many questions are answered at once that few connections are enough for those. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backoff.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "io/loop.h"
#include "io/timer.h"

enum lane {
    LANE_SHORT, /* answered at once */
    LANE_LONG,  /* blocking */
};
#define N_LANES 2

enum lane_place { LANE_OUTSIDE, LANE_QUEUED, LANE_INSIDE };

/* Of one who asks; embedded. Zeroed but for the callback: outside. */
struct lane_ticket {
    struct lane_ticket *next, *previous; /* of those that are queued */
    loop_fn on_turn;
    void *ctx;
    enum lane lane;
    enum lane_place place;
};

struct lane_queue {
    struct lane_ticket *first, *last;
    size_t n;
};

struct lanes {
    struct loop *loop;
    const struct watch_tuning *tuning;
    struct lane_queue queues[N_LANES];
    size_t n_inside[N_LANES];
    size_t max, configured; /* connections: now, and at most */
    size_t n_questions;     /* that want to block sooner or later, and: */
    size_t n_covered;       /* those of them that a doorbell wakes */
    size_t n_bells;         /* connections that are set aside */
    bool is_shared;         /* HTTP/2: many requests on each connection, so that all may go */
    bool is_crowd_told, is_limit_told, is_load_told;
    uint64_t halved_ms; /* the last time; 0: never */
    struct loop_source *turn;
    struct timer tell_timer, growth_timer;
    loop_fn on_change; /* another max, or shared or not any more; may be NULL; set by the owner */
    void *ctx;
};

/* n: connections at most; 0: the default. The tuning is borrowed. */
MUST_CHECK bool lanes_init(struct lanes *lanes, struct loop *loop, size_t n,
                           const struct watch_tuning *tuning, struct error *err);
void lanes_fini(struct lanes *lanes);
void lanes_set_max(struct lanes *lanes, size_t n);
/* How many requests may be in flight where they share connections; else 0. There is no need to
 * count them then, unless the agent takes so few on each that the whole budget is not enough for
 * all. */
void lanes_see_room(struct lanes *lanes, size_t n_room);

/* True: go at once. False: queued; on_turn follows from the loop unless lanes_leave() comes first.
 */
bool lanes_enter(struct lanes *lanes, struct lane_ticket *ticket, enum lane lane);
/* The request is over, or not wanted any more. Nothing to do outside. */
void lanes_leave(struct lanes *lanes, struct lane_ticket *ticket);

/* How many questions there are: the first of them to block must not take a connection for a long
 * wait when more are to come than there is room for. */
void lanes_set_demand(struct lanes *lanes, size_t n_questions);
/* How many of them need no query of their own, and the connections that are set aside for that. */
void lanes_set_bells(struct lanes *lanes, size_t n_bells, size_t n_covered);
/* How many may go at once. */
size_t lanes_n_free(const struct lanes *lanes, enum lane lane);
/* Whether blocking queries have to take turns. */
bool lanes_are_crowded(const struct lanes *lanes);
/* How long it takes until everybody has had a turn. */
uint64_t lanes_round_ms(const struct lanes *lanes);

/* The agent turned a new connection away: asks for fewer of them from now on, and for more again as
 * time goes by. */
void lanes_meet_limit(struct lanes *lanes);
/* It has too much to do: half as many. Complaints that come together count once. */
void lanes_halve(struct lanes *lanes);
/* It is another agent now, or the same one anew. */
void lanes_forget_limit(struct lanes *lanes);
