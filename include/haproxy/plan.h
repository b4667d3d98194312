/* SPDX-License-Identifier: MIT */
/* How a running HAProxy gets from one configuration to another: by steps over its socket, or by a
 * reload, and why. Pure: (old file, new file, version, what runs, what is pending) -> plan.
 *
 * Availability comes before neatness: servers are added before others leave; none that serves goes
 * before one that replaces it is ready; what is gone from the catalogue gets no request from now
 * on. What an operator did by hand stays as it is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "haproxy/address.h"
#include "haproxy/config.h"
#include "haproxy/pending.h"
#include "haproxy/state.h"
#include "haproxy/step.h"

struct haproxy_capabilities {
    unsigned version;         /* 206: 2.6 */
    bool can_add, can_delete; /* `add server`, `del server` */
};

/* What a HAProxy of that version can do; `help` is its answer to `help`, or empty if unknown. */
struct haproxy_capabilities haproxy_capabilities_from(unsigned version, struct slice help);

struct plan_input {
    const struct haproxy_config *before; /* what HAProxy was started or last brought up to date with
                                          */
    const struct haproxy_config *after;
    const struct haproxy_state *live;
    struct haproxy_capabilities can;
    const struct pending_list *pending; /* left of earlier plans; NULL: nothing */
    uint64_t now_ms;                    /* the clock of pending_list */
    uint64_t drain_ms, grace_ms;
    /* An instance at this address is still in the catalogue. NULL: none that leaves is. */
    bool (*is_registered)(void *ctx, const struct haproxy_address *address);
    void *ctx;
    /* Compare all proxies with what runs, not only those that change: to find out whether HAProxy
     * runs the file at all. */
    bool is_complete;
    /* A reload is owed or refused: do for the servers what can be done without it, at least take
     * those that are gone out of service. The outcome is never PLAN_RELOAD. */
    bool is_without_reload;
};

enum plan_outcome { PLAN_NOTHING, PLAN_STEPS, PLAN_RELOAD };

struct plan {
    struct arena arena;
    enum plan_outcome outcome;
    struct slice reason;        /* of PLAN_RELOAD: "web/a: its 'check' differs" */
    struct haproxy_step *steps; /* in their order: the first that fails ends it */
    size_t n_steps, cap_steps;
    struct pending_list pending; /* all that is to be done later, in place of the input's */
};

#define PLAN_EMPTY ((struct plan){ .arena = ARENA_EMPTY, .pending = PENDING_LIST_EMPTY })

/* The plan has to be empty. Nothing in it refers to the input. PLAN_NOTHING: nothing to be done
 * now; there may be pending work. */
void plan_make(const struct plan_input *input, struct plan *plan);
void plan_fini(struct plan *plan);

/* Steps that bring back what an operator did by hand, for after a reload: maintenance, drain and
 * weights that are neither the file's nor ours. Appended to the plan's steps, which may be empty.
 */
void plan_overrides(const struct haproxy_config *config, const struct haproxy_state *live,
                    const struct pending_list *pending, struct plan *plan);
