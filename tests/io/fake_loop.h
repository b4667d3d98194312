/* SPDX-License-Identifier: MIT */
/* A loop whose time is the test's, and children that are nothing but a time and a result: it takes
 * the place of io/loop.h, io/timer.h and io/child.h at the link. Hours pass in a moment, and always
 * in the same way for the same seed. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "io/child.h"
#include "io/loop.h"
#include "io/timer.h"

struct loop_source { /* deferred; there are no other ones */
    struct loop *loop;
    loop_fn fn;
    void *ctx;
    bool is_armed;
    uint64_t turn, order;
    struct loop_source *next;
};

struct child {
    struct loop *loop;
    struct child_handler handler;
    void *ctx;
    uint64_t start_ms, end_ms;
    struct child_result result;
    void *own; /* whoever decides about it may keep something here */
    struct child *next;
};

struct loop {
    uint64_t now_ms;
    uint64_t turn, n_armed;
    struct loop_source *deferred;
    struct timer **timers; /* those that run */
    size_t n_timers, cap_timers;
    struct child *children;
    uint64_t random;
    /* Decides how long it takes, by end_ms, and its result. */
    void (*on_child)(void *ctx, struct child *child, const struct child_options *options);
    void (*on_child_gone)(void *ctx, struct child *child); /* ended, or dropped */
    void *ctx;
};

static struct loop fake; /* there is one */

/* --- Randomness ------------------------------------------------------------------------------ */

uint64_t random_u64(void)
{
    uint64_t x = fake.random += 0x9e3779b97f4a7c15u; /* splitmix64 */

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

uint64_t random_between(uint64_t from, uint64_t to)
{
    return from + random_u64() % (to - from + 1);
}

/* --- Deferred -------------------------------------------------------------------------------- */

bool loop_add_deferred(struct loop *loop, loop_fn fn, void *ctx, struct loop_source **ret_source,
                       struct error *err)
{
    struct loop_source *source = NEW(struct loop_source);

    (void)err;
    *source = (struct loop_source){ .loop = loop, .fn = fn, .ctx = ctx, .next = loop->deferred };
    loop->deferred = source;
    *ret_source = source;
    return true;
}

void loop_defer(struct loop_source *source)
{
    if (source->is_armed)
        return;
    source->is_armed = true;
    source->turn = source->loop->turn;
    source->order = source->loop->n_armed++;
}

void loop_source_free(struct loop_source *source)
{
    struct loop_source **at;

    if (!source)
        return;
    for (at = &source->loop->deferred; *at != source; at = &(*at)->next)
        ;
    *at = source->next;
    free(source);
}

/* The one that was armed first, up to a turn; NULL: there is none. */
static struct loop_source *find_armed(const struct loop *loop, uint64_t turn)
{
    struct loop_source *first = NULL;

    for (struct loop_source *source = loop->deferred; source; source = source->next)
        if (source->is_armed && source->turn <= turn && (!first || source->order < first->order))
            first = source;
    return first;
}

/* What they arm waits for the next turn. False: nothing was due. */
static bool fake_end_turn(void)
{
    uint64_t turn = fake.turn++;
    struct loop_source *source;
    bool was_any = false;

    while ((source = find_armed(&fake, turn)) != NULL) {
        source->is_armed = false;
        source->fn(source->ctx);
        was_any = true;
    }
    return was_any;
}

/* --- Timers ---------------------------------------------------------------------------------- */

uint64_t loop_now_ms(const struct loop *loop)
{
    return loop->now_ms;
}

void timer_init(struct timer *timer, struct loop *loop, loop_fn fn, void *ctx)
{
    *timer = (struct timer){ .loop = loop, .fn = fn, .ctx = ctx };
}

void timer_stop(struct timer *timer)
{
    for (size_t i = 0; timer->is_running && i < fake.n_timers; i++) {
        if (fake.timers[i] != timer)
            continue;
        fake.timers[i] = fake.timers[--fake.n_timers];
        break;
    }
    timer->is_running = false;
}

void timer_fini(struct timer *timer)
{
    timer_stop(timer);
}

void timer_start_ms(struct timer *timer, uint64_t delay_ms)
{
    timer_stop(timer);
    timer->is_running = true;
    timer->due_ms = timer->loop->now_ms + delay_ms;
    GROW(fake.timers, fake.n_timers, fake.cap_timers);
    fake.timers[fake.n_timers++] = timer;
}

/* --- Children -------------------------------------------------------------------------------- */

struct child *child_start(struct loop *loop, const struct child_options *options,
                          const struct child_handler *handler, void *ctx)
{
    struct child *child = NEW(struct child);

    *child = (struct child){ loop,         *handler, ctx,  loop->now_ms,
                             loop->now_ms, { 0 },    NULL, loop->children };
    loop->children = child;
    loop->on_child(loop->ctx, child, options);
    return child;
}

static void unlink_child(struct child *child)
{
    struct child **at = &child->loop->children;

    while (*at && *at != child)
        at = &(*at)->next;
    if (!*at)
        return;
    *at = child->next;
    child->loop->on_child_gone(child->loop->ctx, child);
}

void child_free(struct child *child)
{
    if (!child)
        return;
    unlink_child(child);
    free(child);
}

pid_t child_pid(const struct child *child)
{
    (void)child;
    return 0;
}

void child_signal(struct child *child, int signo)
{
    (void)child;
    (void)signo;
}

void child_stop(struct child *child)
{
    child->end_ms = child->loop->now_ms;
}

void child_result_format(const struct child_result *result, struct buf *out)
{
    buf_printf(out, "result %d/%d", (int)result->outcome, result->status);
}

static void child_end(struct child *child)
{
    struct child_result result = child->result;

    unlink_child(child);
    result.elapsed_ms = child->end_ms - child->start_ms;
    child->handler.on_done(child->ctx, &result); /* may free it */
}

/* --- Turning --------------------------------------------------------------------------------- */

/* Lets the next thing happen that is due until then; of those that are due at one time, any. False:
 * there was nothing. */
static bool fake_step(uint64_t until_ms)
{
    struct timer *timer = NULL;
    struct child *child = NULL;
    uint64_t at_ms = UINT64_MAX, n_same = 0;

    if (fake_end_turn())
        return true;
    for (size_t i = 0; i < fake.n_timers; i++) {
        if (fake.timers[i]->due_ms > at_ms)
            continue;
        n_same = fake.timers[i]->due_ms < at_ms ? 1 : n_same + 1;
        at_ms = fake.timers[i]->due_ms;
        if (random_between(1, n_same) == 1)
            timer = fake.timers[i];
    }
    for (struct child *each = fake.children; each; each = each->next) {
        if (each->end_ms > at_ms)
            continue;
        n_same = each->end_ms < at_ms ? 1 : n_same + 1;
        at_ms = each->end_ms;
        if (random_between(1, n_same) == 1)
            child = each;
        if (n_same == 1)
            timer = NULL;
    }
    if ((!timer && !child) || at_ms > until_ms)
        return false;
    if (at_ms > fake.now_ms)
        fake.now_ms = at_ms;
    if (child && child->end_ms == at_ms) {
        child_end(child);
    } else {
        timer_stop(timer);
        timer->fn(timer->ctx);
    }
    return true;
}

/* --- What nobody needs here ------------------------------------------------------------------ */

#define NOT_HERE abort()

bool loop_add_io(struct loop *loop, int fd, uint32_t events, loop_io_fn fn, void *ctx,
                 struct loop_source **ret_source, struct error *err)
{
    (void)loop, (void)fd, (void)events, (void)fn, (void)ctx, (void)ret_source, (void)err;
    NOT_HERE;
}

bool loop_set_io_events(struct loop_source *source, uint32_t events, struct error *err)
{
    (void)source, (void)events, (void)err;
    NOT_HERE;
}

bool loop_add_signal(struct loop *loop, int signo, loop_signal_fn fn, void *ctx,
                     struct loop_source **ret_source, struct error *err)
{
    (void)loop, (void)signo, (void)fn, (void)ctx, (void)ret_source, (void)err;
    NOT_HERE;
}

struct sd_event;
struct sd_event *loop_get_event(struct loop *loop);
struct sd_event *loop_get_event(struct loop *loop)
{
    (void)loop;
    NOT_HERE;
}
