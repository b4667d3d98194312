/* SPDX-License-Identifier: MIT */
/* How often a watch may be woken: a token bucket whose interval grows while most wakes bring
 * nothing.
 *
 * A service that has no instance wakes its watch on every write to the whole catalogue, and a check
 * that prints the time wakes it with each run. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct watch_tuning;

struct pace {
    uint64_t full_ms; /* when the bucket will be full again */
    uint64_t last_ms; /* the last wake; 0: none */
    uint64_t interval_ms;
    uint32_t useless; /* the last wakes, newest in bit 0: 1 brought nothing */
    unsigned n_wakes; /* of them that are known */
};

void pace_init(struct pace *pace, const struct watch_tuning *tuning);
/* A wake, now. Returns how long to wait before the next question. */
uint64_t pace_wake(struct pace *pace, const struct watch_tuning *tuning, uint64_t now_ms,
                   bool was_useful);
