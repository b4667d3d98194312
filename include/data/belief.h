/* SPDX-License-Identifier: MIT */
/* What templates are shown of what Consul says, decided for each question by itself.
 *
 * In doubt (the agent was away, an index went backwards, a server had no leader) a list of service
 * instances may be partial: services register again one by one. Then what is new or changed in it
 * is shown at once, and what is missing only goes when the answer has stood still for the settle
 * time, or after SETTLE_MAX_MS of changes.
 *
 * Without any doubt an answer can still be too bad to be true. Where a question has a guard
 * (data/guard.h) and too much of a service vanishes or fails its checks, that part stays until
 * enough is back, the guard's time is over, or somebody releases it.
 *
 * Other answers are shown as they are. The belief knows no clock: its owner tells the time and asks
 * when there is something due. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "data/dep.h"
#include "data/document.h"

#define SETTLE_MAX_MS 60000

struct belief;

/* settle_ms 0: nothing is held for doubt. */
struct belief *belief_new(uint64_t settle_ms);
void belief_free(struct belief *belief);
DEFINE_FREEP(struct belief, belief_free)
/* For what is held from now on. */
void belief_set_settle(struct belief *belief, uint64_t settle_ms);
/* Forgets what nobody asks any more; from now on the guards are those of `wanted`. What is held by
 * a guard that is gone is due at once. */
void belief_follow(struct belief *belief, const struct dep_set *wanted);

/* What of one question is held. Borrowed until the next call that changes the belief. */
struct belief_hold {
    const struct dep *dep;
    size_t n_held; /* instances that are shown though they are gone or failing; 0: none */
    bool is_settling, is_guarded;
    size_t n_before, n_now; /* instances that pass their checks: the most lately, and at present */
    uint64_t held_ms;       /* so far, by earlier processes, too */
    uint64_t due_ms;        /* GUARD_FOREVER: until it is released */
};

/* Takes over an answer (NULL: there is no such thing) and returns a reference to what is to be
 * shown. */
struct document *belief_take(struct belief *belief, const struct dep *dep, struct document *doc,
                             bool is_doubtful, uint64_t now_ms, struct belief_hold *ret_hold);
/* What one process tells the next one about a question, besides what was shown. */
struct belief_memory {
    size_t most;      /* instances that passed lately; 0: not known */
    bool is_guarded;  /* a guard holds some of them */
    uint64_t held_ms; /* so far */
};

#define BELIEF_MEMORY_NONE ((struct belief_memory){ 0, false, 0 })

/* What was believed before this program ran: the next answer is compared with it, in doubt. The
 * most counts as if it were a moment ago, and what a guard holds again it has held before. */
void belief_remember(struct belief *belief, const struct dep *dep, struct document *doc,
                     const struct belief_memory *memory, uint64_t now_ms);
struct belief_memory belief_get_memory(const struct belief *belief, const struct dep *dep,
                                       uint64_t now_ms);
/* Whether there is something that an answer to this question is compared with. */
bool belief_knows(const struct belief *belief, const struct dep *dep);
/* When the first question is due that is held; UINT64_MAX: none is. */
uint64_t belief_due_ms(const struct belief *belief);
/* Whether a question is answered at present. */
typedef bool (*belief_answered_fn)(void *ctx, const struct dep *dep);

/* Ends the hold of one question that is due; false: none is. One that is not answered at present
 * has not stood still, and waits anew. The dep is borrowed until the next call, the document is the
 * caller's. */
bool belief_settle(struct belief *belief, uint64_t now_ms, belief_answered_fn is_answered,
                   void *ctx, const struct dep **ret_dep, struct document **ret_doc);

typedef bool (*belief_wanted_fn)(void *ctx, const struct dep *dep);

/* The same for one that is held, due or not, and wanted. */
bool belief_release(struct belief *belief, uint64_t now_ms, belief_wanted_fn is_wanted, void *ctx,
                    const struct dep **ret_dep, struct document **ret_doc);

/* As map_next(): all that is held. */
bool belief_next_hold(const struct belief *belief, size_t *iterator, uint64_t now_ms,
                      struct belief_hold *ret_hold);
