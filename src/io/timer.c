/* SPDX-License-Identifier: MIT */
/* Timers: sources of the loop that are made once and armed often. */
#include "io/timer.h"

#include <time.h>

#include "source.h"

#define DELAY_MAX_MS     (UINT64_C(100) * 365 * 86400 * 1000) /* a century: no overflow in us */
#define LATENESS_DIVISOR 100
#define LATENESS_MIN_US  1 /* 0 would be sd-event's own, a quarter of a second */
#define LATENESS_MAX_US  1000000

static uint64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static uint64_t lateness_us(uint64_t delay_us)
{
    uint64_t lateness = delay_us / LATENESS_DIVISOR;

    return lateness < LATENESS_MIN_US   ? LATENESS_MIN_US
           : lateness > LATENESS_MAX_US ? LATENESS_MAX_US
                                        : lateness;
}

/* Nothing after the user's callback: it may have released the timer. */
static void timer_on_time(void *ctx)
{
    struct timer *timer = ctx;

    timer->is_running = false;
    timer->fn(timer->ctx);
}

void timer_init(struct timer *timer, struct loop *loop, loop_fn fn, void *ctx)
{
    *timer = (struct timer){ .loop = loop, .fn = fn, .ctx = ctx };
}

void timer_fini(struct timer *timer)
{
    loop_source_free(timer->source);
    timer->source = NULL;
    timer->is_running = false;
}

void timer_start_ms(struct timer *timer, uint64_t delay_ms)
{
    uint64_t delay_us = (delay_ms < DELAY_MAX_MS ? delay_ms : DELAY_MAX_MS) * 1000;
    uint64_t due_us = now_us() + delay_us;

    if (!timer->source)
        timer->source = source_new_time(timer->loop, timer_on_time, timer);
    source_start_at(timer->source, due_us, lateness_us(delay_us));
    timer->due_ms = due_us / 1000;
    timer->is_running = true;
}

void timer_stop(struct timer *timer)
{
    if (timer->is_running)
        source_stop(timer->source);
    timer->is_running = false;
}
