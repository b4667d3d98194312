/* SPDX-License-Identifier: MIT */
/* One command to a running HAProxy: its words, which answer is a good one, and what has changed
 * when it is done. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/slice.h"
#include "haproxy/address.h"

struct haproxy_server;
struct haproxy_state;

enum step_kind {
    STEP_ADD,
    STEP_DELETE,
    STEP_ENABLE_HEALTH,
    STEP_ENABLE_AGENT,
    STEP_DISABLE_AGENT,
    STEP_READY,
    STEP_DRAIN,
    STEP_MAINT,
    STEP_ADDRESS,
    STEP_CHECK_PORT,
    STEP_CHECK_ADDRESS,
    STEP_WEIGHT,
    STEP_MAXCONN,
};

struct haproxy_step {
    enum step_kind kind;
    struct slice proxy, server;
    struct slice command;           /* one line for the socket, without the newline */
    struct haproxy_address address; /* STEP_ADD, STEP_ADDRESS */
    unsigned number;                /* of STEP_ADD: the weight */
    bool has_agent;                 /* an agent may change its weight and its state at any time */
};

/* Names and texts live in the arena. Of those without a value: */
struct haproxy_step step_make(enum step_kind kind, struct slice proxy, struct slice server,
                              struct arena *arena);
/* STEP_WEIGHT, STEP_MAXCONN, STEP_CHECK_PORT. */
struct haproxy_step step_make_number(enum step_kind kind, struct slice proxy, struct slice server,
                                     unsigned number, struct arena *arena);
struct haproxy_step step_make_address(struct slice proxy, struct slice server,
                                      const struct haproxy_address *address, struct arena *arena);
struct haproxy_step step_make_check_address(struct slice proxy, struct slice server,
                                            struct slice address, struct arena *arena);
/* All that applies to the server, its default-server included. False if it does not fit into one
 * command, or has a word that no command can have. */
MUST_CHECK bool step_make_add(struct slice proxy, const struct haproxy_server *server,
                              unsigned version, struct arena *arena, struct haproxy_step *ret_step);

enum step_answer {
    STEP_DONE,
    STEP_BUSY,  /* STEP_DELETE: it still has connections */
    STEP_WRONG, /* anything else */
};

/* What an answer of HAProxy, 2.2 to 3.2, says of the step: it has no status code. */
enum step_answer step_judge(enum step_kind kind, struct slice answer);
/* HAProxy shows that it was done, and nothing after it. Of what it does not show (maximal
 * connections, checks) nothing is claimed. */
bool step_is_visible(const struct haproxy_step *step, const struct haproxy_state *live);
/* The same of all that was done, one after the other. The first that is not to be seen, or NULL. */
const struct haproxy_step *steps_find_invisible(const struct haproxy_step *steps, size_t n,
                                                const struct haproxy_state *live);
