/* SPDX-License-Identifier: MIT */
/* Whether a datacenter answers at all. */
#include "breaker.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/http.h"
#include "leader.h"
#include "query.h"

#define ENOUGH_FAILURES 3    /* of different watches within tuning.window_ms */
#define NO_RAMP         20   /* so many may go at once */
#define TICK_MS         10   /* between two steps of the ramp, at least */
#define PHASES          1024 /* of a step */

enum breaker_state {
    BREAKER_CLOSED,
    BREAKER_OPEN,
    BREAKER_PROBING,
    BREAKER_TRYING,
    BREAKER_RELEASING
};

struct breaker {
    struct breakers *set;
    struct breaker *next;
    char *dc;
    enum breaker_state state;
    struct breaker_seat *first, *last; /* parked */
    size_t n_parked;
    struct breaker_seat *candidate; /* TRYING: the one that asks */

    /* CLOSED and RELEASING: failures without a success between them. */
    uint64_t window, window_ms;
    unsigned n_failed;

    /* OPEN, PROBING. */
    unsigned n_attempts;
    struct http_request *request;
    size_t address;
    struct buf leader;
    struct timer timer;

    /* RELEASING. */
    uint64_t release_ms;
    size_t n_to_release, n_released;
};

static void breaker_enter(struct breaker *breaker, enum breaker_state next);

/* --- Seats ---------------------------------------------------------------------------------- */

static void seat_link(struct breaker *breaker, struct breaker_seat *seat, bool at_front)
{
    seat->next = at_front ? breaker->first : NULL;
    seat->previous = at_front ? NULL : breaker->last;
    if (seat->next)
        seat->next->previous = seat;
    else
        breaker->last = seat;
    if (seat->previous)
        seat->previous->next = seat;
    else
        breaker->first = seat;
    seat->is_parked = true;
    breaker->n_parked++;
}

static void seat_unlink(struct breaker *breaker, struct breaker_seat *seat)
{
    if (seat->next)
        seat->next->previous = seat->previous;
    else
        breaker->last = seat->previous;
    if (seat->previous)
        seat->previous->next = seat->next;
    else
        breaker->first = seat->next;
    seat->is_parked = false;
    breaker->n_parked--;
}

static void release(struct breaker *breaker, struct breaker_seat *seat)
{
    seat_unlink(breaker, seat);
    seat->on_release(seat->ctx);
}

/* --- One asks for all ----------------------------------------------------------------------- */

static bool on_body(void *ctx, struct slice piece)
{
    struct breaker *breaker = ctx;

    return leader_take(&breaker->leader, piece);
}

static void on_done(void *ctx, const struct http_reply *reply)
{
    struct breaker *breaker = ctx;
    bool is_good = reply->outcome == HTTP_DONE && reply->status == 200 &&
                   leader_is_named(buf_slice(&breaker->leader));

    agent_report(*breaker->set->agent, breaker->address, reply);
    breaker_enter(breaker, is_good ? BREAKER_TRYING : BREAKER_OPEN);
}

static void breaker_probe(struct breaker *breaker)
{
    static const struct http_handler handler = { .on_body = on_body, .on_done = on_done };
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY;

    query_add_leader(&path, slice_from(breaker->dc));

    struct http_call call = { .path = path.ptr,
                              .timeout_ms = breaker->set->tuning->fetch_timeout_ms };

    breaker->request = agent_ask(*breaker->set->agent, &call, &handler, breaker, &breaker->address);
}

static void breaker_try(struct breaker *breaker)
{
    if (!breaker->first) { /* all of them wait for their own time */
        breaker_enter(breaker, BREAKER_RELEASING);
        return;
    }
    breaker->candidate = breaker->first;
    release(breaker, breaker->first);
}

/* --- All are let go ------------------------------------------------------------------------- */

static void release_urgent(struct breaker *breaker)
{
    struct breaker_seat *next;

    for (struct breaker_seat *seat = breaker->first; seat; seat = next) {
        next = seat->next;
        if (seat->is_urgent)
            release(breaker, seat);
    }
}

/* The finaliser of SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static int compare_ranks(const void *a, const void *b)
{
    const struct breaker_seat *left = *(const struct breaker_seat *const *)a;
    const struct breaker_seat *right = *(const struct breaker_seat *const *)b;

    return (left->rank > right->rank) - (left->rank < right->rank);
}

/* Four hundred machines do not ask for the same services first. */
static void sort_seats(struct breaker *breaker)
{
    size_t n = breaker->n_parked;
    struct breaker_seat **seats = memory_resize_array(NULL, n + 1, sizeof(struct breaker_seat *));

    for (size_t i = 0; i < n; i++) {
        seats[i] = breaker->first;
        seats[i]->rank = mix(seats[i]->key ^ breaker->set->tuning->machine);
        seat_unlink(breaker, seats[i]);
    }
    qsort(seats, n, sizeof(*seats), compare_ranks);
    for (size_t i = 0; i < n; i++)
        seat_link(breaker, seats[i], false);
    free(seats);
}

/* When the i-th of the ramp is let go, after its beginning: the machines of a fleet take turns
 * within each of its steps. */
static uint64_t due_ms(const struct breaker *breaker, size_t i)
{
    const struct watch_tuning *tuning = breaker->set->tuning;

    if (breaker->n_to_release <= NO_RAMP)
        return 0;
    return tuning->ramp_ms * (i * PHASES + tuning->machine % PHASES) /
           (breaker->n_to_release * PHASES);
}

static void breaker_wait(struct breaker *breaker, uint64_t ms)
{
    timer_start_ms(&breaker->timer, ms > TICK_MS ? ms : TICK_MS);
}

/* Those that are parked only meanwhile have a ramp of their own. */
static void breaker_release(struct breaker *breaker)
{
    uint64_t elapsed = loop_now_ms(breaker->set->loop) - breaker->release_ms;

    if (breaker->n_released == 0) {
        breaker->n_to_release = breaker->n_parked;
        sort_seats(breaker);
    }
    while (breaker->first && breaker->n_released < breaker->n_to_release &&
           due_ms(breaker, breaker->n_released) <= elapsed) {
        breaker->n_released++;
        release(breaker, breaker->first);
    }
    if (!breaker->first)
        breaker_enter(breaker, BREAKER_CLOSED);
    else if (breaker->n_released >= breaker->n_to_release)
        breaker_enter(breaker, BREAKER_RELEASING);
    else
        breaker_wait(breaker, due_ms(breaker, breaker->n_released) - elapsed);
}

/* --- States --------------------------------------------------------------------------------- */

static void breaker_enter(struct breaker *breaker, enum breaker_state next)
{
    static const char *const names[] = { "closed", "open", "probing", "trying", "releasing" };

    log_debug("consul breaker '%s': %s, %zu parked", breaker->dc, names[next], breaker->n_parked);
    timer_stop(&breaker->timer);
    http_request_free(TAKE(breaker->request));
    buf_clear(&breaker->leader);
    breaker->candidate = NULL;
    breaker->state = next;

    switch (next) {
    case BREAKER_CLOSED:
        breaker->n_failed = 0;
        breaker->n_attempts = 0;
        return;
    case BREAKER_OPEN:
        timer_start_ms(&breaker->timer,
                       backoff_ms(&breaker->set->tuning->breaker, ++breaker->n_attempts));
        return;
    case BREAKER_PROBING: breaker_probe(breaker); return;
    case BREAKER_TRYING: breaker_try(breaker); return;
    case BREAKER_RELEASING:
        breaker->n_failed = 0;
        release_urgent(breaker);
        breaker->release_ms = loop_now_ms(breaker->set->loop);
        breaker->n_released = 0;
        timer_start_ms(&breaker->timer, 0); /* with all that are parked until then */
        return;
    }
}

static void on_timer(void *ctx)
{
    struct breaker *breaker = ctx;

    switch (breaker->state) {
    case BREAKER_OPEN: breaker_enter(breaker, BREAKER_PROBING); return;
    case BREAKER_RELEASING: breaker_release(breaker); return;
    case BREAKER_CLOSED:
    case BREAKER_PROBING:
    case BREAKER_TRYING: return;
    }
}

/* Another watch than those counted already, in this window. */
static void count_failure(struct breaker *breaker, struct breaker_seat *seat)
{
    uint64_t now = loop_now_ms(breaker->set->loop);

    if (breaker->n_failed == 0 || now - breaker->window_ms > breaker->set->tuning->window_ms) {
        breaker->window++;
        breaker->window_ms = now;
        breaker->n_failed = 0;
    }
    if (seat->window != breaker->window)
        breaker->n_failed++;
    seat->window = breaker->window;
}

void breaker_fail(struct breaker *breaker, struct breaker_seat *seat)
{
    switch (breaker->state) {
    case BREAKER_CLOSED:
    case BREAKER_RELEASING:
        count_failure(breaker, seat);
        if (breaker->n_failed >= ENOUGH_FAILURES)
            breaker_enter(breaker, BREAKER_OPEN);
        return;
    case BREAKER_TRYING:
        if (seat == breaker->candidate)
            breaker_enter(breaker, BREAKER_OPEN);
        return;
    case BREAKER_OPEN:
    case BREAKER_PROBING: return;
    }
}

void breaker_succeed(struct breaker *breaker)
{
    switch (breaker->state) {
    case BREAKER_CLOSED:
    case BREAKER_RELEASING: breaker->n_failed = 0; return;
    case BREAKER_OPEN:
    case BREAKER_PROBING:
    case BREAKER_TRYING: breaker_enter(breaker, BREAKER_RELEASING); return;
    }
}

bool breaker_is_open(const struct breaker *breaker)
{
    return breaker->state != BREAKER_CLOSED;
}

void breaker_park(struct breaker *breaker, struct breaker_seat *seat, bool at_front)
{
    seat_link(breaker, seat, at_front);
}

void breaker_spread(struct breaker *breaker)
{
    if (breaker->state == BREAKER_CLOSED)
        breaker_enter(breaker, BREAKER_RELEASING);
}

void breaker_leave(struct breaker *breaker, struct breaker_seat *seat)
{
    if (seat->is_parked)
        seat_unlink(breaker, seat);
    else if (seat == breaker->candidate)
        breaker_enter(breaker, BREAKER_OPEN);
}

/* --- Life ----------------------------------------------------------------------------------- */

void breakers_init(struct breakers *breakers, struct loop *loop, struct agent *const *agent,
                   const struct watch_tuning *tuning)
{
    *breakers = (struct breakers){ .loop = loop, .agent = agent, .tuning = tuning };
}

struct breaker *breakers_get(struct breakers *breakers, struct slice dc)
{
    struct breaker *breaker;

    for (breaker = breakers->first; breaker; breaker = breaker->next) {
        if (slice_is(dc, breaker->dc))
            return breaker;
    }
    breaker = NEW(struct breaker);
    breaker->set = breakers;
    breaker->dc = slice_to_string(dc);
    breaker->next = breakers->first;
    timer_init(&breaker->timer, breakers->loop, on_timer, breaker);
    breakers->first = breaker;
    return breaker;
}

const char *breakers_dc(const struct breakers *breakers, size_t i)
{
    const struct breaker *breaker = breakers->first;

    for (; breaker && i > 0; i--)
        breaker = breaker->next;
    return breaker ? breaker->dc : NULL;
}

void breakers_stop(struct breakers *breakers)
{
    for (struct breaker *breaker = breakers->first; breaker; breaker = breaker->next) {
        if (breaker->state != BREAKER_CLOSED)
            breaker_enter(breaker, BREAKER_RELEASING);
    }
}

void breakers_fini(struct breakers *breakers)
{
    struct breaker *breaker;

    while ((breaker = breakers->first) != NULL) {
        breakers->first = breaker->next;
        timer_fini(&breaker->timer);
        http_request_free(breaker->request);
        buf_fini(&breaker->leader);
        free(breaker->dc);
        free(breaker);
    }
}
