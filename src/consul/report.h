/* SPDX-License-Identifier: MIT */
/* What the log says of failing questions: one line for those that fail alike, then silence, then
 * one line when they are answered again.
 *
 * A Consul without a leader fails a thousand questions in the same millisecond; a question with a
 * bad filter fails alone for ever. Failures are collected for a moment and told by their reason. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/loop.h"
#include "io/timer.h"

/* A question that fails; embedded in its watch. */
struct trouble {
    struct trouble *next, *previous; /* of all troubles */
    const char *name;                /* of the question; borrowed */
    char *reason;                    /* NULL: no trouble */
    uint64_t since_ms;
    bool is_told;
    bool is_hushed; /* its last failure was while the reporter was quiet */
};

struct reporter {
    struct loop *loop;
    struct trouble *troubles;
    size_t n_troubles;
    bool is_quiet; /* something else is said already: that the agent is away */
    /* Those that are over and were told before, since the last line. */
    size_t n_recovered;
    uint64_t longest_ms;
    char recovered_name[128]; /* of one of them */
    struct timer timer;
    uint64_t delay_ms;
    loop_fn on_told; /* after each report; may be NULL */
    void *ctx;
};

void reporter_init(struct reporter *reporter, struct loop *loop, uint64_t delay_ms, loop_fn on_told,
                   void *ctx);
void reporter_fini(struct reporter *reporter);
/* While it is quiet nothing is told, and what ends meanwhile never is. */
void reporter_set_quiet(struct reporter *reporter, bool is_quiet);

/* The question named `name` has failed. */
void reporter_fail(struct reporter *reporter, struct trouble *trouble, const char *name,
                   const char *reason);
/* It is answered. */
void reporter_recover(struct reporter *reporter, struct trouble *trouble);
/* It is not asked any more. */
void reporter_forget(struct reporter *reporter, struct trouble *trouble);
