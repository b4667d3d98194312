/* SPDX-License-Identifier: MIT */
/* The steps of a trial, for the delivery that installs what was accepted. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "delivery/trial.h"
#include "io/child.h"
#include "parcel.h"
#include "stage.h"
#include "view.h"

struct trial {
    struct loop *loop;
    const struct delivery_options *options;
    const struct installed *installed; /* borrowed; outputs that may go; NULL: none */
    struct parcel parcel;
    struct stage stage;
    bool is_forced;   /* checked though nothing of it is new */
    size_t n_stirred; /* bytes of the delivery's `stirred` that this trial sees */

    /* The check. */
    struct gate_ticket ticket;
    struct view view;
    size_t n_tried;         /* files whose check was looked at */
    struct command command; /* the one that runs, as the checker gets it */
    struct child *child;
    struct buf words, text;
    uint64_t elapsed_ms;
    struct loop_source *verdict; /* deferred: for a trial that could not be staged */
    trial_fn fn;
    void *ctx;
};

/* Takes over the parcel, whose texts may still be borrowed. */
struct trial *trial_new(struct loop *loop, const struct delivery_options *options,
                        const struct installed *installed, struct parcel *parcel);
/* Writes what is new beside its destination; after a failure, again if asked again. */
MUST_CHECK bool trial_stage(struct trial *trial, struct error *err);
/* Something is new, and there is a checker to ask. */
bool trial_needs_check(const struct trial *trial);
/* Asks the checkers, one by one, when the gate lets it pass. */
void trial_check(struct trial *trial, struct gate *gate, trial_fn fn, void *ctx);
