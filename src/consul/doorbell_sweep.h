/* SPDX-License-Identifier: MIT */
/* All questions of a doorbell are asked again, a few at a time: something has changed, and no table
 * shows where. doorbell_sweep_on() goes on with it. */
#pragma once

#include <stdbool.h>

#include "doorbell.h"

/* is_swept: with all others. */
void listener_ring(struct listener *listener, bool is_swept);

/* Now. Who is being asked already asks once more. is_reset: an index that is the same proves
 * nothing. */
void doorbell_sweep_begin(struct doorbell *doorbell, bool is_reset);
/* The table of services has changed: soon, or later if a table shows what it was. */
void doorbell_sweep_consider(struct doorbell *doorbell);
/* A table shows a change, which may explain a ring a moment ago. */
void doorbell_sweep_explain(struct doorbell *doorbell);
void doorbell_sweep_forget(struct doorbell *doorbell);
void doorbell_on_sweep_timer(void *ctx);
