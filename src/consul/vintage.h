/* SPDX-License-Identifier: MIT */
/* Options of questions that the agent is too old to know. Consul ignores what it does not know and
 * answers another question than was asked: so that is said, once for each option, as soon as the
 * agent has told its version. One that does not tell it (agent:read) is taken to know all. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "base/slice.h"
#include "consul/options.h"
#include "data/dep.h"
#include "exchange.h"

struct version {
    unsigned major, minor, patch;
};

struct vintage {
    struct agent *const *agent; /* the present one */
    const struct map *watches;  /* the set's */
    const struct consul_options *options;
    uint64_t timeout_ms;
    struct exchange exchange;
    struct version version;
    bool is_known;
    unsigned said; /* a bit for each option that was warned of */
};

/* The first members, up to the exchange, are set by the caller. */
void vintage_init(struct vintage *vintage);
void vintage_fini(struct vintage *vintage);
/* Questions were added, or the options are others, or the agent is back. */
void vintage_look(struct vintage *vintage);
/* Another agent from now on: nothing is asked of the old one any more. */
void vintage_forget(struct vintage *vintage);

/* "1.8.7", "1.16.0+ent", "1.17.0-dev" */
bool version_parse(struct slice text, struct version *ret_version);
/* The i-th of the options that not every version knows, where the question has it and the version
 * ignores it; NULL if not so. *i is 0 at first, and behind what was found afterwards. */
const char *vintage_next_ignored(const struct version *version, const struct dep *dep,
                                 const struct consul_options *options, size_t *i,
                                 struct version *ret_since);
