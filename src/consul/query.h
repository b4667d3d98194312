/* SPDX-License-Identifier: MIT */
/* A question as Consul's HTTP API asks it: path and query string. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "consul/options.h"
#include "data/dep.h"

/* What the API is like for one kind of question. */
struct query_kind {
    const char *path;        /* where the name, if any, goes behind */
    const char *fixed_query; /* NULL: none */
    bool has_name;
    bool is_kv;             /* 404 means: no such key */
    bool is_polled;         /* does not block: asked again from time to time */
    bool index_is_optional; /* blocks where the answer has an index, else polled */
    bool can_be_stale;      /* knows ?stale */
    bool can_be_cached;     /* knows ?cached (Consul 1.8.7: others ignore it) */
    bool has_tenancy;       /* the configured namespace and partition are sent */
    bool gone_lowers_index; /* what is gone answers with a lower index, so that is no evidence */
    uint64_t max_wait_ms;   /* 0: the configured one */
};

const struct query_kind *query_kind_get(enum dep_kind kind);

/* Appends all that stays the same between two requests for the question. agent_node stands in for
 * the name of a DEP_CATALOG_NODE without one. Fails when the question names a filter that the
 * options do not have. */
MUST_CHECK bool query_add_path(const struct dep *dep, const struct consul_options *options,
                               struct slice agent_node, struct buf *path, struct error *err);

/* One of a datacenter's tables, as a question of that tenancy sees it. */
void query_add_table(struct buf *path, const char *table, const struct dep *tenancy,
                     const struct consul_options *options);

/* The names of all keys that begin with below->name. */
void query_add_keys(struct buf *path, const char *table, const struct dep *below,
                    const struct consul_options *options);

/* Makes a blocking query of it. */
void query_add_wait(struct buf *path, uint64_t index, uint64_t wait_ms);
void query_add_stale(struct buf *path);
/* From the agent's cache, which itself reads stale. */
void query_add_cached(struct buf *path);
/* Of a service: no instance, only the index. An agent that knows no filters (before 1.5) answers
 * with all of them. */
void query_add_probe(struct buf *path);

/* Where an agent tells its own name. */
#define QUERY_AGENT_SELF "/v1/agent/self"
/* Whether a datacenter (empty: the agent's) has a leader. */
void query_add_leader(struct buf *path, struct slice dc);
/* Where an agent tells what a token may do. */
void query_add_rights(struct buf *path, struct slice dc);
/* One datacenter's list of services: it answers if the datacenter does. */
void query_add_datacenter_probe(struct buf *path, struct slice dc);
