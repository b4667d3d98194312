/* SPDX-License-Identifier: MIT */
/* How much of a service may vanish before it is asked whether that is true: the settings of a
 * guard, which an operator gives to a template or to one question, and the arithmetic behind them.
 *
 * A guard compares counts of instances that pass their checks. Replacing all of them, one for one,
 * is no shrinking, however fast. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"

#define GUARD_FOREVER UINT64_MAX

/* Below this many instances a share of them says little: max_shrink is not asked. */
#define GUARD_FLOOR 5
/* What went within this time counts together, so that a slow bleeding is seen. */
#define GUARD_WINDOW_MS (UINT64_C(10) * 60 * 1000)

struct guard {
    bool is_set; /* somebody has said something, be it "off" */
    bool is_on;
    size_t min_instances; /* fewer are not believed at once; 0: any number is */
    size_t max_shrink;    /* percent of the most instances of the window */
    uint64_t hold_ms;     /* how long what is missing stays; GUARD_FOREVER: until released */
};

/* What "on" alone means. */
#define GUARD_ON                         \
    ((struct guard){ .is_set = true,     \
                     .is_on = true,      \
                     .min_instances = 1, \
                     .max_shrink = 60,   \
                     .hold_ms = UINT64_C(10) * 60 * 1000 })
#define GUARD_OFF ((struct guard){ .is_set = true })

/* "on", "off" or settings in any order: "min_instances=2,max_shrink=50%,hold=1h"; what is not named
 * is as with "on". The error has no position. */
MUST_CHECK bool guard_parse(struct slice text, struct guard *ret_guard, struct error *err);
/* The value of one setting by its name. */
MUST_CHECK bool guard_set(struct guard *guard, struct slice name, struct slice value,
                          struct error *err);
bool guard_equal(const struct guard *a, const struct guard *b);
/* Both at once: of each setting the one that holds more. One that is not set, or off, adds nothing;
 * one that is off is not lost to one that is not set. */
struct guard guard_strictest(const struct guard *a, const struct guard *b);

/* --- How many there were --------------------------------------------------------------------- */

#define GUARD_MAX_PEAKS 32

struct guard_peak {
    size_t n;
    uint64_t until_ms; /* there were that many until then */
};

/* How many instances were believed to be there, as far as the window needs it. Zeroed: none yet.
 * There is one for each service and most never shrink: memory is for those that do. */
struct guard_history {
    size_t n_now;
    struct guard_peak *peaks; /* GUARD_MAX_PEAKS at most; falling counts, rising times */
    size_t n_peaks, cap;
};

void guard_history_fini(struct guard_history *history); /* zeroed afterwards */
void guard_history_put(struct guard_history *history, size_t n, uint64_t now_ms);
/* The most that there were within the window. */
size_t guard_history_most(const struct guard_history *history, uint64_t now_ms);

/* Whether an answer with n instances is too few to be believed at once. */
bool guard_trips(const struct guard *guard, const struct guard_history *history, size_t n,
                 uint64_t now_ms);
