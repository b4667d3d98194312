/* SPDX-License-Identifier: MIT */
/* Whether our token may still read what has vanished.
 *
 * A policy that is narrowed wakes no blocked query, but the next change of what it hides does: the
 * answer is empty and has a higher index, exactly as when the last instance goes (Consul 1.8.7;
 * from 1.11 on it says when a token has hidden something, though never of the anonymous one). So
 * the agent is asked what the token may do. Where ACLs are off it says so, and the emptiness is
 * true. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent.h"
#include "backoff.h"
#include "base/cleanup.h"
#include "consul/options.h"
#include "data/dep.h"
#include "data/document.h"

struct rights;

enum rights_outcome {
    RIGHTS_HELD,   /* as far as the agent can tell */
    RIGHTS_LOST,   /* reason: in words */
    RIGHTS_FAILED, /* not answered: failure and reason */
};

/* May free the rights. */
typedef void (*rights_fn)(void *ctx, enum rights_outcome outcome, enum failure failure,
                          const char *reason);

/* Whether a lack of rights can look like an empty answer to this question. */
bool rights_matter(const struct dep *dep);
/* What of an answer shows later whether it may still be read: a node, a key. Empty: nothing of it,
 * or it is empty itself. Borrowed from the document. */
struct slice rights_pick_witness(const struct dep *dep, const struct document *doc);

/* The callback follows from the loop, once. */
struct rights *rights_ask(struct agent *agent, const struct consul_options *options,
                          const struct dep *dep, struct slice witness, uint64_t timeout_ms,
                          rights_fn fn, void *ctx);
void rights_free(struct rights *rights); /* no callback any more; NULL is fine */
DEFINE_FREEP(struct rights, rights_free)
