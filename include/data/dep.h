/* SPDX-License-Identifier: MIT */
/* A dependency: a question that a template asks of the outside, identified by its kind and
 * arguments. The same question asked twice is one query.
 *
 * Filters on health and tags are no part of it: a service is asked for as a whole, and `service
 * "x"`, `service "tag.x"` and `service "x|any"` share one answer (the builtin filters). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/map.h"
#include "base/slice.h"
#include "data/guard.h"
#include "data/value.h"

enum dep_kind {
    DEP_HEALTH_SERVICE,      /* list of service_instance */
    DEP_HEALTH_CONNECT,      /* the same, of the proxies of a service */
    DEP_CATALOG_SERVICES,    /* list of service_name */
    DEP_CATALOG_NODES,       /* list of catalog_node */
    DEP_CATALOG_NODE,        /* node_answer; without a name: the agent's own node */
    DEP_CATALOG_DATACENTERS, /* list of strings; has_flag: without those that do not answer */
    DEP_KV_GET,              /* kv_pair pointer, or absent */
    DEP_KV_LIST,             /* list of kv_pair below a prefix, in key order; absent: no such key */
    DEP_CA_ROOTS,
    DEP_CA_LEAF,
    DEP_PARTITIONS,
    DEP_PEERINGS,
    DEP_EXPORTED_SERVICES,
    DEP_IMPORTED_SERVICES,
    DEP_FILE, /* the contents of a local file, as a string */
};

struct dep {
    enum dep_kind kind;
    bool has_flag;
    struct slice name; /* service, node, key, prefix, path */
    struct slice dc, near, namespace_name, partition, peer, sameness_group;
    struct slice sandbox; /* of a file: the folder that its path must not lead out of */
    struct slice filter;  /* the name of an expression of consul.filters */
    struct guard guard;   /* no part of the key: how the answer is believed, not what is asked */
    struct slice key;     /* canonical text, unique: "health.service(web?dc=dc2)" */

    /* dep_copy()'s; a struct that was assigned from another is nobody's copy. */
    struct dep *copy; /* itself, if it is one */
    size_t n_refs;
};

const char *dep_kind_name(enum dep_kind kind); /* "health.service" */

/* Fills in dep->key from the rest; the text lives in the arena. */
void dep_make_key(struct dep *dep, struct arena *arena);

/* A copy that owns its texts, released by dep_free(). A copy's copy is the same one, counted: half
 * a dozen places keep each of many thousand questions. So nobody changes one. */
struct dep *dep_copy(const struct dep *dep);
void dep_free(struct dep *dep);
DEFINE_FREEP(struct dep, dep_free)

/* A set of questions, which it owns. */
struct dep_set {
    struct map by_key; /* of struct dep */
};

#define DEP_SET_EMPTY ((struct dep_set){ MAP_EMPTY })

void dep_set_fini(struct dep_set *set); /* empty and usable afterwards */
/* Hands the set over: the result owns the questions, *set is empty. */
static inline struct dep_set dep_set_take(struct dep_set *set)
{
    struct dep_set taken = *set;

    *set = DEP_SET_EMPTY;
    return taken;
}
/* The same questions with the same guards in both. */
bool dep_set_equal(const struct dep_set *a, const struct dep_set *b);
/* Adds a copy; the set's own dep, whether it was there before or not. Its guard is the strictest
 * that it was added with. */
const struct dep *dep_set_add(struct dep_set *set, const struct dep *dep);
const struct dep *dep_set_find(const struct dep_set *set, struct slice key);
/* True: there was a question among them that the set did not have, or not with such a guard. */
bool dep_set_add_all(struct dep_set *set, const struct dep_set *other);
bool dep_set_has(const struct dep_set *set, struct slice key);
size_t dep_set_count(const struct dep_set *set);
/* As map_next(). */
const struct dep *dep_set_next(const struct dep_set *set, size_t *iterator);

/* --- Where a render gets its answers ------------------------------------------------------- */

enum answer {
    ANSWER_READY,
    ANSWER_ABSENT,  /* answered: there is no such thing (a KV key, a file) */
    ANSWER_PENDING, /* not answered yet; a failed question stays pending, with its reason elsewhere
                     */
};

/* It knows nothing else of the outside world. ret_value is set when the answer is READY; it is
 * borrowed and good until control returns to the event loop. */
struct answer_source {
    enum answer (*get)(void *ctx, const struct dep *dep, const struct value **ret_value);
    void *ctx;
    /* A clock that goes on with each change of an answer, and whether the answer may be another one
     * than when it stood at `since`, to everybody who does not look at what checks print. Both
     * NULL: it may always be. */
    uint64_t (*get_clock)(void *ctx);
    bool (*may_have_changed)(void *ctx, const struct dep *dep, uint64_t since);
};
