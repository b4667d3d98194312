/* SPDX-License-Identifier: MIT */
/* Which of its configurations a worker runs, and so how it gets to the installed one. Pure. */
#pragma once

#include "base/buf.h"
#include "haproxy/driver.h"
#include "haproxy/plan.h"
#include "memory.h"
#include "reading.h"

struct decision_input {
    const struct memory *memory;  /* of the same worker, or of an earlier one */
    struct worker worker;         /* that answers now */
    const struct reading *before; /* what the memory's worker was brought to, or the files as they
                                   * were when we began; config NULL: not known */
    const struct reading *after;  /* as installed */
    const struct haproxy_state *live;
    struct haproxy_capabilities can;
    const struct haproxy_options *options;
    struct driver_update update;
    const char *other_files; /* it was told to read others than those; NULL: these, or not known */
    bool is_look;            /* nothing was delivered: the first look at what runs */
    uint64_t now_ms;
    bool (*is_registered)(void *ctx, const struct haproxy_address *address);
    void *ctx;
};

enum decision {
    DECISION_NOTHING, /* the plan's pending work takes the memory's place */
    DECISION_STEPS,
    DECISION_RELOAD, /* plan->reason says why */
    DECISION_RESEND, /* the memory's steps, which a crash has interrupted */
};

/* The plan has to be empty. */
enum decision decide(const struct decision_input *input, struct plan *plan);
/* What can be done for the servers although a reload is needed and cannot be had now. */
void decide_without_reload(const struct decision_input *input, struct plan *plan);

/* The configuration (NULL: none) opens this stats socket, so that nobody listening there means that
 * HAProxy does not run. */
bool config_opens_socket(const struct haproxy_config *config, const char *socket);
