/* SPDX-License-Identifier: MIT */
/* What is seen of HAProxy's servers, proxy by proxy, beside what the file says: for the status.
 * Pure: (configuration, what HAProxy says, what is left to do, the survey before) -> survey. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "haproxy/config.h"
#include "haproxy/pending.h"
#include "haproxy/state.h"

struct survey_proxy {
    struct slice name;
    size_t n_servers; /* in the file */
    /* Each of them is one of these. */
    size_t n_up, n_down, n_drained, n_in_maint, n_missing;
    size_t n_leaving;    /* in HAProxy alone, with requests that it may finish */
    size_t n_tombstones; /* in HAProxy alone, in maintenance until they can be deleted */
    size_t n_overrides;
    uint64_t n_sessions;
};

/* A server whose state or weight is neither the file's nor ours: an operator's. */
struct survey_override {
    struct slice proxy, server;
    struct slice what; /* "state maint", "weight 5" */
    uint64_t since_ms; /* when it was first seen, on the caller's clock */
};

struct survey {
    struct arena arena; /* holds everything */
    bool is_made;
    uint64_t made_ms;             /* on the caller's clock */
    struct survey_proxy *proxies; /* those that have servers, in the order of the files */
    size_t n_proxies;
    struct survey_override *overrides;
    size_t n_overrides;
    size_t n_servers, n_tombstones; /* of all proxies */
};

#define SURVEY_EMPTY ((struct survey){ .arena = ARENA_EMPTY })

struct survey_input {
    const struct haproxy_config *config; /* what HAProxy was brought to */
    const struct haproxy_state *live;
    const struct haproxy_loads *loads; /* `show stat -1 2 -1`; NULL: as they were before */
    const struct pending_list *pending;
    uint64_t now_ms;
};

/* Takes the place of the survey before, whose overrides keep their age. Nothing in it refers to the
 * input. */
void survey_update(struct survey *survey, const struct survey_input *input);
void survey_fini(struct survey *survey);
