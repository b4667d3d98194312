/* SPDX-License-Identifier: MIT */
/* One set of texts before its checkers: staged beside their destinations and judged, not installed.
 *
 * In a check, `{}` is the staged file of the template that names the check, `{/dest/path}` that of
 * another one of the group (what is unchanged is the installed file, and so is, in a list, what is
 * not in the group), and the staged texts name each other, see src/delivery/view.h.
 * EDGEWRIGHT_STAGED has the staged paths, EDGEWRIGHT_FILES the destinations, one a line, in the
 * same order. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/slice.h"
#include "delivery/delivery.h"
#include "delivery/gate.h"
#include "delivery/options.h"
#include "io/loop.h"

struct trial;

enum trial_verdict {
    TRIAL_ACCEPTED, /* by all checkers; also where there is none */
    TRIAL_REFUSED,  /* a checker ran and said no, or HAProxy could not listen there */
    TRIAL_NOT_RUN,  /* staging failed, or a checker could not be run or could not decide: not found,
                     * no permission, a signal, a timeout, a name that could not be resolved */
};

struct trial_result {
    enum trial_verdict verdict;
    const char *text;    /* what went wrong, on one line; "" if accepted */
    struct slice words;  /* what that checker said, with the destinations in the place of what it
                          * was given; whole lines, often empty; cut */
    uint64_t elapsed_ms; /* of all checkers */
};

/* The result is good until the trial is freed; the callback may do that. */
typedef void (*trial_fn)(void *ctx, const struct trial_result *result);

/* Tries texts without installing them. What the pass holds is copied; the rest is borrowed.
 * delivery: the one that would install them, for what it would remove; NULL: nothing. fn is called
 * once, from the loop. */
struct trial *trial_start(struct loop *loop, struct gate *gate,
                          const struct delivery_options *options, const struct delivery *delivery,
                          const struct delivery_pass *pass, trial_fn fn, void *ctx);
/* Removes what is staged; a checker that runs is killed, and nobody is called. */
void trial_free(struct trial *trial);
DEFINE_FREEP(struct trial, trial_free)
