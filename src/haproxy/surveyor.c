/* SPDX-License-Identifier: MIT */
/* The looks of a surveyor: a few questions, then rest.
 *
 *     RESTING    until the timer fires                         -> SERVERS
 *     SERVERS    the worker lists its servers                  -> SESSIONS
 *     SESSIONS   the worker tells the sessions of its proxies  -> PROCESSES, without master:
 * RESTING PROCESSES  the master lists its workers                  -> RESTING STOPPED    from the
 * start, and when it is told to stop   -> RESTING                        */
#include "surveyor.h"

#include <stdlib.h>

#include "base/memory.h"
#include "io/timer.h"
#include "reloader.h"
#include "runtime.h"

#define LOOK_MS 60000

enum surveyor_state {
    SURVEYOR_STOPPED,
    SURVEYOR_RESTING,
    SURVEYOR_SERVERS,
    SURVEYOR_SESSIONS,
    SURVEYOR_PROCESSES,
};

struct surveyor {
    struct surveyor_handler handler;
    void *ctx;
    enum surveyor_state state;
    struct runtime *stats, *master; /* master: NULL without its socket */
    struct timer timer;
    uint64_t rest_ms; /* of the next rest */
    struct haproxy_state *live;
    struct haproxy_loads loads;
};

static void surveyor_forget(struct surveyor *surveyor)
{
    haproxy_state_free(TAKE(surveyor->live));
    haproxy_loads_fini(&surveyor->loads);
    surveyor->loads = HAPROXY_LOADS_EMPTY;
    runtime_hang_up(surveyor->stats);
    if (surveyor->master)
        runtime_hang_up(surveyor->master);
}

static void surveyor_enter(struct surveyor *surveyor, enum surveyor_state next)
{
    surveyor->state = next;

    switch (next) {
    case SURVEYOR_STOPPED:
        surveyor_forget(surveyor);
        timer_stop(&surveyor->timer);
        return;
    case SURVEYOR_RESTING:
        surveyor_forget(surveyor);
        timer_start_ms(&surveyor->timer, surveyor->rest_ms);
        surveyor->rest_ms = LOOK_MS;
        return;
    case SURVEYOR_SERVERS: runtime_ask(surveyor->stats, SLICE("show servers state"), false); return;
    case SURVEYOR_SESSIONS:
        runtime_ask(surveyor->stats, SLICE("show stat -1 2 -1"), false); /* of backends alone */
        return;
    case SURVEYOR_PROCESSES:
        runtime_hang_up(surveyor->stats);
        runtime_ask(surveyor->master, SLICE("show proc"), false);
        return;
    }
}

static void surveyor_tell(struct surveyor *surveyor, const size_t *n_old_workers)
{
    surveyor->handler.on_seen(surveyor->ctx, surveyor->live, &surveyor->loads, n_old_workers);
    surveyor_enter(surveyor, SURVEYOR_RESTING);
}

static void surveyor_fail(struct surveyor *surveyor)
{
    surveyor->handler.on_failure(surveyor->ctx);
    surveyor_enter(surveyor, SURVEYOR_RESTING);
}

static void surveyor_on_answer(void *ctx, struct slice answer)
{
    struct surveyor *surveyor = ctx;
    struct error err;

    switch (surveyor->state) {
    case SURVEYOR_SERVERS:
        if (haproxy_state_parse(answer, &surveyor->live, &err))
            surveyor_enter(surveyor, SURVEYOR_SESSIONS);
        else
            surveyor_fail(surveyor);
        return;
    case SURVEYOR_SESSIONS:
        if (!haproxy_loads_add(&surveyor->loads, answer, &err))
            surveyor_fail(surveyor);
        else if (surveyor->master)
            surveyor_enter(surveyor, SURVEYOR_PROCESSES);
        else
            surveyor_tell(surveyor, NULL);
        return;
    case SURVEYOR_PROCESSES:
    case SURVEYOR_RESTING:
    case SURVEYOR_STOPPED: return;
    }
}

static void surveyor_on_failure(void *ctx, const struct error *err, bool is_sent)
{
    (void)err;
    (void)is_sent;
    surveyor_fail(ctx);
}

static void surveyor_on_processes(void *ctx, struct slice answer)
{
    struct haproxy_processes processes = haproxy_processes_parse(answer);

    surveyor_tell(ctx, &processes.n_old_workers);
}

/* Without a master there are no old workers that it could tell of. */
static void surveyor_on_no_processes(void *ctx, const struct error *err, bool is_sent)
{
    (void)err;
    (void)is_sent;
    surveyor_tell(ctx, NULL);
}

static void surveyor_on_timer(void *ctx)
{
    surveyor_enter(ctx, SURVEYOR_SERVERS);
}

/* --- Face ------------------------------------------------------------------------------------ */

struct surveyor *surveyor_new(struct loop *loop, const struct haproxy_options *options,
                              const struct surveyor_handler *handler, void *ctx)
{
    static const struct runtime_handler of_stats = { surveyor_on_answer, surveyor_on_failure };
    static const struct runtime_handler of_master = { surveyor_on_processes,
                                                      surveyor_on_no_processes };
    struct surveyor *surveyor = NEW(struct surveyor);

    surveyor->handler = *handler;
    surveyor->ctx = ctx;
    surveyor->state = SURVEYOR_STOPPED;
    surveyor->rest_ms = LOOK_MS;
    surveyor->loads = HAPROXY_LOADS_EMPTY;
    surveyor->stats = runtime_new(loop, RUNTIME_WORKER, options->socket, &of_stats, surveyor);
    if (options->master_socket)
        surveyor->master =
            runtime_new(loop, RUNTIME_MASTER, options->master_socket, &of_master, surveyor);
    timer_init(&surveyor->timer, loop, surveyor_on_timer, surveyor);
    return surveyor;
}

void surveyor_free(struct surveyor *surveyor)
{
    if (!surveyor)
        return;
    surveyor_enter(surveyor, SURVEYOR_STOPPED);
    runtime_free(surveyor->stats);
    runtime_free(surveyor->master);
    timer_fini(&surveyor->timer);
    free(surveyor);
}

void surveyor_look(struct surveyor *surveyor, uint64_t delay_ms)
{
    switch (surveyor->state) {
    case SURVEYOR_STOPPED:
        surveyor->rest_ms = delay_ms;
        surveyor_enter(surveyor, SURVEYOR_RESTING);
        return;
    case SURVEYOR_RESTING:
        if (surveyor->timer.due_ms > loop_now_ms(surveyor->timer.loop) + delay_ms)
            timer_start_ms(&surveyor->timer, delay_ms);
        return;
    case SURVEYOR_SERVERS:
    case SURVEYOR_SESSIONS:
    case SURVEYOR_PROCESSES:
        if (delay_ms < surveyor->rest_ms)
            surveyor->rest_ms = delay_ms; /* what it sees now may be of before */
        return;
    }
}

void surveyor_stop(struct surveyor *surveyor)
{
    surveyor_enter(surveyor, SURVEYOR_STOPPED);
}
