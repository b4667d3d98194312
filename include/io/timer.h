/* SPDX-License-Identifier: MIT */
/* One timer, embedded in what it belongs to. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "io/loop.h"

struct timer {
    struct loop *loop;
    loop_fn fn;
    void *ctx;
    struct loop_source *source; /* made when first started */
    uint64_t due_ms;            /* on loop_now_ms()'s clock */
    bool is_running;
};

void timer_init(struct timer *timer, struct loop *loop, loop_fn fn, void *ctx);
void timer_fini(struct timer *timer);
/* A running timer is set anew. It fires once, never early, and at most 1 % of the delay late (a
 * second at most), so that long waits may share a wake-up. The callback may start, stop or fini it.
 */
void timer_start_ms(struct timer *timer, uint64_t delay_ms);
void timer_stop(struct timer *timer);
