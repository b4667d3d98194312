/* SPDX-License-Identifier: MIT */
/* The evaluator's side of tmpl/replay.h. All of these may be called in a render that has no replay.
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "tmpl/replay.h"

struct dep;
struct eval;
struct node;
struct value;

void replay_begin(struct eval *eval);
/* What was remembered of a render that has failed is forgotten; the one before still counts. */
void replay_end(struct eval *eval, bool is_good);

/* Before the body of a range runs, with dot and variables set: true if what it would do has been
 * repeated. Otherwise it must run, and is remembered until replay_end_piece(). */
bool replay_repeat(struct eval *eval, const struct node *range, const struct value *dot);
/* The body of a range has run. */
void replay_end_piece(struct eval *eval, const struct node *range);

/* A question was asked, which is `own` among those of the render: what is being remembered depends
 * on it. */
void replay_add_question(struct eval *eval, const struct dep *dep, const struct dep *own);
/* What is being remembered has not seen all answers. */
void replay_spoil(struct eval *eval);
