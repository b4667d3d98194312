/* SPDX-License-Identifier: MIT */
/* What templates are shown of what Consul says, decided for each question by itself.
 *
 * In doubt (the agent was away, an index went backwards, a server had no leader) a list of service
 * instances may be partial: services register again one by one. Then what is new or changed in it
 * is shown at once, and what is missing only goes when the answer has stood still for the settle
 * time, or after SETTLE_MAX_MS of changes. Answers without doubt, and all others, are shown as they
 * are. The belief knows no clock: its owner tells the time and asks when there is something due. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "data/dep.h"
#include "data/document.h"

#define SETTLE_MAX_MS 60000

struct belief;

/* settle_ms 0: nothing is ever held. */
struct belief *belief_new(uint64_t settle_ms);
void belief_free(struct belief *belief);
DEFINE_FREEP(struct belief, belief_free)
/* For what is held from now on. */
void belief_set_settle(struct belief *belief, uint64_t settle_ms);

/* Takes over an answer (NULL: there is no such thing) and returns a reference to what is to be
 * shown. ret_n_held: instances in it that the answer lacks. */
struct document *belief_take(struct belief *belief, const struct dep *dep, struct document *doc,
                             bool is_doubtful, uint64_t now_ms, size_t *ret_n_held);
/* When the first question is due that is held; UINT64_MAX: none is. */
uint64_t belief_due_ms(const struct belief *belief);
/* Whether a question is answered at present. */
typedef bool (*belief_answered_fn)(void *ctx, const struct dep *dep);

/* Ends the hold of one question that is due; false: none is. One that is not answered at present
 * has not stood still, and waits anew. The dep is borrowed until the next call, the document is the
 * caller's. */
bool belief_settle(struct belief *belief, uint64_t now_ms, belief_answered_fn is_answered,
                   void *ctx, const struct dep **ret_dep, struct document **ret_doc);
/* Forgets what nobody asks any more. */
void belief_keep_only(struct belief *belief, const struct dep_set *wanted);
