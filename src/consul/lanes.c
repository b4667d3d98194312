/* SPDX-License-Identifier: MIT */
/* Which requests may be in flight. */
#include "lanes.h"

#include <string.h>

#include "base/log.h"
#include "duration.h"

#define DEFAULT_CONNECTIONS 120 /* Consul allows one client 200 */
#define MIN_CONNECTIONS     12
#define RESERVE             10 /* connections that each lane leaves to the other */

/* After the agent has turned one away: this many fewer than were open, and again more with each
 * quiet while. */
#define LIMIT_STEP 8

/* Beside doorbells: with these and the one that asks for all after a failure, the questions of a
 * datacenter take 12 connections. */
#define MAX_FETCHES 7

/* Requests beyond one for each question: breakers', bells', probes'. */
#define SHARED_SLACK 20

/* --- Room ----------------------------------------------------------------------------------- */

/* Connections that are not set aside. */
static size_t n_usable(const struct lanes *lanes)
{
    return lanes->max > lanes->n_bells + N_LANES ? lanes->max - lanes->n_bells : N_LANES;
}

static size_t lane_max(const struct lanes *lanes, enum lane lane)
{
    size_t usable = n_usable(lanes), reserve = usable / 3 < RESERVE ? usable / 3 : RESERVE;

    if (lanes->n_bells > 0 && lane == LANE_SHORT)
        return usable > MAX_FETCHES ? MAX_FETCHES : usable - 1;
    return usable - reserve;
}

static size_t n_all_inside(const struct lanes *lanes)
{
    return lanes->n_inside[LANE_SHORT] + lanes->n_inside[LANE_LONG];
}

static bool has_room(const struct lanes *lanes, enum lane lane)
{
    return lanes->is_shared ||
           (n_all_inside(lanes) < n_usable(lanes) && lanes->n_inside[lane] < lane_max(lanes, lane));
}

static size_t n_blocking(const struct lanes *lanes)
{
    size_t n = lanes->n_inside[LANE_LONG] + lanes->queues[LANE_LONG].n;

    size_t n_own = lanes->n_questions - lanes->n_covered;

    return n > n_own ? n : n_own;
}

void lanes_set_demand(struct lanes *lanes, size_t n_questions)
{
    lanes->n_questions = n_questions;
    if (lanes->n_covered > n_questions)
        lanes->n_covered = n_questions;
}

void lanes_set_bells(struct lanes *lanes, size_t n_bells, size_t n_covered)
{
    lanes->n_covered = n_covered < lanes->n_questions ? n_covered : lanes->n_questions;
    if (lanes->n_bells > n_bells)
        loop_defer(lanes->turn);
    lanes->n_bells = n_bells;
}

size_t lanes_n_free(const struct lanes *lanes, enum lane lane)
{
    size_t usable = n_usable(lanes), inside = n_all_inside(lanes), max = lane_max(lanes, lane);
    size_t used = lanes->n_inside[lane] + lanes->queues[lane].n;

    if (inside >= usable || used >= max)
        return 0;
    return max - used < usable - inside ? max - used : usable - inside;
}

bool lanes_are_crowded(const struct lanes *lanes)
{
    return !lanes->is_shared && n_blocking(lanes) > lane_max(lanes, LANE_LONG);
}

uint64_t lanes_round_ms(const struct lanes *lanes)
{
    return (n_blocking(lanes) / lane_max(lanes, LANE_LONG) + 1) * lanes->tuning->turn_ms;
}

/* --- Queues --------------------------------------------------------------------------------- */

static void queue_add(struct lane_queue *queue, struct lane_ticket *ticket)
{
    ticket->next = NULL;
    ticket->previous = queue->last;
    if (queue->last)
        queue->last->next = ticket;
    else
        queue->first = ticket;
    queue->last = ticket;
    queue->n++;
}

static void queue_remove(struct lane_queue *queue, struct lane_ticket *ticket)
{
    if (ticket->next)
        ticket->next->previous = ticket->previous;
    else
        queue->last = ticket->previous;
    if (ticket->previous)
        ticket->previous->next = ticket->next;
    else
        queue->first = ticket->next;
    queue->n--;
}

static void let_in(struct lanes *lanes, struct lane_ticket *ticket)
{
    ticket->place = LANE_INSIDE;
    lanes->n_inside[ticket->lane]++;
}

static void on_turn(void *ctx)
{
    struct lanes *lanes = ctx;

    for (enum lane lane = LANE_SHORT; lane <= LANE_LONG; lane++) {
        struct lane_queue *queue = &lanes->queues[lane];

        while (queue->first && has_room(lanes, lane)) {
            struct lane_ticket *ticket = queue->first;

            queue_remove(queue, ticket);
            let_in(lanes, ticket);
            ticket->on_turn(ticket->ctx);
        }
    }
}

bool lanes_enter(struct lanes *lanes, struct lane_ticket *ticket, enum lane lane)
{
    struct lane_queue *queue = &lanes->queues[lane];

    ticket->lane = lane;
    if (!queue->first && has_room(lanes, lane)) {
        let_in(lanes, ticket);
        return true;
    }
    ticket->place = LANE_QUEUED;
    queue_add(queue, ticket);
    if (lane == LANE_LONG && !lanes->is_crowd_told && !lanes->tell_timer.is_running)
        timer_start_ms(&lanes->tell_timer, lanes->tuning->turn_ms);
    return false;
}

void lanes_leave(struct lanes *lanes, struct lane_ticket *ticket)
{
    switch (ticket->place) {
    case LANE_OUTSIDE: return;
    case LANE_QUEUED: queue_remove(&lanes->queues[ticket->lane], ticket); break;
    case LANE_INSIDE: lanes->n_inside[ticket->lane]--; break;
    }
    ticket->place = LANE_OUTSIDE;
    if (lanes->queues[LANE_SHORT].first || lanes->queues[LANE_LONG].first)
        loop_defer(lanes->turn);
}

/* --- What the log says ---------------------------------------------------------------------- */

/* A moment after the first had to queue: by then most of them are there. Said once. */
static void on_tell_timer(void *ctx)
{
    struct lanes *lanes = ctx;

    if (lanes->is_crowd_told || !lanes_are_crowded(lanes))
        return;
    lanes->is_crowd_told = true;
    log_warn(
        "consul: more questions than connections (consul.connections: %zu): %zu take turns, and "
        "a change may be seen %s late; more connections need an http_max_conns_per_client of "
        "the agent well above them",
        lanes->max, n_blocking(lanes), duration_of(lanes_round_ms(lanes)).text);
}

/* --- The agent's limit ---------------------------------------------------------------------- */

static void tell_change(struct lanes *lanes)
{
    if (lanes->on_change)
        lanes->on_change(lanes->ctx);
}

static void grow_to(struct lanes *lanes, size_t n)
{
    lanes->max = n < lanes->configured ? n : lanes->configured;
    if (lanes->max < lanes->configured)
        timer_start_ms(&lanes->growth_timer, lanes->tuning->growth_ms);
    else
        timer_stop(&lanes->growth_timer);
    loop_defer(lanes->turn);
    tell_change(lanes);
}

static void on_growth_timer(void *ctx)
{
    struct lanes *lanes = ctx;

    grow_to(lanes, lanes->max + LIMIT_STEP);
}

void lanes_meet_limit(struct lanes *lanes)
{
    size_t n = n_all_inside(lanes);

    if (lanes->is_shared)
        return;
    n = n > LIMIT_STEP + MIN_CONNECTIONS ? n - LIMIT_STEP : MIN_CONNECTIONS;
    if (n < lanes->max)
        lanes->max = n;
    tell_change(lanes);
    timer_start_ms(&lanes->growth_timer, lanes->tuning->growth_ms);
    if (lanes->is_limit_told)
        return;
    lanes->is_limit_told = true;
    log_warn(
        "consul: the agent turns connections away (its http_max_conns_per_client is reached, "
        "counting those of other processes here and of our last run): using fewer from now on");
}

void lanes_halve(struct lanes *lanes)
{
    uint64_t now = loop_now_ms(lanes->loop);
    size_t half = lanes->max / 2;

    if (lanes->is_shared ||
        (lanes->halved_ms > 0 && now - lanes->halved_ms < lanes->tuning->window_ms))
        return;
    lanes->halved_ms = now;
    grow_to(lanes, half > MIN_CONNECTIONS ? half : MIN_CONNECTIONS);
    if (lanes->is_load_told)
        return;
    lanes->is_load_told = true;
    log_warn("consul: the agent has too much to do: using %zu connections at most, more with each "
             "quiet minute",
             lanes->max);
}

void lanes_forget_limit(struct lanes *lanes)
{
    lanes->is_load_told = false;
    lanes->is_limit_told = false;
    grow_to(lanes, lanes->configured);
}

/* --- Life ----------------------------------------------------------------------------------- */

void lanes_set_max(struct lanes *lanes, size_t n)
{
    bool was_full = lanes->max == lanes->configured;

    n = n ? n : DEFAULT_CONNECTIONS;
    lanes->configured = n > MIN_CONNECTIONS ? n : MIN_CONNECTIONS;
    grow_to(lanes, was_full ? lanes->configured : lanes->max);
}

void lanes_see_room(struct lanes *lanes, size_t n_room)
{
    bool is_shared = n_room > lanes->n_questions + SHARED_SLACK;

    if (lanes->is_shared == is_shared)
        return;
    lanes->is_shared = is_shared;
    tell_change(lanes);
    loop_defer(lanes->turn);
}

bool lanes_init(struct lanes *lanes, struct loop *loop, size_t n, const struct watch_tuning *tuning,
                struct error *err)
{
    *lanes = (struct lanes){ .loop = loop, .tuning = tuning };
    timer_init(&lanes->tell_timer, loop, on_tell_timer, lanes);
    timer_init(&lanes->growth_timer, loop, on_growth_timer, lanes);
    if (!loop_add_deferred(loop, on_turn, lanes, &lanes->turn, err))
        return false;
    lanes_set_max(lanes, n);
    return true;
}

void lanes_fini(struct lanes *lanes)
{
    timer_fini(&lanes->tell_timer);
    timer_fini(&lanes->growth_timer);
    loop_source_free(TAKE(lanes->turn));
}
