/* SPDX-License-Identifier: MIT */
/* The signals that the daemon heeds, which another configuration may change. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "io/loop.h"

#define SIGNAL_SET_MOST 24

struct signal_set {
    struct heeded_signal {
        int signo;
        struct loop_source *source;
    } signals[SIGNAL_SET_MOST];
    size_t n;
};

/* From now on these; 0 and repetitions are left out. What is heeded already is not touched: it may
 * be the one whose callback calls this. Those that are dropped stay blocked: they must not end us.
 */
MUST_CHECK bool signal_set_update(struct signal_set *set, struct loop *loop, const int *wanted,
                                  size_t n_wanted, loop_signal_fn fn, void *ctx, struct error *err);
void signal_set_fini(struct signal_set *set);
