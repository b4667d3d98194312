/* SPDX-License-Identifier: MIT */
/* Inside of the planner: one proxy, its servers as they were, will be and are. */
#pragma once

#include "base/map.h"
#include "haproxy/plan.h"

/* A server of the proxy at hand. NULL: not in that file, not running, nothing pending. */
struct subject {
    struct slice name;
    const struct haproxy_server *old, *new;
    const struct live_server *live;
    const struct pending *pending;
    bool is_gone;     /* its address, which it leaves, is in the catalogue no more */
    bool stays_ready; /* it gets requests until all steps are done */
};

struct planner {
    const struct plan_input *input;
    struct plan *plan;
    struct arena scratch;
    struct map pendings; /* of the input, by "PROXY/SERVER" */

    /* The proxy at hand, as it runs and as the new file has it. */
    const struct haproxy_proxy *proxy, *after;
    struct subject *subjects;
    size_t n_subjects;
    size_t n_ready;   /* of the servers that stay ready, and those that become it at once */
    size_t n_moves;   /* PENDING_MOVE of servers that serve */
    bool has_waiting; /* others come, or come back, later: PENDING_READY, PENDING_MOVE */

    /* What takes servers out of service comes after all else. */
    struct haproxy_step *late;
    size_t n_late, cap_late;

    bool is_refused;
    struct buf reason;
};

/* A reload is needed. Returns false. */
bool planner_refuse(struct planner *planner, const struct subject *subject, const char *fmt, ...)
    PRINTF(3, 4);
void planner_add(struct planner *planner, const struct haproxy_step *step);
void planner_add_late(struct planner *planner, const struct haproxy_step *step);
void planner_do(struct planner *planner, const struct subject *subject, enum step_kind kind);
void planner_do_late(struct planner *planner, const struct subject *subject, enum step_kind kind);
/* `server` is what it is, or will be. */
void planner_leave(struct planner *planner, const struct subject *subject, enum pending_kind kind,
                   const struct haproxy_server *server, uint64_t delay_ms);
/* What was pending before goes on; `server`: it is another one now, or NULL. */
void planner_keep_pending(struct planner *planner, const struct pending *pending,
                          const struct haproxy_server *server);

/* One server each; false if it needs a reload. */
MUST_CHECK bool server_plan_add(struct planner *planner, const struct subject *subject);
MUST_CHECK bool server_plan_change(struct planner *planner, const struct subject *subject,
                                   const struct haproxy_server *old);
/* From maintenance, where a new server begins, into service: with a check after that, if others
 * serve meanwhile. */
void server_plan_start(struct planner *planner, const struct subject *subject);
MUST_CHECK bool server_plan_return(struct planner *planner, const struct subject *subject);
MUST_CHECK bool server_plan_remove(struct planner *planner, const struct subject *subject);

/* All identifiers are given, so that they are the same after a reload. */
bool proxy_has_ids(const struct haproxy_proxy *proxy);
/* Requests are bound to identifiers. */
bool proxy_needs_ids(const struct planner *planner);
/* Its algorithm can cope with servers that come, go or change their weight. */
bool proxy_is_dynamic(const struct haproxy_proxy *proxy);
/* Somebody ended between adding it and starting it. */
bool subject_is_half_added(const struct subject *subject);
/* Connections in use at a change of address would carry requests to the old one. */
bool is_slow_to_move(const struct planner *planner);
