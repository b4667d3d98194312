/* SPDX-License-Identifier: MIT */
/* What is left to do after an update: servers that wait for their first check, for their sessions
 * to end, for the end of their grace period. Pure: (list, what HAProxy says, time) -> steps.
 *
 * Each entry follows what HAProxy shows, so that a turn may be repeated, an operator may step in
 * and a list may be taken up again after a crash.
 *
 *     READY   drained until its first check is known, then ready              -> gone
 *     RETIRE  still ready until no READY and no MOVE is left in its proxy     -> DRAIN or DELETE
 *     DRAIN   drained until its sessions end or its time is up, then in maint -> DELETE
 *     MOVE    in maint until no connection is in use, then at its new address -> gone
 *     DELETE  in maint until its grace period is over and it is empty         -> gone            */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"
#include "haproxy/state.h"
#include "haproxy/step.h"

struct haproxy_server;

enum pending_kind {
    PENDING_READY,
    PENDING_RETIRE,
    PENDING_DRAIN,
    PENDING_MOVE,
    PENDING_DELETE,
};

const char *pending_kind_name(enum pending_kind kind); /* "ready", "retire", … */

/* How a server is left after its move. */
enum pending_final { PENDING_TO_READY, PENDING_TO_DRAIN, PENDING_TO_MAINT };

struct pending {
    enum pending_kind kind;
    struct slice proxy, server;
    /* All that applies to it, as one server line: "server a 10.0.0.1:80 check". Of a MOVE: what it
     * will be; of others: what it is, so that it can be taken up again. */
    struct slice line;
    enum pending_final final; /* of a MOVE */
    uint64_t due_ms;          /* on the caller's clock; DELETE: not before, others: not later */
    uint64_t wait_ms;         /* DELETE: between the last two tries; 0: there was none */
    bool is_done;             /* within a turn: it leaves the list */
};

struct pending_list {
    struct arena arena; /* holds the texts */
    struct pending *items;
    size_t n, cap;
};

#define PENDING_LIST_EMPTY ((struct pending_list){ .arena = ARENA_EMPTY })

void pending_list_fini(struct pending_list *list);
/* Adds a copy. */
void pending_list_add(struct pending_list *list, const struct pending *pending);

/* For a journal: a line for each entry, with the time that is left of it. Reading adds to the list;
 * an entry that cannot be read is an error, and the list keeps those before it. */
void pending_list_format(const struct pending_list *list, uint64_t now_ms, struct buf *out);
MUST_CHECK bool pending_list_parse(struct slice text, uint64_t now_ms, struct pending_list *list,
                                   struct error *err);

struct pending_input {
    const struct haproxy_state *live;
    const struct haproxy_loads *loads; /* of the proxies that pending_list_wants() names */
    uint64_t now_ms;
    uint64_t drain_ms, grace_ms;
    bool can_delete;
    bool is_stopping; /* nobody will look again: what is in use is left in a state that lasts */
};

struct pending_turn {
    struct arena arena;
    struct haproxy_step *steps;
    size_t n_steps, cap_steps;
    uint64_t next_ms;    /* when to look again, on the caller's clock; UINT64_MAX: never */
    struct slice failed; /* why only a reload helps; or empty */
};

#define PENDING_TURN_EMPTY ((struct pending_turn){ .arena = ARENA_EMPTY })

void pending_turn_fini(struct pending_turn *turn);

/* The load of this proxy's servers has to be known for a turn: `show stat PROXY 4 -1`. */
bool pending_list_wants(const struct pending_list *list, struct slice proxy, uint64_t now_ms);
/* One look. Steps are to be done in their order; that a DELETE is refused because it is busy is no
 * failure. Entries that are done or that nobody needs any more leave the list. The turn has to be
 * empty. */
void pending_list_turn(struct pending_list *list, const struct pending_input *input,
                       struct pending_turn *turn);
